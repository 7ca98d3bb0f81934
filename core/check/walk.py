"""A network laid over an image: every node's size, and where the sizes do not fit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from core.check.axis import (
    COLUMNS,
    ROWS,
    AxisOperation,
    Cropped,
    Fixed,
    Kept,
    Laid,
    Matched,
    Mismatch,
    Padded,
    PaddedSame,
    Sides,
    Start,
    Stopped,
    Stretched,
    Trace,
    Whole,
    Windowed,
    along,
    lay,
    trace,
)
from core.check.graph import (
    JOINS,
    Add,
    Concatenate,
    Flatten,
    Graph,
    Input,
    Linear,
    Multiply,
    Node,
    Pass,
    Transposed,
    Window,
)
from core.layers import CONVOLUTION, UPSAMPLING
from core.settings import InputError

MAX_WORK = 10_000_000
"""Taps of all layers along one axis that are looked at one by one."""


CARRY = (Kept, Padded, PaddedSame, Cropped, Matched)
"""What hands padded cells on to the window that reads them."""


class AxisWalk:
    """A graph along one axis, to be laid over images of many lengths."""

    def __init__(self, graph: Graph, axis: int) -> None:
        self.graph = graph
        self.operations = tuple(along(node.operation, axis) for node in graph.nodes)
        places = {node.name: place for place, node in enumerate(graph.nodes)}
        self.reads = tuple(tuple(places[name] for name in node.inputs) for node in self.graph.nodes)
        kinds: dict[AxisOperation, int] = {}
        self.kinds = tuple(kinds.setdefault(item, len(kinds)) for item in self.operations)
        self.known: dict[tuple[int, tuple[int, ...], Sides], Laid] = {}

    def lay(self, start: int) -> Iterator[tuple[int, Laid | Mismatch]]:
        """Lay every node that can be, in order, on an image `start` pixels long.

        Yields (the node's place in the graph, how it lies or why the nodes it reads do not fit);
        nodes behind a mismatch or behind what could not be read are left out. Raises InputError,
        naming the node, where one does not fit.
        """
        laid: list[Laid | None] = []
        for place, operation in enumerate(self.operations):
            before = [laid[read] for read in self.reads[place]]
            found: Laid | Mismatch | None = None
            if isinstance(operation, Start):
                found = lay(operation, (), start=start)
            elif not isinstance(operation, Stopped):
                known = [item for item in before if item is not None]
                if len(known) == len(before):
                    found = self.place(place, known)
            laid.append(found if isinstance(found, Laid) else None)
            if found is not None:
                yield place, found

    @cached_property
    def resting(self) -> frozenset[int]:
        """The nodes whose padded cells come to anything but a window: a join, an output, …"""
        readers: dict[int, list[int]] = {place: [] for place in range(len(self.operations))}
        for place, reads in enumerate(self.reads):
            for read in reads:
                readers[read].append(place)
        return frozenset(
            place
            for place, operation in enumerate(self.operations)
            if isinstance(operation, CARRY)
            and (not readers[place] or any(not self.takes(reader) for reader in readers[place]))
        )

    def takes(self, place: int) -> bool:
        """Whether a node takes padded cells as its own, or hands them on."""
        operation = self.operations[place]
        if isinstance(operation, Windowed):
            return operation.layer.kind != UPSAMPLING
        return isinstance(operation, CARRY)

    def used(self, place: int, laid: Laid) -> Sides:
        """The padded cells that are really used at a node: by its window, or where they rest."""
        return laid.carried if place in self.resting else laid.used

    def padded_by(self, place: int) -> int:
        """The node that laid the padded cells which rest at a node; a window itself."""
        while isinstance(self.operations[place], (Kept, Cropped)):
            place = self.reads[place][0]
        return place

    def place(self, place: int, before: list[Laid]) -> Laid | Mismatch:
        """Lay one node behind those that it reads."""
        lengths = tuple(item.output for item in before)
        carried = before[0].carried if len(before) == 1 else (0, 0)
        key = (self.kinds[place], lengths, carried)
        if key not in self.known:
            try:
                self.known[key] = lay(self.operations[place], lengths, carried)
            except Mismatch as mismatch:
                return mismatch
            except InputError as error:
                raise InputError(
                    f"network: {self.graph.nodes[place].place}: {reason(error)}"
                ) from None
        return self.known[key]


def reason(error: InputError) -> str:
    """What a layer's refusal says, without the layer's own name in front."""
    text = str(error)
    return text.split("': ", 1)[-1] if text.startswith("layers: ") else text


@dataclass(frozen=True)
class Place:
    """A node laid over the image: its rows, its columns and its channels.

    flat: whether it lies behind global pooling, flattening or a linear layer, where no place is
        left.
    """

    node: Node
    rows: Laid
    columns: Laid
    channels: int
    flat: bool

    @property
    def output(self) -> tuple[int, int, int]:
        """(height, width, channels)."""
        return self.rows.output, self.columns.output, self.channels

    @property
    def computes(self) -> bool:
        """Whether it is more than the image, and more than letting values through."""
        return not isinstance(self.node.operation, (Input, Pass)) and not self.flat


@dataclass(frozen=True)
class Unfit:
    """A join of nodes that differ, so that the network cannot run at this size.

    sizes: (height, width, channels) of each node that it reads, in order.
    """

    node: Node
    sizes: tuple[tuple[int, int, int], ...]


@dataclass(frozen=True)
class Walk:
    """A graph laid over an image of height × width.

    places: every node that could be laid, in the graph's order, by name.
    mismatches: the joins that do not fit; what lies behind them is not in `places`, nor is what
        lies behind an operation that could not be read.
    """

    graph: Graph
    height: int
    width: int
    axes: tuple[AxisWalk, AxisWalk]
    places: dict[str, Place]
    mismatches: tuple[Unfit, ...]

    @cached_property
    def traces(self) -> tuple[dict[str, tuple[Trace | None, ...]], ...]:
        """For rows and columns, what each node reads of each node before it."""
        return tuple(self.trace_axis(axis) for axis in (ROWS, COLUMNS))

    def trace_axis(self, axis: int) -> dict[str, tuple[Trace | None, ...]]:
        known: dict[tuple[AxisOperation, tuple[int, ...], int], Trace | None] = {}
        found = {}
        for operation, node in zip(self.axes[axis].operations, self.graph.nodes, strict=True):
            if node.name not in self.places:
                continue
            laid = self.laid(node.name, axis)
            traces = []
            for which in range(len(node.inputs)):
                # Joins read all nodes alike; their other lengths would only make more of a key.
                lengths = (laid.lengths[which], laid.output)
                key = (operation, lengths, which if which and not is_join(node) else 0)
                if key not in known:
                    known[key] = trace(operation, laid, which)
                traces.append(known[key])
            found[node.name] = tuple(traces)
        return found

    def laid(self, name: str, axis: int) -> Laid:
        place = self.places[name]
        return place.rows if axis == ROWS else place.columns

    def operation(self, name: str, axis: int) -> AxisOperation:
        return self.operations[axis][name]

    @cached_property
    def operations(self) -> tuple[dict[str, AxisOperation], ...]:
        names = [node.name for node in self.graph.nodes]
        return tuple(dict(zip(names, axis.operations, strict=True)) for axis in self.axes)

    @cached_property
    def ends(self) -> tuple[Place, ...]:
        """The last nodes that could be laid: those that no other one of them reads."""
        return tuple(
            place
            for name, place in self.places.items()
            if not any(reader.name in self.places for reader in self.graph.readers[name])
        )

    @cached_property
    def last_maps(self) -> tuple[Place, ...]:
        """The last nodes that still have places: those that only flat ones read, or none."""
        return tuple(
            place
            for name, place in self.places.items()
            if not place.flat
            and all(
                reader.name not in self.places or self.places[reader.name].flat
                for reader in self.graph.readers[name]
            )
        )

    @property
    def complete(self) -> bool:
        """Whether every node could be laid."""
        return len(self.places) == len(self.graph.nodes)


def is_join(node: Node) -> bool:
    return isinstance(node.operation, JOINS)


def walk(graph: Graph, height: int, width: int) -> Walk:
    """Lay `graph` over an image of height × width pixels.

    Raises InputError, naming the node, where a layer does not fit or the work grows too large.
    """
    axes = AxisWalk(graph, ROWS), AxisWalk(graph, COLUMNS)
    rows, columns = (
        dict(axis.lay(length)) for axis, length in zip(axes, (height, width), strict=True)
    )
    for axis, laid in zip(axes, (rows, columns), strict=True):
        refuse_work(axis, laid)
    places: dict[str, Place] = {}
    unfit = []
    for number, node in enumerate(graph.nodes):
        row, column = rows.get(number), columns.get(number)
        if row is None or column is None or any(name not in places for name in node.inputs):
            continue
        read = [places[name] for name in node.inputs]
        if isinstance(row, Mismatch) or isinstance(column, Mismatch) or differ(node, read):
            unfit.append(Unfit(node, tuple(place.output for place in read)))
            continue
        flat = isinstance(axes[ROWS].operations[number], Whole) or (
            bool(read) and all(place.flat for place in read)
        )
        places[node.name] = Place(node, row, column, channels_of(node, read), flat)
    return Walk(graph, height, width, axes, places, tuple(unfit))


def misled(laid: Walk) -> tuple[tuple[Node, int, int], ...]:
    """The linear layers made for another number of values: (node, expected, what comes in)."""
    return tuple(
        (place.node, place.node.operation.expects, laid.places[place.node.inputs[0]].channels)
        for place in laid.places.values()
        if isinstance(place.node.operation, Linear)
        and place.node.operation.expects is not None
        and place.node.operation.expects != laid.places[place.node.inputs[0]].channels
    )


def differ(node: Node, read: list[Place]) -> bool:
    """Whether a sum or product joins different numbers of channels."""
    channels = {place.channels for place in read} - {1}
    return isinstance(node.operation, (Add, Multiply)) and len(channels) > 1


def channels_of(node: Node, read: list[Place]) -> int:
    """Channels that come out of `node`. Raises InputError where groups do not divide them."""
    match node.operation:
        case Input(channels):
            return channels
        case Window(rows, _, groups, multiplier) if rows.kind == CONVOLUTION:
            if multiplier is not None:
                return read[0].channels * multiplier
            return grouped(node, read[0].channels, rows.channels, groups)
        case Transposed(channels=channels, groups=groups):
            return grouped(node, read[0].channels, channels, groups)
        case Concatenate():
            return sum(place.channels for place in read)
        case Add() | Multiply():
            return max(place.channels for place in read)
        case Flatten():
            height, width, channels = read[0].output
            return height * width * channels
        case Linear(features):
            return features
        case Pass(_, channels) if channels is not None:
            return channels
    return read[0].channels


def grouped(node: Node, before: int, channels: int, groups: int) -> int:
    """`channels`, or InputError where they or those that come in cannot be shared into groups."""
    for number in (before, channels):
        if number % groups:
            raise InputError(
                f"network: {node.place}: {groups} groups do not divide {number} channels"
            )
    return channels


def refuse_work(axis: AxisWalk, laid: dict[int, Laid | Mismatch]) -> None:
    """Raise InputError where too many taps would have to be looked at."""
    work = 0
    for number, item in laid.items():
        if isinstance(item, Laid):
            work += item.output * taps_of(axis.operations[number], item)
    if work > MAX_WORK:
        raise InputError(
            f"network: {work} taps along one side are too many to follow one by one: expected at "
            f"most {MAX_WORK}, so a smaller image, smaller kernels or fewer layers"
        )


def taps_of(operation: AxisOperation, laid: Laid) -> int:
    """How many taps each output of an operation has."""
    match operation:
        case Windowed(layer):
            return 1 if layer.kind == UPSAMPLING else layer.kernel
        case Stretched(kernel):
            return kernel
        case Fixed(size):
            return -(-laid.lengths[0] // size) + 1
        case Whole():
            return laid.lengths[0]
    return 1
