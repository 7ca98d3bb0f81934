"""How much does each input pixel count? Kernel paths, step by step, and what training leaves."""

from __future__ import annotations

from contextlib import suppress

import streamlit as st
from streamlit.errors import StreamlitAPIException

from core.impact.code import Image, program
from core.settings import InputError
from pages.sections.impact import article, detail, downloads, gradients, maps, pixel, uniform
from pages.sections.impact.settings import PRESETS, Settings, preset
from pages.sections.impact.sides import Side
from pages.shared import announce, controls, sources
from pages.shared.controls import control, escaped
from pages.shared.fold import fold
from pages.shared.frame import show
from pages.shared.guard import fragment
from pages.shared.opening import ask, invite
from pages.shared.take_away import take_away
from pages.shared.words import TEXT

QUESTION = f"""
Set every weight of a stack of convolutions to one and add up its output. A pixel then counts as
often as there are **paths** from it to the output: kernel positions that touch it, layer after
layer. One 3 × 3 layer touches a pixel in the middle of the image 9 times.
Harald Scheidl ({sources.cite(sources.SCHEIDL, "2021")}) drew these maps for one and for five
layers; here they are exact at any depth.
"""

GUESSES = {"9": "so it is after one layer", "243": "so it is along one axis", "59,049": "right"}
"""What may be guessed, and what to say to it."""

ASKED_ABOUT = PRESETS["Five layers, 28 × 28"]

SET = "_five"  # in the session, until the page is drawn


def page() -> None:
    st.title("How much does each input pixel count?")
    st.markdown(QUESTION, width=TEXT)
    opening = ask(
        "after five layers without padding on 28 × 28, how many times more paths does the centre "
        "have than a corner?",
        GUESSES,
        settings=Settings.__dataclass_fields__,
        on_guess=go_on_with_five,
    )
    if st.session_state.pop(SET, False):
        write_five()
    if opening.revealed:
        announce.say(article.answer(opening.reply(GUESSES.get(opening.guess or "", ""))))
    article.show(revealed=opening.revealed)
    if opening.held_back:
        invite("compare any two stacks")
        return
    fragment(compare)()


def go_on_with_five() -> None:
    """Compare the stacks that the question is about, unless a link has chosen others."""
    five = preset(ASKED_ABOUT)
    if not any(name in st.query_params for name in five):
        st.session_state.update(five, **{SET: True})


def write_five() -> None:
    """Write the stacks of the question into the address: their controls, not there yet, do not.

    Not when the guess is made: Streamlit drops what is written before the page is drawn. Where the
    controls are there, they write it themselves, and nobody else may.
    """
    with suppress(StreamlitAPIException):
        st.query_params.update({name: str(value) for name, value in ASKED_ABOUT.items()})


def compare() -> None:
    """The tool: two stacks, their maps, and what explains them."""
    st.header("Compare any two stacks")
    ready_made = st.container()
    amount, log, sides = choose()
    with ready_made:
        controls.presets({name: preset(changes) for name, changes in PRESETS.items()})
    if not sides:
        return
    maps.show(sides, amount, log)
    pixel.show(sides)
    fold(
        "uniform",
        "All pixels count alike: is position safe?",
        lambda: uniform.show(tuple(side.asked for side in sides)),
    )
    fold("detail", "What would that do to a picture?", lambda: detail.show(sides))
    fold(
        "measured",
        "Do the paths agree with what is measured?",
        lambda: gradients.show(sides),
        settings=gradients.SETTINGS,
    )
    take_away(
        "padding-lab-impact",
        picture=lambda: downloads.picture(sides, log),
        table=lambda: downloads.table(sides),
        code=program({side.name: Image(side.stack, side.height, side.width) for side in sides}),
    )


def choose() -> tuple[str, bool, list[Side]]:
    """Amount, logarithmic or not, and the sides whose stacks parse and fit."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        height, width = controls.sides(Settings)
        with st.container(width=150):
            other = control(Settings, "against_size", "Right: size", placeholder="the same")
        with st.container(width=170):
            amount = control(Settings, "amount", "Amount")
        with st.container(width=170):
            scale = control(Settings, "scale", "Scale")
    size = (height, width or height)
    asked = {"left": ("layers", size), "right": ("against", (other, other) if other else size)}
    sides = []
    for place, (name, (field, size)) in zip(st.columns(2), asked.items(), strict=True):
        with place:
            stack = controls.stack(Settings, field, f"Layers, {name}")
            if stack is None:
                continue
            try:
                sides.append(Side.of(name, stack, *size))
            except InputError as error:
                st.error(f"{escaped(error)}.")
    return amount, scale == "log", sides


show("impact", page)
