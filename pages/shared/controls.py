"""Widgets for declared settings: bound to the URL, and plain about a link that asks too much.

A widget's key is its setting's name, so the URL's parameter has that name too; Streamlit leaves
defaults out of the URL and drops what a widget cannot show. What it dropped is said here, beside
the control, with the range that would be right.
"""

from __future__ import annotations

import re
from typing import Any

import streamlit as st

from core import settings
from core.layers import Stack
from core.settings import Choice, InputError, Maybe, Real, Switch, Whole

SIDE_BY_SIDE = 4  # words that fit beside each other on a phone


def default(declared: Any, name: str) -> Any:
    """The declared default of the setting `name`."""
    return declared.__dataclass_fields__[name].default


def control(declared: Any, name: str, label: str, **options: Any) -> Any:
    """The widget that fits the range of the setting `name`, and its value.

    `options` go to the widget; `default=` replaces the declared default on this page, and
    `slider=True` turns a number's field into a slider.
    """
    allowed = settings.domain(declared, name)
    value = options.pop("default", default(declared, name))
    common = {"key": name, "bind": "query-params", "help": _help(declared, name)} | options
    slider = common.pop("slider", False)
    chosen: Any
    if isinstance(allowed, Maybe):
        limits = (getattr(allowed.inner, side) for side in ("low", "high"))
        chosen = st.number_input(label, *limits, value=value, **common)
    elif isinstance(allowed, Whole | Real):
        # Streamlit tells whole numbers from real ones by their type.
        low, high, value = (type(value)(number) for number in (allowed.low, allowed.high, value))
        widget = st.slider if slider else st.number_input
        chosen = widget(label, low, high, value, **common)
    elif isinstance(allowed, Switch):
        chosen = st.toggle(label, value, **common)
    elif isinstance(allowed, Choice):
        words = allowed.options
        if len(words) > SIDE_BY_SIDE:
            chosen = st.selectbox(label, words, words.index(value), **common)
        else:
            chosen = st.segmented_control(label, words, default=value, required=True, **common)
    else:
        chosen = st.text_input(label, value, **common)
    complain(declared, name, chosen)
    return chosen


def stack(declared: Any, name: str, label: str, **options: Any) -> Stack | None:
    """A text field for the layer language; what does not parse is explained beneath it.

    Returns None there. `options` are those of `control`.
    """
    written = str(options.pop("default", default(declared, name)))
    common = {"key": name, "bind": "query-params", "help": _help(declared, name)} | options
    text = st.text_input(label, written, **common)
    try:
        parsed: Stack = settings.parse(declared, name, text)
    except InputError as error:
        st.error(f"{plain(error)}.")
        return None
    return parsed


def plain(words: object) -> str:
    """Words from outside as text that Markdown leaves alone: no link, no formula, no colour."""
    return re.sub(r"([\\`*\[\]<>$~#|:&])", r"\\\1", str(words))


def complain(declared: Any, name: str, used: Any) -> None:
    """Say beside a control that the link asked for something outside its range."""
    asked = _asked().get(name)
    if asked is None:
        return
    try:
        value = settings.parse(declared, name, asked)
    except InputError as error:
        st.warning(f"The link's {plain(error)}. Showing {used}.")
    else:
        if value != used:
            st.warning(f"The link's {name}, {value}, is not offered here. Showing {used}.")


def remember_link() -> None:
    """Keep what the URL asked for, before any widget has corrected it."""
    st.session_state["_asked"] = st.query_params.to_dict()


def _asked() -> dict[str, str]:
    asked: dict[str, str] = st.session_state.get("_asked", {})
    return asked


def _help(declared: Any, name: str) -> str:
    text: str = declared.__dataclass_fields__[name].metadata["help"]
    return f"{text[:1].upper()}{text[1:]}."
