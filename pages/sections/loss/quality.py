"""Other metrics than the loss, on the whole image and on the shared pixels."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from core.data import SIZE
from core.loss import Measure
from pages.sections.loss.words import METRICS_WORDS, metric_words, metrics_title
from pages.shared.drawn_once import drawn_once
from pages.shared.words import TEXT

METRICS = {
    "cross_entropy": ("Cross-entropy, nats", "{:.4f}"),
    "squared_error": ("Mean squared error", "{:.5f}"),
    "psnr": ("PSNR, dB", "{:.2f}"),
    "accuracy": ("Pixel accuracy", "{:.4f}"),
}
"""The fields of `core.loss.quality.Metrics`: name and format."""


Measures = tuple[tuple[str, Measure], ...]
"""A measure for each of `METRICS`, by its field; empty where nothing was measured."""


@drawn_once
def quality(on_all: Measures, on_shared: Measures) -> None:
    """Every mean over all pixels counts the border; none on the shared pixels does."""
    whole, shared = dict(on_all), dict(on_shared)
    if not whole:
        return
    st.header(metrics_title(whole["squared_error"].change, shared["squared_error"].change))
    left, right = st.columns(2)
    with left:
        st.markdown("**The whole image**, border included")
        st.table(table(whole))
    with right:
        st.markdown(f"**The shared pixels**, {SIZE} × {SIZE}")
        st.table(table(shared))
    st.markdown(METRICS_WORDS, width=TEXT)


def table(measured: Mapping[str, Measure]) -> pd.DataFrame:
    """Means over the pre-set seeds, and what each metric says of the padded network."""
    rows = {}
    for field, (name, form) in METRICS.items():
        measure = measured[field]
        rows[name] = {
            "unpadded": form.format(measure.unpadded),
            "padded": form.format(measure.padded),
            "error, padded against unpadded": metric_words(measure.change),
        }
    return pd.DataFrame(rows).T.rename_axis("metric")
