"""Both networks' layers side by side: the same parameters, other sizes."""

from __future__ import annotations

from functools import lru_cache
from itertools import zip_longest

import streamlit as st

from core import autoencoder
from core.autoencoder import Run, Settings


def layer_table(run: Run) -> None:
    """A row for each layer, for images of both sizes."""
    # As one text: a table's cells are texts of their own, which the browser reads one by one.
    st.markdown(table(*(arm.settings for arm in run.arms)))


@lru_cache(64)
def table(unpadded: Settings, padded: Settings) -> str:
    """The layers of both arms as a table in Markdown."""
    # What the upsampling adds is cropped at the end: one arm may have a layer more.
    both = zip_longest(autoencoder.layers(unpadded), autoencoder.layers(padded))
    rows = [
        (
            (padded or unpadded).name,
            " × ".join(map(str, unpadded.output)) if unpadded else "",
            " × ".join(map(str, padded.output)) if padded else "",
            f"{count:,}" if (count := (padded or unpadded).parameters) else "",
        )
        for unpadded, padded in both
    ]
    head = ("layer", "unpadded", "padded", "parameters"), ("---",) * 4
    return "\n".join(f"| {' | '.join(row)} |" for row in (*head, *rows))
