"""The weights that touch the target, the others, and their signs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import streamlit as st

from core.shift_probe import Settings
from core.shift_probe.touching import Signs, signs, signs_in_the_end, signs_when_perfect
from pages.sections.shift_probe import training, words
from pages.sections.shift_probe.computed import network, proved, trained
from pages.shared.drawn_once import drawn_once
from pages.shared.words import TEXT

SEEDS = 10
LARGE = 120  # size × kernel from which training takes long, and fewer seeds must do
FEW_SEEDS = 3


@st.cache_resource(max_entries=200, show_spinner="Training other seeds")
def signs_over_seeds(settings: Settings, seeds: int) -> tuple[list[Signs], Signs]:
    """At the first perfect step of each seed, and once the training has gone on to its end."""
    return signs_when_perfect(settings, range(seeds)), signs_in_the_end(settings)


def show(settings: Settings) -> None:
    """One layer: the kernel's weights that touch the target, the others, and their signs."""
    if proved(settings).separable:
        signs_over_seeds(replace(settings, seed=0), seeds_of(settings))  # who waits is told so
    weights(settings)


def seeds_of(settings: Settings) -> int:
    """How many seeds are trained."""
    return SEEDS if settings.size * settings.kernel <= LARGE else FEW_SEEDS


@drawn_once
def weights(settings: Settings) -> None:
    """What the signs come to, and both kinds of weights."""
    net, seeds = network(settings), seeds_of(settings)
    kernel = trained(settings).final.kernels[0]
    touches = net.touches(settings.target)
    st.header(words.touching_headline(net))
    now = signs(net, kernel)
    perfect: list[Signs] = []
    ended = now
    if proved(settings).separable:
        perfect, ended = signs_over_seeds(replace(settings, seed=0), seeds)
    st.markdown(" ".join(words.touching_text(net, now, ended, perfect, seeds)), width=TEXT)
    most = float(np.abs(kernel).max())
    with st.container(horizontal=True, gap="medium"):
        for title, counts in (("touch", touches), ("never touch", 1.0 * (touches == 0))):
            if not counts.any():
                continue
            with st.container(width="content"):
                st.markdown(f"**Weights that {title} the target**")
                training.draw_kernel(kernel, most, key=f"signs_{title}", counts=counts)
