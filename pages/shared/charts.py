"""The charts' common look: Altair charts, drawn once and kept without data and theme.

A specification holds the look and stays the same while the data move: the browser then swaps the
data in place, where any change of the specification would rebuild the chart. So domains are fixed
by the caller, and what changes with a run (titles, counters) is written beside the chart.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache, wraps
from typing import Any, ParamSpec, cast

import altair as alt
import numpy as np
import pandas as pd
import pyarrow as pa
import streamlit as st
from numpy.typing import NDArray
from PIL import Image

Given = ParamSpec("Given")

SIGNED = "datum.value ? format(datum.value, '+~g') : '0'"
"""An axis's labels as changes: "+1", "−1", "0"."""

FIT = alt.AutoSizeParams(type="fit", contains="padding")
"""A chart as wide as its place, whatever its labels take."""

KEPT = 128  # specifications, some 10 kB each, of every kind of chart


@dataclass(frozen=True)
class Palette:
    """The colours of one theme. What is compared keeps its colour on every page."""

    unpadded: str
    padded: str
    ink: str
    muted: str
    faint: str


# Okabe & Ito's colour-blind-safe set has two blues and two oranges: one pair legible on white,
# the other on black. Lines are named in their colours, in small type: 4.5:1 against the page, for
# which the orange on white is darkened.
LIGHT = Palette("#0072B2", "#C25400", "#14171A", "#5F656C", "#D8D8D4")
DARK = Palette("#56B4E9", "#E69F00", "#E6E6E3", "#A4A9AE", "#3A3F45")


def palette() -> Palette:
    """The colours of the theme that the visitor sees."""
    return DARK if st.context.theme.type == "dark" else LIGHT


def ready(data: pd.DataFrame) -> pa.Table:
    """Data in the form in which they travel: what is drawn again and again is converted once."""
    return pa.Table.from_pandas(data)


Drawn = alt.Chart | alt.LayerChart | alt.FacetChart


@dataclass(frozen=True)
class Spec:
    """A chart as Vega-Lite, without data and theme. Only `show` looks inside."""

    vega_lite: Mapping[str, Any]


def kept(draw: Callable[Given, Drawn]) -> Callable[Given, Spec]:
    """Draw a chart once a process for the same arguments, which must be hashable.

    To become a specification it is checked against Vega-Lite's schema, which takes longer than
    all the rest of a rerun.
    """

    @lru_cache(KEPT)
    @wraps(draw)
    def spec(*given: Given.args, **named: Given.kwargs) -> Spec:
        drawn = draw(*given, **named).properties(data=alt.NamedData("shown")).to_dict()
        return Spec({name: part for name, part in drawn.items() if name not in LEFT_OUT})

    return cast("Callable[Given, Spec]", spec)


LEFT_OUT = ("$schema", "config", "data")  # data and theme come with `show`


@cache
def _config(colours: Palette) -> dict[str, Any]:
    """The theme of all charts."""
    text: dict[str, Any] = {
        "labelColor": colours.muted,
        "titleColor": colours.muted,
        "titleFontWeight": "normal",
        "labelFontSize": 12,
        "titleFontSize": 12,
    }
    lines: dict[str, Any] = {f"{part}Color": colours.faint for part in ("domain", "tick", "grid")}
    config = alt.Config(
        background="transparent",
        font="Source Sans, Source Sans Pro, sans-serif",
        # A chart speaks as a whole, by its `alt`, not axis by axis and mark by mark.
        aria=False,
        mark=alt.MarkConfig(aria=False),
        view=alt.ViewConfig(stroke=None),
        axis=alt.AxisConfig(**text, **lines, gridOpacity=0.5),
        axisX=alt.AxisConfig(grid=False),
        axisY=alt.AxisConfig(titleAngle=0, titleAlign="left", titleX=0, titleY=-12, domain=False),
        legend=alt.LegendConfig(**text, gradientThickness=10),
        text=alt.MarkConfig(color=colours.ink, fontSize=12),
        rule=alt.MarkConfig(color=colours.muted),
    )
    return config.to_dict()


def show(
    data: pd.DataFrame | pa.Table, spec: Spec, *, alt: str, key: str | None = None, **options: Any
) -> Any:
    """Draw `spec` with `data` in the page's theme; `alt` describes it to a screen reader."""
    themed = {**spec.vega_lite, "config": _config(palette())}
    return st.vega_lite_chart(data, themed, theme=None, alt=alt, key=key, **options)


def margins(*, top: float) -> dict[str, float]:
    """The space round a chart, in pixels.

    For what is written at the lines' ends `FIT` makes room: a margin for it would be a second one.
    At the right there is some for half of an axis's last number.
    """
    return {"left": 5, "top": top, "right": 10, "bottom": 5}


@dataclass(frozen=True)
class Axis:
    """An axis of `lines`: its title and unit, its domain, and how its numbers are written.

    Without a domain it is that of the data, which `stretched` sets: it moves with them.
    """

    title: str
    domain: tuple[float, float] | None
    number: str | None = None
    log: bool = False

    def scale(self) -> alt.Scale:
        if self.domain is None:
            return alt.Scale(zero=False, nice=False)
        return alt.Scale(domain=self.domain, type="log" if self.log else alt.Undefined)


