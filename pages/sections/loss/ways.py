"""Three ways to compare both networks, and what each lets one say about the padded one."""

from __future__ import annotations

import streamlit as st

from core.loss import Comparison
from pages.sections.loss.words import WAYS_WORDS, ways_title
from pages.shared import verdict
from pages.shared.drawn_once import drawn_once
from pages.shared.verdict import PER_PIXEL, SHARED, TOTAL
from pages.shared.words import TEXT, unbroken

QUANTITIES = {"per_pixel": PER_PIXEL, "total": TOTAL, "shared": SHARED}
"""The fields of `core.loss.Comparison` that are judged."""


@drawn_once
def ways(compared: tuple[tuple[int, Comparison], ...], judged: range) -> None:
    """Per pixel, in total, on the shared pixels; other seeds than the judged are only shown."""
    evidence = {
        quantity: verdict.weigh({s: getattr(arms, field) for s, arms in compared}, judged)
        for field, quantity in QUANTITIES.items()
    }
    st.header(ways_title(evidence[PER_PIXEL].judgement, evidence[SHARED].judgement))
    left, right = st.columns([3, 2])
    with left:
        verdict.picture(evidence, key="ways")
    with right:
        for quantity, changes in evidence.items():
            said = verdict.sentence(changes, quantity)
            st.markdown(unbroken(f"**{quantity.label}.** {said}"))
    st.markdown(WAYS_WORDS, width=TEXT)
