"""The loss against the pad width: runs beside the law T / (28 + 2p)²."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

import altair as alt
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
from pages.shared.drawn_once import drawn_once
from pages.shared.words import TEXT


def show(experiment: Run, found: Law, border: float) -> None:
    """The title that the judgement allows, both charts, and what is missing.

    `border` is its entropy at the chosen width, nats per image.
    """
    told(found, border)
    offer("law", {run: presets.judged_seeds(run) for run in loss.widths(experiment).values()})


@drawn_once
def told(found: Law, border: float) -> None:
    """The title, the words and both charts."""
    judged = dict(found.judged)
    said = law_title(judged)
    st.header(said)
    st.markdown(law_words(judged, border, found.total), width=TEXT)
    left, right = st.columns(2)
    with left:
        st.markdown("**Loss per pixel**")
        chart(found, said, total=False)
    with right:
        st.markdown("**Total loss**: the same runs")
        chart(found, said, total=True)


def measured(experiment: Run, shown: Iterable[int]) -> Law:
    """The law beside all runs that are there, of the pre-set seeds and of those `shown`."""
    widths = loss.widths(experiment)
    seeds = {width: presets.judged_seeds(run) for width, run in widths.items()}
    both = {
        width: runs.found(run, sorted({*seeds[width], *shown})) for width, run in widths.items()
    }
    return loss.law_of(both, seeds)


def chart(found: Law, said: str, *, total: bool) -> None:
    """Runs as dots; the law and the floor as lines; what is `said` of them."""
    table, highest = drawn(found, total)
    spec = law_spec(highest, total, charts.palette())
    what = f"{'Total loss' if total else 'Loss per pixel'} against the pad width: {said}"
    charts.show(table, spec, alt=what, key=f"law_{'total' if total else 'per_pixel'}")


@charts.kept
def law_spec(highest: float, total: bool, colours: charts.Palette) -> charts.Drawn:
    """The look of `chart`; `highest` is where its y axis ends."""
    title = "nats per image" if total else "nats per pixel"
    base = alt.Chart().encode(
        x=alt.X(
            "x:Q",
            title="pad width, pixels",
            scale=alt.Scale(domain=(-0.3, PAD_WIDTHS.high)),
            axis=alt.Axis(values=list(range(PAD_WIDTHS.high + 1)), format="d"),
        ),
        y=alt.Y(
            "y:Q", title=title, scale=alt.Scale(domain=(0, highest)), axis=alt.Axis(tickCount=5)
        ),
    )
    tooltip = [
        alt.Tooltip("x:Q", title="pad width"),
        alt.Tooltip("seed:N"),
        alt.Tooltip("y:Q", title=title, format=".4~f"),
    ]
    dots = base.encode(tooltip=tooltip)
    arms = {"unpadded": colours.unpadded, "padded": colours.padded}
    scale = alt.Scale(domain=list(arms), range=list(arms.values()))
    judged = dots.transform_filter("datum.kind === 'judged'").mark_circle(size=60, opacity=0.75)
    own = dots.transform_filter("datum.kind === 'own'").mark_point(size=60, filled=False)
    law = "T" if total else "T/(28+2p)²"
    return alt.layer(
        # Apart where the lines end close together.
        *line(base, "law", law, colours.ink, dash=(6, 4), below=-5),
        *line(base, "floor", "floor", colours.muted, dash=(2, 3), below=5),
        judged.encode(color=alt.Color("arm:N", scale=scale, legend=None)),
        own.encode(stroke=alt.Stroke("arm:N", scale=scale, legend=None)),
    ).properties(height=280, padding=charts.margins(top=24), autosize=charts.FIT)


def line(
    base: alt.Chart, kind: str, label: str, colour: str, *, dash: Sequence[int], below: int
) -> list[alt.Chart]:
    """A line and its name at its end, so many pixels `below` it."""
    drawn = base.transform_filter(f"datum.kind === '{kind}'")
    end = drawn.transform_filter(f"datum.x === {PAD_WIDTHS.high}")
    return [
        drawn.mark_line(color=colour, strokeDash=dash, strokeWidth=1.5),
        end.mark_text(align="left", dx=6, dy=below, color=colour, text=label),
    ]


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
