"""Input sizes at which a network has no fault, found by computing, not from a list."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain

from core.check.axis import COLUMNS, ROWS, Laid, Mismatch, Windowed
from core.check.graph import Graph
from core.check.walk import AxisWalk
from core.layers import MAX_LENGTH
from core.settings import InputError

HOW_MANY = 10
MAX_STEPS = 100_000
"""Layers laid in one search, over all sizes that are tried."""

Fault = Callable[[AxisWalk, int, Laid, int], bool]
"""Whether a node is at fault: its place, how it lies, and the image's size."""


def lopsided(axis: AxisWalk, place: int, laid: Laid, size: int) -> bool:
    """Whether a node uses more padding before than after."""
    before, after = axis.used(place, laid)
    return before != after


def other_end(end: int | None) -> Fault:
    """The fault that the node at the place `end` comes out in another size than the image.

    Without an end, there is no fault but what no size may have: layers or joins that do not fit.
    """

    def differs(axis: AxisWalk, place: int, laid: Laid, size: int) -> bool:
        return place == end and laid.output != size

    return differs


def other_length(place_at: int, length: int) -> Fault:
    """The fault that the node at a place comes out in another length than this."""

    def differs(axis: AxisWalk, place: int, laid: Laid, size: int) -> bool:
        return place == place_at and laid.output != length

    return differs


class Search:
    """Sizes of one graph, tried one after the other."""

    def __init__(self, graph: Graph) -> None:
        self.axes = AxisWalk(graph, ROWS), AxisWalk(graph, COLUMNS)
        self.same = self.axes[ROWS].operations == self.axes[COLUMNS].operations
        self.left = MAX_STEPS

    def nearest(
        self, size: int, fault: Fault, how_many: int = HOW_MANY, axis: int | None = None
    ) -> tuple[int, ...]:
        """The sizes nearest to `size` without a fault, the nearest first, the smaller of two.

        axis: for rows or columns alone; None for square images.
        Stops, with fewer, at the limits of MAX_LENGTH and of MAX_STEPS.
        """
        axes = self.axes if axis is None else (self.axes[axis],)
        if axis is None and self.same:
            axes = axes[:1]
        found = []
        for tried in around(size):
            if all(self.passes(item, tried, fault) for item in axes):
                found.append(tried)
            if len(found) == how_many or self.left <= 0:
                break
        return tuple(found)

    def passes(self, axis: AxisWalk, size: int, fault: Fault) -> bool:
        """Whether the network fits an axis of `size` pixels, without a fault."""
        try:
            for place, laid in axis.lay(size):
                self.left -= 1 + cost(axis, place, laid)
                if not isinstance(laid, Laid) or fault(axis, place, laid, size):
                    return False
        except InputError:
            return False
        return True


def cost(axis: AxisWalk, place: int, laid: Laid | Mismatch) -> int:
    """What a layer takes to be laid, beyond most others: where windows leave gaps, every pad."""
    operation = axis.operations[place]
    if not isinstance(operation, Windowed) or not isinstance(laid, Laid):
        return 0
    return sum(laid.pads) * operation.layer.kernel // 300


def around(size: int) -> Iterator[int]:
    """All sizes by their distance from `size`, the smaller of two first."""
    pairs = ((size - far, size + far) for far in range(1, MAX_LENGTH))
    return (tried for tried in chain((size,), *pairs) if 1 <= tried <= MAX_LENGTH)
