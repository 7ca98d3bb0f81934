"""A kernel under the pointer: what it reads near one pixel, padding mode beside padding mode.

A component of its own: it holds every position, so that a move asks nothing of the server. All
numbers come from `core.impact.microscope`; the browser only shows them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from functools import lru_cache
from typing import Any

import streamlit as st

from core.impact.microscope import Microscope, Window, image, in_every_mode, magnify
from core.layers import CONVOLUTION, Layer, parse_layer
from core.settings import InputError, domain
from pages.sections.impact.settings import Settings
from pages.sections.impact.sides import Side
from pages.shared import charts
from pages.shared.component import component
from pages.shared.controls import escaped
from pages.shared.words import TEXT

FALLBACK = parse_layer("conv3:same")

_component = component("microscope", __file__)


def show(sides: Sequence[Side], pixel: tuple[int, int]) -> None:
    """The first layers of `sides`, every padding mode beside the others, near `pixel`."""
    st.markdown(INTRODUCTION, width=TEXT)
    named = layers(sides)
    alike = len({size for _, size in named}) == 1
    panels = [
        panel(layer, size, pixel, names if alike else (*names, f"{size[0]} × {size[1]}"))
        for (layer, size), names in named.items()
    ]
    if all("refused" in each for each in panels):
        st.caption(escaped(panels[0]["refused"]))
        return
    _component(
        data=drawn(panels, pixel, charts.palette())
        # What is chosen must lie in every image.
        | {"height": min(size[0] for _, size in named), "width": min(size[1] for _, size in named)},
        key=BOARD,
        on_pixel_change=choose_middle,
    )
    st.caption(READING)


def choose_middle() -> None:
    """Take the pixel under the kernel's middle for the chosen one; padding has none."""
    sent = st.session_state[BOARD].get("pixel")
    if isinstance(sent, list) and len(sent) == 2 and all(each in PIXELS for each in sent):
        st.session_state["row"], st.session_state["column"] = sent


BOARD = "microscope"  # in the session
PIXELS = domain(Settings, "row")

INTRODUCTION = (
    "**One layer under the microscope.** Move the kernel with the pointer, a finger or the arrow "
    "keys. Its weights are all 1: it adds up what it lies on. Enter takes the pixel in its middle."
)
READING = (
    "Above: the values near the pixel, which is framed; dashed cells are padding. Below: how often "
    "the layer counts each pixel, over all its positions; the stronger the blue, the more."
)


def layers(sides: Sequence[Side]) -> dict[tuple[Layer, tuple[int, int]], tuple[str, ...]]:
    """The sides' first layers in every mode, each on its image, and the sides that have it so.

    Where none begins with a convolution, an ordinary one on the first side's image.
    """
    found: dict[tuple[Layer, tuple[int, int]], tuple[str, ...]] = {}
    begins = [(side.name, side.stack.layers[0], (side.height, side.width)) for side in sides]
    convolutions = [each for each in begins if each[1].kind == CONVOLUTION]
    for name, first, size in convolutions or [("", FALLBACK, begins[0][2])]:
        layer = replace(first, channels=1, spelt=frozenset())
        for mode in in_every_mode(layer):
            found.setdefault((mode, size), ())
        if name:
            found[layer, size] += (name,)
    return found


@lru_cache(256)
def panel(
    layer: Layer, size: tuple[int, int], pixel: tuple[int, int], names: tuple[str, ...]
) -> dict[str, Any]:
    """Everything that the component shows of one layer; `names` stand beside the layer's word."""
    unpadded = len(in_every_mode(layer)) == 1
    said = {
        "name": "no padding" if unpadded else layer.padding_mode,
        "about": ", ".join((str(layer), *names)),
    }
    try:
        seen = magnify(layer, image(*size), pixel)
    except InputError as error:
        return said | {"refused": f"{error}.", "middles": []}
    width = seen.values.shape[1]
    row, column = (at - first for at, first in zip(pixel, seen.first, strict=True))
    return said | {
        "top": seen.first[0],
        "left": seen.first[1],
        "width": width,
        "chosen": row * width + column,
        "values": [str(value) for value in seen.values.ravel()],
        "padded": seen.padded.ravel().tolist(),
        "counts": [
            None if padded else short(count)
            for count, padded in zip(seen.counts.ravel(), seen.padded.ravel(), strict=True)
        ],
        "shades": [float(count / seen.most) if seen.most else 0 for count in seen.counts.ravel()],
        "windows": {key(window.middle): words(seen, window) for window in seen.windows},
        "middles": [window.middle for window in seen.windows],
    }


def key(place: tuple[int, int]) -> str:
    """The name of a kernel's position."""
    return f"{place[0]} {place[1]}"


def words(seen: Microscope, window: Window) -> dict[str, Any]:
    """One position: the cells that the kernel lies on, and what is said of it."""
    width, taps = seen.values.shape[1], len(window.cells)
    total = written(window.sum * window.factor)
    return {
        "cells": [row * width + column for row, column in window.cells],
        "sum": f"Sum {window.sum}"
        if window.factor == 1
        else f"Sum {window.sum} × {window.factor} = {total}",
        "padding": f"{window.padded or 'none'} of {taps} on padding",
        "pixel": f"pixel {written(window.pixel)} × here, {written(seen.pixel)} × in all",
    }


def written(number: Fraction | int) -> str:
    """A count or a sum, with up to two digits after the point."""
    return f"{float(number):,.2f}".rstrip("0").rstrip(".")


def short(count: Fraction) -> str:
    """A count in a narrow cell."""
    return f"{float(count):.3g}" if count < 10 else f"{float(count):.1f}".removesuffix(".0")


def drawn(
    panels: Sequence[dict[str, Any]], pixel: tuple[int, int], colours: charts.Palette
) -> dict[str, Any]:
    """What the component is given: the panels, and all the places that a kernel's middle can be."""
    middles = [middle for panel in panels for middle in panel["middles"]]
    rows, columns = ({middle[axis] for middle in middles} for axis in (0, 1))
    return {
        "name": f"{pixel} {[panel['about'] for panel in panels]}",
        "label": f"A kernel near pixel {pixel}: arrow keys move it",
        "nothing": "no window here",
        "panels": [{k: v for k, v in panel.items() if k != "middles"} for panel in panels],
        "rows": sorted(rows),
        "columns": sorted(columns),
        "row": pixel[0],
        "column": pixel[1],
        "colours": {"unpadded": colours.unpadded, "padded": colours.padded},
    }
