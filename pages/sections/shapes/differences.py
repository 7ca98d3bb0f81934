"""Where Keras and PyTorch part: the layers that their own ways to pad give other windows."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from core.shapes import differences
from core.steps import Step
from pages.sections.shapes import words
from pages.shared import sources
from pages.shared.words import TEXT


def show(steps: Sequence[Step]) -> None:
    """The layers for which the two frameworks' own ways to pad give different windows."""
    found = differences(steps)
    if not found:
        return
    st.subheader("Where Keras and PyTorch part")
    st.markdown(words.about_differences(found), width=TEXT)
    st.table(pd.DataFrame(found).T.fillna("").rename_axis("layer"), width="content")
    st.markdown(
        "What such a layer leaves over is no detail: networks can overfit the input size through "
        f"the arithmetic of their pooling ({sources.cite(sources.MIND_THE_POOL)}), and small "
        "shifts of the input can change their output drastically, as common downsampling ignores "
        f"the sampling theorem ({sources.cite(sources.ZHANG)}).",
        width=TEXT,
    )
