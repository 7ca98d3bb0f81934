"""Lengths that are known only once the image is, and arithmetic with them.

A network ported from TensorFlow computes its padding from the size of the map. What that comes to
is told by trying it on every length, not by how it is spelled.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache, reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.check.graph import MAX_WINDOW, Cut, Pair, Pass
from core.check.reading.building import Tensor
from core.check.reading.objects import Length, Thing, Unknown
from core.check.reading.plain import BINARY, COMPARISONS
from core.layers import CONVOLUTION, MAX_LENGTH, Layer, pads

MAX_STEPS = 50
"""Of arithmetic with lengths, in one number."""


def same_size(size: Any) -> Tensor | None:
    """The tensor whose height and width `size` is; None where it is not one's."""
    if isinstance(size, Sizes):
        return size.tensor
    if isinstance(size, list | tuple) and len(size) == 2:
        first, second = size
        if (
            isinstance(first, Dim)
            and isinstance(second, Dim)
            and first.tensor.node == second.tensor.node
            and ((first.axis, second.axis) == (2, 3) or first is second)
        ):
            return first.tensor
    return None


class Sizes(Thing):
    """The height and width of a tensor, as a pair."""

    def __init__(self, tensor: Tensor) -> None:
        self.tensor = tensor

    def item(self, reader: Any, key: Any, line: int | None) -> Any:
        return Dim(self.tensor, 2 + key % 2) if type(key) is int else self

    def members(self) -> list[Any]:
        return [Dim(self.tensor, 2), Dim(self.tensor, 3)]

    def unequal(self, other: Any) -> bool | None:
        from core.check.reading.shapes import differ  # which is built on this module

        return differ(self.tensor, other.tensor, (0, 1)) if isinstance(other, Sizes) else None


class Dim(Length):
    """One axis's length of a tensor, counted as PyTorch does: 0 the batch, 2 rows, 3 columns."""

    def __init__(self, tensor: Tensor, axis: int) -> None:
        self.tensor = tensor
        self.axis = axis

    def __str__(self) -> str:
        return f"{self.tensor}.shape[{self.axis}]"

    def unequal(self, other: Any) -> bool | None:
        from core.check.reading.shapes import differ  # which is built on this module

        if not isinstance(other, Dim) or self.axis != other.axis or self.axis not in (2, 3):
            return None
        return differ(self.tensor, other.tensor, (self.axis - 2,))


class Computed(Length):
    """What arithmetic makes of lengths: a function of numbers, or of arrays of them."""

    def __init__(self, function: Callable[..., Any], operands: Sequence[Any]) -> None:
        self.function = function
        self.operands = tuple(operands)
        self.steps: int = 1 + sum(one.steps for one in operands if isinstance(one, Computed))

    def __str__(self) -> str:
        return "what follows from a map's size"

    def holds(self) -> bool | None:
        return None

    def unequal(self, other: Any) -> bool | None:
        """What is laid around a map is laid as if it were needed: no cells change nothing."""
        return True if other == 0 else None


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "ceil": np.ceil,
    "floor": np.floor,
    "int": np.trunc,
    "abs": np.abs,
    "max": lambda *values: reduce(np.maximum, values),
    "min": lambda *values: reduce(np.minimum, values),
    "where": np.where,
    **{sign.__name__: operate for sign, operate in BINARY.items()},
    **{sign.__name__: compare for sign, compare in COMPARISONS.items()},
}
"""What is computed with lengths, by the names of Python's functions and operators."""


def computed(function: Callable[..., Any] | None, operands: Sequence[Any], line: int | None) -> Any:
    """`function` of lengths and numbers; unknown where it is, or where that gets too long."""
    if function is None:
        return Unknown("…", line)
    if function is np.trunc and isinstance(operands[0], Dim):
        return operands[0]  # a whole number already
    found = Computed(function, operands)
    return found if found.steps <= MAX_STEPS else Unknown("…", line)


# --- What padding by lengths comes to -----------------------------------------------------------

Place = tuple[int, str]
"""A node, by its network and its name."""
Tried = dict[tuple[Place, int], NDArray[np.int64]]
"""Lengths to try, by the node and the axis whose they are."""

TRIED = np.r_[1 : 2 * MAX_WINDOW + 1, MAX_LENGTH - 7 : MAX_LENGTH + 1]
"""Two rounds of the largest stride, and the longest maps."""

MINE, THEIRS = np.stack(np.meshgrid(np.r_[1:33, 512], np.r_[1:33, 512])).reshape(2, -1)


def matches(amounts: Sequence[Any], x: Tensor) -> Tensor | None:
    """The tensor to whose size F.pad brings `x`, with half of what is missing before it.

    None where the amounts say anything else.
    """
    other = the_other(amounts, x)
    if other is None:
        return None
    missing = THEIRS - MINE
    wanted = missing // 2, missing - missing // 2
    for axis, sides in by_axis(amounts):
        lengths = {(sized(x), axis): MINE, (sized(other), axis): THEIRS}
        if not comes_to(sides, lengths, wanted):
            return None
    return other


