"""How much does each input pixel count? Kernel paths, step by step, and what training leaves."""

from __future__ import annotations

import streamlit as st

from core.impact.code import Image, program
from core.settings import InputError
from pages.sections.impact import article, away, detail, gradients, maps, pixel, uniform
from pages.sections.impact.settings import PRESETS, Settings, preset
from pages.sections.impact.sides import Side
from pages.shared import controls, sources
from pages.shared.controls import control, plain
from pages.shared.frame import show
from pages.shared.take_away import take_away
from pages.shared.words import SHOW_ME, TEXT

QUESTION = f"""
Set every weight of a stack of convolutions to one and add up its output. A pixel then counts as
often as there are **paths** from it to the output: kernel positions that touch it, layer after
layer. One 3 × 3 layer touches a pixel in the middle of the image 9 times.
Harald Scheidl ({sources.cite(sources.SCHEIDL, "2021")}) drew these maps for one and for five
layers; here they are exact at any depth.
"""

GUESSES = ("9", "243", "59,049", SHOW_ME)


def page() -> None:
    st.title("How much does each input pixel count?")
    st.markdown(QUESTION, width=TEXT)
    guess = st.segmented_control(
        "Your guess: after five layers without padding on 28 × 28, how many times more paths does "
        "the centre have than a corner?",
        GUESSES,
        key="guess",
        bind="query-params",
    )
    article.show(revealed=guess is not None)
    if guess is None and not came_for_a_stack():
        st.markdown("*Choose a guess above, then compare any two stacks.*", width=TEXT)
        return
    if guess is not None:
        article.answer(guess)
    compare()


def came_for_a_stack() -> bool:
    """Whether the link or a control asks for something else than the opening figures."""
    return any(name in st.query_params for name in Settings.__dataclass_fields__)


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
    uniform.show(sides)
    detail.show(sides)
    gradients.show(sides)
    take_away(
        "padding-lab-impact",
        picture=lambda: away.picture(sides, log),
        table=lambda: away.table(sides),
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
    sizes = {
        "layers": (height, height if width is None else width),
        "against": (other, other) if other else (height, height if width is None else width),
    }
    sides = []
    fields = {"layers": "left", "against": "right"}
    for place, (field, name) in zip(st.columns(2), fields.items(), strict=True):
        with place:
            stack = controls.stack(Settings, field, f"Layers, {name}")
            if stack is None:
                continue
            try:
                sides.append(Side.of(name, stack, *sizes[field]))
            except InputError as error:
                st.error(f"{plain(error)}.")
    return amount, scale == "log", sides


show("impact", page)
