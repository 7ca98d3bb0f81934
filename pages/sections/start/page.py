"""The start page: one digit, one number that falls, and the questions that follow from it."""

from __future__ import annotations

from functools import lru_cache

import streamlit as st

from core.autoencoder import Checkpoint, figures, runs
from core.loss import Framed, framed, framed_run, framed_runs
from pages.sections.start import frame, questions
from pages.shared.words import TEXT

FRAME = "frame"  # the width of the frame, in the address

INTRODUCTION = """
A network takes the noise off handwritten digits. Put them into a black frame, train it anew, and
its loss falls: the wider the frame, the better the score.
"""


def page() -> None:
    st.title("What padding really does to a network")
    widths, tested = shown()
    if len(widths) > 1:
        st.markdown(INTRODUCTION, width=TEXT)
        pictures = {
            width: frame.Pictures(
                network.noisy[questions.SAMPLE], network.denoised[questions.SAMPLE]
            )
            for width, network in tested.items()
        }
        remember(frame.show(widths, pictures, linked(len(widths))))
        st.caption(where_from(widths[0]), width=TEXT)
    st.header("Five questions follow from it")
    questions.show(tested.get(2))


@lru_cache(1)
def shown() -> tuple[list[Framed], dict[int, Checkpoint]]:
    """The losses at every width, and one network at each, as it was tested."""
    found = framed(figures.read(runs.SHIPPED, framed_runs()))
    tested = {}
    for width in found:
        asked = framed_run(width.pad_width)
        state = runs.registry().look(asked.settings, asked.images).state
        if state is not None:
            tested[width.pad_width] = state.checkpoints[-1]
    return [width for width in found if width.pad_width in tested], tested


def where_from(width: Framed) -> str:
    """What was trained, and on what: of every figure above."""
    settings, images = framed_run(width.pad_width)
    return (
        f"MNIST, {images:,} images, batch {settings.batch_size}, a network anew for every width; "
        f"losses on the test set, means of {len(width.interiors)} seeds, shipped with the app. "
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
