"""How deep does it leak? How far from the border a position can be told."""

from __future__ import annotations

from collections.abc import Mapping

import altair as alt
import pandas as pd
import streamlit as st

from core.layers import PADDING_MODES
from core.shift_probe import Settings
from core.shift_probe.classes import Leak, convolutions, leak, relu_leak
from pages.sections.shift_probe import words
from pages.sections.shift_probe.computed import network
from pages.shared import charts
from pages.shared.drawn_once import drawn_once
from pages.shared.words import TEXT

LAYERS = range(1, 6)
PATHS = 4000  # tap sequences along one axis; counting more, for many paddings, takes seconds
COMPARED = [("valid", "zeros"), *(("same", mode) for mode in PADDING_MODES), ("full", "zeros")]


@st.cache_resource(max_entries=500, show_spinner=False)
def leak_of(kernel: int, layers: int, padding: str, padding_mode: str) -> Leak:
    return leak(convolutions(kernel, layers, padding, padding_mode))


@st.cache_resource(max_entries=100, show_spinner=False)
def seen_depth(kernel: int, layers: int, padding: str, padding_mode: str) -> int:
    """How deep a stack with biases and ReLUs was seen to leak: a lower bound."""
    draws = 300 if kernel <= 3 else 30  # the larger, the longer each takes
    return relu_leak(convolutions(kernel, layers, padding, padding_mode), bias=True, draws=draws)


@drawn_once
def show(settings: Settings) -> None:
    """How far from the border a position can be told, for this padding and the others."""
    kernel, padding, mode = settings.kernel, settings.padding, settings.padding_mode
    leaks = {n: leak_of(kernel, n, padding, mode) for n in LAYERS}
    st.header(words.depth_headline(leaks))
    st.markdown(" ".join(words.depth_text(network(settings), leaks)), width=TEXT)
    if any(found.depth for found in leaks.values()):
        charts.show(
            staircase(leaks), staircase_spec(leaks), alt=words.depth_headline(leaks), key="depth"
        )
    depth_table(settings)


def staircase(leaks: Mapping[int, Leak]) -> pd.DataFrame:
    """A row for each depth and distance at which something differs."""
    return pd.DataFrame(
        [
            {"layers": n, "distance": distance, "difference": difference}
            for n, found in leaks.items()
            for distance, difference in enumerate(found.difference)
            if difference > 0
        ]
    )


def staircase_spec(leaks: Mapping[int, Leak]) -> charts.Spec:
    """Distance from the border across, layers downwards, the difference as colour."""
    deepest = max(found.depth for found in leaks.values())
    names = tuple(f"{words.some(n, 'layer')}: {leaks[n].depth} px" for n in LAYERS)
    least = min(part for found in leaks.values() for part in found.difference if part > 0)
    return stairs(deepest, names, least)


@charts.kept
def stairs(deepest: int, names: tuple[str, ...], least: float) -> charts.Drawn:
    """The look of `staircase`, its depths named and its colours from the `least` difference on."""
    across = alt.X(
        "distance:O",
        title="distance from the border, pixels",
        scale=alt.Scale(domain=list(range(deepest + 1)), padding=0),
        axis=alt.Axis(labelAngle=0, labelOverlap=True),
    )
    down = alt.Y(
        "layers:O",
        title=None,
        scale=alt.Scale(domain=list(LAYERS), paddingInner=0.12),
        axis=alt.Axis(labelExpr=f"{['', *names]}[datum.value]", ticks=False),
    )
    legend = alt.Legend(
        title="share of kernel paths that differ from the centre's",
        orient="bottom",
        titleLimit=320,
        format="~p",
        tickCount=4,
    )
    scale = alt.Scale(type="log", scheme="viridis", domain=(least / 1.01, 2))
    tooltip = [
        alt.Tooltip("layers:N"),
        alt.Tooltip("distance:N", title="distance, pixels"),
        alt.Tooltip("difference:Q", title="paths that differ", format=".2~p"),
    ]
    drawn: alt.Chart = (
        alt.Chart(height=250, autosize=charts.FIT)
        .mark_rect(stroke=None)
        .encode(
            x=across,
            y=down,
            color=alt.Color("difference:Q", scale=scale, legend=legend),
            tooltip=tooltip,
        )
    )
    return drawn


def depth_table(settings: Settings) -> None:
    """Depths of the common paddings, and what biases and ReLUs add to full padding."""
    kernel = settings.kernel
    counted = [n for n in LAYERS if kernel**n <= PATHS]
    paddings = list(dict.fromkeys([*COMPARED, (settings.padding, settings.padding_mode)]))
    rows = {
        padding if padding == "valid" else f"{padding}, {mode}": {
            words.some(n, "layer"): str(leak_of(kernel, n, padding, mode).depth) for n in counted
        }
        for padding, mode in paddings
    }
    seen = {n: seen_depth(kernel, n, "full", "zeros") for n in counted}
    rows["full, zeros, with biases and ReLUs"] = {
        words.some(n, "layer"): f"≥ {deep}" for n, deep in seen.items()
    }
    st.markdown("**How deep the border shows on a large image, in pixels**")
    st.table(pd.DataFrame(rows).T.rename_axis("padding"))
    left_out = (
        f" Five layers of {kernel} × {kernel} have too many paths to count here for every padding."
        if len(counted) < len(LAYERS)
        else ""
    )
    st.markdown(words.relu_text(seen) + left_out, width=TEXT)
