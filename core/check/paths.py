"""How much each pixel counts: the ways that lead from it to the output, through branches too.

Set every weight to 1 and every bias to 0: the gradient of the summed output with respect to a
pixel is the number of ways through the taps and channels of the network (Scheidl 2021 calls it
impact). A pool, resizing or a global mean has a way for each pixel that it reads; a sum joins the
ways of all that it adds, a product those of all its factors, and stacking those of all channels.

A chain is the outer product of one vector for the rows and one for the columns, exact in Python's
integers. A network with branches is a sum of such products, and counted over the whole image in
floating point: every number is positive, so the relative error has a bound, which is stated.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import frexp

import numpy as np

from core.arrays import Float64
from core.check.axis import COLUMNS, ROWS, Trace
from core.check.graph import Add, Linear, Multiply, Node, Transposed, Window
from core.check.walk import Walk
from core.layers import CONVOLUTION
from core.settings import InputError

MAX_SIZE = 640
"""The longest image side of a network with branches."""
MAX_PRODUCTS = 2 * 10**10
"""Multiplications of a network with branches: some seconds."""
MAX_EXACT = 1_000_000
"""Taps of a chain along one axis that are counted in Python's integers."""
UNIT = 2.0**-53
"""Half the distance from 1 to the next double: the error of one rounding."""


@dataclass(frozen=True)
class Counts:
    """How much each pixel counts.

    shares: ways from each pixel over the most that any has, 0 to 1: shape (height, width).
    corner_to_max: of the top left pixel.
    error: the bound of `corner_to_max`'s relative error; 0 where it was counted in integers.
    """

    shares: Float64
    corner_to_max: float
    error: float


def count(laid: Walk) -> Counts:
    """How much each pixel counts for what could be laid of the network.

    Raises InputError where a network with branches is asked about a larger image than MAX_SIZE.
    """
    if is_exact(laid):
        return chain_counts(laid)
    if max(laid.height, laid.width) > MAX_SIZE:
        raise InputError(
            "network: how much each pixel counts is followed through branches on images up to "
            f"{MAX_SIZE} × {MAX_SIZE}"
        )
    if products(laid) > MAX_PRODUCTS:
        raise InputError(
            "network: how much each pixel counts takes too long to follow through so many layers"
        )
    return branch_counts(laid)


def products(laid: Walk) -> int:
    """How many multiplications the counts of a network with branches take."""
    total = 0
    for name in laid.places:
        pairs = zip(laid.traces[ROWS][name], laid.traces[COLUMNS][name], strict=True)
        height, width, _ = laid.places[name].output
        for down, across in pairs:
            length = down.length if down is not None else height
            total += 0 if down is None else down.length * height * width
            total += 0 if across is None else across.length * length * width
            total += length * width
    return total


def is_exact(laid: Walk) -> bool:
    """Whether the network can be counted in integers, one axis at a time."""
    traces = [item for axis in laid.traces for found in axis.values() for item in found if item]
    work = sum(trace.sources.size for trace in traces)
    whole = all(trace.ratios is None for trace in traces)
    return laid.graph.is_chain and whole and work <= MAX_EXACT


def chain_counts(laid: Walk) -> Counts:
    """The counts of a chain, exact."""
    rows, columns = (axis_counts(laid, axis) for axis in (ROWS, COLUMNS))
    corner, most = rows[0] * columns[0], max(rows) * max(columns)
    shares = [
        np.array([int(value) / max(1, int(max(axis))) for value in axis])
        for axis in (rows, columns)
    ]
    ratio = int(corner) / int(most) if most else 0.0
    return Counts(np.multiply.outer(shares[0], shares[1]), ratio, 0.0)


def axis_counts(laid: Walk, axis: int) -> list[int]:
    """Ways from each pixel of one axis to the end of a chain."""
    (end,) = laid.ends
    values = np.array([1] * laid.laid(end.node.name, axis).output, object)
    for name in reversed(laid.places):
        for through in laid.traces[axis][name]:
            values = values if through is None else through.pull(values)
    return [int(value) for value in values]


@dataclass(frozen=True)
class Scaled:
    """values · 2**exponent, with the largest of `values` below 1: no count overflows."""

    values: Float64
    exponent: int


def scaled(values: Float64, exponent: int) -> Scaled:
    """The same numbers with their largest below 1; exact, but for what is too small to count."""
    _, size = frexp(float(values.max()))
    return Scaled(np.ldexp(values, -size), exponent + size)


def add(one: Scaled, other: Scaled) -> Scaled:
    exponent = max(one.exponent, other.exponent)
    values = np.ldexp(one.values, one.exponent - exponent) + np.ldexp(
        other.values, other.exponent - exponent
    )
    return scaled(values, exponent)


def branch_counts(laid: Walk) -> Counts:
    """The counts of any network, over the whole image."""
    pending: dict[str, Scaled] = {}
    matrices: dict[int, Float64] = {}  # traces are shared: by identity
    roundings = 0
    ends = {place.node.name for place in laid.ends}
    image = laid.graph.nodes[0].name
    for name in reversed(laid.places):
        node = laid.graph.by_name[name]
        if name in ends:
            height, width, _ = laid.places[name].output
            pending[name] = scaled(np.ones((height, width)), 0)
        if name == image or name not in pending:
            continue
        here = pending.pop(name)
        values = here.values * factor(node)
        for which, given in enumerate(node.inputs):
            down, across = (laid.traces[axis][name][which] for axis in (ROWS, COLUMNS))
            roundings += 3 + terms(down) + terms(across)
            # A sum spreads a single channel over all, as it spreads a single row.
            single = is_sum(node) and laid.places[given].channels == 1
            times = laid.places[name].channels if single else 1
            found = scaled(pull(down, across, values * times, matrices), here.exponent)
            pending[given] = add(pending[given], found) if given in pending else found
    if image not in pending or not pending[image].values.max():
        empty = np.zeros((laid.height, laid.width))
        return Counts(empty, 0.0, 0.0)
    values = pending[image].values
    shares = values / values.max()
    # Each rounding is off by a factor within 1 ± UNIT; the ratio has those of both its numbers.
    error = 2 * (roundings + 2) * UNIT
    return Counts(shares, float(shares[0, 0]), error / (1 - error))


def pull(
    down: Trace | None, across: Trace | None, values: Float64, matrices: dict[int, Float64]
) -> Float64:
    """Carry counts back through one layer: shape (height, width) of what it reads.

    matrices: those made so far, by the trace's identity.
    """
    for through in (down, across):
        if through is not None and id(through) not in matrices:
            matrices[id(through)] = through.matrix
    if down is not None:
        values = matrices[id(down)].T @ values
    return values if across is None else values @ matrices[id(across)]


def terms(through: Trace | None) -> int:
    """A bound of the roundings of one sum: the longest there can be."""
    return 0 if through is None else through.output + 1 + (through.ratios is not None)


def is_sum(node: Node) -> bool:
    return isinstance(node.operation, Add | Multiply)


def factor(node: Node) -> int:
    """How many channels of a layer's output read each channel that comes in."""
    match node.operation:
        case Window(rows, _, groups, multiplier) if rows.kind == CONVOLUTION:
            return rows.channels // groups if multiplier is None else multiplier
        case Transposed(channels=channels, groups=groups):
            return channels // groups
        case Linear(features):
            return features
    return 1
