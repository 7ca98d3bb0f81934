"""What padding does in a network that is laid over an image: exact, per axis, through branches."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from core.check.axis import COLUMNS, ROWS, Sides, Stretched, shift_of, step_of
from core.check.graph import Node
from core.check.walk import Walk, is_join
from core.layers import Indices
from core.settings import InputError

Mask = npt.NDArray[np.bool_]


# --- Rows and columns that are never seen ------------------------------------------------------


@dataclass(frozen=True)
class Unused:
    """Rows and columns that nothing reads.

    node: the layer that leaves them out; the image itself where no output of the network sees
        them, by whatever way.
    """

    node: Node
    rows: Indices
    columns: Indices


def unused(walk: Walk) -> tuple[Unused, ...]:
    """Each layer that leaves rows or columns out that no other layer reads either.

    A pixel that a layer reads only through its padded copy (`circular`, …) is read. Where an
    operation could not be read, what comes into it counts as read.
    """
    found = []
    for name, place in walk.places.items():
        readers = walk.graph.readers[name]
        if place.flat or not readers or any(node.name not in walk.places for node in readers):
            continue
        rows, columns = (unread(walk, name, axis) for axis in (ROWS, COLUMNS))
        if rows.size or columns.size:
            leaves = next(
                node
                for node in readers
                if any(partial(walk, node, name, axis) for axis in (ROWS, COLUMNS))
            )
            found.append(Unused(leaves, rows, columns))
    return tuple(found)


def unread(walk: Walk, name: str, axis: int) -> Indices:
    """The pixels of a node that none of its readers reads, its padded cells left aside."""
    laid = walk.laid(name, axis)
    seen = np.zeros(laid.output, bool)
    seen[: laid.carried[0]] = True
    seen[laid.output - laid.carried[1] :] = True
    for reader in walk.graph.readers[name]:
        for which in positions(reader, name):
            through = walk.traces[axis][reader.name][which]
            seen |= True if through is None else through.read
    return np.flatnonzero(~seen)


def partial(walk: Walk, reader: Node, name: str, axis: int) -> bool:
    """Whether `reader` leaves out a pixel of the node `name`."""
    through = [walk.traces[axis][reader.name][which] for which in positions(reader, name)]
    return all(item is not None and not item.read.all() for item in through)


def positions(reader: Node, name: str) -> list[int]:
    """As which of its inputs a node reads another."""
    return [which for which, given in enumerate(reader.inputs) if given == name]


def unseen(walk: Walk) -> tuple[Indices, Indices]:
    """The image's rows and columns that no output of the network sees."""
    image = walk.graph.nodes[0].name
    rows, columns = (np.flatnonzero(~seen(walk, axis)[image]) for axis in (ROWS, COLUMNS))
    return rows, columns


def seen(walk: Walk, axis: int) -> dict[str, Mask]:
    """For each node, which of its pixels along one axis reach an output: shape (output,)."""
    found = {name: np.zeros(walk.laid(name, axis).output, bool) for name in walk.places}
    for name in reversed(walk.places):
        readers = walk.graph.readers[name]
        if not readers or any(node.name not in walk.places for node in readers):
            found[name][:] = True
        node = walk.graph.by_name[name]
        for which, given in enumerate(node.inputs):
            through = walk.traces[axis][name][which]
            if through is None:
                found[given] |= found[name]
            else:
                read = through.sources[found[name]]
                found[given][read[read >= 0]] = True
    return found


# --- Lopsided padding ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Lopsided:
    """A layer whose windows use more padding on one side than on the other.

    rows, columns: the padded cells that windows really use (before, after).
    shift: what this layer alone moves what it sees, in the image's pixels, (rows, columns).
    """

    node: Node
    rows: Sides
    columns: Sides
    shift: tuple[Fraction, Fraction]


def lopsided(walk: Walk) -> tuple[Lopsided, ...]:
    """Every layer that pads unevenly; a line of padding counts with the window that reads it."""
    drifts = [drift(walk, axis) for axis in (ROWS, COLUMNS)]
    found = []
    for number, node in enumerate(walk.graph.nodes):
        name = node.name
        if name not in walk.places:
            continue
        sides = [walk.axes[axis].used(number, walk.laid(name, axis)) for axis in (ROWS, COLUMNS)]
        if all(before == after for before, after in sides):
            continue
        shifts = []
        for axis in (ROWS, COLUMNS):
            # The shift is in pixels of what the layer reads, which lie the steps before it apart.
            step = min(drifts[axis][walk.graph.by_name[name].inputs[0]], default=Fraction(0))
            before, after = sides[axis]
            more = Fraction(after - before, 2)
            if isinstance(walk.operation(name, axis), Stretched):  # its outputs lie closer
                more = shift_of(walk.operation(name, axis), walk.laid(name, axis))
            shifts.append(step * more)
        blamed = walk.graph.nodes[walk.axes[ROWS].padded_by(number)]
        found.append(Lopsided(blamed, sides[0], sides[1], (shifts[0], shifts[1])))
    return tuple(found)


