"""What the last windows of a pool hold: 2 × 1 real pixels, and padded cells that never win."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import streamlit as st

from core.arrays import Float64
from core.layers import Axis, Layer, fit
from core.shapes import pool, window_shapes
from pages.sections.shapes import words
from pages.shared import charts, grids
from pages.shared.grids import Mark
from pages.shared.words import TEXT

EXAMPLE: Float64 = np.array([[1.0, 2, -3], [4, 5, -6], [7, 8, -9], [10, 11, -12]])
CELL = 34  # screen pixels: room for a number of two digits
ARROW = 1.2  # cells between an image and what is pooled from it
WIDEST = 4  # cells: three columns and a padded one


def show(image: Float64, valid: Layer, same: Layer) -> None:
    """Four rows and three columns of numbers, pooled in both ways; then the image at hand."""
    st.header("What the last windows hold")
    st.markdown(words.remainder(EXAMPLE, pool(EXAMPLE, same)), width=TEXT)
    colours = charts.palette()
    columns = st.columns(2)
    pictures = (
        ("“valid”", valid, "the third column is dropped", colours.unpadded),
        ("“same”", same, "the dashed cells are padded", colours.padded),
    )
    for place, (name, layer, note, colour) in zip(columns, pictures, strict=True):
        result = pool(EXAMPLE, layer)
        with place:
            st.markdown(f"**{name}**, {words.by(result.shape)}: {note}")
            draw(layer, result, colour)
    axes = [fit(same, length) for length in image.shape]
    st.markdown(
        f"{words.windows(image.shape, window_shapes(axes[0], axes[1]))} The sizes are those of "
        "the real pixels that a window holds.",
        width=TEXT,
    )


def draw(layer: Layer, result: Float64, colour: str) -> None:
    """The example with a pool's windows, and the largest of each beside it."""
    rows, columns = (fit(layer, length) for length in EXAMPLE.shape)
    grids.show(
        marks(rows, columns, result),
        (len(EXAMPLE), WIDEST + ARROW + 2),
        CELL,
        [
            grids.rectangles("pixel", fill=charts.palette().faint),
            grids.rectangles("padding", inset=0.08, **grids.padding_look(charts.palette())),
            grids.rectangles("result", filled=False, stroke=colour, strokeWidth=1),
            grids.rectangles("window", filled=False, stroke=colour, strokeWidth=2),
            grids.words("value", fontSize=14, color=charts.palette().ink),
            grids.words("faded", fontSize=14, color=charts.palette().muted),
            grids.words("dropped", fontSize=14, color=grids.DROPPED),
        ],
        alt=f"The windows of {layer} on 4 by 3 numbers, and the largest number of each",
        key=f"remainder_{layer.padding}",
    )


def marks(rows: Axis, columns: Axis, result: Float64) -> Iterator[Mark]:
    """The marks of `draw`: pixels, padded cells, windows and results."""
    for row, column in np.ndindex(len(rows.cells), len(columns.cells)):
        if row >= rows.length or column >= columns.length:
            yield grids.square("padding", row, column)
            yield grids.square("faded", row, column, text="−∞")
            continue
        missed = row in rows.unused or column in columns.unused
        if not missed:
            yield grids.square("pixel", row, column)
        text = words.number(float(EXAMPLE[row, column]))
        yield grids.square("dropped" if missed else "value", row, column, text=text)
    stride = rows.layer.stride
    for row, column in np.ndindex(rows.output, columns.output):
        yield grids.square("window", row * stride, column * stride, rows.layer.kernel)
    yield from results(result, top=(len(EXAMPLE) - len(result)) / 2, left=WIDEST + ARROW)


def results(values: Float64, top: float, left: float) -> Sequence[Mark]:
    """A square with its number for each value, from (top, left) on."""
    return [
        grids.square(kind, top + row, left + column, text=words.number(value))
        for (row, column), value in np.ndenumerate(values)
        for kind in ("result", "value")
    ]
