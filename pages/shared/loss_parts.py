"""What the losses of both networks are made of: a bar each, in three parts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from core.loss import Parts
from pages.shared import charts

Arms = tuple[tuple[str, Parts], ...]  # by arm, hashable


def show(made_of: Arms, most: float = 0, *, key: str) -> None:
    """Draw the bars; see `table`."""
    arms = dict(made_of)
    charts.show(table(arms, most), spec(), alt=words(arms), key=key)


def words(made_of: Mapping[str, Parts]) -> str:
    """Each network's total loss in its three parts, in nats an image."""
    bars = (
        f"{arm}: floor {part.floor:.1f}, rest {part.above:.1f}, border {part.border:.3g} nats"
        for arm, part in made_of.items()
    )
    return "; ".join(bars).capitalize()


def table(made_of: Mapping[str, Parts], most: float = 0) -> pd.DataFrame:
    """A bar for each network, in three parts, each with its nats; room for `most` nats."""
    colours = charts.palette()
    on_colour = "white" if colours == charts.LIGHT else charts.LIGHT.ink
    nothing = "#00000000"
    rows: list[tuple[Any, ...]] = [(next(iter(made_of)), "", 0, most, nothing, nothing)]
    for arm, part in made_of.items():
        left, middle, right = np.cumsum(part)
        rows += [
            (arm, f"floor\n{part.floor:.1f}", 0, left, colours.faint, colours.ink),
            (arm, f"rest\n{part.above:.1f}", left, middle, vars(colours)[arm], on_colour),
            (arm, f"border\n{part.border:.3g}", middle, right, colours.ink, colours.ink),
        ]
    bars = pd.DataFrame(rows, columns=["arm", "words", "left", "right", "fill", "ink"])
    return bars.assign(middle=(bars.left + bars.right) / 2)


@charts.kept
def spec() -> charts.Drawn:
    """The look of `table`."""
    labels = alt.Axis(domain=False, ticks=False, labelFontSize=13, labelPadding=8)
    rows = alt.Chart().encode(y=alt.Y("arm:N", sort=None, title=None, axis=labels))
    whole = alt.Scale(nice=False)
    axis = alt.Axis(grid=False, tickCount=5)
    bars = rows.mark_bar(height=38).encode(
        x=alt.X("left:Q", title="nats per image", axis=axis, scale=whole),
        x2="right",
        color=alt.Color("fill:N", scale=None),
        tooltip=alt.Tooltip("words:N", title=" "),
    )
    written = rows.encode(text="words:N", color=alt.Color("ink:N", scale=None))
    look: dict[str, Any] = {"lineBreak": "\n", "dy": -7}
    border = "indexof(datum.words, 'border') === 0"
    inside = written.transform_filter(f"!({border})").mark_text(**look)
    beside = written.transform_filter(f"{border} && datum.right > datum.left")
    return alt.layer(
        bars,
        inside.encode(x=alt.X("middle:Q", scale=whole)),
        beside.mark_text(align="left", dx=6, **look).encode(x=alt.X("right:Q", scale=whole)),
    ).properties(height=140, padding=charts.margins(top=5), autosize=charts.FIT)
