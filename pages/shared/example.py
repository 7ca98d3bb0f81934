"""The picture that pages show until a visitor brings one: a generated digit, up to the edge."""

from __future__ import annotations

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from core import data
from core.data import digits

PLACE = 5  # among the generated digits: a six with strokes at every side


@st.cache_data(max_entries=64)
def digit(height: int = data.SIZE, width: int = data.SIZE) -> NDArray[np.float64]:
    """The digit in [0, 1], (height, width): the nearest of its 28×28 pixels at every place.

    MNIST's frame leaves a black margin, where nothing could be lost; this one is enlarged until
    its strokes reach the edge.
    """
    images, _ = digits.draw(PLACE + 1)
    image = data.vary(images[PLACE:], "cropped")[0] / 255
    rows = np.arange(height) * data.SIZE // height
    columns = np.arange(width) * data.SIZE // width
    return np.asarray(image[rows][:, columns])
