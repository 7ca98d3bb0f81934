"""The charts' common look, as Vega-Lite specifications.

A specification holds the look and stays the same while the data move: the browser then swaps the
data in place, where any change of the specification would rebuild the chart. So domains are fixed
by the caller, and what changes with a run (titles, counters) is written beside the chart.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import streamlit as st
from matplotlib import colormaps
from numpy.typing import NDArray
from PIL import Image

Spec = dict[str, Any]

SIGNED = "datum.value ? format(datum.value, '+~g') : '0'"
"""An axis's labels as changes: "+1", "−1", "0"."""


@dataclass(frozen=True)
class Palette:
    """The colours of one theme. What is compared keeps its colour on every page."""

    unpadded: str
    padded: str
    ink: str
    muted: str
    faint: str


# Okabe & Ito's colour-blind-safe set has two blues and two oranges: one pair legible on white,
# the other on black (contrast 3:1 or better against the page).
LIGHT = Palette("#0072B2", "#D55E00", "#1F2328", "#5F656C", "#D8D8D4")
DARK = Palette("#56B4E9", "#E69F00", "#E6E6E3", "#A4A9AE", "#3A3F45")


def palette() -> Palette:
    """The colours of the theme that the visitor sees."""
    return DARK if st.context.theme.type == "dark" else LIGHT


def ready(data: pd.DataFrame) -> pa.Table:
    """Data in the form in which they travel: what is drawn again and again is converted once."""
    return pa.Table.from_pandas(data)


def _config(colours: Palette) -> Spec:
    text = {"labelColor": colours.muted, "titleColor": colours.muted, "titleFontWeight": "normal"}
    size = {"labelFontSize": 12, "titleFontSize": 12}
    return {
        "background": "transparent",
        "font": "Source Sans, Source Sans Pro, sans-serif",
        "view": {"stroke": None},
        "axis": text
        | size
        | {
            "domainColor": colours.faint,
            "tickColor": colours.faint,
            "gridColor": colours.faint,
            "gridOpacity": 0.5,
        },
        "axisX": {"grid": False},
        "axisY": {
            "titleAngle": 0,
            "titleAlign": "left",
            "titleY": -12,
            "titleX": 0,
            "domain": False,
        },
        "legend": text | size | {"gradientThickness": 10},
        "text": {"color": colours.ink, "fontSize": 12},
        "rule": {"color": colours.muted},
    }


def show(
    data: pd.DataFrame | pa.Table, spec: Spec, *, alt: str, key: str | None = None, **options: Any
) -> Any:
    """Draw `spec` with `data` in the page's theme; `alt` describes it to a screen reader."""
    themed = {"config": _config(palette())} | spec
    return st.vega_lite_chart(data, themed, theme=None, alt=alt, key=key, **options)


def lines(
    colour: Mapping[str, str],
    *,
    x: tuple[str, Sequence[float]],
    y: tuple[str, Sequence[float]],
    height: int = 280,
    log_x: bool = False,
    log_y: bool = False,
    x_format: str = "~s",
    y_format: str | None = None,
    y_ticks: Sequence[float] | None = None,
    points: bool = False,
) -> Spec:
    """Lines labelled at their ends. Data: as `label_ends` gives them.

    `x` and `y` are an axis title and its domain.
    """
    scale_x: Spec = {"domain": list(x[1]), "nice": False}
    if log_x:
        scale_x["type"] = "log"
    scale_y: Spec = {"domain": list(y[1]), "nice": False}
    scale_y |= {"type": "log"} if log_y else {"zero": False}
    axis_y: Spec = {"values": list(y_ticks)} if y_ticks else {"tickCount": 5}
    axis_y |= {"format": y_format} if y_format else {}
    shared: Spec = {
        "x": {"field": "x", "type": "quantitative", "title": x[0], "scale": scale_x}
        | {"axis": {"format": x_format, "tickCount": 6, "labelSeparation": 8}},
        "y": {
            "field": "y",
            "type": "quantitative",
            "title": y[0],
            "scale": scale_y,
            "axis": axis_y,
        },
        "color": {
            "field": "line",
            "type": "nominal",
            "scale": {"domain": list(colour), "range": list(colour.values())},
            "legend": None,
        },
    }
    dash: Spec = {
        "field": "style",
        "type": "nominal",
        "legend": None,
        "scale": {"domain": ["solid", "dashed", "dotted"], "range": [[1, 0], [6, 5], [0.1, 4]]},
    }
    tooltip = [
        {"field": "line", "title": " "},
        {"field": "x", "title": x[0], "format": ",.4~g"},
        {"field": "y", "title": y[0], "format": y_format or ".4~f"},
    ]
    label_y = shared["y"] | {"field": "label_y"}
    return {
        "height": height,
        "padding": {"left": 5, "top": 24, "right": 72, "bottom": 5},
        "autosize": {"type": "fit", "contains": "padding"},
        "layer": [
            {
                "mark": {"type": "line", "strokeWidth": 2.5, "clip": True, "point": points}
                | {"strokeCap": "round"},  # one point alone is a dot
                "encoding": shared | {"strokeDash": dash},
            },
            {
                "transform": [{"filter": "datum.style !== 'dotted'"}],
                "mark": {"type": "point", "size": 60, "opacity": 0},
                "encoding": shared | {"tooltip": tooltip},
            },
            {
                "transform": [{"filter": "isValid(datum.label)"}],
                "mark": {"type": "text", "align": "left", "dx": 6, "fontSize": 12, "clip": False},
                "encoding": shared | {"y": label_y, "text": {"field": "label"}},
            },
        ],
    }


