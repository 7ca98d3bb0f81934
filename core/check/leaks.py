"""Whether a network can tell where something lies, told by its padding alone.

A linear network (weights of its own for every tap, no activation, no bias), summed over its last
maps, gives a single white pixel on black a score: a polynomial in the weights. Without strides it
is one and the same polynomial wherever the pixel lies, or some choice of weights tells places
apart; with strides, places are compared that lie whole strides apart, which an endless image
could not tell apart either. Along one axis it is enough: two places of a map share their
polynomial if and only if their rows do and their columns do.

The polynomials are not written out (they have a term for every sequence of taps) but evaluated
with random weights modulo a prime. Two values that differ prove that the polynomials do. Equal
ones are wrong with a probability of at most (degree / prime)² for two draws (Schwartz 1980,
Zippel 1979): less than 10⁻¹¹ for the largest network that is taken.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import lcm

import numpy as np

from core.arrays import Int64
from core.check.axis import COLUMNS, ROWS, Trace
from core.check.findings import drift
from core.check.graph import Node
from core.check.repad import CURES, padded_with
from core.check.walk import Walk, walk
from core.layers import Indices
from core.settings import InputError

PRIME = 2**31 - 1
DRAWS = 2
MAX_PREFIXES = 60
"""Layers that are looked at one by one for the first that tells places apart."""


@dataclass(frozen=True, eq=False)
class Leak:
    """Whether places whole strides apart can be told apart, and how.

    stride: pixels that places which are compared lie apart, or a multiple of them: (rows,
        columns). Where the image is no longer than that, there is nothing to compare.
    told: the rows and the columns on which a place is told from its like in the middle.
    length: height and width of the image.
    layer: the first layer whose summed output tells places apart; None for none.
    """

    stride: tuple[int, int]
    told: tuple[Indices, Indices]
    length: tuple[int, int]
    layer: Node | None

    @property
    def depths(self) -> tuple[int, int]:
        """How many rows and columns in from the border a place can be told; 0: nowhere."""
        rows, columns = map(deepest, self.told, self.length)
        return rows, columns

    @property
    def depth(self) -> int:
        """How many pixels in from the border a place can still be told from the middle."""
        return max(self.depths)

    @property
    def leaks(self) -> bool:
        return self.depth > 0


def leak(laid: Walk) -> Leak:
    """What the network, as far as it could be laid, tells of a place."""
    strides = stride_of(laid, ROWS), stride_of(laid, COLUMNS)
    ends = frozenset(place.node.name for place in laid.last_maps)
    told = told_of(laid, strides, ends)
    first = first_leak(laid) if any(places.size for places in told) else None
    return Leak(strides, told, (laid.height, laid.width), first)


def told_of(laid: Walk, strides: tuple[int, int], ends: frozenset[str]) -> tuple[Indices, Indices]:
    """The rows and the columns that can be told from the sum of the maps `ends`."""
    rows, columns = (unlike(scores(laid, axis, ends), strides[axis]) for axis in (ROWS, COLUMNS))
    return rows, columns


def any_told(laid: Walk, strides: tuple[int, int], ends: frozenset[str]) -> bool:
    return any(places.size for places in told_of(laid, strides, ends))


def first_leak(laid: Walk) -> Node | None:
    """The first layer that tells places apart; None where it lies too deep to be looked for."""
    drifts = [drift(laid, axis) for axis in (ROWS, COLUMNS)]
    layers = [place.node for place in laid.places.values() if place.computes]
    for node in layers[:MAX_PREFIXES]:
        behind = laid.graph.before(node.name)
        strides = [
            lcm(1, *(step.numerator for name in behind for step in drifts[axis][name]))
            for axis in (ROWS, COLUMNS)
        ]
        if any_told(laid, (strides[0], strides[1]), frozenset([node.name])):
            return node
    return None


def stride_of(laid: Walk, axis: int) -> int:
    """By how many pixels an image can move so that every map moves by whole pixels."""
    steps = drift(laid, axis)
    return lcm(1, *(step.numerator for found in steps.values() for step in found))


def scores(laid: Walk, axis: int, ends: frozenset[str]) -> Int64:
    """The score of a white pixel at each place along one axis: shape (DRAWS, length), mod PRIME.

    ends: the names of the maps that are summed.
    """
    rng = np.random.default_rng(0)
    values: dict[str, Int64] = {}
    image = laid.graph.nodes[0].name
    for name in reversed(laid.places):
        here = values.pop(name, None)
        if name in ends:
            ones = np.ones((DRAWS, laid.laid(name, axis).output), np.int64)
            here = ones if here is None else (here + ones) % PRIME
        if here is None:
            continue
        if name == image:
            return here
        inputs = laid.graph.by_name[name].inputs
        for given, through in zip(inputs, laid.traces[axis][name], strict=True):
            pulled = here if through is None else pull(through, here, rng)
            values[given] = (values[given] + pulled) % PRIME if given in values else pulled
    return np.zeros((DRAWS, laid.laid(image, axis).output), np.int64)


def pull(through: Trace, values: Int64, rng: np.random.Generator) -> Int64:
    """Carry scores back through one layer with random weights: shape (DRAWS, length)."""
    taps = through.sources.shape[1]
    if through.fresh:
        weights = rng.integers(1, PRIME, (DRAWS, taps))
    else:
        weights = np.ones((DRAWS, taps), np.int64)
    if through.ratios is not None:
        values = values * np.array([modulo(ratio) for ratio in through.ratios]) % PRIME
    own = None if through.weights is None else weights_of(through)
    found = np.zeros((through.length, DRAWS), np.int64)
    for tap, (outputs, pixels) in enumerate(through.taps):
        worth = values[:, outputs] * weights[:, tap, None] % PRIME
        if own is not None:
            worth = worth * own[outputs, tap] % PRIME
        np.add.at(found, pixels, worth.T)
    return np.asarray(found.T % PRIME)


def weights_of(through: Trace) -> Int64:
    """A trace's fixed weights modulo PRIME: shape (output, taps)."""
    assert through.weights is not None
    numbers = [[modulo(weight) for weight in row] for row in through.weights.tolist()]
    return np.array(numbers, np.int64)


