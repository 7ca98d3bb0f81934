"""Where the loss of both networks lies: on which pixels, and how much of it is floor."""

from __future__ import annotations

import streamlit as st

from core import loss
from core.autoencoder import Run
from core.loss import Pairs
from pages.sections.loss.words import floor_words, where_title
from pages.shared import loss_parts, runs
from pages.shared.drawn_once import drawn_once
from pages.shared.tested import loss_maps
from pages.shared.words import TEXT

show_parts = drawn_once(loss_parts.show)


def where(experiment: Run, shown: Pairs) -> None:
    """Both loss maps on one scale, and each total loss in its three parts."""
    both = loss.means(shown)
    made_of = {arm: loss.parts(network) for arm, network in both.items()}
    st.header(where_title(made_of["unpadded"], made_of["padded"]))
    st.caption("Losses are in nats, the unit of natural logarithms: 1 nat is 1.44 bits.")
    loss_maps(both)
    show_parts(tuple(made_of.items()), key="parts")
    st.caption(sources(experiment, shown))
    plain = experiment.settings.variation == "plain"
    pixels = both["unpadded"].loss_map.size
    st.markdown(floor_words(made_of["unpadded"], pixels, plain=plain), width=TEXT)


def sources(experiment: Run, shown: Pairs) -> str:
    """Where both networks' results come from."""
    seeds = ", ".join(map(str, shown))
    words = [f"Means over seeds {seeds}" if len(shown) > 1 else f"Seed {seeds}"]
    arms = runs.arms(experiment, next(iter(shown)))
    for arm, run in zip(("unpadded", "padded"), arms, strict=True):
        words.append(f"{arm}: {runs.provenance(runs.look(run))}")
    return " · ".join(words)
