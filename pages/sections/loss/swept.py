"""The losses of a sweep: a grid of runs that somebody trained, against one of its settings."""

from __future__ import annotations

from dataclasses import make_dataclass
from typing import Any

import altair as alt
import pandas as pd
import streamlit as st

from core.autoencoder.results import Kept
from core.autoencoder.sweep import Sweep
from core.loss import swept as swept_runs
from core.loss.swept import Swept
from core.settings import Choice, setting
from pages.sections.loss.words import spelt, sweep_title, sweep_words
from pages.shared import charts
from pages.shared.controls import control
from pages.shared.drawn_once import drawn_once
from pages.shared.words import TEXT, unbroken

HOW = 'python -m core warm --sweep "pad_width=0..8 noise_factor=0.3,0.5 seed=0..4"'


def show() -> None:
    """The sweeps that are here, one of them drawn, and how to make another."""
    every = swept_runs.sweeps()
    if every:
        found, fixed = choose(every)
        drawn(found, tuple(fixed.items()))
    st.markdown(
        "A grid of your own, trained on a computer or a cluster of yours, is drawn here, too:",
        width=TEXT,
    )
    st.code(HOW, language="sh")


def choose(every: list[Kept]) -> tuple[Swept, dict[str, Any]]:
    """The runs to draw: of which sweep, against which of its settings, and where among the rest."""
    names = {label(kept.sweep): kept for kept in every}
    with st.container(horizontal=True):
        chosen = names[pick("sweep", "Sweep", list(names), "the grid, as it was trained", 440)]
        against = {plain(name): name for name in swept_runs.axes(chosen.sweep)}
        axis = against[pick("along", "Against", list(against), "the setting drawn along")]
        fixed = {}
        for name in swept_runs.axes(chosen.sweep):
            if name != axis:
                values = {spelt(value): value for value in chosen.sweep.values[name]}
                at = f"sweep_{name}", plain(name).capitalize(), list(values)
                fixed[name] = values[pick(*at, "the runs drawn have this value")]
    return swept_runs.swept(chosen, axis, fixed), fixed


def pick(name: str, shown: str, options: list[str], about: str, width: int = 160) -> str:
    """One of the `options`, which depend on what is here; without a control where there is one."""
    if len(options) == 1:
        return options[0]
    declared = make_dataclass(
        "Sweeps", [(name, str, setting(options[0], Choice(tuple(options)), about))]
    )
    if st.session_state.get(name, options[0]) not in options:
        del st.session_state[name]  # of the sweep that was shown before
    with st.container(width=width):
        chosen: str = control(declared, name, shown, listed=True)
    return chosen


def label(of: Sweep) -> str:
    """A sweep's name: what was trained, and from which preset if not the live one."""
    return of.text if of.preset == "live" else f"{of.text} ({of.preset})"


def plain(name: str) -> str:
    """A setting's name in words."""
    return name.replace("_", " ")


@drawn_once
def drawn(found: Swept, fixed: tuple[tuple[str, Any], ...]) -> None:
    """The title, both charts and what they show."""
    per_pixel, total = (found.along(total=way) for way in (False, True))
    said = sweep_title(plain(found.setting), per_pixel, total, numeric=found.numeric)
    st.header(said)
    left, right = st.columns(2)
    for column, name, way in ((left, "Loss per pixel", False), (right, "Total loss", True)):
        with column:
            st.markdown(f"**{name}**")
            chart(found, said, total=way)
    others = {plain(name): spelt(value) for name, value in fixed}
    st.markdown(unbroken(sweep_words(found, others)), width=TEXT)


def chart(found: Swept, said: str, *, total: bool) -> None:
    """Runs as dots, their means as a line where values are numbers, and how far they spread."""
    if not found.trained:
        return
    rows = [
        {"x": run.value, "y": run.total if total else run.per_pixel}
        | {"arm": run.arm, "seed": run.seed, "kind": "run"}
        for run in found.trained
    ]
    rows += [
        {"x": at.value, "y": at.mean, "low": at.low, "high": at.high, "kind": "mean"}
        for at in found.along(total=total)
    ]
    table = pd.DataFrame(rows, columns=["x", "y", "low", "high", "arm", "seed", "kind"])
    if not found.numeric:
        table["x"] = table["x"].map(spelt)
    values = list(dict.fromkeys(table["x"]))
    spec = sweep_spec(
        plain(found.setting), tuple(values), float(table["y"].max()) * 1.08, total, charts.palette()
    )
    what = f"{'Total loss' if total else 'Loss per pixel'} against {plain(found.setting)}: {said}"
    charts.show(table, spec, alt=what, key=f"sweep_{'total' if total else 'per_pixel'}")


FEW = 12  # values that all have a label
WIDE = 30  # a range whose end is so many times its start is drawn in powers


@charts.kept
def sweep_spec(
    name: str, values: tuple[Any, ...], highest: float, total: bool, colours: charts.Palette
) -> charts.Drawn:
    """The look of `chart`; `highest` is where its y axis ends."""
    title = "nats per image" if total else "nats per pixel"
    numeric = not isinstance(values[0], str)
    if numeric:
        low, high = min(values), max(values)
        wide = low > 0 and high / low >= WIDE
        room = 0.04 * (high - low) if high > low else 1
        ends = [low / 1.2, high * 1.2] if wide else [low - room, high + room]
        scale = alt.Scale(type="log" if wide else "linear", domain=ends, nice=False)
        ticks = list(values) if len(values) <= FEW else alt.Undefined
        axis = alt.Axis(values=ticks, format="~g", labelOverlap=True)
        x = alt.X("x:Q", title=name, scale=scale, axis=axis)
    else:
        x = alt.X("x:N", title=name, sort=list(values), axis=alt.Axis(labelAngle=0))
    up: dict[str, Any] = {
        "title": title,
        "scale": alt.Scale(domain=(0, highest)),
        "axis": alt.Axis(tickCount=5),
    }
    base = alt.Chart().encode(x=x, y=alt.Y("y:Q", **up))
    means = base.transform_filter("datum.kind === 'mean'")
    tooltip = [
        alt.Tooltip("x:Q" if numeric else "x:N", title=name),
        alt.Tooltip("seed:N"),
        alt.Tooltip("y:Q", title=title, format=".4~f"),
    ]
    arms = {"unpadded": colours.unpadded, "padded": colours.padded}
    colour = alt.Color(
        "arm:N", scale=alt.Scale(domain=list(arms), range=list(arms.values())), legend=None
    )
    dots = base.transform_filter("datum.kind === 'run'").mark_circle(size=45, opacity=0.7)
    spread = means.mark_rule(color=colours.muted, strokeWidth=2)
    layers = [spread.encode(y=alt.Y("low:Q", **up), y2="high:Q")]
    if numeric:
        layers.append(means.mark_line(color=colours.ink, strokeWidth=1.5))
    else:
        layers.append(means.mark_tick(color=colours.ink, thickness=2, width=24))
    layers.append(dots.encode(color=colour, tooltip=tooltip))
    return alt.layer(*layers).properties(
        height=280, padding=charts.margins(top=24), autosize=charts.FIT
    )
