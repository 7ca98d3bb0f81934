"""Small pictures made of squares: pixels, padded cells, windows, and what was dropped.

A picture is a table of marks, each of a kind, and a specification that says how each kind looks.
Positions are in cells, rows counting downwards; a cell is `cell` screen pixels wide and high.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pages.shared.charts import Palette, Spec


class Mark(NamedTuple):
    """One rectangle, or a text at its middle."""

    kind: str
    left: float
    top: float
    right: float
    bottom: float
    value: float = math.nan
    text: str = ""


def square(
    kind: str, row: float, column: float, side: float = 1, value: float = math.nan, text: str = ""
) -> Mark:
    """A square mark of `side` cells whose upper left corner is at (row, column)."""
    return Mark(kind, column, row, column + side, row + side, value, text)


def squares(
    kind: str, values: NDArray[Any], *, left: float = 0, top: float = 0, side: float = 1
) -> Iterator[Mark]:
    """A square for each value of an (H, W) array, from (top, left) on."""
    for (row, column), value in np.ndenumerate(values):
        yield square(kind, top + row * side, left + column * side, side, float(value))


def table(marks: Iterable[Mark]) -> pd.DataFrame:
    """The data of `board`."""
    columns = dict(zip(Mark._fields, zip(*marks, strict=True), strict=True))
    # A column at a time is several times as fast as a row at a time.
    words = {name: list(columns.pop(name)) for name in ("kind", "text")}
    return pd.DataFrame(
        words | {name: np.array(numbers, float) for name, numbers in columns.items()}
    )


def board(width: float, height: float, cell: float, layers: Sequence[Spec]) -> Spec:
    """A picture of width × height cells, its layers drawn one over the other."""
    return {
        "width": round(width * cell),
        "height": round(height * cell),
        "padding": {"left": 2, "top": 2, "right": 2, "bottom": 2},
        "autosize": {"type": "pad"},
        "encoding": {
            "x": _place("left", width),
            "x2": {"field": "right"},
            "y": _place("top", height) | {"scale": _scale(height) | {"reverse": True}},
            "y2": {"field": "bottom"},
        },
        "layer": list(layers),
    }


def rectangles(kind: str, *, inset: float = 0, **look: Any) -> Spec:
    """A layer that draws every mark of `kind` alike; `inset` cells smaller on each side."""
    layer: Spec = {"transform": [_only(kind)], "mark": {"type": "rect", "tooltip": None} | look}
    if inset:
        for side, sign in (("left", "+"), ("top", "+"), ("right", "-"), ("bottom", "-")):
            moved = {"calculate": f"datum.{side} {sign} {inset}", "as": side}
            layer["transform"].append(moved)
    return layer


def amounts(kind: str, domain: tuple[float, float], colours: Spec, what: str) -> Spec:
    """A layer that colours every mark of `kind` by its value: a scheme or a range of colours."""
    colour = {
        "field": "value",
        "type": "quantitative",
        "scale": {"domain": list(domain), "clamp": True} | colours,
        "legend": None,
    }
    tooltip = {"field": "value", "type": "quantitative", "title": what, "format": ".3~f"}
    return {
        "transform": [_only(kind)],
        "mark": {"type": "rect", "strokeWidth": 1},
        # The same colour around a square hides the seam that anti-aliasing leaves between two.
        "encoding": {"color": colour, "stroke": colour, "tooltip": tooltip},
    }


def outline(kind: str) -> Spec:
    """A layer of thin frames, which tell white pixels from a white page."""
    return rectangles(kind, filled=False, stroke="#808080", strokeWidth=0.75)


def words(kind: str, **look: Any) -> Spec:
    """A layer that writes the text of every mark of `kind` at the mark's middle."""
    middle = [
        {"calculate": "(datum.left + datum.right) / 2", "as": "left"},
        {"calculate": "(datum.top + datum.bottom) / 2", "as": "top"},
    ]
    return {
        "transform": [_only(kind), *middle],
        "mark": {"type": "text", "baseline": "middle", "align": "center"} | look,
        "encoding": {"text": {"field": "text"}, "x2": None, "y2": None},
    }


GREYS: Spec = {"range": ["#000000", "#FFFFFF"]}
SIGNED: Spec = {"scheme": "blueorange"}


def padding_look(colours: Palette) -> Spec:
    """How a padded cell looks in every picture: an empty square with a dashed frame."""
    return {
        "filled": False,
        "stroke": colours.padded,
        "strokeDash": [2, 2],
        "strokeWidth": 1,
    }


def _only(kind: str) -> Spec:
    return {"filter": f"datum.kind === '{kind}'"}


def _scale(length: float) -> Spec:
    return {"domain": [0, length], "nice": False, "zero": False}


def _place(field: str, length: float) -> Spec:
    return {"field": field, "type": "quantitative", "axis": None, "scale": _scale(length)}
