"""Widgets for declared settings: bound to the URL, and plain about a link that asks too much.

A widget's key is its setting's name, so the URL's parameter has that name too; Streamlit leaves
defaults out of the URL and drops what a widget cannot show. What it dropped is said here, beside
the control, with the range that would be right.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Mapping
from dataclasses import make_dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from core import settings
from core.data import mnist
from core.data.cache import cache_folder
from core.layers import Stack
from core.settings import Choice, InputError, Maybe, Real, Steps, Switch, Whole, setting
from pages.shared.words import capitalized

SIDE_BY_SIDE = 4  # words that fit beside each other on a phone


def default(declared: Any, name: str) -> Any:
    """The declared default of the setting `name`."""
    return declared.__dataclass_fields__[name].default


def control(declared: Any, name: str, label: str, **options: Any) -> Any:
    """The widget that fits the range of the setting `name`, and its value.

    `options` go to the widget; `default=` replaces the declared default on this page,
    `slider=True` turns a number's field into a slider, `side_by_side=True` a list of many words
    into buttons, `listed=True` a few into a list, and `complain_in=` names another place for what
    is to be said about the link, where the control itself is out of sight.
    """
    allowed = settings.domain(declared, name)
    value = options.pop("default", default(declared, name))
    place = options.pop("complain_in", st)
    common = {"key": name, "bind": "query-params", "help": _help(declared, name)} | options
    slider = common.pop("slider", False)
    most = math.inf if common.pop("side_by_side", False) else SIDE_BY_SIDE
    most = 0 if common.pop("listed", False) else most
    chosen: Any
    remember(name)
    if isinstance(allowed, Maybe | Whole | Real):
        _make_finite(name, value)
    if isinstance(allowed, Maybe):
        limits = (getattr(allowed.inner, side) for side in ("low", "high"))
        chosen = st.number_input(label, *limits, value=value, **common)
    elif isinstance(allowed, Whole | Real):
        # Streamlit tells whole numbers from real ones by their type.
        low, high, value = (type(value)(number) for number in (allowed.low, allowed.high, value))
        widget = st.slider if slider else st.number_input
        chosen = widget(label, low, high, value, **common)
    elif isinstance(allowed, Steps):
        chosen = st.select_slider(label, allowed.options, value, **common)
    elif isinstance(allowed, Switch):
        chosen = st.toggle(label, value, **common)
    elif isinstance(allowed, Choice):
        words = allowed.options
        if len(words) > most:
            chosen = st.selectbox(label, words, words.index(value), **common)
        else:
            chosen = st.segmented_control(label, words, default=value, required=True, **common)
            chosen = value if chosen is None else chosen  # of a link's empty word
    else:
        chosen = st.text_input(label, value, **common)
    complain(declared, name, chosen, place)
    return chosen


def sides(declared: Any) -> tuple[int, int | None]:
    """The fields for an image's height and width; no width means the height."""
    with st.container(width=150):
        height: int = control(declared, "size", "Height, pixels")
    with st.container(width=150):
        width: int | None = control(declared, "width", "Width, pixels", placeholder="height")
    return height, width


def numbers(labels: Mapping[str, str], within: Whole, about: str, **options: Any) -> list[int]:
    """Numbers side by side whose range depends on another control, a label for each name.

    What has come to lie outside is moved to the range's end. `options` are those of `control`.
    """
    declared = make_dataclass("Numbers", [(n, int, setting(0, within, about)) for n in labels])
    chosen = []
    for column, (name, label) in zip(st.columns(len(labels)), labels.items(), strict=True):
        if (value := st.session_state.get(name, 0)) not in within:
            st.session_state[name] = max(within.low, min(within.high, value))
        with column:
            chosen.append(control(declared, name, label, **options))
    return chosen


def stack(declared: Any, name: str, label: str, **options: Any) -> Stack | None:
    """A text field for the layer language; what does not parse is explained beneath it.

    Returns None there. `options` are those of `control`.
    """
    remember(name)
    written = str(options.pop("default", default(declared, name)))
    common = {"key": name, "bind": "query-params", "help": _help(declared, name)} | options
    text = st.text_input(label, written, **common)
    try:
        parsed: Stack = settings.parse(declared, name, text)
    except InputError as error:
        st.error(f"{escaped(error)}.")
        return None
    return parsed


