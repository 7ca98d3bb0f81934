"""A uniform map may still leak the position: decided for these very stacks."""

from __future__ import annotations

from urllib.parse import urlencode

import streamlit as st

from core import shift_probe
from core.layers import parse_stack
from pages.sections.impact import words
from pages.sections.impact.sides import Asked
from pages.shared.drawn_once import drawn_once
from pages.shared.words import TEXT


@drawn_once
def show(asked: tuple[Asked, ...]) -> None:
    """A uniform map may still leak the position: decided for these very stacks."""
    sides = [each.side for each in asked]
    st.subheader("Does a uniform map mean that position cannot leak?")
    told_apart = [sums(str(side.stack), side.height, side.width) for side in sides]
    st.markdown("\n\n".join(words.uniform_is_not_invariant(sides, told_apart)), width=TEXT)
    probes = [shift_probe.experiment(side.stack, side.height, side.width) for side in sides]
    # No page link: of its settings Streamlit drops those whose names this page has controls for.
    links = [
        f"[{words.probe(probe)}](shift_probe?{urlencode(link(probe))})"
        for probe in dict.fromkeys(probe for probe in probes if probe is not None)
    ]
    st.markdown("&emsp;".join(links))


@st.cache_resource(max_entries=256, show_spinner=False)
def sums(text: str, height: int, width: int) -> int | None:
    """How many sums a white pixel's positions can have at best, computed once."""
    return shift_probe.positions_told_apart(parse_stack(text), height, width)


def link(probe: shift_probe.Settings) -> dict[str, str]:
    """What a link to the probe's page says of the stack."""
    names = ("size", "kernel", "layers", "padding", "padding_mode")
    return {name: str(getattr(probe, name)) for name in names}
