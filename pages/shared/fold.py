"""Depth that is folded away: what stands behind a question is made and sent once it is opened."""

from __future__ import annotations

from collections.abc import Callable, Collection

import streamlit as st

from pages.shared import controls
from pages.shared.guard import fragment


def fold(
    name: str, question: str, show: Callable[[], None], *, settings: Collection[str] = ()
) -> None:
    """A part of a page behind its `question`, closed until somebody opens it.

    The address keeps it open, `open_<name>=true`; `open=all` opens every one of a page. A link that
    has any of the part's own `settings` opens it, too, and it stays open on that visit.
    """
    key, linked = f"open_{name}", f"_linked_{name}"
    for part in (key, linked):
        controls.remember(part)
    asked = st.query_params.get("open") == "all" or any(s in st.query_params for s in settings)
    expanded = st.session_state.setdefault(linked, asked)
    fragment(_fold)(key, question, show, expanded)


def _fold(key: str, question: str, show: Callable[[], None], expanded: bool) -> None:
    folded = st.expander(
        f"**{question}**", expanded, key=key, on_change="rerun", bind="query-params"
    )
    if folded.open:
        with folded:
            show()
