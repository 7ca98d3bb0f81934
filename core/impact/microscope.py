"""One convolution seen cell by cell near a pixel: what each window reads, and what it sums to.

Every weight of the kernel is one. Numbers are exact: whole, or with `partial` padding fractions.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np

from core.arrays import Int64
from core.impact.paths import Counts, impact, touches
from core.layers import CONVOLUTION, OUTSIDE, PADDING_MODES, Axis, Indices, Layer, Stack, fit
from core.settings import InputError

LARGEST = 12  # padded cells across, so that each can be read

Place = tuple[int, int]  # (row, column) in the image; negative, or beyond its end, in the padding


@dataclass(frozen=True)
class Window:
    """One position of the kernel, by the place of its middle.

    cells: the (row, column) that each tap reads, among the cells that are shown.
    sum: of the values there; `partial` padding multiplies it by `factor`, which is else 1.
    padded: how many of the taps lie on padding.
    pixel: how often the chosen pixel is counted here, itself or as a copy, the factor included.
    """

    middle: Place
    cells: tuple[Place, ...]
    sum: int
    factor: Fraction
    padded: int
    pixel: Fraction


@dataclass(frozen=True, eq=False)
class Microscope:
    """One layer near a pixel. Arrays have a row and a column for each cell that is shown.

    first: where in the image the first cell is.
    values: what the cell holds; 0 where there is nothing to copy.
    padded: whether it is padding.
    counts: how often the whole layer counts a pixel, 0 for padded cells.
    most: the largest such count of all the image's pixels.
    pixel: how often it counts the chosen pixel.
    windows: the positions of the kernel that lie wholly within, in reading order.
    """

    layer: Layer
    first: Place
    values: Int64
    padded: np.ndarray[Any, np.dtype[np.bool_]]
    counts: Counts
    most: Fraction
    pixel: Fraction
    windows: tuple[Window, ...]


def in_every_mode(layer: Layer) -> tuple[Layer, ...]:
    """A convolution with each padding mode; as it is where it has no padding to choose for."""
    if layer.padding in ("valid", 0) or layer.span == 1:
        return (layer,)
    return tuple(replace(layer, padding_mode=mode) for mode in PADDING_MODES)


def image(height: int, width: int) -> Int64:
    """An image of whole numbers from 1 to 9, in no order that repeats: shape (height, width)."""
    rows, columns = np.ogrid[:height, :width]
    return np.asarray((31 * rows + 17 * columns + 7 * rows * columns) % 101 % 9 + 1, np.int64)


def magnify(layer: Layer, values: Int64, pixel: Place) -> Microscope:
    """A convolution on an image of `values` (height, width), near `pixel`.

    Raises InputError for another kind of layer, for a pixel outside the image, where the layer does
    not fit, and for a kernel that would need more than LARGEST cells.
    """
    if layer.kind != CONVOLUTION:
        raise InputError("layers: only a convolution sums what lies under its kernel")
    height, width = values.shape
    rows, columns = fit(layer, height), fit(layer, width)
    touched = touches(layer, (height, width), pixel)
    down, across = _shown(rows, pixel[0]), _shown(columns, pixel[1])
    sources = [axis.cells[part] for axis, part in ((rows, down), (columns, across))]
    inside = [_inside(axis)[part] for axis, part in ((rows, down), (columns, across))]
    there = np.logical_and.outer(*(each != OUTSIDE for each in sources))
    cells = np.where(there, values[np.ix_(*sources)], 0)
    padded = ~np.logical_and.outer(*inside)
    often: defaultdict[Place, Fraction] = defaultdict(Fraction)
    for touch in touched:
        often[touch.output] += touch.weight
    counted = impact(Stack((layer,)), height, width)
    numerators = np.where(padded, 0, counted.numerators[np.ix_(*sources)])
    return Microscope(
        layer,
        (down.start - rows.before, across.start - columns.before),
        cells,
        padded,
        numerators * Fraction(1, counted.denominator),
        Fraction(counted.maximum, counted.denominator),
        touched[-1].total if touched else Fraction(0),
        tuple(
            _window((rows, columns), (down, across), output, cells, padded, often[output])
            for output in _outputs(rows, columns, down, across)
        ),
    )


def _shown(axis: Axis, pixel: int) -> slice:
    """The cells of one axis that are shown: around the pixel, and on its side to the very end."""
    total = len(axis.cells)
    count = min(max(axis.before, axis.after) + max(axis.layer.span + 1, 6), total)
    if axis.layer.span > count or count > LARGEST:
        raise InputError(
            f"layers: {axis.layer!s} needs {count} cells, and at most {LARGEST} can be told apart"
        )
    start = axis.before + pixel - count // 2
    start = min(max(start, 0), total - count)
    return slice(start, start + count)


def _inside(axis: Axis) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Which cells are pixels of the image itself."""
    places = np.arange(len(axis.cells)) - axis.before
    return np.asarray((places >= 0) & (places < axis.length))


def _outputs(rows: Axis, columns: Axis, down: slice, across: slice) -> list[Place]:
    """The outputs whose windows lie within the cells that are shown."""
    ends = []
    for axis, part in ((rows, down), (columns, across)):
        taps: Indices = axis.windows
        ends.append(np.flatnonzero((taps[:, 0] >= part.start) & (taps[:, -1] < part.stop)))
    return [(int(row), int(column)) for row in ends[0] for column in ends[1]]


def _window(
    axes: tuple[Axis, Axis],
    parts: tuple[slice, slice],
    output: Place,
    values: Int64,
    padded: np.ndarray[Any, np.dtype[np.bool_]],
    pixel: Fraction,
) -> Window:
    taps = [axis.windows[at] for axis, at in zip(axes, output, strict=True)]
    middle = [
        int(each[0]) + (axis.layer.span - 1) // 2 - axis.before
        for axis, each in zip(axes, taps, strict=True)
    ]
    own = [each - part.start for each, part in zip(taps, parts, strict=True)]
    rows, columns = axes
    return Window(
        (middle[0], middle[1]),
        tuple((int(row), int(column)) for row in own[0] for column in own[1]),
        int(values[np.ix_(*own)].sum()),
        rows.ratios[output[0]] * columns.ratios[output[1]],
        int(padded[np.ix_(*own)].sum()),
        pixel,
    )
