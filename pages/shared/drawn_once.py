"""What is the same for all who look: drawn once a process, then sent again as it was.

Making a section's charts, tables and words takes many times as long as sending them, and where
many visitors look at the same settings they wait for each other.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Any, ParamSpec, TypeVar

import streamlit as st

from pages.shared import charts

Given = ParamSpec("Given")
Returned = TypeVar("Returned")

SECTIONS = 256  # kept of all pages, 20 kB in the mean and 300 kB at most
MOMENTS = 512  # the same of what plays: 10 kB in the mean, and soon replaced


def drawn_once(section: Callable[Given, Returned]) -> Callable[Given, Returned]:
    """A section that depends on nothing but its arguments and the theme, and has no controls.

    Its arguments are hashable, and small: they are kept with what they lead to, and with what the
    section returns. Whatever else it does, it does only when it is drawn.
    """
    return _shared(section, _section, _sections)


def moment(section: Callable[Given, Returned]) -> Callable[Given, Returned]:
    """`drawn_once`, for one of the many moments of what plays: they push out no other section."""
    return _shared(section, _moment, _moments)


def _shared(
    section: Callable[Given, Returned], kept: Callable[..., Any], number: Callable[..., int]
) -> Callable[Given, Returned]:
    # Streamlit runs a page's file anew each time: by itself a function in it is always another.
    name = section.__code__.co_filename, section.__code__

    @wraps(section)
    def show(*given: Given.args, **named: Given.kwargs) -> Returned:
        asked = number(name, charts.palette(), given, tuple(named.items()))
        returned: Returned = kept(asked, lambda: section(*given, **named))
        return returned

    return show


@st.cache_resource(max_entries=SECTIONS, show_spinner=False)
def _section(number: int, _draw: Callable[[], Returned]) -> Returned:
    """Streamlit repeats what was drawn, as long as it knows the `number`."""
    return _draw()


@st.cache_resource(max_entries=MOMENTS, show_spinner=False)
def _moment(number: int, _draw: Callable[[], Returned]) -> Returned:
    return _draw()


_numbers = itertools.count()


def _next(*asked: Any) -> int:
    """A number for what is asked for: Streamlit's own keys take far longer to make.

    What was forgotten gets another one, and is drawn anew.
    """
    return next(_numbers)


_sections, _moments = lru_cache(SECTIONS)(_next), lru_cache(MOMENTS)(_next)
