"""The loss against the pad width: runs beside the law T / (28 + 2p)²."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

import pandas as pd
import pyarrow as pa
import streamlit as st

from core import loss
from core.autoencoder import Run, presets
from core.data import PAD_WIDTHS
from core.loss import Law
from pages.sections.loss.missing import offer
from pages.sections.loss.words import law_title, law_words
from pages.shared import charts, runs
from pages.shared.words import TEXT


def show(experiment: Run, found: Law, border: float) -> None:
    """The title that the judgement allows, both charts, and what is missing.

    `border` is its entropy at the chosen width, nats per image.
    """
    judged = dict(found.judged)
    st.header(law_title(judged))
    st.markdown(law_words(judged, border, found.total), width=TEXT)
    left, right = st.columns(2)
    with left:
        st.markdown("**Loss per pixel**")
        chart(found, total=False)
    with right:
        st.markdown("**Total loss**: the same runs")
        chart(found, total=True)
    offer("law", {run: presets.judged_seeds(run) for run in loss.widths(experiment).values()})


def measured(experiment: Run, shown: Iterable[int]) -> Law:
    """The law beside all runs that are there, of the pre-set seeds and of those `shown`."""
    widths = loss.widths(experiment)
    seeds = {width: presets.judged_seeds(run) for width, run in widths.items()}
    both = {
        width: runs.found(run, sorted({*seeds[width], *shown})) for width, run in widths.items()
    }
    return loss.law_of(both, seeds)


def chart(found: Law, *, total: bool) -> None:
    """Runs as dots; the law and the floor as lines."""
    colours = charts.palette()
    x: charts.Raw = {
        "field": "x",
        "type": "quantitative",
        "title": "pad width, pixels",
        "scale": {"domain": [-0.3, PAD_WIDTHS.high], "nice": False},
        "axis": {"values": list(range(PAD_WIDTHS.high + 1)), "format": "d"},
    }
    table, highest = drawn(found, total)
    y: charts.Raw = {
        "field": "y",
        "type": "quantitative",
        "title": "nats per image" if total else "nats per pixel",
        "scale": {"domain": [0, highest], "nice": False},
        "axis": {"tickCount": 5},
    }
    scale = {"domain": ["unpadded", "padded"], "range": [colours.unpadded, colours.padded]}
    arm: charts.Raw = {"field": "arm", "type": "nominal", "scale": scale, "legend": None}
    tooltip = [
        {"field": "x", "title": "pad width"},
        {"field": "seed", "type": "nominal"},
        {"field": "y", "title": y["title"], "format": ".4~f"},
    ]
    dots = {"x": x, "y": y, "tooltip": tooltip}
    spec: charts.Raw = {
        "height": 280,
        "padding": {"left": 5, "top": 24, "right": 72, "bottom": 5},
        "autosize": {"type": "fit", "contains": "padding"},
        "layer": [
            line_layer(x, y, "law", "T" if total else "T/(28+2p)²", colours.ink, [6, 4]),
            line_layer(x, y, "floor", "floor", colours.muted, [2, 3]),
            {
                "transform": [{"filter": "datum.kind === 'judged'"}],
                "mark": {"type": "circle", "size": 60, "opacity": 0.75},
                "encoding": dots | {"color": arm},
            },
            {
                "transform": [{"filter": "datum.kind === 'own'"}],
                "mark": {"type": "point", "size": 60, "filled": False},
                "encoding": dots | {"stroke": arm},
            },
        ],
    }
    charts.show(table, spec, alt=ALT, key=f"law_{'total' if total else 'per_pixel'}")


ALT = "Test loss of runs against pad width, the law T / (28 + 2p)² and the entropy floor"


@lru_cache(16)
def drawn(found: Law, total: bool) -> tuple[pa.Table, float]:
    """The data of a chart and the height of its y axis: the same for all who look."""
    rows: list[tuple[float, float, str, str, int]] = []
    for name, line in found.lines(total=total).items():
        rows += [(x, y, name, "", -1) for x, y in zip(*line, strict=True)]
    for run in found.runs:
        kind = "judged" if run.judged else "own"
        rows.append((run.pad_width, run.loss(total=total), kind, run.arm, run.seed))
    table = pd.DataFrame(rows, columns=["x", "y", "kind", "arm", "seed"])
    highest = float(table.y.max()) * 1.08 if rows else 1.0
    return charts.ready(table), highest


def line_layer(
    x: charts.Raw, y: charts.Raw, kind: str, label: str, colour: str, dash: Sequence[int]
) -> charts.Raw:
    """A line and its name at its end."""
    return {
        "transform": [{"filter": f"datum.kind === '{kind}'"}],
        "layer": [
            {
                "mark": {"type": "line", "color": colour, "strokeDash": dash, "strokeWidth": 1.5},
                "encoding": {"x": x, "y": y},
            },
            {
                "transform": [{"filter": f"datum.x === {PAD_WIDTHS.high}"}],
                # Apart where the lines end close together.
                "mark": {"type": "text", "align": "left", "dx": 6, "dy": -5 if kind == "law" else 5}
                | {"color": colour, "text": label},
                "encoding": {"x": x, "y": y},
            },
        ],
    }
