"""Both ends of each layer's input: padding, the first and the last window, what they miss."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import streamlit as st

from core.layers import UPSAMPLING
from core.shapes import Settings, laid_out
from core.steps import Step
from pages.sections.shapes import words
from pages.shared import charts, grids, sources
from pages.shared.drawn_once import drawn_once
from pages.shared.grids import Mark
from pages.shared.take_away import figure
from pages.shared.words import TEXT

if TYPE_CHECKING:
    from matplotlib.figure import Figure

CELL = 20  # screen pixels
END = 8  # cells drawn at each end of an axis
STRIP = 2 * END + 1  # cells, with the gap between the ends
PITCH = 2.5  # cells from one strip to the next
TALL = 16  # strips; more of them scroll


def drawn(steps: Sequence[Step]) -> list[Step]:
    """The layers that have windows of their own: all but upsampling."""
    return [step for step in steps if step.layer.kind != UPSAMPLING]


def show(settings: Settings, steps: Sequence[Step]) -> None:
    """Where the windows start and end in each layer's input, and what they miss there.

    `steps` is the stack of `settings`, laid out.
    """
    if not drawn(steps):
        return
    st.subheader("Both ends of each layer's input")
    along = "height"
    if any(step.rows != step.columns for step in steps):
        along = st.segmented_control(
            "Along", ("height", "width"), default="height", required=True, key="along"
        )
    strips(settings, wide=along == "width")


@drawn_once
def strips(settings: Settings, *, wide: bool) -> None:
    """A strip for each layer along the height, or along the width."""
    chosen = drawn(laid_out(settings))
    marks = [
        mark for number, step in enumerate(chosen) for mark in strip(step, PITCH * number, wide)
    ]
    said = words.legend({mark.kind for mark in marks})
    if words.uneven([step.columns if wide else step.rows for step in chosen]):
        said += (
            " Padding of which more stays unused at one end than at the other is uneven: "
            f"{sources.cite(sources.MIND_THE_PAD)} show what it does to the weights that a "
            "network learns."
        )
    st.markdown(said, width=TEXT)
    colours = charts.palette()
    layers = [
        grids.rectangles("pixel", fill=colours.faint, stroke=colours.muted, strokeWidth=0.5),
        grids.rectangles("padding", inset=0.08, **grids.padding_look(colours)),
        grids.rectangles("idle", inset=0.08, **grids.padding_look(colours) | {"opacity": 0.4}),
        grids.words("idle", color=colours.muted),
        grids.words("unseen", color=colours.ink, fontWeight="bold", fontSize=15),
        grids.words("gap", color=colours.muted),
        grids.rectangles("window", filled=False, stroke=colours.unpadded, strokeWidth=2),
        grids.words("title", align="left", color=colours.ink),
    ]
    with st.container(height=660 if len(chosen) > TALL else "content", border=False):
        grids.show(
            marks,
            (PITCH * len(chosen), STRIP),
            CELL,
            layers,
            alt=words.ends([step.columns if wide else step.rows for step in chosen]),
            key="ends",
        )


def strip(step: Step, top: float, columns: bool) -> Iterator[Mark]:
    """One layer's strip of squares, from `top` on, with its title above."""
    axis = step.columns if columns else step.rows
    unseen = set((step.unseen_columns if columns else step.unseen_rows).tolist())
    total = len(axis.cells)
    idle = set(axis.idle.tolist())
    title = f"{step.layer} · {axis.length} → {axis.output}"
    yield Mark("title", 0, top, 0, top + 1, text=title)
    short = total <= STRIP
    visible = range(total) if short else (*range(END), *range(total - END, total))
    for cell in visible:
        pixel = cell - axis.before
        kind = "pixel" if 0 <= pixel < axis.length else "padding"
        if cell in idle:
            yield grids.square("idle", top + 1, place(cell, total), text="–")
        else:
            yield grids.square(kind, top + 1, place(cell, total))
        if kind == "pixel" and pixel in unseen:
            yield grids.square("unseen", top + 1, place(cell, total), text="×")
    if not short:
        yield grids.square("gap", top + 1, END, text="…")
    for start in {0, (axis.output - 1) * axis.layer.stride}:
        left, right = place(start, total), place(start + axis.layer.span - 1, total)
        # A window that ends in the gap, or starts there, is framed up to the gap's far side.
        yield Mark("window", left, top + 0.95, right + 1, top + 2.05)


def place(cell: int, total: int) -> int:
    """Where a cell of an axis of `total` cells stands in its strip; in the gap if not drawn."""
    if total <= STRIP or cell < END:
        return cell
    return max(END, cell - total + STRIP)


def picture(steps: Sequence[Step]) -> Figure:
    """Every layer's ends on one slide; height and width beside each other where they differ."""
    from matplotlib.patches import Rectangle

    chosen = drawn(steps)
    both = any(step.rows != step.columns for step in chosen)
    slide = figure(14 if both else 7, 0.7 * max(1, len(chosen)) + 1, words.finding(steps))
    light = charts.LIGHT
    looks: dict[str, dict[str, Any]] = {
        "pixel": {"facecolor": light.faint, "edgecolor": light.muted, "linewidth": 0.5},
        "padding": {"fill": False, "edgecolor": light.padded, "linestyle": ":"},
        "idle": {"fill": False, "edgecolor": light.faint, "linestyle": ":"},
        "window": {"fill": False, "edgecolor": light.unpadded, "linewidth": 1.5},
    }
    panels = slide.subplots(1, 2 if both else 1, squeeze=False)[0]
    for panel, (name, wide) in zip(panels, (("height", False), ("width", True)), strict=False):
        panel.set(xlim=(-0.2, STRIP + 0.2), ylim=(PITCH * max(1, len(chosen)), 0), aspect="equal")
        panel.set_axis_off()
        if both:
            panel.set_title(f"along the {name}", loc="left", fontsize=9)
        for number, step in enumerate(chosen):
            for mark in strip(step, PITCH * number, wide):
                corner = (mark.left, mark.top)
                if mark.kind in looks:
                    size = (mark.right - mark.left, mark.bottom - mark.top)
                    panel.add_patch(Rectangle(corner, *size, **looks[mark.kind]))
                if mark.text:
                    middle = ((mark.left + mark.right) / 2, (mark.top + mark.bottom) / 2)
                    align = "left" if mark.kind == "title" else "center"
                    panel.text(*middle, mark.text, ha=align, va="center", fontsize=8)
    return slide
