"""Both networks' layers side by side: the same parameters, other sizes."""

from __future__ import annotations

from itertools import zip_longest

import pandas as pd
import pyarrow as pa
import streamlit as st

from core import autoencoder
from core.autoencoder import Run, Settings
from pages.shared import charts


def layer_table(run: Run) -> None:
    """A row for each layer, for images of both sizes."""
    # Told of its index, Streamlit need not look for one: 5 ms at every look.
    st.table(_rows(*(arm.settings for arm in run.arms)), hide_index=False)


@st.cache_resource
def _rows(unpadded: Settings, padded: Settings) -> pa.Table:
    # What the upsampling adds is cropped at the end: one arm may have a layer more.
    both = zip_longest(autoencoder.layers(unpadded), autoencoder.layers(padded))
    rows = (
        {
            "layer": (padded or unpadded).name,
            "unpadded": " × ".join(map(str, unpadded.output)) if unpadded else "",
            "padded": " × ".join(map(str, padded.output)) if padded else "",
            "parameters": f"{count:,}" if (count := (padded or unpadded).parameters) else "",
        }
        for unpadded, padded in both
    )
    return charts.ready(pd.DataFrame(rows).set_index("layer"))
