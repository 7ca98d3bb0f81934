"""Why the shared pixels get worse: what each control left of the harm, and what survived them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import altair as alt
import pandas as pd
import streamlit as st

from core.autoencoder import why
from core.autoencoder.figures import read
from core.autoencoder.runs import SHIPPED
from core.autoencoder.why import NARROW, SEEDS, WIDE, ControlFinding
from core.judgement import MARGIN, Interval
from pages.shared import charts
from pages.shared.changes import Across, around
from pages.shared.drawn_once import drawn_once
from pages.shared.verdict import figures
from pages.shared.words import TEXT, bulleted, listed, unbroken


@drawn_once
def show() -> None:
    """The section: a picture and a sentence for each control, and what survived."""
    wide, narrow = found()
    st.header("Why are the shared pixels worse?")
    st.markdown(introduction(wide, narrow), width=TEXT)
    domain = extent([*wide, *narrow])
    for width, findings in ((4, wide), (2, narrow)):
        st.subheader(f"Padded by {width} px")
        if any(finding.harms for finding in findings):
            said = "  ".join(map(sentence, findings))
            charts.show(table(findings), chart(findings, domain), alt=said, key=f"why_{width}")
            st.caption(legend(findings))
        st.markdown(bulleted(map(sentence, findings)), width=TEXT)
    st.subheader("What survived")
    st.markdown(unbroken("\n\n".join(conclusion(wide, narrow))), width=TEXT)


@lru_cache(1)
def found() -> tuple[list[ControlFinding], list[ControlFinding]]:
    """What the shipped runs say of the controls at 4 px and at 2 px."""
    kept = read(SHIPPED, (run for pair in why.every_pair() for run in pair))
    return why.findings(WIDE, kept), why.findings(NARROW, kept)


def introduction(wide: Sequence[ControlFinding], narrow: Sequence[ControlFinding]) -> str:
    """What was done, and how much of it is here."""
    every = [*wide, *narrow]
    words = (
        f"Each control repeats the live experiment, both networks, with something changed, over "
        f"{len(SEEDS)} seeds fixed beforehand. *Harm* is by how much the padded network's loss on "
        "the shared pixels exceeds that of its own unpadded network. A control could refute what "
        "it is named for: it is ruled out as the main cause where more than half of the harm "
        "stays without it."
    )
    pairs, of = sum(len(finding.harms) for finding in every), len(SEEDS) * len(every)
    if pairs < of:
        words += f" {pairs} of {of} pairs of runs are here; a control without all of its is open."
    return words


def sentence(finding: ControlFinding) -> str:
    """A control's question, figures and outcome, in Markdown."""
    control = finding.control
    return f"**{control.name}.** {control.reason} {answer(finding)}"


def answer(finding: ControlFinding) -> str:
    """Figures and outcome of one control."""
    if not finding.harm.complete:
        return f"{len(finding.harms)} of {len(SEEDS)} pairs of runs are here: not judged yet."
    if finding.control.name == why.AS_IS:
        if finding.harm.sign > 0:
            return f"The harm is {figures(finding.harm)}."
        return f"The change is {figures(finding.harm)}: no harm is shown, so nothing to explain."
    if finding.outcome == "missing" or finding.change is None:
        return f"Harm {figures(finding.harm)}. What it is to be set against is not all here yet."
    return f"Harm {figures(finding.harm)}, {against(finding.change)}: {outcome(finding)}"


def against(change: Interval) -> str:
    """A change of the harm in points: "4.4 points ± 1.6 less than as it is"."""
    low, high = 100 * change.low, 100 * change.high
    for digits in range(1, 9):
        mean, margin = (round(100 * part, digits) for part in (change.mean, change.margin))
        written = round(mean - margin, digits), round(mean + margin, digits)
        if [_sign(end) for end in written] == [_sign(low), _sign(high)]:
            break
    more = "less" if mean < 0 else "more"
    return f"{abs(mean):.{digits}f} points ± {margin:.{digits}f} {more} than as it is"


def _sign(number: float) -> int:
    return (number > 0) - (number < 0)


