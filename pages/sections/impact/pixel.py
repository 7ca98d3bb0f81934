"""One pixel's paths: one layer under the microscope, the reach of several."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.impact import reach
from core.layers import CONVOLUTION
from pages.sections.impact import microscope, words
from pages.sections.impact.settings import Settings
from pages.sections.impact.sides import Asked, Side
from pages.shared import charts, heat, sources
from pages.shared.controls import control
from pages.shared.drawn_once import drawn_once


def show(sides: Sequence[Side]) -> None:
    """A pixel's paths: one layer under the microscope, the reach of several."""
    st.subheader("Why does this pixel count what it counts?")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        with st.container(width=150):
            row = control(Settings, "row", "Row")
        with st.container(width=150):
            column = control(Settings, "column", "Column")
        st.caption(words.where_to_click(sides, heat.CELLS))
    inside = [side for side in sides if row < side.height and column < side.width]
    for side in sides:
        if side not in inside:
            st.caption(words.outside(side))
    if inside:
        microscope.show(inside, (row, column))
    # Of one convolution the microscope has shown it all.
    deep = [side for side in inside if len(side.stack) > 1 or not magnified(side)]
    if deep:
        reaches(tuple(side.asked for side in deep), row, column)


def magnified(side: Side) -> bool:
    """Whether the microscope shows this side's first layer."""
    return side.stack.layers[0].kind == CONVOLUTION


@drawn_once
def reaches(asked: tuple[Asked, ...], row: int, column: int) -> None:
    """How many outputs the pixel can touch at all, beside the paths that lead there."""
    for place, each in zip(st.columns(2), asked, strict=False):
        side = each.side
        with place:
            reached = reach(side.stack, side.height, side.width)
            st.markdown(words.reached(side, (row, column), int(reached[row, column])))
            highest = max(int(reached.max()), 1)
            scale = heat.Scale((0, highest), "outputs that a pixel can reach", ",.6~g")
            frame = (row, column, row + 1, column + 1)
            charts.show(
                *heat.plain_map(reached, scale, frame=frame),
                alt=words.reach_map(side, reached),
                key=f"reach_{side.name}",
                width="content",
            )
            st.caption(f"`{side.label}`")
    st.caption(
        f"Which outputs a pixel can reach at all is receptive-field arithmetic "
        f"({sources.cite(sources.ARAUJO)})."
    )
