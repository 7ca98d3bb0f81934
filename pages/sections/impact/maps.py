"""Both maps beside each other on one scale, and a cut through them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import pandas as pd
import streamlit as st

from core.arrays import Float64
from pages.sections.impact import words
from pages.sections.impact.sides import Side
from pages.shared import charts, heat
from pages.shared.heat import Scale

UNSEEN = "#8A8A8A"


def coloured(sides: Sequence[Side], amount: str, log: bool) -> tuple[tuple[Float64, ...], Scale]:
    """The maps in the amount asked for, and the scale that they share.

    In shares of the maximum where the paths outgrow floating point.
    """
    maps, what, number = tuple(side.impact.shares for side in sides), "share of the maximum", ".3~p"
    if amount == "paths":
        counts = [side.impact.floats for side in sides]
        in_full = tuple(paths for paths in counts if paths is not None)
        if len(in_full) == len(sides):
            maps, what, number = in_full, "paths", ",.6~g"
        else:
            st.caption("The paths outgrow the colour scale: shown as shares of the maximum.")
    return maps, Scale(heat.domain(maps, log), what, number, log, nothing=UNSEEN)


def show(sides: Sequence[Side], amount: str, log: bool) -> None:
    """The maps beside each other on one scale, their shares, and a cut through them."""
    maps, scale = coloured(sides, amount, log)
    with st.container(horizontal=True, gap="medium"):
        for side, shown in zip(sides, maps, strict=True):
            map_of(side, shown, scale)
        table = pd.DataFrame({side.name: words.summary(side.impact) for side in sides})
        st.table(table.rename_axis("impact"), width="content")
    cut(sides, maps, scale)


def map_of(side: Side, shown: Float64, scale: Scale) -> None:
    """One side's map with its title; hover and click where it is small enough."""
    key = f"map_{side.name}"
    show_map = partial(
        charts.show,
        alt=f"{side.name}: {words.title(side.impact)}",
        key=key,
        width="content",
    )
    with st.container(width=heat.SIZE + 16):
        st.markdown(f"**{words.title(side.impact)}**")
        if shown.size > heat.CELLS:
            show_map(heat.raster(shown, scale), heat.raster_map(shown.shape, scale))
            st.caption("A map this large is one picture: read a pixel by its row and column.")
        else:
            show_map(
                heat.pixels(shown, paths=words.all_in_full(side.impact)),
                heat.heat_map(shown.shape, scale, select=True, hover=("paths",)),
                on_select=lambda: pick(key),
                selection_mode="px",
            )
        st.caption(words.caption(side))


def pick(key: str) -> None:
    """Take the clicked pixel for the chosen one."""
    points = st.session_state[key].selection.get("px")
    if points:
        st.session_state["row"], st.session_state["column"] = points[0]["row"], points[0]["col"]


def cut(sides: Sequence[Side], maps: Sequence[Float64], scale: Scale) -> None:
    """A cut through the middle row of both maps."""
    cuts = [shown[len(shown) // 2] for shown in maps]
    low, high = heat.domain(cuts, scale.log)
    rows = [
        (x, float(y), side.name, "solid")
        for side, cut in zip(sides, cuts, strict=True)
        for x, y in enumerate(cut)
        if y > 0 or not scale.log
    ]
    shared = (low / 1.2, high * 1.2) if scale.log else (low, high * 1.05)
    line = pd.DataFrame(rows, columns=["x", "y", "line", "style"])
    colours = charts.palette()
    spec = charts.lines(
        {"left": colours.padded, "right": colours.unpadded},
        x=charts.Axis("column", (0, max(1, *(side.width - 1 for side in sides)))),
        y=charts.Axis(scale.what, shared, scale.number, scale.log),
        height=220,
    )
    st.markdown(f"**{words.through(sides)}**")
    charts.show(
        charts.label_ends(line, shared, 130, log_y=scale.log),
        spec,
        alt=words.cut(sides),
        key="section",
    )
