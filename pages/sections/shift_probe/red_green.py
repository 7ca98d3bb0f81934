"""Does it matter? Red and green squares, published and trained here."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import replace

import pandas as pd
import streamlit as st

from core.shift_probe import red_green
from core.shift_probe.seeds import spread
from pages.sections.shift_probe import words
from pages.shared import sources
from pages.shared.controls import control
from pages.shared.drawn_once import drawn_once
from pages.shared.guard import fragment
from pages.shared.progress_bar import with_bar
from pages.shared.words import TEXT

TRAINED_SEEDS = (1, 3, 5)


@st.cache_data(max_entries=500, show_spinner=False)
def red_green_run(settings: red_green.Settings) -> red_green.Result:
    return red_green.run(settings)


@fragment
def show() -> None:
    """The red-green experiment: trained when asked, beside the published figures."""
    st.header("Does it matter? Red and green squares")
    st.markdown(
        "Two small squares side by side. The class is their order, red left of green or green "
        "left of red; but in training the first class always lies at the top and the second at "
        "the bottom. In the *similar* test the places are as in training, in the *dissimilar* "
        "test they are swapped. A network that goes by the order is right in both, one that goes "
        f"by the place fails in the second. The experiment is from {sources.cite(sources.KAYHAN)}; "
        f"here it runs on {red_green.SIZE} × {red_green.SIZE} pixels, four convolutions without "
        "bias and global max pooling.",
        width=TEXT,
    )
    left, right = st.columns(2)
    with left:
        margin = control(
            red_green.Settings, "margin", "Squares' distance from top or bottom, up to", slider=True
        )
    with right:
        seeds = st.segmented_control(
            "Seeds", TRAINED_SEEDS, default=TRAINED_SEEDS[1], required=True, key="_seeds"
        )
    label = f"Train {len(red_green.PADDINGS)} paddings on {seeds} seed{'s' * (seeds > 1)}"
    if st.button(label, help="About two seconds a run."):
        st.session_state["_red_green"] = (margin, seeds)
    asked = st.session_state.get("_red_green") == (margin, seeds)
    try:
        results = train(margin, seeds) if asked else {}
    except ImportError:
        st.warning("Training needs PyTorch, which is not installed here.")
        results = {}
    if results:
        dissimilar = {
            padding: spread([run.dissimilar for run in runs]) for padding, runs in results.items()
        }
        st.markdown(f"**{words.red_green_headline(dissimilar)}**")
    if results:
        st.table(table(results))
    else:
        published()
    st.markdown(
        "What counts is the gap between the two tests: it is the place that makes it. "
        "The margin is a condition chosen here, not the paper's: at 0 the squares always touch "
        "the edge. Their networks are larger and have strides, so the figures are not meant to "
        "agree. "
        "How much this matters in practice is another question: on ImageNet the choice of padding "
        f"moves top-1 accuracy by at most 0.7 points ({sources.cite(sources.LIU)}: ResNet-50 76.13 "
        f"with zeros, 76.61 with partial), and {sources.cite(sources.LIN)} hold position "
        "information to be "
        "primarily a learning artifact.",
        width=TEXT,
    )


@drawn_once
def published() -> None:
    """The published figures alone."""
    st.table(table({}))


def train(margin: int, seeds: int) -> dict[str, list[red_green.Result]]:
    """Every padding on every seed."""
    start = red_green.Settings(margin=margin)
    found: dict[str, list[red_green.Result]] = {padding: [] for padding in red_green.PADDINGS}
    every = tuple(itertools.product(red_green.PADDINGS, range(seeds)))
    for padding, seed in with_bar(every, lambda run: f"Training with {run[0]}, seed {run[1]}"):
        found[padding].append(red_green_run(replace(start, padding=padding, seed=seed)))
    return found


def table(results: Mapping[str, list[red_green.Result]]) -> pd.DataFrame:
    """Published and own accuracies in percent, the own as mean and range over seeds."""
    rows = {}
    for padding, (similar, dissimilar) in red_green.PUBLISHED.items():
        runs = results.get(padding, [])
        rows[padding] = {
            "similar, published": f"{similar:.1f} %",
            "dissimilar, published": f"{dissimilar:.1f} %",
            "similar, here": words.accuracy([run.similar for run in runs]),
            "dissimilar, here": words.accuracy([run.dissimilar for run in runs]),
        }
    return pd.DataFrame(rows).T.rename_axis("padding")
