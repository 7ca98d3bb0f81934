"""Can a "shift-invariant" network tell where a pixel is? Trained, explained and proved."""

from __future__ import annotations

import numpy as np
import streamlit as st

from core.settings import Whole
from core.shift_probe import Settings
from core.shift_probe.code import program
from pages.sections.shift_probe import (
    classes,
    depth,
    downloads,
    paddings,
    proof,
    readout,
    red_green,
    shift,
    touching,
    training,
    words,
)
from pages.sections.shift_probe.computed import network, proved, trained
from pages.shared import announce, charts, heat, motion, sources
from pages.shared.controls import control, numbers
from pages.shared.drawn_once import drawn_once
from pages.shared.fold import fold
from pages.shared.frame import show
from pages.shared.guard import fragment
from pages.shared.opening import Opening, ask, invite
from pages.shared.padding_picker import pick
from pages.shared.take_away import take_away
from pages.shared.words import TEXT, unbroken

QUESTION = f"""
`y = conv(x).sum()`

A convolution treats every place alike, and a sum forgets places. So `y` cannot depend on *where*
something is in the image. Harald Scheidl ({sources.cite(sources.SCHEIDL, "2021")})
put it to the test: black images with one white pixel, and a single kernel, trained to answer 1
where the pixel is in the upper left corner and 0 everywhere else.
"""


def page() -> None:
    st.title("Can a “shift-invariant” network tell where a pixel is?")
    st.markdown(QUESTION, width=TEXT)
    opening = ask(
        "can it learn to tell the corner?",
        words.GUESSES,
        settings=(*SETTINGS, *TARGET, "margin"),
        on_guess=lambda: st.session_state.update(_play=not motion.reduced()),
    )
    fragment(probe)(opening)
    motion.listen()  # last: above the title its place would push this page's title down


def probe(opening: Opening) -> None:
    """Everything that a setting changes; the page around it need not be drawn anew."""
    # The controls are read first and stand below: what they lead to is seen before what they are.
    answer = st.container()
    if not opening.held_back:
        st.subheader("Try another probe")
    settings = choose()
    run = trained(settings)  # who waits is told so, as below
    with answer:
        if opening.held_back:
            invite("watch it learn")
            st.header("Before training")
            training.draw_samples(settings, 0)
            return
        found = proved(settings)
        announce.say(verdict(settings, opening.reply()))
        training.show(settings, play=st.session_state.pop("_play", False))
    deeper(settings)
    take_away(
        "padding-lab-shift-probe",
        picture=lambda: downloads.picture(
            run, settings.target, words.headline(network(settings), run, found)
        ),
        table=lambda: downloads.table(network(settings), run),
        code=program(settings),
    )


def deeper(settings: Settings) -> None:
    """What is behind the answer, and beyond it."""
    if settings.layers == 1:  # several have paths, not weights, that lead from it
        fold("touching", "Which weights touch the target?", lambda: touching.show(settings))
    fold(
        "shift",
        "Does the output move with the image?",
        lambda: shift.show(settings),
        settings=shift.MOVES,
    )
    fold(
        "classes",
        "Which positions can no weights tell apart?",
        lambda: classes.show(settings),
    )
    fold("proof", "Could it be luck? What exact arithmetic says", lambda: proof.show(settings))
    fold("paddings", "Which paddings are safe?", lambda: paddings.show(settings))
    fold("depth", "How deep does the border show?", lambda: depth.show(settings))
    fold("readout", "Is position there before any training?", readout.show)
    fold(
        "red_green",
        "Does it matter for what a network learns?",
        red_green.show,
        settings=("margin",),
    )


@drawn_once
def verdict(settings: Settings, reply: str) -> str:
    """What the probe shows, and the `reply` to a guess; returns what it shows in a line."""
    net, run = network(settings), trained(settings)
    told = words.headline(net, run, proved(settings))
    st.header(told)
    st.markdown(unbroken(" ".join([reply, *words.verdict(net, run)])), width=TEXT)
    return told


SETTINGS = ("size", "kernel", "layers", "padding", "padding_mode", "bias", "seed")
TARGET = {"target_row": "Target row", "target_col": "Target column"}


def choose() -> Settings:
    """The experiment; the target is chosen by numbers or by a click on the image."""
    left, right = st.columns([2, 1], gap="large")
    with left:
        first, second = st.columns(2)
        with first:
            size = control(Settings, "size", "Image size, pixels", slider=True)
            layers = control(Settings, "layers", "Layers", slider=True)
            padding = control(Settings, "padding", "Padding")
        with second:
            kernel = control(Settings, "kernel", "Kernel size, pixels", slider=True)
            seed = control(Settings, "seed", "Seed")
        padding_mode = pick(Settings, "padding_mode", "Padding mode")
        about = "where the white pixel is to be singled out, counted from 0"
        row, column = numbers(TARGET, Whole(0, size - 1), about)
        target = row, column
        bias = control(Settings, "bias", "Bias")
    with right:
        target_image(size, target)
    return Settings(size, kernel, layers, padding, padding_mode, bias, target, seed)


def target_image(size: int, target: tuple[int, int]) -> None:
    """The image whose white pixel is the target; a click moves it."""
    st.markdown("**The target.** Click to move it")
    image = np.zeros((size, size))
    image[target] = 1
    white = heat.Scale((0, 1), "white", colours=heat.GREYS)
    charts.show(
        heat.pixels(image),
        # Lines tell pixels apart, and the white one from a white page.
        heat.heat_map(image.shape, white, size=256, legend=False, select=True, lines="#808080"),
        alt="A black image with one white pixel, the target",
        key="target_image",
        width="content",
        on_select=move_target,
        selection_mode="px",
    )


def move_target() -> None:
    """Set both numbers to the pixel that was clicked."""
    pixel = st.session_state["target_image"]["selection"].get("px")
    if pixel:
        row, column = int(pixel[0]["row"]), int(pixel[0]["col"])
        st.session_state.update(target_row=row, target_col=column)


show("shift_probe", page)
