"""Both maps beside each other on one scale, and a cut through them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from core.impact import Impact
from pages.sections.impact import words
from pages.sections.impact.sides import Side
from pages.shared import charts, heat
from pages.shared.heat import Scale

Floats = NDArray[np.float64]
UNSEEN = "#8A8A8A"


@dataclass(frozen=True)
class Coloured:
    """Each side's map, and the scale that they share."""

    maps: tuple[Floats, ...]
    scale: Scale


def amounts(sides: Sequence[Side], amount: str, log: bool) -> Coloured:
    """The maps in the amount asked for; in shares where the paths outgrow the colour scale."""
    if amount == "paths":
        try:
            with np.errstate(over="raise"):
                counts = tuple(
                    np.asarray(one.impact.numerators / one.impact.denominator, np.float64)
                    for one in sides
                )
            return coloured(counts, "paths", ",.6~g", log)
        except (OverflowError, FloatingPointError):
            st.caption("The paths outgrow the colour scale: shown as shares of the maximum.")
    shares = tuple(one.impact.shares for one in sides)
    return coloured(shares, "share of the maximum", ".3~p", log)


def coloured(maps: tuple[Floats, ...], what: str, number: str, log: bool) -> Coloured:
    return Coloured(maps, Scale(domain(maps, log), what, number, log, nothing=UNSEEN))


def domain(values: Sequence[Floats], log: bool) -> tuple[float, float]:
    """The colour scale that all maps share."""
    highest = max(float(one.max()) for one in values) or 1.0
    if not log:
        return 0.0, highest
    lowest = min((float(one[one > 0].min()) for one in values if one.any()), default=highest)
    return max(lowest if lowest < highest else highest / 10, 1e-300), highest


def show(sides: Sequence[Side], amount: str, log: bool) -> None:
    """The maps beside each other on one scale, their shares, and a cut through them."""
    found = amounts(sides, amount, log)
    with st.container(horizontal=True, gap="medium"):
        for one, shown in zip(sides, found.maps, strict=True):
            map_of(one, shown, found.scale)
        st.table(summary(sides), width="content")
    cut(sides, found)


def map_of(one: Side, shown: Floats, scale: Scale) -> None:
    """One side's map with its title; hover and click where it is small enough."""
    key = f"map_{one.name}"
    show_map = partial(
        charts.show, alt=f"Impact of each pixel, {one.name}", key=key, width="content"
    )
    with st.container(width=heat.SIZE + 16):
        st.markdown(f"**{words.title(one.impact)}**")
        if shown.size > heat.CELLS:
            show_map(heat.raster(shown, scale), heat.raster_map(shown.shape, scale))
            st.caption("A map this large is one picture: read a pixel by its row and column.")
        else:
            show_map(
                heat.pixels(shown, paths=exact(one.impact)),
                heat.heat_map(shown.shape, scale, select=True, hover=("paths",)),
                on_select=lambda: pick(key),
                selection_mode="px",
            )
        st.caption(words.caption(one))


def pick(key: str) -> None:
    """Take the clicked pixel for the chosen one."""
    points = st.session_state[key].selection.get("px")
    if points:
        st.session_state["row"], st.session_state["column"] = points[0]["row"], points[0]["col"]


def exact(map_: Impact) -> NDArray[np.object_]:
    """Every pixel's paths as text: a browser's numbers are exact only up to 2⁵³."""

    def text(number: int) -> str:
        if map_.denominator == 1:
            return f"{number:,}"
        return words.written(number, map_.denominator)

    return np.array([[text(number) for number in row] for row in map_.numerators], object)


def summary(sides: Sequence[Side]) -> pd.DataFrame:
    """Each side's counts and shares."""
    return pd.DataFrame({one.name: words.summary(one.impact) for one in sides})


def cut(sides: Sequence[Side], found: Coloured) -> None:
    """A cut through the middle row of both maps."""
    log = found.scale.log
    cuts = [shown[len(shown) // 2] for shown in found.maps]
    low, high = domain(cuts, log)
    rows = [
        (x, float(y), one.name, "solid")
        for one, cut in zip(sides, cuts, strict=True)
        for x, y in enumerate(cut)
    ]
    shared = (low / 1.2, high * 1.2) if log else (low, high * 1.05)
    line = pd.DataFrame(rows, columns=["x", "y", "line", "style"])
    if log:
        line = line[line["y"] > 0]
    colours = charts.palette()
    spec = charts.lines(
        {"left": colours.padded, "right": colours.unpadded},
        x=charts.Axis("column", (0, max(1, *(one.width - 1 for one in sides)))),
        y=charts.Axis(found.scale.what, shared, found.scale.number, log),
        height=220,
    )
    st.markdown(f"**{words.through(sides)}**")
    charts.show(
        charts.label_ends(line, shared, 130, log_y=log),
        spec,
        alt="Impact of the pixels of the middle row, left and right",
        key="section",
    )
