"""A padding mode is chosen by its picture: one corner of a small image, padded by each mode.

The widget is Streamlit's own, so the address, the keyboard and what a link may ask for are those of
any control. A stylesheet sets a picture above each option's name.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import streamlit as st

from core import data, settings
from core.arrays import Bytes
from core.layers import OUTSIDE, Layer, fit
from pages.shared import charts
from pages.shared.charts import Palette, rgb
from pages.shared.controls import control

IMAGE = np.array(
    [
        [200, 40, 90, 90, 90, 90, 40],
        [255, 200, 40, 90, 90, 90, 90],
        [40, 255, 200, 40, 90, 90, 90],
        [90, 40, 255, 200, 40, 90, 90],
        [90, 90, 40, 255, 200, 40, 90],
        [90, 90, 90, 40, 255, 200, 40],
        [40, 90, 90, 90, 40, 255, 200],
    ],
    np.uint8,
)
"""Bands that no mode continues like another one."""

RING, OWN = 3, 5  # pixels of the corner: padded ones, and the image's own
PIXEL = 8  # screen pixels

MEANING = {
    "edge": "the outermost pixel is repeated",
    "constant": "one grey level all around",
    "reflect": "mirrored at the outermost pixel, which is not repeated",
    "symmetric": "mirrored, the outermost pixel repeated",
    "wrap": "the opposite side comes round",
    "noise": "random greys",
    "zeros": "zeros all around",
    "replicate": "the outermost pixel is repeated",
    "circular": "the opposite side comes round",
    "partial": "nothing is there, and sums are scaled up to make good for it",
}
"""What a mode puts around an image or a feature map."""


def pick(declared: Any, name: str, label: str, **options: Any) -> str:
    """The control for the padding mode `name`, each option below its picture; the mode chosen.

    `options` are those of `control`; `level=` is a function that gives the grey, in [0, 1], that
    the mode which has been chosen pads with.
    """
    level = options.pop("level", lambda mode: 0.0)
    chosen: str = control(declared, name, label, side_by_side=True, **options)
    modes = settings.domain(declared, name).options  # type: ignore[attr-defined]
    st.html(f"<style>{_style(name, modes, level(chosen), charts.palette())}</style>")
    return chosen


@lru_cache(64)
def _style(name: str, modes: tuple[str, ...], level: float, colours: Palette) -> str:
    """The pictures of `modes`, as the stylesheet of the control called `name`."""
    return "\n".join(
        f".st-key-{name} [role=radio]:nth-of-type({place})::before "
        f'{{ content: url("{charts.inline(picture(mode, level, colours))}") / "{MEANING[mode]}"; }}'
        for place, mode in enumerate(modes, start=1)
    )


def picture(mode: str, level: float, colours: Palette) -> Bytes:
    """The corner padded by `mode`, its own pixels framed: colours (height, width, 4)."""
    grey, there = corner(mode, level)
    drawn = np.stack([grey] * 3 + [np.where(there, 255, 0)], axis=-1).astype(np.uint8)
    drawn = drawn.repeat(PIXEL, axis=0).repeat(PIXEL, axis=1)
    # A cell that holds nothing has a dot in its middle.
    for row, column in np.argwhere(~there) * PIXEL + PIXEL // 2 - 1:
        drawn[row : row + 2, column : column + 2] = (*rgb(colours.muted), 255)
    edge = slice(RING * PIXEL - 2, RING * PIXEL)
    drawn[edge, edge.start :] = drawn[edge.start :, edge] = (*rgb(colours.padded), 255)
    return drawn


def corner(mode: str, level: float) -> tuple[Bytes, Bytes]:
    """The upper left corner of IMAGE padded by `mode`: greys, and whether there is anything."""
    if mode in data.PAD_MODES:
        padded = data.pad(IMAGE[None], RING, mode, level, seed=1)[0]
        there = np.ones_like(padded, bool)
    else:
        layer = Layer("conv", 2 * RING + 1, padding="same", padding_mode=mode)
        cells = fit(layer, len(IMAGE)).cells
        inside = cells != OUTSIDE
        there = inside[:, None] & inside
        padded = np.where(there, IMAGE[np.ix_(cells, cells)], np.uint8(0))
        there |= mode != "partial"
    return padded[: RING + OWN, : RING + OWN], there[: RING + OWN, : RING + OWN]
