"""Why one pads at all: a kernel whose centre lies on the first pixel hangs over the edge."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import streamlit as st

from core.layers import CONVOLUTION, Axis, Layer, fit
from core.settings import Whole, setting
from pages.sections.shapes import words
from pages.shared import charts, grids, sources
from pages.shared.controls import control
from pages.shared.drawn_once import drawn_once
from pages.shared.grids import Mark
from pages.shared.words import TEXT

PIXELS = 7
CELL = 26  # screen pixels: the widest drawing fits a phone
BETWEEN = 4.5  # cells from one drawing to the next


@dataclass(frozen=True)
class Settings:
    kernel: int = setting(3, Whole(1, PIXELS), "width of the kernel, in pixels")


def show() -> None:
    """One row of pixels, the kernel at its first place without padding and with “same”."""
    st.header("Why pad at all, and why “same”?")
    kernel = control(Settings, "kernel", "Kernel, pixels", slider=True, width=320)
    first_place(kernel)


@drawn_once
def first_place(kernel: int) -> None:
    """Words and drawings for a kernel of this width."""
    same = fit(Layer(CONVOLUTION, kernel, padding="same"), PIXELS)
    valid = fit(replace(same.layer, padding="valid"), PIXELS)
    st.markdown(words.why_pad(same, valid), width=TEXT)
    draw(valid, same)
    st.caption(
        "One row of pixels (grey), the kernel at its first place (framed) with its centre, padded "
        "cells (dashed), and below each the outputs, under the centres that they belong to. After "
        f"an answer to {sources.cite(sources.STACK_OVERFLOW, 'the question on max pooling')}."
    )


def draw(valid: Axis, same: Axis) -> None:
    """Both drawings, one above the other, their pixels in line."""
    colours = charts.palette()
    marks = [*drawing(valid, same, 0, "unpadded"), *drawing(same, same, BETWEEN, "padded")]
    layers = [
        grids.rectangles("pixel", fill=colours.faint, stroke=colours.muted, strokeWidth=0.5),
        grids.rectangles("padding", inset=0.08, **grids.padding_look(colours)),
        grids.words("title", align="left", color=colours.ink),
    ]
    for kind, colour in (("unpadded", colours.unpadded), ("padded", colours.padded)):
        layers += [
            grids.rectangles(f"{kind} output", inset=0.1, fill=colour),
            grids.rectangles(f"{kind} centre", inset=0.3, fill=colour),
            grids.rectangles(f"{kind} window", filled=False, stroke=colour, strokeWidth=2.5),
        ]
    grids.show(
        marks,
        (2 * BETWEEN - 0.5, len(same.cells)),
        CELL,
        layers,
        alt="A kernel at the first pixel of a row, without padding and with it, and its outputs",
        key="why_pad",
    )


def drawing(axis: Axis, widest: Axis, top: float, kind: str) -> Iterator[Mark]:
    """One row with the first window and the outputs beneath, from `top` on.

    widest: the axis whose padded cells set the drawing's left edge.
    """
    left = widest.before - axis.before
    word = "“same”" if axis is widest else "without padding"
    title = f"{word}: {axis.length} pixels, {words.count(axis.output, 'output')}"
    yield Mark("title", 0, top, 0, top + 1, text=title)
    for cell in range(len(axis.cells)):
        inside = axis.before <= cell < axis.before + axis.length
        yield grids.square("pixel" if inside else "padding", top + 1, left + cell)
    span = axis.layer.span
    yield Mark(f"{kind} window", left, top + 0.95, left + span, top + 2.05)
    centre = left + (span - 1) // 2  # an even kernel's output belongs to the left of its middle
    if span % 2:
        yield grids.square(f"{kind} centre", top + 1, centre)
    for output in range(axis.output):
        yield grids.square(f"{kind} output", top + 2.4, centre + output)
