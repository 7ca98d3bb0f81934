"""Pictures of changes in percent: what every one has behind its marks, and how it shows a mean."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import altair as alt

from pages.shared.charts import SIGNED, Palette


@dataclass(frozen=True)
class Across:
    """The x axis of changes in percent, and the margin up to which they count as none."""

    title: str
    domain: tuple[float, float]
    margin: float
    ticks: int = 6
    labels: str = SIGNED

    def field(self, name: str) -> alt.X:
        """Where a column's value lies."""
        return alt.X(name, type="quantitative", **self._look())

    def line(self, value: float, **look: Any) -> alt.Chart:
        """A vertical line."""
        drawn: alt.Chart = ONCE.mark_rule(**look).encode(x=self._at(value))
        return drawn

    def behind(self, colours: Palette, opacity: float = 0.6) -> list[alt.Chart]:
        """The margin as a grey band, and the line of no change."""
        band = ONCE.mark_rect(color=colours.faint, opacity=opacity)
        ends = {"x": self._at(-self.margin), "x2": alt.X2Datum(self.margin)}
        return [band.encode(**ends), self.line(0)]

    def interval(
        self, y: alt.Y, colours: Palette, height: int, *, middle: bool = True, below: int = 0
    ) -> list[alt.Chart]:
        """Rows from column `low` to `high` as bars, `height` pixels high, with their `middle`."""
        rows = alt.Chart().transform_filter("isValid(datum.low)").encode(y=y)
        look: dict[str, Any] = {"color": colours.padded, "yOffset": below}
        bar = rows.mark_bar(height=height, opacity=0.35, **look)
        tick = rows.mark_tick(height=height + 6, thickness=2, **look)
        return [
            bar.encode(x=self.field("low"), x2="high"),
            *([tick.encode(x=self.field("middle"))] if middle else []),
        ]

    def _at(self, value: float) -> alt.XDatum:
        return alt.XDatum(value, type="quantitative", **self._look())

    def _look(self) -> dict[str, Any]:
        axis = alt.Axis(
            tickCount=self.ticks,
            labelExpr=self.labels,
            labelOverlap=True,
            labelSeparation=6,
            grid=False,
        )
        return {"title": self.title, "scale": alt.Scale(domain=self.domain), "axis": axis}


ONCE = alt.Chart(alt.sequence(1))
"""What is drawn once, not once a row."""


def around(ends: list[float], spare: float) -> tuple[float, float]:
    """A domain that holds all `ends`, with a share of its width to spare on both sides."""
    room = spare * (max(ends) - min(ends))
    return min(ends) - room, max(ends) + room
