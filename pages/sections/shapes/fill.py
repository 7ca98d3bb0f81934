"""What a padded cell counts as: −∞ in a max pool, nothing in Keras's mean, not zero."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from core.arrays import Float64
from core.layers import Layer
from core.shapes import changed_by_zeros, feature_map, pool
from pages.shared import charts, grids
from pages.shared.grids import Mark
from pages.shared.heat import Scale
from pages.shared.words import TEXT

BIAS = -0.4
SIGNED = Scale((-1, 1), "value", ".3~f", colours="blueorange")


def show(image: Float64, same: Layer) -> None:
    """Max pooling ignores its padding, average pooling leaves it out: both against zeros."""
    st.header("Max pooling does not pad with zeros")
    features = feature_map(image, BIAS)
    average = replace(same, kind="avgpool")
    pairs = {
        "max": (features, same, SIGNED, "−∞"),
        "average": (1 - image, average, grids.GREY, "left out"),
    }
    changed = {name: changed_by_zeros(*pair[:2]) for name, pair in pairs.items()}
    st.markdown(
        "A padded cell never wins a maximum: it counts as −∞. On a digit, or after a ReLU, where "
        "no value is below zero, one could not tell it from zero. Before a ReLU one can: below is "
        f"the digit after an edge filter with a bias of {BIAS:g}".replace("-", "−")
        + f". Padding with zeros would change {changed['max']} of the 16 values, in the last row "
        "and column, and invent an edge there.",
        width=TEXT,
    )
    compare_fill(*pairs["max"], key="max")
    st.markdown(
        "An average pool in Keras leaves padded cells out of the mean. PyTorch, where a pool is "
        "padded by a number, counts them as zeros (`count_include_pad=True`), and darkens the "
        f"border: {changed['average']} of 16 values here. A trap inside Keras: where the padding "
        "is uneven, its torch backend repeats the border's pixels instead; on JAX the padded "
        "cells are left out.",
        width=TEXT,
    )
    compare_fill(*pairs["average"], key="average")


def compare_fill(image: Float64, layer: Layer, scale: Scale, counted_as: str, *, key: str) -> None:
    """An image, and its pooling with padded cells as they count and as zeros, values written."""
    fill: tuple[tuple[str, float | None], ...] = ((counted_as, None), ("0", 0.0))
    results = [pool(image, layer, padded_as=value) for _, value in fill]
    differs = results[0] != results[1]
    with st.container(horizontal=True, gap="small"):
        tile("before pooling", grids.squares("pixel", image), scale, f"fill_{key}_image")
        # The two that are compared stay beside each other on a phone.
        with st.container(horizontal=True, gap="small", width=2 * TILE + 16):
            for (name, _), result in zip(fill, results, strict=True):
                marks = pooled(result, differs, scale.domain)
                tile(f"padded cells: {name}", marks, scale, f"fill_{key}_{name}")


CELL = 20  # screen pixels
TILE = CELL * 8 + 6  # screen pixels


def pooled(result: Float64, differs: NDArray[np.bool_], domain: tuple[float, float]) -> list[Mark]:
    """A pool's values, written in their squares, those that differ framed."""
    marks = list(grids.squares("pixel", result, side=2))
    for mark in list(marks):
        ink = "light" if dark(mark.value, domain) else "ink"
        marks.append(mark._replace(kind=ink, text=f"{mark.value:.2f}".replace("-", "−")))
    marks += [
        grids.square("changed", 2 * row, 2 * column, 2) for row, column in np.argwhere(differs)
    ]
    return marks


def tile(title: str, marks: Iterable[Mark], scale: Scale, key: str) -> None:
    """One of the pictures that `compare_fill` sets beside each other."""
    frame = {"filled": False, "stroke": charts.palette().padded, "strokeWidth": 1.5}
    layers = [
        grids.amounts("pixel", scale),
        grids.words("light", color="white"),
        grids.words("ink", color="black"),
        grids.rectangles("changed", inset=0.06, **frame),
    ]
    with st.container(width=TILE):
        grids.show(marks, (8, 8), CELL, layers, alt=f"The values, {title}", key=key)
        st.caption(title)


def dark(value: float, domain: tuple[float, float]) -> bool:
    """Whether the colour of `value` needs white letters: low greys, and the ends of signed maps."""
    low, high = domain
    return abs(value) > 0.6 * high if low < 0 else value < (low + high) / 2
