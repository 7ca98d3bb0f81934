"""What readers build a graph with: nodes one by one, channels checked on the way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Literal, NoReturn

from core.check.graph import (
    MAX_CHANNELS,
    MAX_NODES,
    MAX_WINDOW,
    Add,
    Concatenate,
    Crop,
    Flatten,
    Global,
    Graph,
    Input,
    Linear,
    Multiply,
    Node,
    Operation,
    Pad,
    PadMode,
    PadSame,
    Pass,
    Resize,
    Unknown,
    Window,
)
from core.check.reading.objects import Name, Thing, Unreadable
from core.check.reading.objects import Unknown as UnknownValue
from core.layers import CONVOLUTION, UPSAMPLING, Convention, Layer, refuse
from core.settings import InputError

Form = Literal["map", "vector", "unknown"]


MAX_LOOKS = 6_000
"""Nodes that are laid over images while nets are built, for who asks for sizes; a look is 100."""


def words(text: str) -> frozenset[str]:
    """The words of a list that is written as text."""
    return frozenset(text.split())


@dataclass(frozen=True)
class Note:
    """What a reader wants to be known about its reading; `line` from 1, None for no line."""

    text: str
    line: int | None = None

    def __str__(self) -> str:
        return self.text if self.line is None else f"line {self.line}: {self.text}"


@dataclass(frozen=True, eq=False)
class Tensor(Thing):
    """What a node puts out.

    channels: None where they are not known yet (of the image, before its first convolution), and
        behind an unknown layer.
    form: "map", or "vector" once flattened or pooled to one value a channel; "unknown" behind a
        layer that is not known.
    last: whether the axis of the channels stands last, as in Keras, rather than second.
    """

    net: Net
    node: str
    channels: int | None
    form: Form = "map"
    last: bool = False

    def __str__(self) -> str:
        return self.node

    def attribute(self, reader: Any, name: str, line: int | None) -> Any:
        return reader.library.tensor_attribute(reader, self, name, line)

    def item(self, reader: Any, key: Any, line: int | None) -> Any:
        return reader.library.tensor_item(reader, self, key, line)


class Net:
    """A graph under construction."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self.by_name: dict[str, Node] = {}
        self.notes: list[Note] = []
        self.taken: Counter[str] = Counter()
        self.image_channels: int | None = None
        self.looks = [MAX_LOOKS]
        self.size: tuple[int, int] | None = None
        """Height and width of the image, where the text itself makes one to try the network."""

    def image(self, channels: int | None = None, line: int | None = None) -> Tensor:
        """The input; at most once."""
        if self.nodes:
            raise Unreadable(line or 1, "a second input: expected a network that reads one image")
        self.keep(Node("input", Input(), line=line))
        self.taken["input"] += 1
        self.image_channels = channels
        return Tensor(self, "input", channels)

    def add(
        self,
        operation: Operation,
        inputs: Iterable[Tensor],
        channels: int | None,
        *,
        name: str,
        label: str = "",
        line: int | None = None,
        form: Form = "map",
    ) -> Tensor:
        """One more node. `name` gets a number where it is taken."""
        inputs = tuple(inputs)
        if len(self.nodes) >= MAX_NODES:
            raise Unreadable(line, f"more than {MAX_NODES:,} layers: expected fewer")
        self.taken[name] += 1
        if self.taken[name] > 1:
            name = self.free(f"{name}.{self.taken[name]}")
        self.keep(Node(name, operation, tuple(t.node for t in inputs), line, label))
        return Tensor(self, name, channels, form, any(t.last for t in inputs))

    def keep(self, node: Node) -> None:
        self.nodes.append(node)
        self.by_name[node.name] = node

    def free(self, name: str) -> str:
        while name in self.taken:
            name += "'"
        self.taken[name] += 1
        return name

    def so_far(self) -> Graph | None:
        """All nodes up to here; None once that was asked for too often."""
        self.looks[0] -= 100 + len(self.nodes)
        if self.looks[0] < 0:
            return None
        first = replace(self.nodes[0], operation=Input(self.image_channels or 3))
        return Graph((first, *self.nodes[1:]))

    def note(self, text: str, line: int | None = None) -> None:
        found = Note(text, line)
        if found not in self.notes:
            self.notes.append(found)

    def is_image(self, tensor: Tensor) -> bool:
        """Whether nothing has changed the image's channels on the way to `tensor`."""
        node = self.by_name[tensor.node]
        while isinstance(node.operation, Pass | Pad | PadSame | Crop | Resize | Window):
            convolved = isinstance(node.operation, Window) and (
                node.operation.rows.kind == CONVOLUTION
            )
            if convolved or getattr(node.operation, "channels", None):
                return False
            node = self.by_name[node.inputs[0]]
        return isinstance(node.operation, Input)

    def is_single(self, tensor: Tensor) -> bool:
        """Whether `tensor` is 1 × 1, or a vector, behind a global pool or a linear layer."""
        node = self.by_name[tensor.node]
        while isinstance(node.operation, Pass | Flatten) or is_point(node.operation):
            node = self.by_name[node.inputs[0]]
        return isinstance(node.operation, Global | Linear)

    def graph(self, outputs: Iterable[Tensor], channels: int) -> Graph:
        """The nodes that lead to `outputs`; the image has `channels` where no layer said so."""
        wanted = [tensor.node for tensor in outputs]
        ends = tuple(dict.fromkeys(wanted))
        needed = set()
        while wanted:
            name = wanted.pop()
            if name not in needed:
                needed.add(name)
                wanted += self.by_name[name].inputs
        nodes = [node for node in self.nodes if node.name in needed or node.name == "input"]
        known = self.image_channels or channels
        nodes = [
            replace(node, operation=Input(known)) if node.name == "input" else node
            for node in nodes
        ]
        read = {name for node in nodes for name in node.inputs}
        for end in ends:
            if end in read:  # a node that others read, too, is an output by one of its own
                node = self.by_name[end]
                name = self.free(f"{end}.output")
                nodes.append(Node(name, Pass("output"), (end,), node.line, "output"))
        return Graph(tuple(nodes))