def escaped(words: object) -> str:
    """Words from outside as text that Markdown leaves alone: no link, no formula, no colour.

    Bare addresses become links whether they are escaped or not: an invisible word joiner stands
    where they would be recognised.
    """
    words = re.sub(r"([\\`*\[\]<>$~#|:&]|\b_|_\b)", r"\\\1", str(words))
    return re.sub(r"(?i)(?<=www)(?=\.)|(?=@)|(?<=:)(?=//)", WORD_JOINER, words)


def told(error: object) -> str:
    """What has gone wrong, as text: of a file on the server its name, and no folder."""
    words = str(error)
    for folder in filter(None, (mnist.own_folder(), cache_folder(), Path.cwd(), Path.home())):
        words = words.replace(f"{folder}{os.sep}", "")  # with spaces in it, say
    return escaped(FOLDERS.sub("", words))


FOLDERS = re.compile(r"""(?<![\w./\\:])(?:[A-Za-z]:)?[/\\](?:[^/\\\s'":,;]+[/\\])*(?=[\w.~])""")
"""An absolute path's folders."""

WORD_JOINER = "\u2060"


def presets(options: Mapping[str, Mapping[str, Any]]) -> str | None:
    """Ready-made settings: what each sets, by its name. Marks and returns the one that is shown.

    To be drawn after the controls (in a container above them): it looks at what they show.
    """
    shown = next((name for name, values in options.items() if _shown(values)), None)
    with st.container(horizontal=True, gap="small", key="presets"):
        # Buttons: one widget of many choices takes the browser 25 ms more from click to picture.
        for name, values in options.items():
            label = f":primary[**{name}**]" if name == shown else name
            st.button(label, key=f"preset {name}", on_click=st.session_state.update, args=(values,))
    return shown


def _shown(values: Mapping[str, Any]) -> bool:
    # A control that is not drawn now has no say.
    return all(st.session_state.get(name, value) == value for name, value in values.items())


def remember(name: str, *, kept: bool = False) -> None:
    """Have the control called `name` forgotten once its page is left, or `kept` for a return."""
    st.session_state.setdefault("_controls", {})[name] = kept


def remember_link(topic: str) -> None:
    """Keep what the link to a page asks for, before any widget has corrected it.

    What the page before it held is forgotten: on this one a control of the same name (a number of
    layers here, their text there) would take it for its own value. What was kept of this page comes
    back, unless the link asks for something else; Streamlit does not put it in the address.
    """
    state = st.session_state
    if state.get("_topic") == topic:
        return
    names: dict[str, bool] = state.pop("_controls", {})
    held = {name: state.pop(name) for name in names if name in state}
    left: dict[str, dict[str, Any]] = state.setdefault("_left", {})
    left[state.get("_topic", "")] = {
        name: value for name, value in held.items() if names[name] and value
    }
    state.update(_topic=topic, _asked=st.query_params.to_dict(), _shown_instead={})
    kept = left.pop(topic, {})
    if found := {name: kept[name] for name in kept.keys() - st.query_params.keys()}:
        state.update(found, _controls=dict.fromkeys(found, True))
        st.rerun()  # in a run for the browser's Back, Streamlit takes the address's defaults


def _make_finite(name: str, default: float | None) -> None:
    """Open the page anew with `default` where the link gives `name` an infinite number.

    A number's widget would call int() on it. What the link asked for is remembered, and `complain`
    says it.
    """
    try:
        infinite = math.isinf(float(st.query_params.get(name, "")))
    except ValueError:
        return
    if infinite:
        st.query_params[name] = str(default or 0)
        st.rerun()


def complain(declared: Any, name: str, used: Any, place: Any = st) -> None:
    """Say in `place` that the link asked for something else, until the control is moved."""
    asked: dict[str, str] = st.session_state.get("_asked", {})
    if name not in asked:
        return
    try:
        value = settings.parse(declared, name, asked[name])
        words = "" if value == used else f"{name}, {escaped(value)}, is not offered here"
    except InputError as error:
        words = escaped(error)
    if not words or st.session_state["_shown_instead"].setdefault(name, used) != used:
        del asked[name]
    else:
        place.warning(f"The link's {words}. Showing {'the default' if used is None else used}.")


def _help(declared: Any, name: str) -> str:
    text: str = declared.__dataclass_fields__[name].metadata["help"]
    return f"{capitalized(text)}."