def lines(colours: Mapping[str, str], x: Axis, y: Axis, height: int = 280) -> Spec:
    """Lines, each in its colour, labelled at their ends. Data: as `label_ends` gives them."""
    return _lines(tuple(colours.items()), x, y, height)


@kept
def _lines(colours: tuple[tuple[str, str], ...], x: Axis, y: Axis, height: int) -> Drawn:
    names, drawn_in = zip(*colours, strict=True)
    written = alt.Axis(format=y.number or alt.Undefined, tickCount=5)
    up: dict[str, Any] = {"title": y.title, "scale": y.scale(), "axis": written}
    across = alt.Axis(format=x.number or "~s", tickCount=6, labelSeparation=8)
    base = alt.Chart().encode(
        x=alt.X("x:Q", title=x.title, scale=x.scale(), axis=across),
        y=alt.Y("y:Q", **up),
        color=alt.Color("line:N", scale=alt.Scale(domain=names, range=drawn_in), legend=None),
    )
    styles = alt.Scale(domain=["solid", "dashed", "dotted"], range=[[1, 0], [6, 5], [0.1, 4]])
    dash = alt.StrokeDash("style:N", legend=None, scale=styles)
    tooltip = [
        alt.Tooltip("line:N", title=" "),
        alt.Tooltip("x:Q", title=x.title, format=",.4~g"),
        alt.Tooltip("y:Q", title=y.title, format=y.number or ".4~f"),
    ]
    # One point alone is a dot, thanks to its round cap.
    line = base.transform_filter("datum.style !== 'stretch'").mark_line(
        strokeWidth=2.5, clip=True, strokeCap="round"
    )
    stretch = base.transform_filter("datum.style === 'stretch'").mark_point(opacity=0)
    hover = base.transform_filter("datum.style === 'solid' || datum.style === 'dashed'").mark_point(
        size=60, opacity=0
    )
    name = base.transform_filter("isValid(datum.label)").mark_text(
        align="left", dx=6, fontSize=12, clip=False
    )
    return alt.layer(
        line.encode(strokeDash=dash),
        stretch,
        hover.encode(tooltip=tooltip),
        name.encode(y=alt.Y("label_y:Q", **up), text="label:N"),
    ).properties(height=height, padding=margins(top=24), autosize=FIT)


def label_ends(
    data: pd.DataFrame,
    domain: Sequence[float],
    height: int = 280,
    gap: int = 20,  # of the height, axes included, of which the lines have about two thirds
    *,
    log_y: bool = False,
) -> pd.DataFrame:
    """The data of `lines`, from columns x, y, line (a key of its `colours`) and style.

    `style` is "solid", "dashed" or "dotted", the last without a label and a tooltip. Added are, at
    each line's end, label and label_y: where it stands, `gap` pixels from the next. `domain` is the
    y axis's and `height` the chart's, in pixels; what lies outside would stretch it and is dropped.
    """
    if log_y:
        exponents = data.assign(y=np.log10(data["y"]))
        labelled = label_ends(exponents, np.log10(domain).tolist(), height, gap)
        inside = data.loc[labelled.index]
        return inside.assign(label=labelled["label"], label_y=10.0 ** labelled["label_y"])
    data = data[data["y"].between(*domain)]
    lines, x, y = (data[name].to_numpy() for name in ("line", "x", "y"))
    labelled = data["style"].to_numpy() != "dotted"
    ends = []
    for line in dict.fromkeys(lines[labelled]):
        own = np.flatnonzero(labelled & (lines == line))
        ends.append(own[x[own].argmax()])
    apart = gap * (domain[1] - domain[0]) / height
    label, label_y = np.full(len(data), None), np.full(len(data), np.nan)
    lowest = -np.inf
    for end in sorted(ends, key=y.__getitem__):
        label[end], label_y[end] = lines[end], max(y[end], lowest)
        lowest = label_y[end] + apart
    return data.assign(label=label, label_y=label_y)


def stretched(data: pd.DataFrame, domain: tuple[float, float]) -> pd.DataFrame:
    """The data of `lines` with what stretches an axis without a domain of its own to this one."""
    ends = pd.DataFrame({"x": 0, "y": domain, "style": "stretch"})
    return pd.concat([data, ends.reindex(columns=data.columns)], ignore_index=True)


def rgb(colour: str) -> tuple[int, int, int]:
    """The red, green and blue of a colour "#RRGGBB"."""
    red, green, blue = bytes.fromhex(colour[1:])
    return red, green, blue


def inline(pixels: NDArray[np.uint8]) -> str:
    """Pixels, (H, W) greys or (H, W, 3 or 4) colours, as an address that holds them.

    A file on the server would be gone once the page is drawn again.
    """
    png = io.BytesIO()
    Image.fromarray(pixels).save(png, "PNG")
    return "data:image/png;base64," + base64.b64encode(png.getvalue()).decode()
