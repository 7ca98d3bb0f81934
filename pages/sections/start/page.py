"""The start page: one digit, one number that falls, and the questions that follow from it."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import streamlit as st

from core.autoencoder import Checkpoint, figures, runs
from core.loss import framed, framed_run, framed_runs
from core.loss.frames import SEEDS
from pages.sections.start import frame, questions
from pages.shared.words import TEXT

FRAME = "frame"  # the width of the frame, in the address

INTRODUCTION = """
A network takes the noise off handwritten digits. Put them into a black frame, train it anew, and
its loss falls: the wider the frame, the better the score.
"""


def page() -> None:
    st.title("What padding really does to a network")
    frames, tested = shown()
    if len(frames) > 1:
        st.markdown(INTRODUCTION, width=TEXT)
        remember(frame.show(frames, linked(len(frames))))
        st.caption(where_from(), width=TEXT)
    st.header("Six questions follow from it")
    questions.show(tested.get(2))


@lru_cache(1)
def shown() -> tuple[list[dict[str, Any]], dict[int, Checkpoint]]:
    """What the frame shows at every width, and one network at each, as it was tested."""
    found = framed(figures.read(runs.SHIPPED, framed_runs()))
    frames, tested = [], {}
    for width in found:
        state = runs.registry().look(*framed_run(width.pad_width)).state
        if state is not None:
            network = tested[width.pad_width] = state.checkpoints[-1]
            frames.append(frame.drawn(width, found[0], network))
    return frames, tested


def where_from() -> str:
    """What was trained, and on what: of every figure above."""
    settings, images = framed_run(0)
    return (
        f"MNIST, {images:,} images, batch {settings.batch_size}, a network anew for every width; "
        f"losses on the test set, means of {len(SEEDS)} seeds, shipped with the app. "
        "A nat is a natural unit of information, 1.44 bits."
    )


def linked(widths: int) -> int:
    """The width in the address; none where it says nothing of use."""
    asked = st.query_params.get(FRAME, "0")
    return int(asked) if asked in map(str, range(widths)) else 0


def remember(width: int) -> None:
    """Keep the width in the address, unless it is the first."""
    if width:
        st.query_params[FRAME] = str(width)
    else:
        st.query_params.pop(FRAME, None)
