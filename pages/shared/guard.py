"""A plain word where a page or a part of it fails; the trace goes to the log."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import ParamSpec

import streamlit as st

from core.settings import InputError
from pages.shared.controls import told
from pages.shared.turns import turn

Given = ParamSpec("Given")


@contextmanager
def plain_errors(name: str) -> Iterator[None]:
    """An error within becomes a sentence on the page, and a log entry about `name`."""
    try:
        yield
    except InputError as error:
        st.error(f"{told(error)}.")
    except Exception:
        logging.getLogger("padding_lab").exception("The page %s failed", name)
        st.error(
            "Something went wrong on this page; the server's log says what. "
            "Your settings are still in the address: reload to try again."
        )


def fragment(part: Callable[Given, None], run_every: float | None = None) -> Callable[Given, None]:
    """A part of a page that is drawn again by itself, every `run_every` seconds or when used.

    The page's own guard does not see what happens then.
    """

    @functools.wraps(part)
    def guarded(*args: Given.args, **kwargs: Given.kwargs) -> None:
        name = f"{part.__module__}.{part.__name__}"
        with turn(tick=run_every is not None), plain_errors(name):
            part(*args, **kwargs)

    drawn: Callable[Given, None] = st.fragment(guarded, run_every=run_every)
    return drawn
