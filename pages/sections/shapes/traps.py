"""Keras's and PyTorch's words: the same 2 × 2 pool, asked for in five ways."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from core.layers import Axis, fit, parse_layer
from pages.shared.words import TEXT


def show() -> None:
    """The same 2 × 2 pool, asked for in five ways."""
    st.subheader("One pool, asked for in five ways")
    ways = {
        'Keras, padding="same"': "maxpool2:same",
        'Keras, padding="valid"': "maxpool2",
        "PyTorch, as it comes": "maxpool2",
        "PyTorch, ceil_mode=True": "maxpool2:ceil",
        "PyTorch, padding=1": "maxpool2:1",
    }
    sizes = (28, 14, 7)
    rows = {
        way: {f"{size} →": f"{fit(parse_layer(word), size).output}" for size in sizes}
        for way, word in ways.items()
    }
    st.table(pd.DataFrame(rows).T.rename_axis("pool"), width="content")
    st.markdown(
        "`padding=1` is not “same”: it pads both sides, and 28 becomes 15. A stride shows another "
        f"difference: on 224 pixels a 7 × 7 convolution with stride 2 is padded by "
        f"{pads(fit(parse_layer('conv7s2:same'), 224))} in TensorFlow and by "
        f"{pads(fit(parse_layer('conv7s2:3'), 224))} in PyTorch (`padding=3`); both give 112, "
        "from windows that lie one pixel apart.",
        width=TEXT,
    )


def pads(axis: Axis) -> str:
    """Padded cells before and after: "2 and 3"."""
    return f"{axis.before} and {axis.after}"
