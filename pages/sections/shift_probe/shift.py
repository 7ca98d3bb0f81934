"""A small pattern that is moved, the output, and where it does not move along."""

from __future__ import annotations

import streamlit as st

from core.settings import Whole
from core.shift_probe import Network, Training
from core.shift_probe import equivariance as shifts
from pages.sections.shift_probe import words
from pages.shared import charts, heat, signed
from pages.shared.controls import numbers
from pages.shared.guard import fragment
from pages.shared.words import TEXT

PICTURE = 208  # screen pixels


@fragment
def show(network: Network, run: Training) -> None:
    """A small pattern that is moved, the output, and where it does not move along."""
    title, text = st.empty(), st.empty()
    within = Whole(*shifts.room(network.settings.size))
    about = "how far the pattern is moved from the middle, in pixels"
    moves = {"shift_down": "Pattern moved down, pixels", "shift_right": "Moved right, pixels"}
    down, right = numbers(moves, within, about, slider=True)
    moved = shifts.shift(network, run.final.kernels[0], down, right)
    title.header(words.shift_headline(moved))
    text.markdown(" ".join(words.shift_text(network, moved)), width=TEXT)
    scale = max(moved.largest, 1e-9)
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
                    heat.pixels(values),
                    heat.heat_map(
                        values.shape,
                        signed.scale(largest, "amount", charts.palette()),
                        size=PICTURE,
                        legend=False,
                    ),
                    alt=f"{name}: the pattern moved {words.way(moved) or 'by nothing'}",
                    key=f"shift_{name}",
                    width="content",
                )
    layer = "" if network.settings.layers == 1 else "first "
    st.caption(
        f"One convolution with the trained {layer}kernel, without its bias. Blue is below zero, "
        "orange above, the same scale for the three on the right. Shifts go round the edge, as on "
        "a torus, so that moving an output keeps its sum."
    )