def outcome(finding: ControlFinding) -> str:
    """What the interval allows to say of the suspect."""
    suspect = finding.control.suspect
    if finding.outcome == "undecided":
        needs = "comes alone from" if finding.control.alone else "needs"
        return f"undecided whether most of the harm {needs} {suspect}."
    if finding.control.alone:
        if finding.verdict == "survives":
            return f"most of the harm comes from {suspect} alone."
        return f"most of the harm does not come from {suspect} alone."
    if finding.verdict == "survives":
        return f"most of the harm needs {suspect}."
    return f"most of the harm does without {suspect}: ruled out as the main cause."


def conclusion(wide: Sequence[ControlFinding], narrow: Sequence[ControlFinding]) -> list[str]:
    """What survived, what was ruled out and what stays open, a paragraph each."""
    paragraphs = [
        f"At {width} px {account(findings)}"
        for width, findings in ((4, wide), (2, narrow))
        if established(findings)
    ]
    if not paragraphs:
        return ["Nothing is concluded before the runs are here and show a harm."]
    meaning = [words for words in (together(wide), time(narrow), post(wide)) if words]
    if meaning:
        paragraphs.append(" ".join(meaning))
    paragraphs.append(
        "All of this is about MNIST, padded at its black edge. Each interval holds at 95 %: with "
        f"{len(wide) + len(narrow) - 2} comparisons it would be no surprise if one missed. Every "
        "control is a setting of a run (`--loss-on`, `--outside`, `--reduction`, `--output-bias`, "
        "`--beta2`): `python -m core autoencoder --help` lists them."
    )
    return paragraphs


def established(findings: Sequence[ControlFinding]) -> bool:
    """Whether there is a harm to explain: all runs as they are show one."""
    return findings[0].harm.sign > 0


def account(findings: Sequence[ControlFinding]) -> str:
    """The suspects by what became of them."""
    survived = [finding for finding in findings[1:] if finding.verdict == "survives"]
    needed = listed(finding.control.suspect for finding in survived if not finding.control.alone)
    alone = listed(finding.control.suspect for finding in survived if finding.control.alone)
    clauses = [f"it needs {needed}"] * bool(needed) + [f"it comes from {alone} alone"] * bool(alone)
    parts = [f"**Survived**, for most of it: {', and '.join(clauses)}."] if clauses else []
    for verdict, label in (
        ("refuted", "Ruled out as the main cause"),
        ("open", "Open"),
        ("missing", "Not all runs are here"),
    ):
        suspects = listed(named(finding) for finding in findings[1:] if finding.verdict == verdict)
        if suspects:
            parts.append(f"**{label}:** {suspects}.")
    return " ".join([f"the harm is {figures(findings[0].harm)}.", *parts])


def named(finding: ControlFinding) -> str:
    """The suspect, and whether it was looked at alone."""
    return finding.control.suspect + (" alone" if finding.control.alone else "")


def _of(findings: Sequence[ControlFinding], **changes: Any) -> ControlFinding:
    return next(finding for finding in findings if dict(finding.control.changes) == changes)


def together(wide: Sequence[ControlFinding]) -> str:
    """What follows where leaving the border out of the loss and clearing it both help."""
    loss, inside = _of(wide, loss_on="original"), _of(wide, outside="cleared")
    if not loss.outcome == inside.outcome == "gone":
        return ""
    return (
        "At 4 px most of the harm goes when the border is left out of the loss, and also when it "
        "is cleared in the network: it takes both. What harms is mostly not that the network sees "
        "the border, but that it is trained on it."
    )


def time(narrow: Sequence[ControlFinding]) -> str:
    """What more training does to the harm: the original protocol is the last of `narrow`."""
    found = {"gone": "most of it is gone", "less": "it is smaller"}
    words = found.get(trend(narrow[-1]))
    return f"It fades with longer training: {words} after the original protocol." if words else ""


def trend(finding: ControlFinding) -> str:
    """Whether most of the harm is gone, or it is at least less, as far as the intervals say."""
    if finding.outcome == "gone":
        return "gone"
    known = finding.outcome != "missing" and finding.change is not None
    return "less" if known and finding.change and finding.change.high < 0 else ""


