"""What pre-set runs say of a change: one sentence and one small picture, alike wherever they stand.

The sentence is also that of the README. Both only tell what `core.judgement` has judged.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import altair as alt
import pandas as pd
import streamlit as st

from core.judgement import Judgement, judge
from pages.shared import charts
from pages.shared.changes import Across, around
from pages.shared.words import percent


@dataclass(frozen=True)
class Quantity:
    """A measure that padding changes, and what it means that it got lower or higher.

    `name` stands within a sentence, `label` beside a row.
    """

    name: str
    label: str
    lower: str
    higher: str

    def meaning(self, sign: int, how: str = "") -> str:
        """What a fall (−1) or a rise (1) means; `how` stands before the comparative."""
        subject, word = (self.lower if sign < 0 else self.higher).rsplit(" ", 1)
        return f"{subject} {how + ' ' if how else ''}{word}"


SHARED = Quantity(
    "the loss on the shared pixels",
    "On the shared pixels",
    "the padded network is better",
    "the padded network is worse",
)
PER_PIXEL = Quantity("the loss per pixel", "Per pixel", "it is lower", "it is higher")
TOTAL = Quantity("the total loss", "In total", "it is lower", "it is higher")


@dataclass(frozen=True)
class Evidence:
    """Relative changes of one quantity by seed, and the judgement that the pre-set ones allow.

    `own` are those of seeds that visitors trained: shown, and never judged.
    """

    judgement: Judgement
    preset: Mapping[int, float]
    own: Mapping[int, float] = field(default_factory=dict)


def weigh(changes: Mapping[int, float], judged: Sequence[int]) -> Evidence:
    """Changes by seed as evidence: those of `judged` seeds are judged, all others only shown."""
    preset = {seed: change for seed, change in changes.items() if seed in judged}
    own = {seed: change for seed, change in changes.items() if seed not in judged}
    return Evidence(judge(list(preset.values()), len(judged)), preset, own)


def sentence(evidence: Evidence, quantity: Quantity = SHARED) -> str:
    """What the pre-set runs say of `quantity`: seeds, figures, margin and outcome, in words."""
    judged = evidence.judgement
    if not judged.complete or judged.interval is None:
        return _not_yet(evidence, quantity)
    margin = f"{100 * judged.least:g} %"
    words = (
        f"Over {judged.of} pre-set seeds {quantity.name} changes by {figures(judged)} "
        "(95 % interval): "
    )
    if judged.outcome == "different":
        beyond = judged.interval.low > judged.least or judged.interval.high < -judged.least
        much = ", by more than" if beyond else "; it stays open whether by more than"
        return f"{words}{quantity.meaning(judged.sign)}{much} the margin of {margin}."
    if judged.outcome == "equivalent":
        words += f"equivalent, for the whole interval lies within the margin of ±{margin}"
        if judged.sign:
            words += f"; within it {quantity.meaning(judged.sign, 'measurably')}"
        return f"{words}."
    return (
        f"{words}undecided. The interval holds 0 and reaches beyond the margin of ±{margin}: no "
        f"difference was found, which is not to say that there is none. {_to_decide(judged)}"
    )


def _not_yet(evidence: Evidence, quantity: Quantity) -> str:
    runs, of = evidence.judgement.runs, evidence.judgement.of
    if not runs:
        return f"None of the {of} pre-set seeds is here: nothing is judged yet."
    changes = evidence.preset.values()
    span = " to ".join(
        dict.fromkeys(percent(end, sign=True) for end in (min(changes), max(changes)))
    )
    return (
        f"{runs} of {of} pre-set seeds {'is' if runs == 1 else 'are'} here: {quantity.name} "
        f"changes by {span}. Nothing is judged before all {of} are."
    )


def _to_decide(judged: Judgement) -> str:
    if judged.decisive is None:
        return "One seed has no spread: it takes more."
    return (
        f"If mean and spread stayed as they are, {judged.decisive:,} seeds, fixed beforehand, "
        "would decide."
    )


def figures(judged: Judgement) -> str:
    """Mean and interval as "+2.5 % ± 0.5", with as many digits as keep true what is said of them.

    Written with one digit, 0.54 ± 0.49 would lie within 1 and 0.04 ± 0.03 would hold 0.
    """
    if judged.interval is None:
        return "no figure"
    mean, half = judged.interval.mean, judged.interval.margin
    if not math.isfinite(half):
        return percent(mean, sign=True)
    edges = (-judged.least, 0.0, judged.least)
    meant = _sides((mean - half, mean + half), edges)
    for digits in range(1, DIGITS + 1):
        ends = (round(100 * mean, digits) + side * round(100 * half, digits) for side in (-1, 1))
        written = tuple(round(end, digits) / 100 for end in ends)
        if _sides(written, edges) == meant:
            break
    return f"{percent(mean, digits, sign=True)} ± {100 * half:.{digits}f}"


DIGITS = 9  # after the point, at most


def _sides(ends: Sequence[float], edges: Sequence[float]) -> list[int]:
    """On which side of each edge each end of an interval lies."""
    return [(end > edge) - (end < edge) for end in ends for edge in edges]


def picture(rows: Mapping[Quantity, Evidence], *, key: str = "verdict") -> None:
    """A row for each quantity: dots for pre-set seeds, hollow ones for visitors', the interval.

    The grey band is the margin. Where nothing is judged yet no interval is drawn, and without
    any run no picture.
    """
    if not any(evidence.preset or evidence.own for evidence in rows.values()):
        return
    alt = " ".join(sentence(evidence, quantity) for quantity, evidence in rows.items())
    charts.show(*_chart(rows), alt=alt, key=key)
    st.caption(_legend(rows))


def _legend(rows: Mapping[Quantity, Evidence]) -> str:
    judgements = [evidence.judgement for evidence in rows.values()]
    parts = ["Dots: pre-set seeds"]
    if any(evidence.own for evidence in rows.values()):
        parts.append("hollow dots: seeds trained here besides, shown and never judged")
    if any(judged.complete and judged.interval for judged in judgements):
        parts.append("bar: 95 % interval of the mean")
    least = f"{100 * max(judged.least for judged in judgements):g} %"
    return f"{'; '.join(parts)}; grey band: changes under {least}, which count as none."


def _chart(rows: Mapping[Quantity, Evidence]) -> tuple[pd.DataFrame, charts.Spec]:
    table = pd.DataFrame(
        [row for quantity, evidence in rows.items() for row in _marks(quantity.label, evidence)],
        columns=COLUMNS,
    )
    least = max(100 * evidence.judgement.least for evidence in rows.values())
    ends = [-1.5 * least, 1.5 * least, *table[["change", "low", "high"]].stack().dropna()]
    across = Across("change by padding, %", around(ends, 0.04), least)
    return table, _spec(across, len(rows), charts.palette())


@charts.kept
def _spec(across: Across, rows: int, colours: charts.Palette) -> charts.Drawn:
    labels = alt.Axis(domain=False, ticks=False, labelFontSize=13) if rows > 1 else None
    y = alt.Y("name:N", sort=None, title=None, axis=labels)
    tooltip = [
        alt.Tooltip("seed:Q", format="d"),
        alt.Tooltip("change:Q", title="change, %", format="+.2f"),
    ]
    looks: dict[str, dict[str, Any]] = {
        "preset": {"filled": True, "color": colours.padded},
        "own": {"filled": False, "stroke": colours.padded, "yOffset": 16},
    }
    dots = [
        alt.Chart()
        .transform_filter(f"datum.kind === '{kind}'")
        .mark_point(size=64, opacity=0.9, strokeWidth=2, **look)
        .encode(x=across.field("change"), y=y, tooltip=tooltip)
        for kind, look in looks.items()
    ]
    layers = [*across.behind(colours), *across.interval(y, colours, 16), *dots]
    return alt.layer(*layers).properties(
        height=ROW * rows + AXIS, padding=charts.margins(top=5), autosize=charts.FIT
    )


ROW, AXIS = 56, 44  # screen pixels: of each row, and of the axis below them
COLUMNS = ["name", "kind", "seed", "change", "low", "middle", "high"]


def _marks(name: str, evidence: Evidence) -> Iterator[tuple[Any, ...]]:
    """What is drawn in one row, in percent."""
    for kind, changes in (("preset", evidence.preset), ("own", evidence.own)):
        for seed, change in changes.items():
            yield name, kind, seed, 100 * change, None, None, None
    judged = evidence.judgement
    if judged.complete and judged.interval and math.isfinite(judged.interval.margin):
        low, middle, high = judged.interval.low, judged.interval.mean, judged.interval.high
        yield name, "interval", None, None, 100 * low, 100 * middle, 100 * high
