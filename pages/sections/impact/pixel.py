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
    inside = [one for one in sides if row < one.height and column < one.width]
    for one in sides:
        if one not in inside:
            st.caption(words.outside(one))
    walks, deep = [], []
    for one in inside:
        layer = one.stack.layers[0]
        if len(one.stack) == 1 and layer.kind != UPSAMPLING:
            size = one.height, one.width
            prepared = kernel_walk.try_prepare(one.name, layer, size, (row, column))
            walks += [prepared] if prepared else []
        else:
            deep.append(one)
    if walks:
        kernel_walk.show(walks)
    if deep:
        reaches(deep, row, column)


def reaches(sides: Sequence[Side], row: int, column: int) -> None:
    """How many outputs the pixel can touch at all, beside the paths that lead there."""
    for place, one in zip(st.columns(2), sides, strict=False):
        with place:
            reached = reach(one.stack, one.height, one.width)
            st.markdown(words.reached(one, (row, column), int(reached[row, column])))
            highest = max(int(reached.max()), 1)
            scale = heat.Scale((0, highest), "outputs that a pixel can reach", ",.6~g")
            frame = (row, column, row + 1, column + 1)
            charts.show(
                *heat.plain_map(reached, scale, frame=frame),
                alt=f"Outputs that each pixel can reach, {one.name}",
                key=f"reach_{one.name}",
                width="content",
            )
            st.caption(f"`{one.label}`")
    st.caption(
        f"Which outputs a pixel can reach at all is receptive-field arithmetic "
        f"({sources.cite(sources.ARAUJO)})."
    )