MAX_STEPS = 8
MAX_FRACTION = 2**64

Drift = dict[Fraction, tuple[Fraction, Fraction]]
"""For each step between neighbours, in the image's pixels, the least and the most shift."""


def drift(walk: Walk, axis: int) -> dict[str, Drift]:
    """How far what each node sees lies off the image's centre, over all ways from the image.

    For every way it is the mean, over all outputs of the node, of the middle of what they see
    along that way, padded cells counted as lying outside, minus the middle of the image; in the
    image's pixels, negative towards the top and the left. Ways that join with different steps
    between neighbours (a fault of the network, or a map of one pixel spread out) stay apart.
    Flat nodes have none.
    """
    found: dict[str, Drift] = {}
    for name, place in walk.places.items():
        found[name] = {}
        if place.flat:
            continue
        if not place.node.inputs:
            found[name] = {Fraction(1): (Fraction(0), Fraction(0))}
            continue
        operation, laid = walk.operation(name, axis), walk.laid(name, axis)
        further, more = step_of(operation, laid), shift_of(operation, laid)
        given = place.node.inputs if is_join(place.node) else place.node.inputs[:1]
        for name_before in given:
            for step, (least, most) in found[name_before].items():
                assert further is not None, "only flat nodes read a whole map"
                bounds = (least + step * more, most + step * more)
                old = found[name].get(step * further, bounds)
                found[name][step * further] = (min(old[0], bounds[0]), max(old[1], bounds[1]))
        if len(found[name]) > MAX_STEPS:
            raise InputError(
                f"network: {place.node.place}: ways of more than {MAX_STEPS} different strides "
                "meet here: expected those that join to have one stride"
            )
        if any(max(step.numerator, step.denominator) > MAX_FRACTION for step in found[name]):
            raise InputError(
                f"network: {place.node.place}: the strides up to here make too long a fraction: "
                "expected fewer changes of size"
            )
    return found


def shift(walk: Walk, axis: int) -> tuple[Fraction, Fraction]:
    """The least and the most shift over all ways to the last maps that still have places."""
    found = drift(walk, axis)
    bounds = [pair for place in walk.last_maps for pair in found[place.node.name].values()]
    none = Fraction(0)
    return min((low for low, _ in bounds), default=none), max(
        (high for _, high in bounds), default=none
    )


# --- How far the padding reaches -----------------------------------------------------------------


@dataclass(frozen=True)
class Reached:
    """A node's outputs whose receptive field holds padding.

    rows, columns: which rows and columns of outputs do; an output is clean where neither its row
        nor its column does, by whatever way.
    """

    node: Node
    rows: Mask
    columns: Mask

    @property
    def share(self) -> Fraction:
        """The share of the outputs, 0 to 1."""
        clean = int((~self.rows).sum()) * int((~self.columns).sum())
        return 1 - Fraction(clean, len(self.rows) * len(self.columns))


def contaminated(walk: Walk) -> tuple[Reached, ...]:
    """Every layer that computes on a map, and how far padding reaches into what it gives.

    A tap lies on padding where its row or its column does, so that what is clean is a product of
    clean rows and clean columns, for one way and, being an intersection, for all ways together.
    (Only outputs that read nothing at all, of a transposed convolution whose taps leave gaps,
    count as reached where their row or column is.)
    """
    rows, columns = (padding_reaches(walk, axis) for axis in (ROWS, COLUMNS))
    return tuple(
        Reached(place.node, rows[name], columns[name])
        for name, place in walk.places.items()
        if place.computes
    )


def padding_reaches(walk: Walk, axis: int) -> dict[str, Mask]:
    """For each node, which of its outputs along one axis see padding: shape (output,)."""
    found: dict[str, Mask] = {}
    for name in walk.places:
        inputs = walk.graph.by_name[name].inputs
        traces = walk.traces[axis][name]
        marked = np.zeros(walk.laid(name, axis).output, bool)
        for given, through in zip(inputs, traces, strict=True):
            marked |= found[given] if through is None else through.spread(found[given])
        found[name] = marked
    return found
