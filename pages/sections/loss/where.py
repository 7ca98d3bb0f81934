"""Where the loss of both networks lies: on which pixels, and how much of it is floor."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import altair as alt
import numpy as np
import pandas as pd
import streamlit as st

from core import loss
from core.autoencoder import Run
from core.loss import Pairs
from pages.sections.loss.words import floor_words, where_title
from pages.shared import charts, runs
from pages.shared.alike import alike
from pages.shared.tested import loss_maps
from pages.shared.words import TEXT


def where(experiment: Run, shown: Pairs) -> None:
    """Both loss maps on one scale, and each total loss in its three parts."""
    both = loss.means(shown)
    made_of = {arm: loss.parts(network) for arm, network in both.items()}
    st.header(where_title(made_of["unpadded"], made_of["padded"]))
    st.caption("Losses are in nats, the unit of natural logarithms: 1 nat is 1.44 bits.")
    loss_maps(both)
    draw_parts(tuple(made_of.items()))
    st.caption(sources(experiment, shown))
    plain = experiment.settings.variation == "plain"
    pixels = both["unpadded"].loss_map.size
    st.markdown(floor_words(made_of["unpadded"], pixels, plain=plain), width=TEXT)


@alike
def draw_parts(made_of: tuple[tuple[str, loss.Parts], ...]) -> None:
    """Each total loss in its three parts."""
    of_arms = dict(made_of)
    charts.show(*parts_chart(of_arms), alt=parts_words(of_arms), key="parts")


def parts_words(made_of: Mapping[str, loss.Parts]) -> str:
    """Each network's total loss in its three parts, in nats an image."""
    bars = (
        f"{arm}: floor {part.floor:.1f}, rest {part.above:.1f}, border {part.border:.3g} nats"
        for arm, part in made_of.items()
    )
    return "; ".join(bars).capitalize()


def parts_chart(made_of: Mapping[str, loss.Parts]) -> tuple[pd.DataFrame, charts.Spec]:
    """A bar for each network, in three parts, each with its nats."""
    colours = charts.palette()
    on_colour = "white" if colours == charts.LIGHT else charts.LIGHT.ink
    rows = []
    for arm, part in made_of.items():
        left, middle, right = np.cumsum(part)
        rows += [
            (arm, f"floor\n{part.floor:.1f}", 0, left, colours.faint, colours.ink),
            (arm, f"rest\n{part.above:.1f}", left, middle, vars(colours)[arm], on_colour),
            (arm, f"border\n{part.border:.3g}", middle, right, colours.ink, colours.ink),
        ]
    table = pd.DataFrame(rows, columns=["arm", "words", "left", "right", "fill", "ink"])
    table["middle"] = (table.left + table.right) / 2
    return table, parts_spec()


@charts.kept
def parts_spec() -> charts.Drawn:
    """The look of `parts_chart`."""
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
    ).properties(height=140, padding=charts.margins(top=5, right=60), autosize=charts.FIT)


def sources(experiment: Run, shown: Pairs) -> str:
    """Where both networks' results come from."""
    seeds = ", ".join(map(str, shown))
    words = [f"Means over seeds {seeds}" if len(shown) > 1 else f"Seed {seeds}"]
    arms = runs.arms(experiment, next(iter(shown)))
    for arm, run in zip(("unpadded", "padded"), arms, strict=True):
        words.append(f"{arm}: {runs.provenance(runs.look(run))}")
    return " · ".join(words)
