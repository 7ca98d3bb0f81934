"""What the border does: which weights it keeps from the target, and where a shift breaks."""

from __future__ import annotations

from dataclasses import make_dataclass, replace

import numpy as np
import streamlit as st

from core.settings import Whole, setting
from core.shift_probe import Network, Proof, Run, Settings
from core.shift_probe import equivariance as shifts
from core.shift_probe.touching import Signs, signs, signs_in_the_end, signs_when_perfect
from pages.sections.shift_probe import claims, training
from pages.shared import charts, signed
from pages.shared.controls import control
from pages.shared.guard import fragment
from pages.shared.words import TEXT

# --- The weights that touch the target ----------------------------------------------------------

SEEDS = 10
LARGE = 120  # size × kernel from which training takes long, and fewer seeds must do
FEW_SEEDS = 3


@st.cache_data(max_entries=200, show_spinner="Training other seeds")
def signs_over_seeds(settings: Settings, seeds: int) -> tuple[list[Signs], Signs]:
    """At the first perfect step of each seed, and once the training has gone on to its end."""
    return signs_when_perfect(settings, range(seeds)), signs_in_the_end(settings)


def touching(network: Network, run: Run, proof: Proof) -> None:
    """One layer: the kernel's weights that touch the target, the others, and their signs."""
    settings = network.settings
    if settings.layers > 1:
        return
    kernel = run.final.kernels[0]
    touches = network.touches(settings.target)
    st.header(claims.touching_headline(network))
    seeds = SEEDS if settings.size * settings.kernel <= LARGE else FEW_SEEDS
    now = signs(network, kernel)
    perfect: list[Signs] = []
    ended = now
    if proof.separable:
        perfect, ended = signs_over_seeds(replace(settings, seed=0), seeds)
    st.markdown(" ".join(claims.touching_text(network, now, ended, perfect, seeds)), width=TEXT)
    most = float(np.abs(kernel).max())
    with st.container(horizontal=True, gap="medium"):
        for title, counts in (("touch", touches), ("never touch", 1.0 * (touches == 0))):
            with st.container(width="content"):
                st.markdown(f"**Weights that {title} the target**")
                training.draw_kernel(kernel, most, key=f"signs_{title}", counts=counts)


# --- A shift ------------------------------------------------------------------------------------

PICTURE = 208  # screen pixels


@fragment
def shift(network: Network, run: Run) -> None:
    """A small pattern that is moved, the output, and where it does not move along."""
    title, text = st.empty(), st.empty()
    least, most = shifts.room(network.settings.size)
    within = Whole(least, most)
    about = "how far the pattern is moved from the middle, in pixels"
    moves = {"shift_down": "Pattern moved down, pixels", "shift_right": "Moved right, pixels"}
    declared = make_dataclass("Moves", [(name, int, setting(0, within, about)) for name in moves])
    chosen = []
    for column, (name, label) in zip(st.columns(2), moves.items(), strict=True):
        if st.session_state.get(name, 0) not in within:
            st.session_state[name] = max(least, min(most, st.session_state[name]))
        with column:
            chosen.append(control(declared, name, label, slider=True))
    moved = shifts.shift(network, run.final.kernels[0], *chosen)
    title.header(claims.shift_headline(network, moved))
    text.markdown(" ".join(claims.shift_text(network, moved)), width=TEXT)
    scale = float(max(np.abs(moved.output).max(), np.abs(moved.expected).max(), 1e-9))
    pictures = {
        "The image": (moved.image, 1.0),
        "Its output": (moved.output, scale),
        "The first output, moved": (moved.expected, scale),
        "Difference": (moved.difference, scale),
    }
    with st.container(horizontal=True, gap="small"):
        for name, (values, largest) in pictures.items():
            with st.container(width=PICTURE + 24, gap="xxsmall"):
                st.markdown(f"**{name}**")
                charts.show(
                    charts.pixels(values),
                    signed.heat_map(
                        values.shape, largest, what="amount", size=PICTURE, legend=False
                    ),
                    alt=f"{name}: the pattern moved {claims.way(moved) or 'by nothing'}",
                    key=f"shift_{name}",
                    width="content",
                )
    layer = "" if network.settings.layers == 1 else "first "
    st.caption(
        f"One convolution with the trained {layer}kernel, without its bias. Blue is below zero, "
        "orange above, the same scale for the three on the right. Shifts go round the edge, as on "
        "a torus, so that moving an output keeps its sum."
    )
