"""A small pattern that is moved, the output, and where it does not move along."""

from __future__ import annotations

import streamlit as st

from core.settings import Whole
from core.shift_probe import Settings
from core.shift_probe import equivariance as shifts
from core.shift_probe.equivariance import Shift
from pages.sections.shift_probe import words
from pages.sections.shift_probe.computed import network, trained
from pages.shared import charts, heat, signed
from pages.shared.controls import numbers
from pages.shared.drawn_once import drawn_once
from pages.shared.guard import fragment
from pages.shared.words import TEXT

PICTURE = 208  # screen pixels


MOVES = {"shift_down": "Pattern moved down, pixels", "shift_right": "Moved right, pixels"}


@fragment
def show(settings: Settings) -> None:
    """A small pattern that is moved, the output, and where it does not move along."""
    title, text = st.empty(), st.empty()
    within = Whole(*shifts.room(settings.size))
    about = "how far the pattern is moved from the middle, in pixels"
    down, right = numbers(MOVES, within, about, slider=True)
    moved = shifted(settings, down, right)
    title.header(words.shift_headline(moved))
    text.markdown(" ".join(words.shift_text(network(settings), moved)), width=TEXT)
    pictures(settings, down, right)


def shifted(settings: Settings, down: int, right: int) -> Shift:
    """The pattern moved, through the trained first layer."""
    return shifts.shift(network(settings), trained(settings).final.kernels[0], down, right)


@drawn_once
def pictures(settings: Settings, down: int, right: int) -> None:
    """The image, its output, the first output moved, and the difference."""
    moved = shifted(settings, down, right)
    scale = max(moved.largest, 1e-9)
    images = {
        "The image": (moved.image, 1.0),
        "Its output": (moved.output, scale),
        "The first output, moved": (moved.expected, scale),
        "Difference": (moved.difference, scale),
    }
    with st.container(horizontal=True, gap="small"):
        for name, (values, largest) in images.items():
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
    layer = "" if settings.layers == 1 else "first "
    st.caption(
        f"One convolution with the trained {layer}kernel, without its bias. Blue is below zero, "
        "orange above, both outputs and the difference on one scale. Shifts go round the edge, as "
        "on a torus, so that moving an output keeps its sum."
    )
