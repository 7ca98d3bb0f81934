"""How much each input pixel counts: the kernel paths that lead from it to the output.

Set every weight of a stack to 1 and every bias to 0, and the gradient of the output's sum with
respect to a pixel is the number of ways to get from that pixel to any output, tap by tap (Scheidl
2021 calls it the pixel's impact). A pool's window has a path for each of its cells, as each may
win or join the mean; upsampling has one for each copy; channels would multiply every pixel by the
same number and are left out.

A layer treats rows and columns independently, so the map is the outer product of one vector for
the rows and one for the columns. That holds for `partial` padding too, whose factor kernel area /
covered area is a product of one ratio an axis; only there are the counts fractions, kept exact
over a common denominator. Everything is Python's integers: the counts outgrow 64 bits.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from core.arrays import Int64
from core.layers import (
    CONVENTIONS,
    Axis,
    Convention,
    Layer,
    Stack,
    StackText,
    fit,
    fit_stack,
    parse_stack,
)
from core.settings import Choice, InputError, Maybe, Whole, check, setting

Counts = npt.NDArray[np.object_]
MAX_TOUCHES = 10_000
MAX_BITS = 2048


@dataclass(frozen=True)
class Settings:
    size: int = setting(10, Whole(1, 512), "height of the image, in pixels")
    width: int | None = setting(None, Maybe(Whole(1, 512)), "its width, where it is not square")
    layers: Stack = setting(parse_stack("conv3:same"), StackText(), "the stack")
    convention: Convention = setting("either", Choice(CONVENTIONS), "whose rules hold")

    def __post_init__(self) -> None:
        check(self)


@dataclass(frozen=True)
class Paths:
    """Paths from each pixel of one axis: the fractions counts / denominator, exact.

    counts: shape (length,), Python integers in an object array.
    """

    counts: Counts
    denominator: int


Half = Literal["above", "below", "left", "right"]


@dataclass(frozen=True)
class Lean:
    """An impact map with more paths from one half of the image than from the other.

    times: the paths of the half `more` over those of the half `less`, above 1; None where `less`
        has none.
    """

    more: Half
    less: Half
    times: Fraction | None


@dataclass(frozen=True)
class Impact:
    """The impact map of an image, as the outer product of its two axes."""

    rows: Paths
    columns: Paths

    @cached_property
    def numerators(self) -> Counts:
        """The map times `denominator`: shape (height, width), Python integers."""
        return np.asarray(np.multiply.outer(self.rows.counts, self.columns.counts))

    @property
    def denominator(self) -> int:
        """1 unless a `partial` layer makes fractions."""
        return self.rows.denominator * self.columns.denominator

    @property
    def maximum(self) -> int:
        """The largest of `numerators`."""
        return int(self.rows.counts.max() * self.columns.counts.max())

    @property
    def map(self) -> npt.NDArray[Any]:
        """Paths from each pixel: shape (height, width), Python integers, or floats if fractions.

        Raises InputError where a fraction is too large for a float.
        """
        if self.denominator == 1:
            return self.numerators
        if self.floats is None:
            raise InputError(
                "layers: paths through 'partial' padding outgrow a float: expected fewer layers"
            )
        return self.floats

    @property
    def floats(self) -> npt.NDArray[np.float64] | None:
        """`map` in floating point: shape (height, width); None where it outgrows it."""
        try:
            return np.asarray(self.numerators / self.denominator, np.float64)
        except OverflowError:
            return None

    @cached_property
    def shares(self) -> npt.NDArray[np.float64]:
        """The map as shares of its maximum, 0 to 1: shape (height, width)."""
        if not self.maximum:
            return np.zeros(self.numerators.shape)
        row, column = (
            (axis.counts / axis.counts.max()).astype(float) for axis in (self.rows, self.columns)
        )
        return np.asarray(np.multiply.outer(row, column))

    @property
    def corner_to_max(self) -> float:
        """The top left pixel's share of the maximum."""
        return ratio(self.numerators[0, 0], self.maximum)

    @property
    def corner_to_centre(self) -> float:
        """The top left pixel's share of the middle one's (of four, the lower right)."""
        height, width = self.numerators.shape
        return ratio(self.numerators[0, 0], self.numerators[height // 2, width // 2])

    @property
    def below_half(self) -> float:
        """Share of the pixels with less than half the maximum."""
        return self.share_of_pixels(2 * self.numerators < self.maximum)

    @property
    def below_tenth(self) -> float:
        """Share of the pixels with less than a tenth of the maximum."""
        return self.share_of_pixels(self.faint)

    @cached_property
    def faint(self) -> npt.NDArray[np.bool_]:
        """Where a pixel has less than a tenth of the maximum: shape (height, width)."""
        return np.asarray(10 * self.numerators < self.maximum, bool)

    @property
    def at_full(self) -> float:
        """Share of the pixels that reach the maximum."""
        return self.share_of_pixels(self.numerators == self.maximum)

    @property
    def unseen(self) -> float:
        """Share of the pixels that no output sees."""
        return self.share_of_pixels(self.numerators == 0)

    @cached_property
    def corners(self) -> tuple[int, ...]:
        """The `numerators` of the corner pixels, in reading order, each once: 4, 2 or 1."""
        height, width = self.numerators.shape
        return tuple(
            int(self.numerators[row, column])
            for row in sorted({0, height - 1})
            for column in sorted({0, width - 1})
        )

    @cached_property
    def middle(self) -> tuple[int, ...]:
        """The `numerators` of the middle pixels, in reading order: 1, 2 or 4."""
        height, width = self.numerators.shape
        return tuple(
            int(self.numerators[row, column])
            for row in sorted({(height - 1) // 2, height // 2})
            for column in sorted({(width - 1) // 2, width // 2})
        )

    @property
    def lean(self) -> Lean | None:
        """Which half of the image has more paths than the other; None where neither has.

        The upper and the lower half come first; of an odd length the middle is in neither.
        """
        sides: tuple[tuple[Paths, Half, Half], ...] = (
            (self.rows, "above", "below"),
            (self.columns, "left", "right"),
        )
        for axis, before, after in sides if self.maximum else ():
            half = len(axis.counts) // 2
            first, second = sum(axis.counts[:half]), sum(axis.counts[len(axis.counts) - half :])
            if first != second:
                more, less = max(first, second), min(first, second)
                times = Fraction(more, less) if less else None
                return Lean(*((before, after) if first > second else (after, before)), times)
        return None

    def share_of_pixels(self, chosen: npt.NDArray[Any]) -> float:
        return int(np.count_nonzero(chosen)) / chosen.size


def impact(stack: Stack, height: int, width: int, convention: Convention = "either") -> Impact:
    """The impact of each pixel of a height × width image. Raises InputError."""
    rows = paths(fit_stack(stack, height, convention))
    columns = rows if width == height else paths(fit_stack(stack, width, convention))
    return Impact(rows, columns)


def paths(axes: Sequence[Axis]) -> Paths:
    """Paths from each pixel of one axis to all outputs, carried back from the last layer."""
    counts: Counts = np.array([1] * axes[-1].output, object)
    denominator = 1
    for axis in reversed(axes):
        ratios = axis.ratios
        common = math.lcm(*(ratio.denominator for ratio in ratios))
        if common > 1 or axis.layer.padding_mode == "partial":
            counts = counts * np.array([int(ratio * common) for ratio in ratios], object)
            denominator *= common
        if denominator.bit_length() > MAX_BITS:
            raise InputError(
                "layers: the fractions of 'partial' padding grow too long to stay exact: "
                "expected fewer partial layers or smaller kernels"
            )
        counts = axis.pull_back(counts)
    shared = math.gcd(denominator, *counts)
    return Paths(counts // shared, denominator // shared)


def ratio(part: int, whole: int) -> float:
    """part / whole, 0 of nothing, and infinity where a float ends."""
    try:
        return part / whole if whole else 0.0
    except OverflowError:
        return math.inf


def lost_detail(image: npt.NDArray[np.float64], faint: npt.NDArray[np.bool_]) -> float | None:
    """The share of a picture's contrast from pixel to pixel that lies on `faint` pixels.

    image, faint: shape (height, width). The contrast is the length of the gradient, by central
    differences (`numpy.gradient`), along the axes that have two pixels at least. Returns 0 to 1,
    or None where the picture has no contrast at all.
    """
    along = [axis for axis in (0, 1) if image.shape[axis] > 1]
    squares = [np.gradient(image, axis=axis) ** 2 for axis in along]
    detail = np.sqrt(sum(squares, np.zeros(image.shape)))
    total = float(detail.sum())
    return float(detail[faint].sum()) / total if total else None


def reach(stack: Stack, height: int, width: int) -> Int64:
    """How many outputs each pixel can touch at all: shape (height, width). Raises InputError."""
    rows = axis_reach(fit_stack(stack, height))
    columns = rows if width == height else axis_reach(fit_stack(stack, width))
    return np.multiply.outer(rows, columns)


def axis_reach(axes: Sequence[Axis]) -> Int64:
    """How many outputs each pixel of one axis can touch: shape (length,)."""
    # A set of outputs is an integer with a bit for each: joining two is `|` at any size.
    outputs: Counts = np.array([1 << place for place in range(axes[-1].output)], object)
    for axis in reversed(axes):
        outputs = axis.pull_back(outputs, np.bitwise_or)
    return np.array([touched.bit_count() for touched in outputs], np.int64)


@dataclass(frozen=True)
class Touch:
    """One kernel position that touches a pixel.

    output: the output's (row, column).
    tap: the (row, column) of the kernel that lies on the pixel, or on a padded copy of it.
    cell: where that is, in the input's (row, column); outside the image for a copy.
    weight: what the touch adds: 1, or with `partial` padding the output's factor.
    total: the sum of the weights so far.
    """

    output: tuple[int, int]
    tap: tuple[int, int]
    cell: tuple[int, int]
    weight: Fraction
    total: Fraction


def touches(layer: Layer, size: tuple[int, int], pixel: tuple[int, int]) -> tuple[Touch, ...]:
    """Every kernel position of `layer` that touches `pixel`, in reading order of the outputs.

    size: (height, width) of the input; pixel: a (row, column) in it.
    The last one's `total` is the pixel's impact. Raises InputError for a pixel outside the input,
    and where there are more than MAX_TOUCHES.
    """
    for name, place, length in zip(("row", "column"), pixel, size, strict=True):
        if not 0 <= place < length:
            raise InputError(f"{name} must be from 0 to {length - 1}, not {place}")
    rows, columns = (
        axis_touches(fit(layer, length), place) for length, place in zip(size, pixel, strict=True)
    )
    if len(rows) * len(columns) > MAX_TOUCHES:
        raise InputError(
            f"layers: {len(rows) * len(columns)} kernel positions touch this pixel: expected at "
            f"most {MAX_TOUCHES} to step through"
        )
    both = itertools.product(rows, columns)
    pairs = sorted(both, key=lambda pair: (pair[0].output, pair[1].output))
    weights = [row.weight * column.weight for row, column in pairs]
    return tuple(
        Touch((row.output, column.output), (row.tap, column.tap), (row.cell, column.cell), *amounts)
        for (row, column), *amounts in zip(
            pairs, weights, itertools.accumulate(weights), strict=True
        )
    )


class AxisTouch(NamedTuple):
    """A touch along one axis, in the terms of `Touch`."""

    output: int
    tap: int
    cell: int
    weight: Fraction


def axis_touches(axis: Axis, pixel: int) -> list[AxisTouch]:
    """The touches of `pixel` along one axis."""
    ratios = axis.ratios
    return [
        AxisTouch(
            int(output), int(tap), int(axis.windows[output, tap]) - axis.before, ratios[output]
        )
        for output, tap in np.argwhere(axis.sources == pixel)
    ]


def report(settings: Settings) -> dict[str, Any]:
    """What the command line prints; shares are of the maximum or of all pixels.

    `corner_to_centre` is None where it outgrows a float: JSON has no infinity.
    """
    width = settings.size if settings.width is None else settings.width
    found = impact(settings.layers, settings.size, width, settings.convention)
    return {
        "impact": found.map.tolist(),
        "corner_to_max": found.corner_to_max,
        "corner_to_centre": found.corner_to_centre if found.corner_to_centre < math.inf else None,
        "below_half": found.below_half,
        "below_tenth": found.below_tenth,
        "at_full": found.at_full,
        "unseen": found.unseen,
    }
