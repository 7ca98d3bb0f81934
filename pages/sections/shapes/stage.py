"""The talk about 'same': 28, 14, 7, and what comes next."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from core.arrays import Float64
from core.layers import Axis, Layer, fit
from core.shapes import dropped
from pages.sections.shapes.halving import SAME, VALID, pooled
from pages.shared import charts, grids, slide, svg
from pages.shared.charts import Palette
from pages.shared.slide import Shot, Step
from pages.shared.words import rough

CELL = 38.0  # units


def show() -> None:
    """Both poolings of the digit at 7 pixels."""
    image, colours = pooled()[-1], charts.palette()
    picture = svg.picture(
        *pooling(image, VALID, 0, "“valid”", colours.unpadded, colours),
        *pooling(image, SAME, 490, "“same”", colours.padded, colours),
    )
    said = sentence(image)
    slide.show([Shot(picture, said)], name="halve", alt=f"The windows of both. {said}")


def pooling(
    image: Float64, layer: Layer, left: float, name: str, colour: str, colours: Palette
) -> Iterator[str]:
    """A digit with a pool's windows on it, what they drop crossed, what is padded dashed."""
    axis = fit(layer, len(image), "keras")
    side = CELL * axis.length
    yield svg.image(left, 0, side, charts.inline(grids.GREY.pixels(image)))
    yield svg.frame(left, 0, side, colours.muted, width=2)
    for row, column in np.ndindex(len(axis.cells), len(axis.cells)):
        x, y = left + CELL * column, CELL * row
        if max(row, column) >= axis.length:
            yield svg.frame(x + 3, y + 3, CELL - 6, colour, width=3, dash="6 5")
        elif row in axis.unused or column in axis.unused:
            yield svg.text(x + CELL / 2, y + CELL - 8, "×", grids.DROPPED, anchor="middle", size=38)
    window = CELL * layer.kernel
    for row, column in np.ndindex(axis.output, axis.output):
        step = CELL * layer.stride
        yield svg.frame(left + step * column, step * row, window, colour, width=4)
    yield svg.text(left, 350, name, colour)
    yield svg.text(left, 390, f"{axis.length} becomes {axis.output}", colour)


def sentence(image: Float64) -> str:
    """What both poolings make of the image, and what becomes of its end."""
    valid, same = (fit(layer, len(image), "keras") for layer in (VALID, SAME))
    return (
        f"“valid” makes {valid.output} of {valid.length} and drops {ink(image, valid)}; “same” "
        f"makes {same.output} and pads what is missing."
    )


def ink(image: Float64, valid: Axis) -> str:
    """How much of the image whole windows miss."""
    if not len(valid.unused):
        return "nothing"
    return f"{rough(dropped(image, VALID))} of this digit's ink"


STEPS = (Step("same", "shapes", "Pooling by 2: 28, 14, 7. What comes next?", show),)
