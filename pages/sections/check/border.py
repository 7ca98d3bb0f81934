"""A trained classifier at the border: accuracy against the distance from it, for each padding."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import altair as alt
import numpy as np
import pandas as pd
import streamlit as st

from core.classifier import DISTANCES, PADDINGS, SEEDS, Measured, Settings, results
from core.classifier.experiment import CANVAS, KERNELS, TESTED
from core.judgement import interval
from core.settings import setting
from pages.sections.check import border_live
from pages.sections.check import border_words as words
from pages.shared import charts, sources
from pages.shared.controls import control
from pages.shared.opening import ask, invite
from pages.shared.take_away import take_away
from pages.shared.words import TEXT, bulleted, unbroken


def _again(name: str, default: Any) -> Any:
    declared = Settings.__dataclass_fields__[name].metadata
    return setting(default, declared["domain"], declared["help"])


@dataclass(frozen=True)
class Chosen:
    """What the design varies, by its names in the address: the page has another `padding`."""

    digits_padding: str = _again("padding", "valid")
    readout: str = _again("readout", "pooling")
    pool: str = _again("pool", "max")
    shifted: bool = _again("shifted", False)


GUESS = "border_guess"
LINKED = (*Chosen.__dataclass_fields__, GUESS)
"""What a link to this section has in its address."""


def show() -> None:
    """The section: a question, then the chart, the controls and what is judged."""
    found = results.read()
    st.markdown(introduction(Settings()), width=TEXT)
    opening = ask(
        "of the digits that touch the border, it gets right …",
        words.GUESSES,
        settings=Chosen.__dataclass_fields__,
        key=GUESS,
    )
    if opening.held_back:
        invite("see it for every padding")
        return
    if said := opening.reply(words.reply(opening.guess or "", found)):
        st.markdown(said, width=TEXT)
    cell = choose()
    st.subheader(unbroken(words.headline(cell, found)))
    own = border_live.own(cell)
    draw(cell, found, own)
    border_live.show(cell, SEEDS.stop + len(own))
    st.markdown(bulleted(words.judged(cell, found)), width=TEXT)
    st.caption("Changes are relative to where they start: −50 % is half the accuracy.")
    st.subheader("Is it the padding?")
    st.markdown("What became of the expectation, from the middle to the border:", width=TEXT)
    st.markdown(bulleted(words.expectation(cell.pool, found)), width=TEXT)
    st.table(words.at_the_border(cell.pool, found).map(unbroken))
    st.caption(
        "Accuracy where the ink touches the border: mean of the four sides and of "
        f"{len(SEEDS)} pre-set seeds, with its 95 % interval."
    )
    st.subheader("Does a digit keep its class when it moves by a pixel?")
    st.markdown(
        "Shift consistency: of all pairs of neighbouring places, the share where a digit gets the "
        f"same class, right or wrong. {sources.cite(sources.ZHANG)} blurs before every other pixel "
        f"is dropped. {unbroken(words.blurring(cell, found))}",
        width=TEXT,
    )
    st.table(words.consistencies(cell, found).map(unbroken))
    take_away("padding-lab-classifier", table=lambda: table(cell, found, own))


def introduction(start: Settings) -> str:
    """What was done, before anything is said of what came of it."""
    return (
        f"{sources.cite(sources.SCHEIDL)} expects that a model may fail when important details lie "
        f"near the border. Here is a small one to try: {len(KERNELS)} convolutions, two pools, a "
        f"readout. It is trained on {start.train_size:,} MNIST digits in the middle of a black "
        f"{CANVAS} × {CANVAS} canvas. Then {TESTED} test digits move straight to each side, from "
        f"{DISTANCES[-1]} black pixels between ink and border to none; nothing is cut off. The one "
        "to guess about has “valid” convolutions and global max pooling."
    )


def choose() -> Settings:
    """The network, by its controls."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        padding = control(Chosen, "digits_padding", "Padding")
        readout = control(Chosen, "readout", "Readout")
        pool = control(Chosen, "pool", "Pool")
        shifted = control(Chosen, "shifted", "Train on digits moved anywhere")
    return Settings(padding, readout, shifted, pool)


# --- The chart ----------------------------------------------------------------------------------

NONE: Mapping[int, Measured] = {}
HEIGHT = 320  # screen pixels
COLUMNS = ["line", "distance", "accuracy", "low", "high", "kind"]