@lru_cache(4096)
def modulo(number: Fraction) -> int:
    """A fraction modulo PRIME."""
    return number.numerator * pow(number.denominator, -1, PRIME) % PRIME


def unlike(scores: Int64, stride: int) -> Indices:
    """The places whose score differs from that of their like in the middle, in order.

    scores: shape (draws, length). A place's like in the middle lies a multiple of `stride` away,
    as close to the middle as there is one.
    """
    length = scores.shape[1]
    if length <= stride:
        return np.arange(0)
    places = np.arange(length)
    start = max(0, (length - stride) // 2)
    likes = start + (places - start) % stride
    return np.flatnonzero((scores != scores[:, likes]).any(axis=0))


def deepest(told: Indices, length: int) -> int:
    """How far in from the nearer border the places `told` reach; 0: nowhere."""
    return int(np.minimum(told, length - 1 - told).max()) + 1 if told.size else 0


# --- Which padding would not leak ----------------------------------------------------------------


def cures(laid: Walk) -> tuple[str, ...]:
    """The paddings in CURES with which the whole network would not leak, at the same size."""
    found = []
    for cure in CURES:
        try:
            other = walk(padded_with(laid.graph, cure), laid.height, laid.width)
        except InputError:
            continue
        if len(other.places) == len(laid.places) and not quick_leak(other):
            found.append(cure)
    return tuple(found)


def quick_leak(laid: Walk) -> bool:
    """Whether the network leaks, without asking where."""
    ends = frozenset(place.node.name for place in laid.last_maps)
    return any_told(laid, (stride_of(laid, ROWS), stride_of(laid, COLUMNS)), ends)
