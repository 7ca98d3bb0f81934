"""Small pictures made of squares: pixels, padded cells, windows, and what was dropped.

A picture is a table of marks, each of a kind, and a specification that says how each kind looks.
Positions are in cells, rows counting downwards; a cell is `cell` screen pixels wide and high.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import altair as alt
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pages.shared import charts, heat
from pages.shared.charts import Drawn, Palette, kept
from pages.shared.heat import Scale


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


def table(marks: Iterable[Mark]) -> pa.Table:
    """The marks as data, a row each."""
    columns = dict(zip(Mark._fields, zip(*marks, strict=True), strict=True))
    types = {name: pa.string() if name in ("kind", "text") else pa.float64() for name in columns}
    # No value is null, as it would be from a data frame, which takes ten times as long.
    arrays = {n: pa.array(column, types[n], from_pandas=True) for n, column in columns.items()}
    return pa.table(arrays)


@dataclass(frozen=True)
class Look:
    """How the marks of one kind are drawn: as rectangles, or as words where `text` is set.

    With a `scale` they are coloured by their values; `inset` makes them as many cells smaller on
    each side; `mark` are a mark's properties in Vega-Lite.
    """

    kind: str
    mark: tuple[tuple[str, Any], ...] = ()
    inset: float = 0
    text: bool = False
    scale: Scale | None = None

    def chart(self, place: dict[str, Any]) -> Any:
        """The marks of this kind where `place` puts them."""
        marks = alt.Chart().transform_filter(f"datum.kind === '{self.kind}'")
        look: dict[str, Any] = dict(self.mark)
        if self.text:
            across, down = "(datum.left + datum.right) / 2", "(datum.top + datum.bottom) / 2"
            written = {"baseline": "middle", "align": "center"} | look
            centred = marks.transform_calculate(left=across, top=down).mark_text(**written)
            return centred.encode(x=place["x"], y=place["y"], text="text:N")
        if self.scale is not None:
            # The same colour around a square hides the seam that anti-aliasing leaves between two.
            colour: dict[str, Any] = {"scale": self.scale.altair(), "legend": None}
            return marks.mark_rect(strokeWidth=1).encode(
                **place,
                color=alt.Color("value:Q", **colour),
                stroke=alt.Stroke("value:Q", **colour),
                tooltip=alt.Tooltip("value:Q", title=self.scale.what, format=self.scale.number),
            )
        if self.inset:
            sides = {"left": "+", "top": "+", "right": "-", "bottom": "-"}
            moved = {side: f"datum.{side} {sign} {self.inset}" for side, sign in sides.items()}
            marks = marks.transform_calculate(**moved)
        return marks.mark_rect(**{"tooltip": None} | look).encode(**place)


def show(
    marks: Iterable[Mark],
    size: tuple[float, float],
    cell: float,
    looks: Iterable[Look],
    *,
    alt: str,
    key: str,
) -> None:
    """Draw `marks` on (height, width) cells; of their `looks` each lies over those before it."""
    spec = board(size, cell, tuple(looks))
    charts.show(table(marks), spec, alt=alt, key=key, width="content")


@kept
def board(size: tuple[float, float], cell: float, looks: tuple[Look, ...]) -> Drawn:
    """The specification of a picture of (height, width) cells."""
    place, (height, width) = heat.place(size), size
    drawn = [look.chart(place) for look in looks]
    return heat.picture(drawn, round(width * cell), round(height * cell))


def rectangles(kind: str, *, inset: float = 0, **look: Any) -> Look:
    """Every mark of `kind` alike; `inset` cells smaller on each side."""
    return Look(kind, tuple(look.items()), inset)


def amounts(kind: str, scale: Scale) -> Look:
    """Every mark of `kind` coloured by its value."""
    return Look(kind, scale=scale)


def outline(kind: str) -> Look:
    """Thin frames, which tell white pixels from a white page."""
    return rectangles(kind, filled=False, stroke="#808080", strokeWidth=0.75)


def words(kind: str, **look: Any) -> Look:
    """The text of every mark of `kind`, written at the mark's middle."""
    return Look(kind, tuple(look.items()), text=True)


GREY = Scale((0, 1), "grey", ".3~f", colours=heat.GREYS)


DROPPED = "#CC79A7"
"""The cross on what no window reads: Okabe and Ito's reddish purple."""


def padding_look(colours: Palette) -> dict[str, Any]:
    """How a padded cell looks in every picture: an empty square with a dashed frame."""
    return {"filled": False, "stroke": colours.padded, "strokeDash": (2, 2), "strokeWidth": 1}
