"""Why 'same' in max pooling? What a stack of layers does to a size, and what it drops."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from core import shapes
from core.settings import InputError
from core.shapes import PRESETS, Preset, Settings
from pages.sections.shapes import (
    code,
    differences,
    ends,
    fill,
    halving,
    remainder,
    traps,
    why_pad,
    words,
)
from pages.shared import announce, controls, sources
from pages.shared.controls import control, escaped
from pages.shared.drawn_once import drawn_once
from pages.shared.fold import fold
from pages.shared.frame import show
from pages.shared.guard import fragment
from pages.shared.opening import ask, invite
from pages.shared.take_away import take_away
from pages.shared.words import TEXT

QUESTION = f"""
An encoder halves a 28 × 28 image with 2 × 2 max pooling: 28, 14, 7. An odd number cannot be halved.
The {sources.cite(sources.KERAS_BLOG, "Keras blog's autoencoder")} pools once more, with
`padding="same"`, and readers
{sources.cite(sources.STACK_OVERFLOW, "ask why")}: what would be padded in a *maximum*?
"""

GUESSES = {"3": "right for “valid”, PyTorch's default", "4": "right for “same”"}
"""What may be guessed, and what it is right for."""


def page() -> None:
    st.title("Why “same” in max pooling?")
    st.markdown(QUESTION, width=TEXT)
    opening = ask(
        "the next 2 × 2 pooling makes of 7 …", GUESSES, settings=Settings.__dataclass_fields__
    )
    reply = opening.reply(GUESSES.get(opening.guess or "", ""))
    announce.say(pooled(reply if opening.revealed else None))
    if opening.held_back:
        invite("take any stack of layers apart")
        return
    if opening.revealed:
        fold("why_pad", "What is padding for?", why_pad.show, settings=("kernel",))
        fold("windows", "What is in the last windows, and what if it were zeros?", last_windows)
    fragment(any_stack)()


@drawn_once
def pooled(reply: str | None) -> str:
    """The digit at every stage; once something has been guessed with the answer and a `reply`.

    Returns the answer in a line, and nothing before there is one.
    """
    stages = halving.pooled()
    told = "" if reply is None else halving.answer(stages[-1], reply)
    halving.show(stages, revealed=reply is not None)
    return told


@drawn_once
def last_windows() -> None:
    """What follows from the answer."""
    image = halving.pooled()[-1]
    remainder.show(image, halving.VALID, halving.SAME)
    fill.show(image, halving.SAME)
    traps.show()


def any_stack() -> None:
    """The tool: a stack and a size in, every layer's sizes, pads, parameters and losses out."""
    st.header("Take any stack apart")
    presets = {preset.name: preset for preset in PRESETS}
    ready_made = st.container()
    settings, field = choose()
    with ready_made:
        shown = controls.presets({name: sets(preset) for name, preset in presets.items()})
    if settings is None:
        return
    try:
        steps = shapes.laid_out(settings)
    except InputError as error:
        field.error(f"{escaped(error)}.")
        return
    if shown is not None:
        st.markdown(presets[shown].about, width=TEXT)
    layer_table(settings)
    fold(
        "ends",
        "Where do the padded cells lie?",
        lambda: ends.show(settings, steps),
        settings=("along",),
    )
    fold("compared", "Do Keras and PyTorch agree on it?", lambda: compared(settings))
    take_away(
        "padding-lab-shapes",
        picture=(lambda: ends.picture(steps)) if ends.drawn(steps) else None,
        table=lambda: pd.json_normalize([shapes.describe(step) for step in steps]),
    )


def sets(preset: Preset) -> dict[str, Any]:
    """What a preset sets."""
    about = {"name", "about"}
    return {k: value for k, value in vars(preset).items() if k not in about} | {"width": None}


TALL = 16  # rows; more of them scroll


def choose() -> tuple[Settings | None, Any]:
    """The settings, None where the stack does not parse, and the place beneath its field."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        size, width = controls.sides(Settings)
        with st.container(width=150):
            channels = control(Settings, "channels", "Channels")
        with st.container(width=200):
            convention = control(Settings, "convention", "Whose rules")
    stack = controls.stack(Settings, "layers", "Layers")
    field = st.container()
    st.caption(words.syntax(convention))
    if stack is None:
        return None, field
    return Settings(size, width, channels, convention, stack), field


@drawn_once
def layer_table(settings: Settings) -> None:
    """Every layer's sizes, formula, pads, parameters and losses."""
    steps = shapes.laid_out(settings)
    st.subheader(words.finding(steps))
    square = all(step.rows == step.columns for step in steps)
    rows = [words.layer_row(step, alike=square) for step in steps]
    st.dataframe(
        pd.DataFrame(rows), hide_index=True, height="content" if len(rows) <= TALL else "auto"
    )
    st.caption(words.parameters(steps))


@drawn_once
def compared(settings: Settings) -> None:
    """Where Keras and PyTorch part, and the stack as it runs in each."""
    steps = shapes.laid_out(settings)
    differences.show(steps)
    code.show(steps)


show("shapes", page)