def draw(cell: Settings, found: words.Results, own: Mapping[int, Measured]) -> None:
    """Accuracy against distance: the chosen padding and valid with their spread, others grey."""
    drawn = table(cell, found, own)
    if drawn.empty:
        st.markdown("*No run of this network is here.*")
        return
    # Labels stand at the border, to which the axis falls.
    style = drawn["kind"].map(lambda kind: "dotted" if kind == "own" else "solid")
    ends = drawn.assign(x=-drawn["distance"], y=drawn["accuracy"], style=style)
    labelled = charts.label_ends(ends, (0, 100), HEIGHT)
    spec = _spec(words.NAMES[cell.padding], charts.palette())
    charts.show(labelled, spec, alt=described(drawn), key="border")
    st.caption(
        "Right: at the border. Lines: mean of the four sides and of "
        f"{words.seeds_words(cell, found)}; bands: 95 % interval of the mean."
        + words.own_words(own)
    )


def table(cell: Settings, found: words.Results, own: Mapping[int, Measured] = NONE) -> pd.DataFrame:
    """What is drawn, in percent: every padding, read out, pooled and trained as chosen.

    `own` are visitors' seeds of the chosen network.
    """
    rows: list[tuple[Any, ...]] = []
    for padding in PADDINGS:
        tests = words.tests_of(padding, cell.readout, cell.shifted, cell.pool, found)
        kind = "chosen" if padding == cell.padding else "valid" if padding == "valid" else "other"
        for distance in DISTANCES if tests else ():
            spread = interval([100 * test.at(distance) for test in tests])
            margin = spread.margin if np.isfinite(spread.margin) else 0.0
            ends = max(spread.mean - margin, 0.0), min(spread.mean + margin, 100.0)
            rows.append((words.NAMES[padding], distance, spread.mean, *ends, kind))
    for seed, test in own.items():
        for distance, accuracy in zip(DISTANCES, test.by_distance, strict=True):
            rows.append((f"seed {seed}", distance, 100 * accuracy, None, None, "own"))
    return pd.DataFrame(rows, columns=COLUMNS)


def described(drawn: pd.DataFrame) -> str:
    """The chart in words: both ends of every line."""
    parts = []
    for name, line in drawn.groupby("line", sort=False):
        far, near = (
            line.loc[line["distance"] == end, "accuracy"].item()
            for end in (DISTANCES[-1], DISTANCES[0])
        )
        parts.append(f"{name} {far:.1f} % at {DISTANCES[-1]} pixels, {near:.1f} % at the border")
    return "Accuracy against distance from the border: " + "; ".join(parts)


@charts.kept
def _spec(chosen: str, colours: charts.Palette) -> charts.Drawn:
    valid = words.NAMES["valid"]
    names = list(words.NAMES.values())
    drawn_in = [
        colours.unpadded if n == valid else colours.padded if n == chosen else colours.muted
        for n in names
    ]
    x = alt.X(
        "distance:Q",
        title="pixels between ink and border",
        scale=alt.Scale(domain=[DISTANCES[-1], DISTANCES[0]], nice=False),
        axis=alt.Axis(values=list(DISTANCES), format="d"),
    )
    scale = alt.Scale(domain=[0, 100])
    y = alt.Y("accuracy:Q", title="accuracy, %", scale=scale, axis=alt.Axis(tickCount=5))
    colour = alt.Color("line:N", legend=None, scale=alt.Scale(domain=names, range=drawn_in))
    every = alt.Chart().encode(x=x)
    base = every.transform_filter("datum.kind !== 'own'").encode(color=colour)
    framed = base.transform_filter("datum.kind !== 'other'")
    band = framed.mark_area(opacity=0.2).encode(y=alt.Y("low:Q", scale=scale), y2=alt.Y2("high:Q"))
    tooltip = [
        alt.Tooltip("line:N", title="padding"),
        alt.Tooltip("distance:Q", title="pixels from the border"),
        alt.Tooltip("accuracy:Q", title="accuracy, %", format=".1f"),
    ]
    behind = base.transform_filter("datum.kind === 'other'")
    lines = [
        layer
        for part in (behind, framed)
        for layer in (
            part.mark_line(strokeWidth=2.5).encode(y=y),
            part.mark_point(filled=True, size=40, opacity=1).encode(y=y, tooltip=tooltip),
        )
    ]
    label = (
        base.transform_filter("isValid(datum.label)")
        .mark_text(align="left", dx=8, fontSize=12)
        .encode(y=alt.Y("label_y:Q", scale=scale), text="label:N")
    )
    trained = (
        every.transform_filter("datum.kind === 'own'")
        .mark_line(strokeWidth=1.5, strokeDash=[4, 3], color=colours.ink)
        .encode(y=y, detail="line:N", tooltip=[alt.Tooltip("line:N", title=" "), *tooltip[1:]])
    )
    return alt.layer(band, *lines, trained, label).properties(
        height=HEIGHT, padding=charts.margins(top=24), autosize=charts.FIT
    )