def post(wide: Sequence[ControlFinding]) -> str:
    """What became of the post's answer on the shared pixels."""
    loss, mean = _of(wide, loss_on="original"), _of(wide, reduction="sum")
    words = "The post's answer was that padding changed the loss function. Tested at 4 px,"
    if loss.outcome == "stays":
        return f"{words} that is not the main reason on the shared pixels."
    if loss.outcome != "gone":
        return ""
    words += " that holds on the shared pixels, too: most of the harm needs the border in the loss"
    return f"{words}, not the division by more pixels." if mean.outcome == "stays" else f"{words}."


ROW, AXIS = 46, 44  # screen pixels: of each row, and of the axis below them
COLUMNS = ["name", "seed", "harm", "low", "middle", "high"]


def table(findings: Sequence[ControlFinding]) -> pd.DataFrame:
    """What is drawn, in percent: rows of seeds and of intervals. A row without runs has its name.

    Intervals stand only where all runs are there.
    """
    rows: list[tuple[Any, ...]] = []
    for finding in findings:
        name, judged = finding.control.name, finding.harm
        rows += [(name, seed, 100 * harm, *[None] * 3) for seed, harm in finding.harms.items()]
        ends: tuple[float | None, ...] = (None, None, None)
        if judged.complete and judged.interval and math.isfinite(judged.interval.margin):
            found = judged.interval
            ends = 100 * found.low, 100 * found.mean, 100 * found.high
        rows.append((name, None, None, *ends))
    return pd.DataFrame(rows, columns=COLUMNS)


def extent(findings: Sequence[ControlFinding]) -> tuple[float, float]:
    """What all pictures show, in percent: all dots, intervals and the margin."""
    drawn = table(findings)[["harm", "low", "high"]].astype(float)
    return around([-150 * MARGIN, 150 * MARGIN, *drawn.stack().dropna()], 0.03)


def legend(findings: Sequence[ControlFinding]) -> str:
    """What the marks mean."""
    parts = ["Dots: seeds"]
    if any(finding.harm.complete for finding in findings):
        parts.append("bar: 95 % interval of the mean")
    parts.append(f"grey band: under {100 * MARGIN:g} %, which counts as none")
    if established(findings):
        parts.append("dashed: half of the harm as it is")
    return "; ".join(parts) + "."


def chart(findings: Sequence[ControlFinding], domain: tuple[float, float]) -> charts.Spec:
    """A row for each control, its name above it. Data as `table` gives them."""
    harm = findings[0].harm.interval
    half = 50 * harm.mean if harm and established(findings) else None
    # Not every layer has every row: without a domain their order would be that of the first layer.
    names = tuple(finding.control.name for finding in findings)
    return drawn(names, domain, half, charts.palette())


@charts.kept
def drawn(
    names: tuple[str, ...], domain: tuple[float, float], half: float | None, colours: charts.Palette
) -> charts.Drawn:
    """The chart of these controls; a dashed line at `half` of the harm, where there is one."""
    title = "harm: change of the loss on the shared pixels by padding, %"
    across = Across(title, domain, 100 * MARGIN)
    y = alt.Y("name:N", axis=None, scale=alt.Scale(domain=names))
    below = 8  # pixels: the name stands above its marks
    rows = alt.Chart().encode(y=y)
    seeds = rows.transform_filter("isValid(datum.harm)").mark_point(
        size=40, filled=True, opacity=0.8, color=colours.padded, yOffset=below
    )
    tooltip = [
        alt.Tooltip("name:N", title=" "),
        alt.Tooltip("seed:Q", format="d"),
        alt.Tooltip("harm:Q", title="harm, %", format="+.2f"),
    ]
    named = rows.transform_filter("!isValid(datum.harm)").mark_text(
        align="left", dy=below - 22, tooltip=None
    )
    return alt.layer(
        *across.behind(colours, opacity=0.4),
        *([] if half is None else [across.line(half, strokeDash=[4, 4])]),
        *across.interval(y, colours, 12, below=below),
        seeds.encode(x=across.field("harm"), tooltip=tooltip),
        named.encode(x=alt.value(2), text="name:N"),
    ).properties(height=ROW * len(names) + AXIS, padding=charts.margins(top=5), autosize=charts.FIT)