@dataclass(frozen=True)
class At:
    """One layer at work on its net: where it stands and what it is called.

    name: the node's; what: the layer's in messages, such as "nn.Conv2d".
    """

    net: Net
    what: str
    name: str
    line: int | None = None
    label: str = ""

    def fail(self, why: str) -> NoReturn:
        if self.line is None:
            raise InputError(f"{self.name} ({self.what}): {why}")
        raise Unreadable(self.line, f"{self.what}: {why}")

    def whole(self, value: Any, name: str, least: int = 1, most: int = MAX_WINDOW) -> int:
        """A whole number from `least` to `most`."""
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if type(value) is not int:
            if isinstance(value, UnknownValue) and value.fault:
                raise value.fault
            if open_ended(value):
                self.fail(f"'{name}' cannot be read ({value}): expected a number written out")
            self.fail(f"'{name}': expected a whole number, found {shown(value)}")
        if not least <= value <= most:
            self.fail(f"'{name}' must be from {least} to {most:,}, not {value:,}")
        return int(value)

    def pair(
        self, value: Any, name: str, least: int = 1, most: int = MAX_WINDOW
    ) -> tuple[int, int]:
        """A number for rows and one for columns; one number stands for both."""
        if isinstance(value, list | tuple) and len(value) == 1:
            value = value[0]
        if isinstance(value, list | tuple):
            if len(value) != 2:
                self.fail(f"'{name}': expected one number or two, found {len(value)}")
            first, second = (self.whole(item, name, least, most) for item in value)
            return first, second
        number = self.whole(value, name, least, most)
        return number, number

    def features(self, value: Any, name: str) -> int:
        """How many values a linear layer makes: any number does where the text leaves it open."""
        if open_ended(value):
            unread = f"{self.what}: '{name}' cannot be read ({value})"
            self.net.note(f"{unread}: read as 10, which changes no size", self.line)
            return 10
        return self.whole(value, name, 1, 10**9)

    def count(self, value: Any, name: str) -> int:
        return self.whole(value, name, 1, MAX_CHANNELS)

    def word(self, value: Any, name: str, among: Iterable[str]) -> str:
        """One of the words in `among`."""
        if isinstance(value, UnknownValue) and value.fault:
            raise value.fault
        if not isinstance(value, str) or value not in among:
            self.fail(f"'{name}': expected {' or '.join(map(repr, among))}, found {shown(value)}")
        return value

    def node(
        self,
        operation: Operation,
        inputs: Tensor | Iterable[Tensor],
        channels: int | None,
        form: Form = "map",
    ) -> Tensor:
        """The node of this layer."""
        inputs = (inputs,) if isinstance(inputs, Tensor) else inputs
        return self.net.add(
            operation, inputs, channels, name=self.name, label=self.label, line=self.line, form=form
        )

    def part(self, name: str) -> At:
        """A part of this layer, which has a node of its own."""
        label = f"{self.label} ({name})" if self.label else ""
        return replace(self, name=f"{self.name}.{name}", label=label)

    def passed(self, x: Tensor, channels: int | None = None) -> Tensor:
        """A layer that moves nothing from its place."""
        made = self.node(Pass(self.what, channels), x, channels or x.channels, x.form)
        return replace(made, last=x.last)

    def unknown(self, inputs: Iterable[Tensor], why: str = "") -> Tensor:
        """A layer that is not followed: it is in the graph, and nothing behind it is analysed.

        why: more than that its name is not known; behind another such layer nobody needs it.
        """
        inputs = tuple(inputs)
        if why and all(x.form != "unknown" for x in inputs):
            self.net.note(f"{self.what}: {why}", self.line)
        return self.node(Unknown(self.what), inputs, None, "unknown")

    def tensor_of(self, x: Any) -> Tensor:
        """`x`, where it is what a layer puts out, or the image."""
        if isinstance(x, UnknownValue) and x.fault:
            raise x.fault
        if not isinstance(x, Tensor):
            self.fail(f"expected an image or a layer's output, found {shown(x)}")
        return x

    def map_of(self, x: Any) -> Tensor:
        """`x`, where it is a map of rows and columns."""
        found = self.tensor_of(x)
        if found.form == "vector":
            self.fail("needs rows and columns, and comes after they were flattened away")
        return found

    def takes(self, x: Tensor, channels: int, name: str = "in_channels") -> None:
        """Refuse where the layer expects another number of channels than come in."""
        if x.channels is None and self.net.is_image(x):
            if self.net.image_channels is None:
                self.net.image_channels = channels
            x = replace(x, channels=self.net.image_channels)
        if x.channels is not None and x.channels != channels:
            self.fail(f"'{name}' is {channels:,}, but {x.channels:,} channels come in")

    # --- What several layers share --------------------------------------------------------------

    def window(
        self,
        x: Tensor,
        rows: Layer,
        columns: Layer,
        convention: Convention,
        *,
        channels: int | None = None,
        groups: int = 1,
        multiplier: int | None = None,
        inside: bool = False,
    ) -> Tensor:
        """A convolution, pool or upsampling. channels: those that come out; None: as many."""
        for layer in (rows, columns):
            try:
                refuse(layer, convention)
            except InputError as error:
                self.fail(str(error).removeprefix("layers: "))
        operation = Window(rows, columns, groups, multiplier, convention, inside)
        return self.node(operation, x, channels or x.channels)

    def enlarged(self, x: Tensor, factor: tuple[int, int], convention: Convention) -> Tensor:
        """Nearest-neighbour upsampling."""
        rows, columns = (Layer(UPSAMPLING, one) for one in factor)
        return self.window(x, rows, columns, convention)

    def padded(self, x: Tensor, sides: tuple[int, int, int, int], mode: PadMode) -> Tensor:
        """sides: top, bottom, left, right."""
        return self.node(Pad(*sides, mode), x, x.channels)

    def like(self, x: Tensor, other: Tensor, mode: Any, align_corners: bool) -> Tensor:
        return self.node(Resize(mode=mode, align_corners=align_corners), (x, other), x.channels)

    def joined(self, tensors: list[Tensor], operation: Add | Multiply) -> Tensor:
        """Added or multiplied, place by place; 1 channel goes with any number."""
        known = {t.channels for t in tensors if t.channels is not None}
        if len(known - {1}) > 1:
            self.fail(
                f"joins {' and '.join(f'{n:,}' for n in sorted(known))} channels: expected equal"
            )
        form = form_of(tensors)
        if len(tensors) == 1:
            return self.passed(tensors[0])
        return self.node(operation, tensors, max(known, default=None), form)

    def concatenated(self, tensors: list[Tensor]) -> Tensor:
        channels = [t.channels for t in tensors]
        total = None if None in channels else sum(n or 0 for n in channels)
        form = form_of(tensors)
        if len(tensors) == 1:
            return self.passed(tensors[0])
        return self.node(Concatenate(), tensors, total, form)

    def pooled_away(self, x: Tensor, keep: bool) -> Tensor:
        """Pooling over the whole map. keep: whether it stays a map, of 1 × 1."""
        return self.node(Global(), x, x.channels, "map" if keep else "vector")

    def flattened(self, x: Tensor) -> Tensor:
        if x.form == "vector":
            return self.passed(x)
        channels = x.channels if self.net.is_single(x) else None
        return self.node(Flatten(), x, channels, "vector")


def open_ended(value: Any) -> bool:
    """Whether a value comes from elsewhere: another file, a data set, a command line."""
    return isinstance(value, Name) or (isinstance(value, UnknownValue) and not value.fault)


def is_point(operation: Operation) -> bool:
    """Whether it is a convolution of 1 × 1."""
    return isinstance(operation, Window) and operation.rows.span == operation.columns.span == 1


def form_of(tensors: list[Tensor]) -> Form:
    """The form of what joins `tensors`."""
    forms = {tensor.form for tensor in tensors}
    return next(form for form in ("unknown", "map", "vector") if form in forms)


def shown(value: object) -> str:
    """A value in a message."""
    if isinstance(value, str):
        return repr(value if len(value) <= 30 else value[:29] + "…")
    if isinstance(value, list | tuple | dict):
        return f"{len(value)} values"
    if value is None or isinstance(value, bool | int | float):
        return str(value)[:30]
    return str(value)[:40]
