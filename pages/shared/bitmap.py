"""Small pictures that are images: drawn at once, where a chart waits for what draws charts."""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from pages.shared import charts

EDGE = charts.rgb("#808080")  # tells white pixels from a white page, and black from a black one


def show(pixels: NDArray[Any], size: int, *, alt: str) -> None:
    """An image, (H, W) greys or (H, W, 3) colours as bytes, `size` screen pixels wide, framed."""
    st.image(charts.inline(framed(pixels, size)), width=size, alt=alt)


def framed(pixels: NDArray[Any], size: int) -> NDArray[np.uint8]:
    """Twice as fine as `size`, for dense screens: pixels stay squares. A thin frame covers a bit.

    The width must divide 2 · `size`.
    """
    colours = pixels if pixels.ndim == 3 else pixels[..., None].repeat(3, axis=2)
    times = 2 * size // pixels.shape[1]
    drawn: NDArray[np.uint8] = colours.repeat(times, axis=0).repeat(times, axis=1)
    drawn[[0, -1]] = drawn[:, [0, -1]] = EDGE
    return drawn


def blank(size: int, *, alt: str) -> None:
    """In place of a picture that is held back: an empty square of `size` screen pixels."""
    colour = charts.palette().muted
    st.image(
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{size}" height="{size}">'
        f'<rect x="1" y="1" width="{size - 2}" height="{size - 2}" fill="none" stroke="{colour}" '
        f'stroke-dasharray="4 4"/><text x="50%" y="50%" fill="{colour}" font-size="48" '
        'font-family="sans-serif" text-anchor="middle" dominant-baseline="central">?</text></svg>',
        width=size,
        alt=alt,
    )
