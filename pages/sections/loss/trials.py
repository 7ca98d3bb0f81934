"""The test that could fail: both claims of the explanation, for every padding that is shipped."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import altair as alt
import pandas as pd
import pyarrow as pa
import streamlit as st

from core import loss
from core.autoencoder import LIVE, Run, presets
from core.judgement import MARGIN
from core.loss import Trial, finding
from pages.sections.loss import words
from pages.sections.loss.experiments import EXPERIMENTS, in_order
from pages.sections.loss.missing import offer
from pages.shared import charts, runs
from pages.shared.changes import Across, around
from pages.shared.drawn_once import drawn_once
from pages.shared.words import TEXT, unbroken

CLAIMS = {
    "shared": "The shared pixels cost what they did",
    "excess": "The border costs its entropy",
}
"""The judged fields of `core.loss.Trial`, and the claim that they have no change."""

UNIT = "% of the unpadded loss on the shared pixels"


def every_trial() -> dict[str, Trial]:
    """All paddings that are shipped, by their short names."""
    return {short: trial(EXPERIMENTS[name]) for short, name in in_order().items()}


def trial(experiment: Run) -> Trial:
    """Both claims of the explanation for one padding, from the pre-set seeds that are there."""
    seeds = presets.judged_seeds(experiment)
    return loss.trial_of(experiment.settings, runs.found(experiment, seeds), seeds)


def show(tried: Mapping[str, Trial], chosen: str) -> None:
    """Both claims as pictures, as words and as a table; what is missing of the short runs.

    `chosen` is the experiment that the page looks at.
    """
    trials(tuple(tried.items()), chosen)
    live = [experiment for experiment in EXPERIMENTS.values() if experiment.images <= LIVE.images]
    offer("trials", {experiment: presets.judged_seeds(experiment) for experiment in live})


@drawn_once
def trials(every: tuple[tuple[str, Trial], ...], chosen: str) -> None:
    """Both claims as pictures, as words and as a table, of trials by their short names."""
    tried = dict(every)
    st.header(words.trials_title(tried))
    short = next(short for short, name in in_order().items() if name == chosen)
    st.markdown(f"{words.TRIAL_WORDS}\n{words.predicted_words(short, tried[short])}", width=TEXT)
    for column, (field, claim) in zip(st.columns(2), CLAIMS.items(), strict=True):
        with column:
            st.markdown(f"**{claim}**")
            forest(every, field)
            judged = {name: getattr(trial, field) for name, trial in tried.items()}
            st.markdown(unbroken(words.claim_words(judged)))
    st.caption(
        "Dots: a pair of runs for each pre-set seed; bar: 95 % interval of their mean; grey band: "
        f"±{100 * MARGIN:g} %, which counts as none. "
        + words.chance_words(
            [claim for trial in tried.values() for claim in (trial.shared, trial.excess)]
        )
    )
    st.markdown("**The figures, and the loss per pixel that was predicted**")
    st.table(table(tried))


def forest(tried: tuple[tuple[str, Trial], ...], field: str) -> None:
    """A row for each padding: its seeds, the interval of their mean, and what was found."""
    table, domain = drawn(tried, field)
    alt_text = (
        f"{CLAIMS[field]}: {words.claim_words({name: getattr(t, field) for name, t in tried})}"
    )
    spec = forest_spec(len(tried), domain, charts.palette())
    charts.show(table, spec, alt=alt_text, key=f"forest_{field}")


@charts.kept
def forest_spec(rows: int, domain: tuple[float, float], colours: charts.Palette) -> charts.Drawn:
    """The look of `forest`, whose data are as `drawn` gives them."""
    across = Across(UNIT, domain, 100 * MARGIN, ticks=5, labels=SIGNED)
    labels = alt.Axis(domain=False, ticks=False, labelLimit=200, labelPadding=6)
    y = alt.Y("name:N", sort=None, title=None, axis=labels)
    seeds = alt.Chart().transform_filter("datum.kind === 'seed'")
    tooltip = [
        alt.Tooltip("name:N", title=" "),
        alt.Tooltip("seed:N"),
        alt.Tooltip("change:Q", title="%", format="+.2f"),
    ]
    found = alt.Chart().transform_filter("datum.kind === 'finding'")
    return alt.layer(
        *across.behind(colours),
        *across.interval(y, colours, 10, middle=False),
        seeds.mark_circle(size=28, color=colours.padded, opacity=0.9).encode(
            x=across.field("change"), y=y, tooltip=tooltip
        ),
        found.mark_text(align="left", dx=6, color=colours.ink).encode(
            x=alt.value("width"), y=y, text="words:N"
        ),
    ).properties(height=ROW * rows, padding=charts.margins(top=5), autosize=charts.FIT)


ROW = 24  # screen pixels
SIGNED = "datum.value ? format(datum.value, '+.1~f') : '0'"
COLUMNS = ["name", "kind", "seed", "change", "low", "high", "words"]


@lru_cache(32)
def drawn(tried: tuple[tuple[str, Trial], ...], field: str) -> tuple[pa.Table, tuple[float, float]]:
    """The data of a forest in percent, and the domain that holds them."""
    rows: list[tuple[str, str, int, float | None, float | None, float | None, str]] = []
    for name, trial in tried:
        judged = getattr(trial, field)
        for run in trial.runs:
            rows.append((name, "seed", run.seed, 100 * getattr(run, field), None, None, ""))
        found = judged.interval
        if judged.complete and found is not None:
            rows.append((name, "interval", -1, None, 100 * found.low, 100 * found.high, ""))
        said = finding(judged) if judged.complete else f"{judged.runs} of {judged.of}"
        rows.append((name, "finding", -1, None, None, None, said))
    table = pd.DataFrame(rows, columns=COLUMNS)
    numbers = table[["change", "low", "high"]].astype(float)
    ends = [-150 * MARGIN, 150 * MARGIN, *numbers.stack().dropna()]
    return charts.ready(table), around(ends, 0.04)


def table(tried: Mapping[str, Trial]) -> pd.DataFrame:
    """Means over seeds, and what was found; paddings that have no runs yet are left out."""
    rows = {
        name: {
            "shared pixels": words.finding_words(trial.shared),
            "border, predicted": f"{trial.mean('predicted_border'):.2f}",
            "measured": f"{trial.mean('border'):.2f}",
            "beyond its entropy": words.finding_words(trial.excess),
            "per pixel, predicted": f"{trial.mean('predicted_per_pixel'):.4f}",
            "measured ": f"{trial.mean('per_pixel'):.4f}",
            "the explanation": trial.finding,
        }
        for name, trial in tried.items()
        if trial.runs
    }
    return pd.DataFrame(rows).T.rename_axis("padding")
