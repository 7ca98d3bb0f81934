"""28, 14, 7, and then? The digit at every stage, and both poolings of the last."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st

from core.arrays import Float64
from core.layers import Layer, fit, parse_layer
from core.shapes import dropped, pool
from core.steps import formula
from pages.shared import bitmap, charts, grids
from pages.shared.example import digit
from pages.shared.words import TEXT

SAME = parse_layer("maxpool2:same")
VALID = parse_layer("maxpool2")

STAGE = 168  # screen pixels: 28, 14 and 7 pixels all divide it
CELL = 20  # screen pixels
BESIDE = 0.8  # cells between an image and what is pooled from it


def pooled() -> list[Float64]:
    """The digit at 28, 14 and 7 pixels."""
    stages = [digit()]
    for _ in range(2):
        stages.append(pool(stages[-1], SAME))
    return stages


def show(stages: Sequence[Float64], *, revealed: bool) -> None:
    """The digit at every stage; what comes after 7 stays open until a guess is made."""
    with st.container(horizontal=True, gap="small"):
        for stage in stages:
            size = len(stage)
            with st.container(width=STAGE + 4):
                draw(stage, alt=f"A digit of {size} by {size} pixels")
                st.markdown(f"**{size} × {size}**")
        with st.container(width=STAGE + 4):
            if revealed:
                draw(pool(stages[-1], SAME), alt="The digit at 4 by 4 pixels")
                st.markdown("**4 × 4**, with “same”")
            else:
                bitmap.blank(STAGE, alt="What comes next is open")
                st.markdown("**? × ?**")
    st.caption(
        "A generated digit, enlarged until its strokes reach the edge: in MNIST's own frame the "
        "last rows are black, and nobody would miss them."
    )


def draw(image: Float64, *, alt: str) -> None:
    """A square image."""
    bitmap.show(grids.GREY.pixels(image), STAGE, alt=alt)


def answer(image: Float64, reply: str) -> str:
    """The answer and a `reply` to the guess: both poolings of 7, each window where it lies.

    Returns the answer in a line.
    """
    valid, same = (fit(layer, len(image), "keras") for layer in (VALID, SAME))
    told = f"“same” makes {same.output} of 7, “valid” makes {valid.output}"
    st.header(told)
    st.markdown(
        f"“valid” takes whole windows only, `{formula(valid)}`: the last row and column belong to "
        f"no window, and with them {100 * dropped(image, VALID):.0f} % of this digit's ink. “same” "
        f"adds one row and one column, `{formula(same)}`, so that every pixel keeps its window. "
        f"{reply} The code of the blog's autoencoder is then 4 × 4 × 8 = 128 numbers.",
        width=TEXT,
    )
    colours = charts.palette()
    left, right_column = st.columns(2)
    with left:
        st.markdown("**“valid”**: the crossed pixels are dropped")
        pooling(image, VALID, colours.unpadded)
    with right_column:
        st.markdown("**“same”**: the dashed cells are padded")
        pooling(image, SAME, colours.padded)
    return told


def pooling(image: Float64, layer: Layer, colour: str) -> None:
    """A square image with a pool's windows, and the result at the windows' size beside it."""
    axis = fit(layer, len(image), "keras")
    length = len(axis.cells)
    marks = list(grids.squares("pixel", image))
    for row, column in np.ndindex(length, length):
        if max(row, column) >= axis.length:
            marks.append(grids.square("padding", row, column))
        elif row in axis.unused or column in axis.unused:
            marks.append(grids.square("dropped", row, column, text="×"))
    for row, column in np.ndindex(axis.output, axis.output):
        marks.append(grids.square("window", row * layer.stride, column * layer.stride, 2))
    result = pool(image, layer)
    marks += grids.squares("pixel", result, left=8 + BESIDE, side=2)
    marks.append(grids.square("image", 0, 8 + BESIDE, 2 * axis.output))
    grids.show(
        marks,
        (8, 16 + BESIDE),
        CELL,
        [
            grids.amounts("pixel", grids.GREY),
            grids.rectangles("padding", inset=0.08, **grids.padding_look(charts.palette())),
            grids.outline("image"),
            grids.rectangles("window", filled=False, stroke=colour, strokeWidth=2),
            grids.words("dropped", fontSize=16, fontWeight="bold", color=grids.DROPPED),
        ],
        alt=f"The windows of {layer} on 7 by 7 pixels, and the {axis.output} by {axis.output} "
        "pixels that they give",
        key=f"pooling_{layer.padding}",
    )
