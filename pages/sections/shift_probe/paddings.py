"""The same experiment under every padding: which of them is safe?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd
import streamlit as st

from core import shift_probe
from core.shift_probe import Row, Settings
from pages.sections.shift_probe import words
from pages.shared.drawn_once import drawn_once
from pages.shared.guard import fragment
from pages.shared.progress_bar import with_bar
from pages.shared.words import TEXT

QUICK = 30  # paths along one axis up to which all paddings are compared unasked


@st.cache_resource(max_entries=1000, show_spinner=False)
def compared(settings: Settings, padding: str, padding_mode: str) -> Row:
    return shift_probe.compare_one(settings, padding, padding_mode)


@st.cache_resource(max_entries=100, show_spinner=False)
def rows_of(common: Settings) -> list[Row]:
    """The rows of all paddings, to be filled by whoever asks first, under a bar."""
    return []


@fragment
def show(settings: Settings) -> None:
    """The same experiment under every padding."""
    # The rows are the same whichever padding is chosen, and so is their place in the cache.
    common = replace(settings, padding="same", padding_mode="zeros")
    title = st.empty()
    title.header("Which padding is safe?")
    if settings.kernel**settings.layers > QUICK:
        label = f"Compare all {len(shift_probe.EVERY_PADDING)} paddings"
        if st.button(label, help="With these settings this takes a while."):
            st.session_state["_compared"] = common
        if st.session_state.get("_compared") != common:
            return
    rows = rows_of(common)
    if not rows:
        every = with_bar(
            shift_probe.EVERY_PADDING,
            lambda padded: f"Training and proving: {words.named(*padded)}",
        )
        rows[:] = [compared(common, *padded) for padded in every]
    title.header(words.padding_headline(rows, common))
    verdicts(common)


@drawn_once
def verdicts(common: Settings) -> None:
    """A row for each padding, and what they have in common."""
    rows = rows_of(common)
    st.table(padding_table(rows), hide_index=True)
    if common.kernel > 1:
        met = shift_probe.windows_met(common)
        st.markdown(words.padding_text(rows, met, common), width=TEXT)


def padding_table(rows: Sequence[Row]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "padding": row.padding,
            "mode": "–" if row.padding == "valid" else row.padding_mode,
            "leaks": "" if row.refusal else "yes" if row.leaks else "no",
            "classes": "" if row.refusal else str(row.classes),
            "steps": "–" if row.steps is None else str(row.steps),
            "verdict": words.row_verdict(row),
        }
        for row in rows
    )
