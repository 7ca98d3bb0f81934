"""A network as a graph of what its layers do to places: what every reader makes, and all read.

A `Node` is one step of the network with the names of the nodes that it reads. Its operation says
only what matters to where a value comes from: windows, pads, crops, resizing, joining. Weights
are nowhere. Each operation knows its own framework's rules (`same` means another thing in each).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from core.layers import MAX_LENGTH, UPSAMPLING, Convention, Layer, Stack
from core.settings import InputError

MAX_NODES = 4000
MAX_READS = 20_000
"""How often nodes may read each other, all together."""
MAX_WINDOW = 512
"""The longest kernel, stride, dilation, pad or factor, in pixels."""
MAX_CHANNELS = 65_536

PadMode = Literal["zeros", "reflect", "replicate", "circular", "symmetric"]
Pair = tuple[int, int]
"""A number for the rows (height) and one for the columns (width)."""


@dataclass(frozen=True)
class Input:
    """The image."""

    channels: int = 3


@dataclass(frozen=True)
class Window:
    """A convolution, a max or average pool, or nearest-neighbour upsampling by a whole factor.

    rows, columns: the layer along each axis, of one kind; `rows.channels` is a convolution's.
    groups: of a convolution, as in PyTorch.
    multiplier: not None for a depthwise convolution, which then has a group for each channel that
        comes in and this many channels from each, whatever `channels` and `groups` say.
    convention: whose refusals hold, see `core.layers.fit`.
    inside: an average pool that leaves padded cells out of the mean whatever its padding, PyTorch's
        count_include_pad=False.
    """

    rows: Layer
    columns: Layer
    groups: int = 1
    multiplier: int | None = None
    convention: Convention = "either"
    inside: bool = False


@dataclass(frozen=True)
class Pad:
    """Cells laid around the image by a line of its own: ZeroPadding2D, ReflectionPad2d, F.pad."""

    top: int
    bottom: int
    left: int
    right: int
    mode: PadMode = "zeros"


@dataclass(frozen=True)
class PadSame:
    """Cells laid around the image as 'same' would in TensorFlow, by a line of its own.

    For the windows that follow, of these spans, dilation · (kernel − 1) + 1, and strides: how many
    depends on the size of the map. F.pad by a formula, in networks ported from TensorFlow.
    """

    spans: Pair
    strides: Pair
    mode: PadMode = "zeros"


@dataclass(frozen=True)
class Crop:
    """Rows and columns cut off: Cropping2D, F.pad with negative numbers, a slice."""

    top: int
    bottom: int
    left: int
    right: int


Cut = Literal["more", "even", "less", "end"]
"""Of an odd number of cells cut off on both sides, how many go first; or all at the end."""


@dataclass(frozen=True)
class Match:
    """Zeros laid around the first map that is read, or cells cut off it, to the second's size.

    Half of what is missing stands on either side, the odd cell at the end. Of what is cut off goes

    - "more" before: F.pad by the halves of a difference, as U-Nets have it;
    - the "even" one of two: torchvision's CenterCrop;
    - "less" before: a slice out of the middle, which lays nothing around;
    - all at the "end": a slice from the start, which lays nothing around either.
    """

    cut: Cut = "more"


@dataclass(frozen=True)
class Transposed:
    """A transposed convolution.

    padding: PyTorch's numbers, or Keras's "same" or "valid".
    output_padding: rows and columns added at the end (PyTorch's numbers; 0 in Keras).
    """

    kernel: Pair
    channels: int
    stride: Pair = (1, 1)
    padding: Pair | Literal["same", "valid"] = (0, 0)
    output_padding: Pair = (0, 0)
    dilation: Pair = (1, 1)
    groups: int = 1


@dataclass(frozen=True)
class Resize:
    """Interpolation: nn.Upsample, F.interpolate, UpSampling2D.

    scale: output over input, height and width; or
    size: the output itself; with neither, the node reads two, and the second's size is the output.
    mode: "bilinear" stands for whatever blends neighbours.
    align_corners: PyTorch's, for "bilinear".
    """

    scale: tuple[float, float] | None = None
    size: Pair | None = None
    mode: Literal["nearest", "bilinear"] = "nearest"
    align_corners: bool = False


@dataclass(frozen=True)
class Pass:
    """What moves nothing from its place: batch norm, an activation, dropout. `what` names it."""

    what: str
    channels: int | None = None  # where it changes their number; None: as many as come in


@dataclass(frozen=True)
class Add:
    """Two or more nodes added, place by place. A 1 × 1 map is added everywhere."""


@dataclass(frozen=True)
class Multiply:
    """Two or more nodes multiplied, place by place. A 1 × 1 map multiplies everywhere."""


@dataclass(frozen=True)
class Concatenate:
    """Two or more nodes stacked, channel after channel."""


@dataclass(frozen=True)
class Global:
    """Pooling over the whole map, to 1 × 1."""


@dataclass(frozen=True)
class Adaptive:
    """PyTorch's adaptive pooling to `size`; a None in it keeps that axis."""

    size: tuple[int | None, int | None]


@dataclass(frozen=True)
class Flatten:
    """The map as one long vector."""


@dataclass(frozen=True)
class Linear:
    """A fully connected layer; it reads everything.

    expects: how many values it is made for; None for as many as come in.
    """

    features: int
    expects: int | None = None


@dataclass(frozen=True)
class Unknown:
    """What could not be read, in words: `what` is what stands there.

    Nothing behind it is analysed.
    """

    what: str


Operation = (
    Input
    | Window
    | Pad
    | PadSame
    | Crop
    | Match
    | Transposed
    | Resize
    | Pass
    | Add
    | Multiply
    | Concatenate
    | Global
    | Adaptive
    | Flatten
    | Linear
    | Unknown
)

JOINS = (Add, Multiply, Concatenate)


@dataclass(frozen=True)
class Node:
    """One step of a network.

    name: its own in the graph, such as "layer1.0.conv1".
    inputs: the names of the nodes that it reads.
    line: where it stands in the code that was read, from 1.
    label: what to call it on screen and in the report; the name where there is none.
    """

    name: str
    operation: Operation
    inputs: tuple[str, ...] = ()
    line: int | None = None
    label: str = ""

    def __str__(self) -> str:
        return self.label or self.name

    @property
    def place(self) -> str:
        """The node in an error: its name and the line where it stands."""
        return repr(str(self)) + (f" (line {self.line})" if self.line is not None else "")


@dataclass(frozen=True)
class Graph:
    """A network: nodes in an order in which each stands behind those that it reads.

    Raises InputError, naming the node, where names are missing or stand twice, where a node reads
    itself, and where a number is beyond what is analysed.
    """

    nodes: tuple[Node, ...]
    by_name: dict[str, Node] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if len(self.nodes) > MAX_NODES:
            raise InputError(f"network: expected at most {MAX_NODES} layers")
        if sum(len(node.inputs) for node in self.nodes) > MAX_READS:
            raise InputError(
                f"network: expected at most {MAX_READS} connections between its layers"
            )
        by_name: dict[str, Node] = {}
        later = Counter(node.name for node in self.nodes)
        for node in self.nodes:
            for name in node.inputs:
                if name not in by_name:
                    why = "only computed from it, or later" if later[name] else "not there"
                    raise InputError(f"network: {node.place} reads {name!r}, which is {why}")
            if node.name in by_name:
                raise InputError(f"network: {node.place}: the name stands twice")
            refuse_inputs(node)
            refuse_numbers(node)
            by_name[node.name] = node
        images = sum(isinstance(node.operation, Input) for node in self.nodes)
        if images != 1:
            raise InputError(f"network: expected one input image, found {images}")
        if not isinstance(self.nodes[0].operation, Input):
            raise InputError(f"network: {self.nodes[0].place} stands before the input image")
        object.__setattr__(self, "by_name", by_name)

    @cached_property
    def readers(self) -> dict[str, tuple[Node, ...]]:
        """The nodes that read each node."""
        found: dict[str, list[Node]] = {node.name: [] for node in self.nodes}
        for node in self.nodes:
            for name in dict.fromkeys(node.inputs):
                found[name].append(node)
        return {name: tuple(nodes) for name, nodes in found.items()}

    def before(self, name: str) -> set[str]:
        """The names of a node and of all that it is computed from."""
        found: set[str] = set()
        waiting = [name]
        while waiting:
            name = waiting.pop()
            if name not in found:
                found.add(name)
                waiting += self.by_name[name].inputs
        return found

    @property
    def outputs(self) -> tuple[Node, ...]:
        """The nodes that nobody reads."""
        return tuple(node for node in self.nodes if not self.readers[node.name])

    @property
    def is_chain(self) -> bool:
        """Whether every node reads at most one and is read by at most one."""
        return all(len(node.inputs) < 2 for node in self.nodes) and all(
            len(readers) < 2 for readers in self.readers.values()
        )


def chain(stack: Stack, channels: int = 3) -> Graph:
    """A line of the layer language as a graph."""
    nodes = [Node("input", Input(channels))]
    for number, layer in enumerate(stack, start=1):
        window = Window(layer, layer)
        nodes.append(Node(f"layer{number}", window, (nodes[-1].name,), label=str(layer)))
    return Graph(tuple(nodes))


def refuse_inputs(node: Node) -> None:
    """Raise InputError for a node that reads too few nodes or too many."""
    count, least, most = len(node.inputs), 1, 1
    match node.operation:
        case Input():
            least = most = 0
        case Add() | Multiply() | Concatenate():
            least, most = 1, MAX_NODES
        case Resize(scale=None, size=None) | Match():
            least = most = 2
        case Unknown():
            least, most = 0, MAX_NODES
    if not least <= count <= most:
        wanted = f"{least}" if least == most else f"at least {least}"
        raise InputError(f"network: {node.place} reads {count} layers: expected {wanted}")


def refuse_numbers(node: Node) -> None:
    """Raise InputError for a number that no network has and no machine could hold."""
    for what, value, least, most in numbers(node.operation):
        if not least <= value <= most:
            raise InputError(
                f"network: {node.place}: {what} must be from {least} to {most}, "
                f"not {str(value)[:20]}"
            )


def numbers(operation: Operation) -> list[tuple[str, float, float, float]]:
    """What must be from which least to which most: (words, value, least, most) each."""
    channels: int | None = None
    found: list[tuple[str, float, float, float]] = []
    match operation:
        case Window(rows, columns, groups, multiplier):
            channels = rows.channels
            for layer in (rows, columns):
                found += [
                    (
                        "the factor" if layer.kind == UPSAMPLING else "the kernel",
                        layer.kernel,
                        1,
                        MAX_WINDOW,
                    ),
                    ("the stride", layer.stride, 1, MAX_WINDOW),
                    ("the dilation", layer.dilation, 1, MAX_WINDOW),
                ]
                if isinstance(layer.padding, int):
                    found.append(("the padding", layer.padding, 0, MAX_WINDOW))
            found.append(("the number of groups", groups, 1, MAX_CHANNELS))
            if multiplier is not None:
                found.append(("the depth multiplier", multiplier, 1, MAX_CHANNELS))
        case Transposed():
            channels = operation.channels
            for what, pair, least in (
                ("the kernel", operation.kernel, 1),
                ("the stride", operation.stride, 1),
                ("the dilation", operation.dilation, 1),
                ("the output padding", operation.output_padding, 0),
            ):
                found += [(what, value, least, MAX_WINDOW) for value in pair]
            if not isinstance(operation.padding, str):
                found += [("the padding", value, 0, MAX_WINDOW) for value in operation.padding]
            found.append(("the number of groups", operation.groups, 1, MAX_CHANNELS))
        case Pad(top, bottom, left, right) | Crop(top, bottom, left, right):
            found += [("each side", side, 0, MAX_WINDOW) for side in (top, bottom, left, right)]
        case PadSame(spans, strides):
            found += [("the window", span, 1, MAX_WINDOW) for span in spans]
            found += [("the stride", stride, 1, MAX_WINDOW) for stride in strides]
        case Resize(scale, size):
            found += [("the scale", value, 1 / MAX_WINDOW, MAX_WINDOW) for value in scale or ()]
            found += [("the size", value, 1, MAX_LENGTH) for value in size or ()]
        case Adaptive(size):
            found += [("the size", value, 1, MAX_LENGTH) for value in size if value is not None]
        case Input(channels) | Pass(_, channels):
            pass
    if channels is not None:
        found.append(("the number of channels", channels, 1, MAX_CHANNELS))
    return found
