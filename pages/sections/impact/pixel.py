"""One pixel's paths: the kernel positions of one layer, the reach of several."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.impact import reach
from core.layers import UPSAMPLING
from pages.sections.impact import kernel_walk, words
from pages.sections.impact.settings import Settings
from pages.sections.impact.sides import Side
from pages.shared import charts, heat, sources
from pages.shared.controls import control


def show(sides: Sequence[Side]) -> None:
    """A pixel's paths: the kernel positions of one layer, the reach of several."""
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
    walks, deep = [], []
    for side in inside:
        layer = side.stack.layers[0]
        if len(side.stack) == 1 and layer.kind != UPSAMPLING:
            size = side.height, side.width
            prepared = kernel_walk.prepare(side.name, layer, size, (row, column))
            walks += [prepared] if prepared else []
        else:
            deep.append(side)
    if walks:
        kernel_walk.show(walks)
    if deep:
        reaches(deep, row, column)


def reaches(sides: Sequence[Side], row: int, column: int) -> None:
    """How many outputs the pixel can touch at all, beside the paths that lead there."""
    for place, side in zip(st.columns(2), sides, strict=False):
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
