"""A network measured on the test set, as pictures: what it makes of samples, where its loss sits.

Drawing them takes longer than looking up a run. They are remembered, so that going to and fro
between runs draws nothing twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from core.autoencoder import Checkpoint
from pages.shared import charts
from pages.shared.heat import Scale

REMEMBERED = 64  # pictures of each kind, some 30 kB each


def samples(tested: Mapping[str, Checkpoint]) -> None:
    """Noisy, denoised and clean test images of each arm, the original frame drawn in."""
    for arm, network in tested.items():
        about = f"{arm.capitalize()}, {network.images_seen:,} images seen"
        st.image(
            _sheet(network, charts.palette().padded),
            caption=f"{about}; from top to bottom: noisy, denoised, clean test images",
            alt=samples_words(arm, network),
        )


@lru_cache(REMEMBERED)
def _sheet(tested: Checkpoint, frame: str, scale: int = 3, gap: int = 4) -> str:
    """The samples as one picture's address; `frame` colours the padding's edge."""
    pad = tested.pad_width
    rows = []
    for images in (tested.noisy, tested.denoised, tested.clean):
        big = images.repeat(scale, axis=1).repeat(scale, axis=2)[..., None].repeat(3, axis=3)
        if pad:
            _outline(big, scale * pad, charts.rgb(frame), thick=1)
        framed = np.pad(big, ((0, 0), (0, gap), (0, gap), (0, 0)), constant_values=128)
        rows.append(np.concatenate(framed, axis=1))
    return charts.inline(np.concatenate(rows)[:-gap, :-gap])


def loss_maps(tested: Mapping[str, Checkpoint], highest: float | None = None) -> None:
    """Where on the image the test loss of each arm sits, on one colour scale, up to `highest`."""
    if highest is None:
        highest = max(float(network.loss_map.max()) for network in tested.values())
    for column, (arm, network) in zip(st.columns(len(tested)), tested.items(), strict=True):
        with column:
            size = len(network.loss_map)
            st.markdown(
                f"**{arm.capitalize()}**, {size} × {size}: {network.total:.1f} nats an image"
            )
            st.image(
                _map(network, highest),
                width=ENLARGED * size,
                caption=f"Test loss of each pixel, {arm}",
                alt=map_words(arm, network),
            )
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.caption("0", width="content")
        st.image(LEGEND, width=200, alt="From dark for no loss to bright for the most")
        st.caption(f"{highest:.2f} nats per pixel", width="content")


def samples_words(arm: str, tested: Checkpoint) -> str:
    """The samples in words: what one network makes of noise, and what is left to lose."""
    return (
        f"Test images through the {arm} network: as they go in, noisy, as they come out, and as "
        f"they should. {tested.total:.1f} nats an image are lost"
    )


def map_words(arm: str, tested: Checkpoint) -> str:
    """A map of the loss in words: how much lies inside and on the border, and where the most."""
    row, column = np.unravel_index(tested.loss_map.argmax(), tested.loss_map.shape)
    most = f"the most, {tested.loss_map.max():.2g}, in row {row}, column {column}"
    if not tested.pad_width:
        return f"Test loss of each pixel, {arm}: {tested.total:.1f} nats in all, {most}"
    return (
        f"Test loss of each pixel, {arm}: {tested.interior:.1f} nats inside the frame, "
        f"{tested.border:.2g} on the border around it, {most}"
    )


ENLARGED = 8  # screen pixels of a pixel in a loss map


def _scale(highest: float) -> Scale:
    return Scale((0, highest), "nats per pixel")


LEGEND = charts.inline(_scale(1).pixels(np.linspace(0, 1, 200)[None].repeat(10, axis=0)))


@lru_cache(REMEMBERED)
def _map(tested: Checkpoint, highest: float) -> str:
    """The loss map as one picture's address, the original frame drawn in."""
    pixels = _scale(highest).pixels(tested.loss_map)
    pixels = pixels.repeat(ENLARGED, axis=0).repeat(ENLARGED, axis=1)
    if pad := tested.pad_width:
        _outline(pixels[None], ENLARGED * pad, (255, 255, 255), thick=2)
    return charts.inline(pixels)


def _outline(
    pictures: NDArray[np.uint8], at: int, colour: tuple[int, int, int], thick: int
) -> None:
    """Draw a frame round all but the outer `at` pixels of pictures (n, size, size, 3)."""
    first, last = at - thick, pictures.shape[1] - at
    for line in (slice(first, at), slice(last, last + thick)):
        pictures[:, line, first : last + thick] = colour
        pictures[:, first : last + thick, line] = colour