def fills(amounts: Sequence[Any], x: Tensor) -> tuple[Pair, Pair] | None:
    """Spans and strides, for rows and columns, of the windows that F.pad lays 'same' around.

    None where the amounts say anything else.
    """
    windows = []
    for axis, sides in by_axis(amounts):
        lengths = {(sized(x), axis): TRIED}
        before, after = (evaluated(side, lengths) for side in sides)
        if before is None or after is None:
            return None
        total = np.broadcast_to(before + after, TRIED.shape)
        again = np.flatnonzero(total[1:] == total[0])  # a stride on from the first length
        span = total[0] + 1
        if not len(again) or not 1 <= span <= MAX_WINDOW or span % 1:
            return None
        window = int(span), int(again[0]) + 1
        if not comes_to(sides, lengths, same_pads(*window)):
            return None
        windows.append(window)
    (rows, row_step), (columns, column_step) = windows
    return (rows, columns), (row_step, column_step)


def cuts_to(keys: Sequence[Any], x: Tensor) -> tuple[Tensor, Cut] | None:
    """The tensor to whose size a slice cuts `x`, and where; None where it does anything else.

    keys: of four axes.
    """
    axes = (1, 2) if x.last else (2, 3)
    others = [key for place, key in enumerate(keys) if place not in axes]
    slices = [key for place, key in enumerate(keys) if place in axes]
    if others != [slice(None)] * 2 or not all(isinstance(key, slice) for key in slices):
        return None
    if any(key.step not in (None, 1) for key in slices):
        return None
    other = the_other([bound for key in slices for bound in (key.start, key.stop)], x)
    if other is None:
        return None
    larger = MINE >= THEIRS
    mine, theirs = MINE[larger], THEIRS[larger]
    starts: dict[Cut, NDArray[np.int64]] = {"less": (mine - theirs) // 2, "end": 0 * mine}
    for cut, start in starts.items():
        if all(
            comes_to(
                (key.start or 0, key.stop),
                {(sized(x), axis): mine, (sized(other), axis): theirs},
                (start, start + theirs),
            )
            for axis, key in zip((2, 3), slices, strict=True)
        ):
            return other, cut
    return None


def multiple(size: Any, x: Tensor) -> Pair | None:
    """How many times as high and wide as `x` a size is; None where it is anything else."""
    if not isinstance(size, list | tuple) or len(size) != 2:
        return None
    factors = []
    for axis, length in zip((2, 3), size, strict=True):
        found = evaluated(length, {(sized(x), axis): TRIED})
        if found is None:
            return None
        factor = np.broadcast_to(found, TRIED.shape)[0]  # what one pixel becomes
        if factor < 1 or factor % 1 or np.any(found != factor * TRIED):
            return None
        factors.append(int(factor))
    return factors[0], factors[1]


def the_other(numbers: Sequence[Any], x: Tensor) -> Tensor | None:
    """The only tensor but `x` whose size the numbers follow from."""
    read = [length.tensor for number in numbers for length in lengths_in(number)]
    others = {sized(tensor): tensor for tensor in read if sized(tensor) != sized(x)}
    return next(iter(others.values())) if len(others) == 1 else None


def by_axis(amounts: Sequence[Any]) -> tuple[tuple[int, Sequence[Any]], ...]:
    """F.pad's (left, right, top, bottom) by axis, rows first; the rows' may be left out."""
    columns, rows = amounts[:2], amounts[2:] or (0, 0)
    return (2, rows), (3, columns)


@lru_cache(64)
def same_pads(span: int, stride: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """What 'same' pads before and after each of TRIED."""
    layer = Layer(CONVOLUTION, span, stride=stride, padding="same")
    before, after = np.array([pads(layer, int(length)) for length in TRIED]).T
    return before, after


def comes_to(sides: Sequence[Any], lengths: Tried, wanted: Sequence[NDArray[np.int64]]) -> bool:
    """Whether both sides are the wanted ones at all of the lengths."""
    found = (evaluated(side, lengths) for side in sides)
    return all(
        cells is not None and bool(np.all(cells == right))
        for cells, right in zip(found, wanted, strict=True)
    )


def lengths_in(value: Any) -> Iterator[Dim]:
    """The lengths that a number follows from."""
    if isinstance(value, Dim):
        yield value
    elif isinstance(value, Computed):
        for operand in value.operands:
            yield from lengths_in(operand)


def sized(x: Tensor) -> Place:
    """The node that x has its size from: what moves nothing keeps it."""
    node = x.net.by_name[x.node]
    while isinstance(node.operation, Pass):
        node = x.net.by_name[node.inputs[0]]
    return id(x.net), node.name


def evaluated(value: Any, lengths: Tried) -> Any:
    """What a number comes to at each of the lengths; None where it is none, or takes any other."""
    if isinstance(value, Dim):
        return lengths.get((sized(value.tensor), value.axis))
    if isinstance(value, Computed):
        operands = [evaluated(operand, lengths) for operand in value.operands]
        if any(operand is None for operand in operands):
            return None
        try:
            with np.errstate(all="ignore"):
                found = value.function(*operands)
            return found if np.all(np.isfinite(found)) else None
        except (ArithmeticError, TypeError, ValueError):  # the text's own mistake
            return None
    return value if type(value) in (int, float) else None
