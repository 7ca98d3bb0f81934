"""Work that is done while the visitor looks on, item by item."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

import streamlit as st

Item = TypeVar("Item")


def with_bar(items: Sequence[Item], text: Callable[[Item], str]) -> Iterator[Item]:
    """Each of `items` under a bar with its `text`; leaving the page ends it at the next."""
    bar = st.progress(0.0)
    for done, item in enumerate(items):
        bar.progress(done / len(items), text=text(item))
        yield item
    bar.empty()