def label_ends(
    data: pd.DataFrame,
    domain: Sequence[float],
    height: int = 280,
    gap: int = 14,
    *,
    log_y: bool = False,
) -> pd.DataFrame:
    """The data of `lines`, from columns x, y, line (a key of `colour`) and style.

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


def pixels(values: NDArray[Any], **columns: NDArray[Any]) -> pd.DataFrame:
    """A row for each pixel of an (H, W) array, for `heat_map`; more columns of the same shape."""
    row, col = np.indices(values.shape)
    table = {"row": row.ravel(), "col": col.ravel(), "value": np.asarray(values, float).ravel()}
    return pd.DataFrame(table | {name: more.ravel() for name, more in columns.items()})


CELLS = 48**2  # pixels of a heat map; with more, drawing takes seconds and `raster` must do


def plain_map(
    values: NDArray[Any],
    domain: Sequence[float],
    *,
    frame: tuple[int, int, int, int] | None = None,
    **options: Any,
) -> tuple[pd.DataFrame, Spec]:
    """An (H, W) array as data and `heat_map`; with too many pixels as `raster_map`, unframed."""
    if values.size > CELLS:
        return raster(values, domain), raster_map(values.shape, domain, **options)
    return pixels(values), heat_map(values.shape, domain, frame=frame, **options)


def heat_map(
    shape: tuple[int, int],
    domain: Sequence[float],
    *,
    what: str,
    size: int = 320,
    frame: tuple[int, int, int, int] | None = None,
    log: bool = False,
    scheme: str = "viridis",
    legend: bool = True,
    select: bool = False,
    tooltip: Sequence[Spec] = (),
    number: str = ".4~g",
    nothing: str | None = None,
) -> Spec:
    """Square pixels in a perceptually uniform map. Data as `pixels` gives them.

    `what` names the amount and its unit; `domain` is the colour scale's, so that maps which are
    compared share it; `frame` draws a frame round rows and columns (top, left, bottom, right),
    the last two excluded; `select` lets a click choose a pixel, as the parameter "px"; `number` is
    how amounts are written, in d3's terms; `nothing` is a colour for pixels whose value is 0.
    """
    height, width = shape
    cell = max(1, size // max(height, width))  # whole screen pixels leave no seams
    place: Spec = {"type": "quantitative", "axis": None}
    x: Spec = place | {"scale": {"domain": [0, width], "nice": False, "zero": False}}
    # Rows count downwards, as in an array.
    y: Spec = place | {
        "scale": {"domain": [0, height], "nice": False, "zero": False, "reverse": True}
    }
    scale: Spec = {"domain": list(domain), "scheme": scheme, "clamp": True}
    if log:
        scale["type"] = "log"
    legend_spec: Spec | None = (
        {"type": "gradient", "orient": "bottom", "gradientLength": min(size, 320)}
        | {"title": what, "tickCount": 4, "format": number}
        if legend
        else None
    )
    colour: Spec = {"field": "value", "type": "quantitative", "scale": scale}
    if nothing is not None:
        colour["condition"] = {"test": "datum.value === 0", "value": nothing}
    cells: Spec = {
        "transform": [
            {"calculate": "datum.col + 1", "as": "right"},
            {"calculate": "datum.row + 1", "as": "bottom"},
        ],
        # Half a pixel more on two sides hides the seam that anti-aliasing leaves between cells.
        "mark": {"type": "rect", "x2Offset": 0.5, "y2Offset": 0.5},
        "encoding": {
            "x": x | {"field": "col"},
            "x2": {"field": "right"},
            "y": y | {"field": "row"},
            "y2": {"field": "bottom"},
            "color": colour | {"legend": legend_spec},
            "tooltip": [
                {"field": "row"},
                {"field": "col", "title": "column"},
                {"field": "value", "title": what, "format": number},
                *tooltip,
            ],
        },
    }
    if select:
        cells["params"] = [
            {
                "name": "px",
                "select": {
                    "type": "point",
                    "fields": ["row", "col"],
                    "on": "click",
                    "toggle": False,
                },
            }
        ]
    layers = [cells]
    if frame is not None:
        top, left, bottom, right = frame
        outline = {"x": left, "x2": right, "y": top, "y2": bottom}
        layers.append(
            {
                "data": {"values": [outline]},
                "mark": {"type": "rect", "filled": False, "stroke": "white", "strokeWidth": 1.5},
                "encoding": {
                    "x": x | {"field": "x"},
                    "x2": {"field": "x2"},
                    "y": y | {"field": "y"},
                    "y2": {"field": "y2"},
                },
            }
        )
    return {
        "width": cell * width,
        "height": cell * height,
        "padding": {"left": 2, "top": 2, "right": 2, "bottom": 2},
        "autosize": {"type": "pad"},
        "layer": layers,
    }


def colours(
    values: NDArray[Any],
    domain: Sequence[float],
    *,
    log: bool = False,
    nothing: str | None = None,
) -> NDArray[np.uint8]:
    """An (H, W) array as pixels (H, W, 3) in the colours of `heat_map`."""
    values = np.asarray(values, float)
    with np.errstate(divide="ignore"):
        amounts, (low, high) = (np.log(values), np.log(domain)) if log else (values, domain)
    shares = np.clip((amounts - low) / ((high - low) or 1), 0, 1)
    coloured: NDArray[np.uint8] = colormaps["viridis"](shares, bytes=True)[..., :3]
    if nothing is not None:
        coloured[values == 0] = rgb(nothing)
    return coloured


def rgb(colour: str) -> tuple[int, int, int]:
    """The red, green and blue of a colour "#RRGGBB"."""
    red, green, blue = bytes.fromhex(colour[1:])
    return red, green, blue


def raster(
    values: NDArray[Any],
    domain: Sequence[float],
    *,
    log: bool = False,
    nothing: str | None = None,
) -> pd.DataFrame:
    """An (H, W) array as one picture, for `raster_map`: the colours of `heat_map`, no hover."""
    url = inline(colours(values, domain, log=log, nothing=nothing))
    return pd.DataFrame({"url": [url], "row": [0], "col": [0], "value": [float(domain[1])]})


def inline(pixels: NDArray[np.uint8]) -> str:
    """Pixels, (H, W) greys or (H, W, 3 or 4) colours, as an address that holds them.

    A file on the server would be gone once the page is drawn again.
    """
    png = io.BytesIO()
    Image.fromarray(pixels).save(png, "PNG")
    return "data:image/png;base64," + base64.b64encode(png.getvalue()).decode()


def raster_map(
    shape: tuple[int, int],
    domain: Sequence[float],
    *,
    what: str,
    size: int = 320,
    log: bool = False,
    number: str = ".4~g",
) -> Spec:
    """`heat_map` as one picture: soon drawn, however many pixels. Data as `raster` gives them."""
    spec = heat_map(shape, domain, what=what, size=size, log=log, number=number)
    legend = spec["layer"][0] | {"transform": []}
    legend["mark"] = {"type": "point", "opacity": 0, "tooltip": None}
    legend["encoding"] = {"color": legend["encoding"]["color"]}
    middle = {"x": {"value": spec["width"] / 2}, "y": {"value": spec["height"] / 2}}
    picture = {
        # Not smooth: enlarged, a pixel stays a square.
        "mark": {"type": "image", "smooth": False}
        | {"width": spec["width"], "height": spec["height"]},
        "encoding": middle | {"url": {"field": "url", "type": "nominal"}},
    }
    return spec | {"layer": [picture, legend]}
