"""Both maps beside each other on one scale, and a cut through them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache, partial

import pandas as pd
import pyarrow as pa
import streamlit as st

from core.arrays import Float64
from pages.sections.impact import words
from pages.sections.impact.sides import Asked, Side
from pages.shared import charts, heat
from pages.shared.drawn_once import drawn_once
from pages.shared.heat import Scale

UNSEEN = "#8A8A8A"


def in_full(sides: Sequence[Side]) -> bool:
    """Whether the paths of all sides fit into floating point."""
    return all(side.impact.floats is not None for side in sides)


def shown(side: Side, *, paths: bool) -> Float64:
    """A side's map: its paths, or shares of their maximum."""
    counts = side.impact.floats if paths else None
    return side.impact.shares if counts is None else counts


def scale_of(maps: Sequence[Float64], *, paths: bool, log: bool) -> Scale:
    """The scale that the maps share."""
    what, number = ("paths", ",.6~g") if paths else ("share of the maximum", ".3~p")
    return Scale(heat.domain(maps, log), what, number, log, nothing=UNSEEN)


def show(sides: Sequence[Side], amount: str, log: bool) -> None:
    """The maps beside each other on one scale, their shares, and a cut through them."""
    paths = amount == "paths" and in_full(sides)
    if amount == "paths" and not paths:
        st.caption("The paths outgrow the colour scale: shown as shares of the maximum.")
    scale = scale_of([shown(side, paths=paths) for side in sides], paths=paths, log=log)
    asked = tuple(side.asked for side in sides)
    with st.container(horizontal=True, gap="medium"):
        for each in asked:
            map_of(each, scale, paths=paths)
        summary(asked)
    cut(asked, paths=paths, log=log)


def map_of(asked: Asked, scale: Scale, *, paths: bool) -> None:
    """One side's map with its title; hover and click where it is small enough."""
    key = f"map_{asked.name}"
    title, caption = said(asked)
    show_map = partial(charts.show, alt=f"{asked.name}: {title}", key=key, width="content")
    size = asked.height, asked.width
    with st.container(width=heat.SIZE + 16):
        st.markdown(f"**{title}**")
        if asked.height * asked.width > heat.CELLS:
            picture = heat.raster(shown(asked.side, paths=paths), scale)
            show_map(picture, heat.raster_map(size, scale))
            st.caption("A map this large is one picture: read a pixel by its row and column.")
        else:
            show_map(
                cells(asked, paths=paths),
                heat.heat_map(size, scale, select=True, hover=("paths",)),
                on_select=lambda: pick(key),
                selection_mode="px",
            )
        st.caption(caption)


@lru_cache(64)
def cells(asked: Asked, *, paths: bool) -> pa.Table:
    """A map's pixels with their paths in full: 150 kB at most."""
    side = asked.side
    return heat.pixels(shown(side, paths=paths), paths=words.all_in_full(side.impact))


@lru_cache(64)
def said(asked: Asked) -> tuple[str, str]:
    """A map's title and caption."""
    side = asked.side
    return words.title(side.impact), words.caption(side)


@drawn_once
def summary(asked: tuple[Asked, ...]) -> None:
    """What the maps come to."""
    table = pd.DataFrame({each.name: words.summary(each.side.impact) for each in asked})
    st.table(table.rename_axis("impact"), width="content")


def pick(key: str) -> None:
    """Take the clicked pixel for the chosen one."""
    points = st.session_state[key].selection.get("px")
    if points:
        st.session_state["row"], st.session_state["column"] = points[0]["row"], points[0]["col"]


@drawn_once
def cut(asked: tuple[Asked, ...], *, paths: bool, log: bool) -> None:
    """A cut through the middle row of both maps."""
    sides = [each.side for each in asked]
    maps = [shown(side, paths=paths) for side in sides]
    scale = scale_of(maps, paths=paths, log=log)
    cuts = [each[len(each) // 2] for each in maps]
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
