"""One layer, one pixel: the kernel positions that touch it, one after another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import streamlit as st

from core.impact import Touch, touches
from core.layers import Axis, Layer, fit
from core.settings import InputError
from pages.shared import charts, grids, player
from pages.shared.controls import plain
from pages.shared.grids import Mark
from pages.shared.player import Player

LARGEST = 48  # padded cells across, so that one is still told from the next
WIDE = 320  # screen pixels
KERNEL = 96  # screen pixels

SPEEDS = {"slow": (1.0, 1), "medium": (0.5, 1), "fast": (0.2, 1)}
"""Seconds between two pictures, kernel positions from one to the next."""


@dataclass(frozen=True)
class Walk:
    """All kernel positions of one layer that touch one pixel."""

    name: str
    layer: Layer
    rows: Axis
    columns: Axis
    pixel: tuple[int, int]
    touches: tuple[Touch, ...]


def prepare(name: str, layer: Layer, size: tuple[int, int], pixel: tuple[int, int]) -> Walk | None:
    """The walk of `layer` over an image of `size`, (height, width), or why there is none."""
    rows, columns = (fit(layer, length) for length in size)
    cells = max(len(rows.cells), len(columns.cells))
    try:
        if cells > LARGEST:
            raise InputError(
                f"the kernel's positions are drawn up to {LARGEST} padded pixels, not {cells}"
            )
        return Walk(name, layer, rows, columns, pixel, touches(layer, size, pixel))
    except InputError as error:
        st.caption(f"`{layer}`: {plain(error)}.")
        return None


def show(walks: Sequence[Walk]) -> None:
    """Step through all walks at once, at first complete; a shorter one waits at its end."""
    longest = max(len(walk.touches) for walk in walks)
    shown = [(str(walk.layer), walk.pixel, walk.touches) for walk in walks]
    positions = Player("Kernel position", 1, longest, SPEEDS)
    player.show(positions, lambda step: draw_all(walks, step), shown=shown)


def draw_all(walks: Sequence[Walk], step: int) -> None:
    """All walks up to kernel position `step`, beside each other."""
    cells = max(max(len(walk.rows.cells), len(walk.columns.cells)) for walk in walks)
    for column, walk in zip(st.columns(2), walks, strict=False):
        with column:
            draw(walk, min(step, len(walk.touches)), max(4, WIDE // cells))


def draw(walk: Walk, step: int, cell: int) -> None:
    """The image with the windows up to `step`, the kernel with the taps used, the running sum."""
    st.markdown(said(walk, step))
    with st.container(horizontal=True, gap="medium"):
        draw_image(walk, step, cell)
        draw_kernel(walk, step)


def draw_image(walk: Walk, step: int, cell: int) -> None:
    """The image with its padding, the chosen pixel and the windows up to `step`; `cell` pixels."""
    colours = charts.palette()
    height, width = len(walk.rows.cells), len(walk.columns.cells)
    now = colours.padded
    grids.show(
        board(walk, step),
        (height, width),
        cell,
        [
            grids.rectangles("pixel", fill=colours.faint, stroke=colours.muted, opacity=0.6),
            grids.rectangles("padding", inset=0.08, **grids.padding_look(colours)),
            grids.rectangles("chosen", fill=colours.unpadded),
            grids.rectangles("past", filled=False, stroke=colours.muted, strokeWidth=1),
            grids.rectangles("now", fill=now, fillOpacity=0.25, stroke=now, strokeWidth=2.5),
            grids.rectangles("cell", inset=0.25, fill=now),
        ],
        alt="The image with the kernel positions that touch the chosen pixel",
        key=f"walk_{walk.name}",
    )


def draw_kernel(walk: Walk, step: int) -> None:
    """The kernel: which of its weights have lain on the pixel up to `step`."""
    colours = charts.palette()
    taps = walk.layer.kernel
    grids.show(
        kernel(walk, step),
        (taps, taps),
        max(6, KERNEL // taps),
        [
            grids.rectangles("tap", fill=colours.faint, stroke=colours.muted),
            grids.rectangles("used", fill=colours.unpadded, stroke=colours.muted),
            grids.rectangles("now", fill=colours.padded, stroke=colours.muted),
        ],
        alt="The kernel, with the weights that have lain on the chosen pixel",
        key=f"kernel_{walk.name}",
    )


def said(walk: Walk, step: int) -> str:
    """The position in words, with the running sum."""
    if not walk.touches:
        return f"`{walk.layer}`: **no window touches this pixel**"
    touch = walk.touches[step - 1]
    row, column = touch.output
    copy = "" if touch.cell == walk.pixel else ", on a padded copy of the pixel"
    what = "place in the window" if walk.layer.is_pool else "weight"
    return (
        f"`{walk.layer}`: position {step} of {len(walk.touches)}, output ({row}, {column}), "
        f"{what} ({touch.tap[0]}, {touch.tap[1]}){copy}: +{amount(touch.weight)}, "
        f"**sum {amount(touch.total)}**"
    )


def amount(number: Fraction) -> str:
    """A sum: whole where it is, else with two digits after the point."""
    return f"{number.numerator:,}" if number.denominator == 1 else f"{float(number):,.2f}"


def board(walk: Walk, step: int) -> Iterator[Mark]:
    """The marks of the image, its padding and its windows."""
    rows, columns = walk.rows, walk.columns
    for row, column in np.ndindex(len(rows.cells), len(columns.cells)):
        inside = (
            0 <= row - rows.before < rows.length and 0 <= column - columns.before < columns.length
        )
        yield grids.square("pixel" if inside else "padding", row, column)
    yield grids.square("chosen", walk.pixel[0] + rows.before, walk.pixel[1] + columns.before)
    for place, touch in enumerate(walk.touches[:step], start=1):
        top, left = (index * walk.layer.stride for index in touch.output)
        span = walk.layer.span
        yield grids.square("now" if place == step else "past", top, left, span)
        if place == step:
            yield grids.square("cell", touch.cell[0] + rows.before, touch.cell[1] + columns.before)


def kernel(walk: Walk, step: int) -> Iterator[Mark]:
    """The marks of the kernel's weights."""
    used = {touch.tap for touch in walk.touches[:step]}
    for tap in np.ndindex(walk.layer.kernel, walk.layer.kernel):
        yield grids.square("used" if tap in used else "tap", *tap)
    if walk.touches:
        yield grids.square("now", *walk.touches[step - 1].tap)
