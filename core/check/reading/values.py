"""Layers, containers and models as pasted code makes them and applies them."""

from __future__ import annotations

import difflib
import inspect
import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

from core.check.graph import MAX_CHANNELS, Add, Multiply
from core.check.reading import keras_layers, own, torch_layers
from core.check.reading.building import At, Net, Tensor, shown, words
from core.check.reading.objects import (
    REQUIRED,
    Arguments,
    Builtin,
    Class,
    Function,
    Marked,
    Method,
    Shaped,
    Thing,
    Unknown,
    Unreadable,
    limited,
    shortened,
)
from core.check.reading.python import Reader
from core.check.reading.records import Record

if TYPE_CHECKING:
    from core.check.reading.names import FrameworkNames

Framework = Literal["torch", "keras"]


KERAS_JOINS = {
    "Add": "add",
    "Average": "add",
    "Maximum": "add",
    "Minimum": "add",
    "Subtract": "add",
    "Multiply": "multiply",
    "Concatenate": "concatenate",
}


KERAS_MORE = words(
    """
    name dtype trainable autocast input_shape batch_input_shape batch_shape input_dim batch_size
    activation use_bias kernel_initializer bias_initializer depthwise_initializer
    pointwise_initializer kernel_regularizer bias_regularizer depthwise_regularizer
    pointwise_regularizer activity_regularizer kernel_constraint bias_constraint
    depthwise_constraint pointwise_constraint lora_rank lora_alpha weights seed
    crop_to_aspect_ratio pad_to_aspect_ratio fill_mode fill_value antialias
    """
)


@dataclass(frozen=True)
class Bound(Thing):
    """A method of a value, with the value."""

    function: Callable[[Arguments], Any]

    def call(self, reader: Reader, given: Arguments, line: int | None) -> Any:
        reader.tick(line)
        return self.function(given)


@dataclass(frozen=True)
class Partial(Thing):
    """functools.partial."""

    function: Any
    given: Arguments

    def attribute(self, reader: Reader, name: str, line: int | None) -> Any:
        return self.function if name == "func" else Unknown(f"partial.{name}", line)

    def call(self, reader: Reader, given: Arguments, line: int | None) -> Any:
        both = Arguments(
            (*self.given.positional[1:], *given.positional), {**self.given.named, **given.named}
        )
        if not isinstance(self.function, Thing):
            return Unknown("partial", line)
        return self.function.call(reader, both, line)


@dataclass(frozen=True)
class Dummy(Shaped):
    """torch.randn(1, 3, 64, 64): what a network is tried on."""

    shape: tuple[int, ...]
    looks: list[int]

    def __str__(self) -> str:
        return "torch.randn()"

    def image(self, line: int | None) -> Tensor | None:
        """The image of a network that stands for nothing but its sizes."""
        if len(self.shape) != 4 or not all(0 < n <= MAX_CHANNELS for n in self.shape):
            return None
        net = Net()
        net.looks = self.looks
        net.size = (self.shape[2], self.shape[3])
        return net.image(self.shape[1], line)

    def attribute(self, reader: Reader, name: str, line: int | None) -> Any:
        def seen(*shape: Any) -> Any:
            sizes = tuple(shape[0]) if isinstance(shape[0], tuple | list) else shape
            whole = math.prod(self.shape) // max(1, math.prod(n for n in sizes if n != -1))
            return Dummy(tuple(whole if n == -1 else int(n) for n in sizes), self.looks)

        def unsqueezed(place: int) -> Any:
            return Dummy((*self.shape[:place], 1, *self.shape[place:]), self.looks)

        if name in UNCHANGED:
            return Bound(lambda _: self)
        methods: dict[str, Callable[..., Any]] = {
            **dict.fromkeys(("view", "reshape"), seen),
            "unsqueeze": unsqueezed,
            "size": lambda place=None: self.shape if place is None else self.shape[place],
        }
        if name == "shape":
            return self.shape
        return Builtin(name, methods[name]) if name in methods else Unknown(f"{self}.{name}", line)


@dataclass(frozen=True)
class Weight(Shaped):
    """A parameter, whatever its numbers: a convolution's is (out, in / groups, rows, columns)."""

    shape: tuple[int, ...]
    name: str = "weight"

    def __str__(self) -> str:
        return self.name

    def attribute(self, reader: Reader, name: str, line: int | None) -> Any:
        if name == "shape":
            return self.shape
        if name == "size":
            return Builtin(name, lambda place=slice(None): self.shape[place])
        if name == "data":
            return self
        if name in UNCHANGED or name in torch_layers.PASSING_FUNCTIONS:
            return Bound(lambda _: self)
        return Unknown(f"{self}.{name}", line)


@dataclass(eq=False)
class LayerValue(Thing):
    """One layer with its arguments, before it meets an image."""

    framework: Framework
    kind: str
    given: Arguments
    line: int | None
    name: str = ""

    def __str__(self) -> str:
        return f"{'nn' if self.framework == 'torch' else 'layers'}.{self.kind}"

    def call(self, reader: Reader, given: Arguments, line: int | None) -> Any:
        reader.tick(line)
        values = given.every()
        x = values[0] if values else None
        if isinstance(x, Dummy):
            x = x.image(line)
        if isinstance(x, Unknown) and x.fault:
            raise x.fault
        tensors = [value for value in flattened([x]) if isinstance(value, Tensor)]
        library: FrameworkNames = reader.library  # type: ignore[assignment]
        if not tensors:
            return Unknown(str(self), line)
        name = self.name or self.given.named.get("name") or snake(self.kind)
        at = library.at(tensors[0].net, str(self), str(name)[:60], self.line)
        if self.kind in own.HELPERS:
            arguments = Arguments((x, *self.given.positional), self.given.named)
            return applied(at, own.HELPERS[self.kind], arguments)
        if self.framework == "keras":
            if self.kind in KERAS_JOINS:
                return joined_layer(at, self, x)
            for key in self.given.named:
                check_keras_name(at, self.kind, key)
        if self.kind in PASSING[self.framework]:
            return at.passed(at.map_of(x) if self.kind == "Dropout2d" else only(at, x))
        arguments = Arguments((x, *self.given.positional), self.given.named)
        return applied(at, LAYERS[self.framework][self.kind], arguments)

    def attribute(self, reader: Reader, name: str, line: int | None) -> Any:
        """One of its arguments, as the layer keeps them."""
        module = LAYERS[self.framework]
        if self.kind not in module or name == "x":
            return Unknown(f"{self}.{name}", line)
        signature = inspect.signature(module[self.kind])
        try:
            bound = signature.bind(None, None, *self.given.positional, **self.given.named)
        except TypeError:
            return Unknown(f"{self}.{name}", line)
        bound.apply_defaults()
        found = bound.arguments.get(name, Unknown(f"{self}.{name}", line))
        pairs = self.kind in ("Conv2d", "LazyConv2d", "ConvTranspose2d")
        if pairs and name in ("kernel_size", "stride", "padding", "dilation"):
            return (found, found) if isinstance(found, int) else found
        return found

    def weight(self, reader: Reader) -> Any:
        """The kernel of a convolution of PyTorch's."""
        names = ("out_channels", "in_channels", "groups", "kernel_size")
        found = [self.attribute(reader, name, self.line) for name in names]
        numbers = list(flattened(found))
        whole = all(type(number) is int and number > 0 for number in numbers)
        if self.kind != "Conv2d" or not whole or len(numbers) != 5:
            return Unknown("weight", self.line)
        goes_out, comes_in, groups, *kernel_size = numbers
        return Weight((goes_out, comes_in // groups, *kernel_size))

    def first_shape(self) -> Any:
        """The input's shape that Keras's first layers may say."""
        for key in ("input_shape", "batch_input_shape", "batch_shape"):
            shape = self.given.named.get(key)
            if isinstance(shape, list | tuple):
                return shape[1:] if key.startswith("batch") else shape
        return None


LAYERS = {"torch": torch_layers.MODULES, "keras": keras_layers.LAYERS}
PASSING = {"torch": torch_layers.PASSING, "keras": keras_layers.PASSING}


@dataclass(eq=False)
class Container(Thing):
    """Layers in order: Sequential, ModuleList, ModuleDict.

    children: the layers; a ModuleDict's names are `names`.
    """

    framework: Framework
    kind: str
    line: int | None
    children: list[Any] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    name: str = ""

    def __str__(self) -> str:
        return f"nn.{self.kind}" if self.framework == "torch" else "keras.Sequential"

    def called(self, place: int) -> str:
        return self.names[place] if place < len(self.names) else str(place)

    def members(self) -> list[Any]:
        """The layers, each by its place in the container where it has no name of its own."""
        for place, child in enumerate(self.children):
            if self.name and isinstance(child, NAMED) and not child.name:
                child.name = f"{self.name}.{self.called(place)}"
        return list(self.children)

    def attribute(self, reader: Reader, name: str, line: int | None) -> Any:
        def add(layer: Any, *_: Any, **__: Any) -> Any:
            if isinstance(layer, Unknown) and layer.fault:
                raise layer.fault
            self.children.append(layer)
            limited(self.children, line)
            return self

        def add_module(name: Any, layer: Any) -> None:
            add(layer)
            self.names += [str(i) for i in range(len(self.names), len(self.children) - 1)]
            self.names.append(str(name)[:60])

        def extend(layers: Any) -> Any:
            for layer in layers.members() if isinstance(layers, Container) else layers:
                add(layer)
            return self

        methods: dict[str, Callable[..., Any]] = {
            "add": add,
            "append": add,
            "add_module": add_module,
            "register_module": add_module,
            "extend": extend,
            "pop": lambda *_: self.children.pop() if self.children else None,
            "children": self.members,
            "modules": lambda: [],
            "parameters": lambda: [],
            "values": self.members,
            "keys": lambda: list(self.names),
            "items": lambda: list(zip(self.names, self.members(), strict=False)),
            "named_children": lambda: [
                (self.called(i), child) for i, child in enumerate(self.children)
            ],
        }
        if name in UNCHANGED:
            return Bound(lambda _: self)
        if name in methods:
            return Builtin(name, methods[name])
        if name == "layers":
            return list(self.children)
        if name in self.names:
            return self.children[self.names.index(name)]
        return Unknown(f"{self}.{name}", line)

    def item(self, reader: Reader, key: Any, line: int | None) -> Any:
        if isinstance(key, str) and key in self.names:
            return self.members()[self.names.index(key)]
        try:
            found = self.members()[key]
        except (TypeError, IndexError, KeyError, ValueError):
            return Unknown(f"{self}[…]", line)
        if isinstance(found, list):
            return Container(self.framework, self.kind, line, found)
        return found

    def call(self, reader: Reader, given: Arguments, line: int | None) -> Any:
        if self.kind != "Sequential":
            raise Unreadable(line, f"{self} cannot be applied: expected its layers one by one")
        library: FrameworkNames = reader.library  # type: ignore[assignment]
        x = given.every()[0] if given.every() else None
        with reader.called(line), Inside(library, self.name):
            for place, child in enumerate(self.children):
                reader.tick(line)
                if isinstance(child, InputShape) or (isinstance(child, Tensor) and place == 0):
                    if isinstance(x, Tensor) and x.net.is_image(x):  # keras.Input at the head
                        x.net.image_channels = x.net.image_channels or child.channels
                    continue
                if not isinstance(child, Thing):
                    raise Unreadable(
                        self.line,
                        f"{self}: expected a layer in place {place}, found {shown(child)}",
                    )
                x = applied_child(reader, library, child, self.called(place), x, line)
        return x


@dataclass(eq=False)
class Instance(Thing):
    """An object of a class that the text defines.

    layer: what it is of the framework's own, where its class inherits from a layer's.
    """

    kind: Class
    line: int | None
    attributes: dict[str, Any] = field(default_factory=dict)
    children: list[Any] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    name: str = ""
    guessed: str = ""
    built: bool = False
    told: dict[str, Any] = field(default_factory=dict)
    layer: LayerValue | None = None

    def __str__(self) -> str:
        return self.kind.name

    def set(self, name: str, value: Any) -> None:
        self.attributes[name] = value
        if isinstance(value, NAMED) and any("Sequential" in base for base in self.kind.foreign()):
            self.children.append(value)
            self.names.append(name)
        if isinstance(value, NAMED) and not value.name:
            value.name = name

    def members(self) -> list[Any]:
        """The layers that a container of the text's own was given, else those it keeps."""
        kept = [value for value in self.attributes.values() if isinstance(value, NAMED)]
        return list(self.children) or kept

    def item(self, reader: Reader, key: Any, line: int | None) -> Any:
        if isinstance(key, str) and key in self.attributes:
            return self.attributes[key]
        inner = Container("torch", "ModuleList", self.line, self.members(), self.names)
        return inner.item(reader, key, line)

    def attribute(self, reader: Reader, name: str, line: int | None) -> Any:
        if name in self.attributes:
            return self.attributes[name]
        found = self.kind.find(name)
        if isinstance(found, Function):
            return Method(found, self)
        if isinstance(found, Marked):
            if found.mark == "property":
                return Method(found.function, self).call(reader, Arguments(), line)
            return found if found.mark == "staticmethod" else Method(found.function, self.kind)
        if found is not REQUIRED:
            return found
        if self.layer is not None:
            found = self.of_layer(self.layer, reader, name, line)
            if not isinstance(found, Unknown):
                return found
        if name == "training":
            return False
        told = {key: value for key, value in self.told.items() if key != "self"}
        if name == "hparams":  # Lightning's
            return Record(told, "hparams")
        if name == "save_hyperparameters":
            return Bound(lambda _: self.attributes.update(told))

        def add_module(name: Any, layer: Any) -> None:
            before = len(self.children)
            self.set(str(name)[:60], layer)
            if len(self.children) == before:
                self.children.append(layer)
                self.names.append(str(name)[:60])

        methods: dict[str, Callable[..., Any]] = {
            "add_module": add_module,
            "register_module": add_module,
            **dict.fromkeys(("modules", "parameters", "named_modules"), lambda *_, **__: []),
            "children": self.members,
            "values": self.members,
            "keys": lambda: list(self.names),
            "items": lambda: list(zip(self.names, self.members(), strict=False)),
            "register_buffer": lambda name, value, **_: self.set(str(name), value),
        }
        if name in UNCHANGED:
            return Bound(lambda _: self)
        if name in methods:
            return Builtin(name, methods[name])
        if any(
            "Module" in base or "Model" in base or "Layer" in base for base in self.kind.foreign()
        ):
            known = [*self.attributes, *self.kind.scope.names]
            close = difflib.get_close_matches(name, known, 1, 0.75)
            hint = f": did you mean self.{close[0]}?" if close else ""
            text = f"{self.kind.name} has no '{shortened(name)}'{hint}"
            if name.startswith("_") or name in KERAS_METHODS:
                return Unknown(name, line)
            return Unknown(f"{self.kind.name}.{name}", line, Unreadable(line, text))
        return Unknown(f"{self.kind.name}.{name}", line)

    def of_layer(self, layer: LayerValue, reader: Reader, name: str, line: int | None) -> Any:
        """What a convolution of the text's own has from the framework's."""
        if name == "weight":
            return layer.weight(reader)
        if name == "_conv_forward":
            return layer
        return layer.attribute(reader, name, line)

    def call(self, reader: Reader, given: Arguments, line: int | None) -> Any:
        library: FrameworkNames = reader.library  # type: ignore[assignment]
        self.build(reader, given, line)
        for name in ("forward", "call", "__call__"):
            method = self.kind.find(name)
            if isinstance(method, Function):
                with Inside(library, self.name):
                    return Method(method, self).call(reader, given, line)
            if isinstance(method, Unknown) and method.fault:
                raise method.fault
        if self.layer is not None:
            return replace(self.layer, name=self.name).call(reader, given, line)
        if self.children:
            inner = Container(
                "torch", "Sequential", self.line, self.children, self.names, self.name
            )
            return inner.call(reader, given, line)
        net = self.attributes.get("net")
        if isinstance(net, NAMED) and any(base.startswith("d2l") for base in self.kind.foreign()):
            with Inside(library, self.name):
                return net.call(reader, given, line)
        raise Unreadable(
            self.kind.line, f"{self.kind.name} has no 'forward' (or, in Keras, 'call')"
        )

    def build(self, reader: Reader, given: Arguments, line: int | None) -> None:
        """What a Keras layer does before its first call: `build(input_shape)`."""
        build, x = self.kind.find("build"), next(iter(given.every()), None)
        keras = isinstance(self.kind.find("call"), Function)
        if keras and not self.built and isinstance(build, Function) and isinstance(x, Tensor):
            self.built = True
            shape = x.attribute(reader, "shape", line)
            Method(build, self).call(reader, Arguments((shape,)), line)


NAMED = (LayerValue, Container, Instance)
"""What has the name under which it was kept."""


UNCHANGED = words("to eval train cuda cpu apply requires_grad_ half float double compile")
"""Methods that give back the module itself, as far as sizes go."""


KERAS_METHODS = words(
    """
    compile fit summary evaluate predict build save load_weights name input output losses
    load_state_dict state_dict zero_grad weight bias save_hyperparameters log
    """
)


@dataclass(frozen=True)
class InputShape(Thing):
    """keras.layers.InputLayer, or Input at the head of a Sequential."""

    channels: int | None


@dataclass(frozen=True)
class Wrapped(Thing):
    """keras.layers.Lambda."""

    function: Any
    line: int | None

    def call(self, reader: Reader, given: Arguments, line: int | None) -> Any:
        if isinstance(self.function, Thing):
            return self.function.call(reader, given, line)
        return reader.library.unknown_call(reader, Unknown("layers.Lambda", line), given, line)


@dataclass(frozen=True, eq=False)
class KerasModel(Thing):
    """keras.Model(inputs, outputs): called on another tensor, its nodes stand there once more."""

    image: Tensor
    outputs: Any
    line: int | None
    name: str = ""

    def __str__(self) -> str:
        return "keras.Model"

    def attribute(self, reader: Reader, name: str, line: int | None) -> Any:
        return {
            "input": self.image,
            "inputs": [self.image],
            "output": self.outputs,
            "outputs": list(flattened([self.outputs])),
        }.get(name, Unknown(f"Model.{name}", line))

    def call(self, reader: Reader, given: Arguments, line: int | None) -> Any:
        values = given.every()
        if not values or not isinstance(values[0], Tensor):
            return Unknown("Model()", line)
        start = values[0]
        copies: dict[str, Tensor] = {self.image.node: start}
        for node in self.image.net.nodes:
            if node.inputs and all(name in copies for name in node.inputs):
                reader.tick(line)
                inputs = [copies[name] for name in node.inputs]
                copies[node.name] = start.net.add(
                    node.operation, inputs, None, name=node.name, label=node.label, line=node.line
                )
        for note in self.image.net.notes:
            start.net.note(note.text, note.line)

        def copied(value: Any) -> Any:
            if isinstance(value, Tensor):
                if value.node not in copies:
                    raise Unreadable(self.line, "keras.Model: an output that no input leads to")
                twin = copies[value.node]
                return replace(value, net=twin.net, node=twin.node)
            if isinstance(value, list | tuple):
                return [copied(item) for item in value[:100]]
            return value

        return copied(self.outputs)


class Inside:
    """Names of nodes begin with the name of the block that they stand in."""

    def __init__(self, library: FrameworkNames, name: str) -> None:
        self.library = library
        self.name = name

    def __enter__(self) -> None:
        if self.name:
            self.library.path.append(self.name)

    def __exit__(self, *_: object) -> None:
        if self.name:
            self.library.path.pop()


def applied_child(
    reader: Reader, library: FrameworkNames, child: Thing, name: str, x: Any, line: int | None
) -> Any:
    """A container's child at work, under its name in the container."""
    own = getattr(child, "name", None)
    if isinstance(child, NAMED):
        child.name = (
            str(child.given.named.get("name", name)) if isinstance(child, LayerValue) else name
        )
    try:
        return child.call(reader, Arguments((x,)), line)
    finally:
        if isinstance(child, NAMED):
            child.name = own or ""


def applied(at: At, function: Callable[..., Any], given: Arguments) -> Any:
    """Call a layer's own function; what does not fit its signature is the text's mistake."""
    try:
        inspect.signature(function).bind(at, *given.positional, **given.named)
    except TypeError as error:
        at.fail(signature_fault(str(error), function))
    return function(at, *given.positional, **given.named)


def signature_fault(message: str, function: Callable[..., Any]) -> str:
    """Python's TypeError in the words of the other messages."""
    names = [name for name in inspect.signature(function).parameters if name not in ("at", "x")]
    expected = ", ".join(name for name in names if name not in ("more", "named", "input"))
    if found := re.search("missing a required argument: '(.*)'", message):
        return f"'{found[1]}' is missing"
    if found := re.search("unexpected keyword argument '(.*)'", message):
        return f"no argument '{shortened(found[1])}': expected {expected}"
    if found := re.search("multiple values for argument '(.*)'", message):
        return f"'{found[1]}' is given twice"
    return f"too many values: expected {expected}"


def check_keras_name(at: At, kind: str, key: str) -> None:
    """Refuse an argument that Keras's layer does not have."""
    if kind in keras_layers.PASSING or key in KERAS_MORE:
        return
    names = [*inspect.signature(keras_layers.LAYERS[kind]).parameters][2:]
    if key not in names or key == "more":
        close = difflib.get_close_matches(key, [*names, *KERAS_MORE], 1, 0.6)
        hint = f": did you mean '{close[0]}'?" if close else ""
        at.fail(f"no argument '{shortened(key)}'{hint}")


def only(at: At, x: Any) -> Tensor:
    if not isinstance(x, Tensor):
        at.fail(f"expected one layer's output, found {shown(x)}")
    return x


def flattened(values: Any, most: int = 1000) -> list[Any]:
    """What stands in lists, tuples and dictionaries, one within another; at most `most`."""
    found: list[Any] = []
    waiting = [values]
    seen = 0
    while waiting and seen < 10 * most:
        value = waiting.pop()
        seen += 1
        if isinstance(value, dict):
            value = list(value.values())
        if isinstance(value, list | tuple):
            waiting += list(value)[::-1]
        else:
            found.append(value)
    return found[:most]


def snake(kind: str) -> str:
    """Keras's default name of a layer: conv2d, max_pooling2d."""
    text = re.sub("(.)([A-Z][a-z0-9]+)", r"\1_\2", kind)
    return re.sub("([a-z])([A-Z])", r"\1_\2", text).lower()


def container(framework: Framework, kind: str, given: Arguments, line: int | None) -> Container:
    """Sequential(a, b), Sequential([a, b]), Sequential(OrderedDict(…)), ModuleList([…])."""
    made = Container(framework, kind, line)
    layers = list(given.positional) or [
        v for k, v in given.named.items() if k in ("layers", "modules")
    ]
    if len(layers) == 1 and isinstance(layers[0], dict):
        made.names = [str(name)[:60] for name in layers[0]]
        layers = list(layers[0].values())
    elif len(layers) == 1 and isinstance(layers[0], list | tuple | Container):
        inner = layers[0]
        layers = list(inner.children if isinstance(inner, Container) else inner)
    elif framework == "keras" and len(layers) > 1:
        layers = layers[:1]
    for layer in layers:
        if isinstance(layer, Unknown) and layer.fault:
            raise layer.fault
    made.children = layers
    return made


def keras_model(given: Arguments, line: int | None) -> Any:
    """keras.Model(inputs, outputs)."""
    named = {
        key: value for key, value in given.named.items() if key.rstrip("s") in ("input", "output")
    }
    values = [*given.positional, *named.values()]
    for value in flattened(values):
        if isinstance(value, Unknown) and value.fault:
            raise value.fault
    if len(values) < 2:
        return Unknown("keras.Model()", line)
    images = [value for value in flattened([values[0]]) if isinstance(value, Tensor)]
    if len(images) != 1:
        raise Unreadable(line, f"keras.Model with {len(images)} inputs: expected one image")
    if not any(isinstance(value, Tensor) for value in flattened([values[1]])):
        raise Unreadable(line, "keras.Model: its output is no layer's: expected one")
    return KerasModel(images[0], values[1], line)


def joined(at: At, tensors: list[Tensor], how: str) -> Tensor:
    """Tensors added, multiplied or concatenated; all from one image."""
    if not tensors:
        at.fail("expected layers' outputs to join")
    if any(tensor.net is not at.net for tensor in tensors):
        at.fail("joins what comes from two inputs: expected one image")
    if how == "concatenate":
        return at.concatenated(tensors)
    return at.joined(tensors, Multiply() if how == "multiply" else Add())


def tensors_in(at: At, value: Any) -> list[Tensor]:
    """The tensors of a list; what is none of them is named."""
    found = []
    for item in flattened([value]):
        if isinstance(item, Unknown) and item.fault:
            raise item.fault
        if isinstance(item, Tensor):
            found.append(item)
        else:
            at.fail(f"joins what is no layer's output: {shown(item)}")
    return found


def joined_layer(at: At, layer: LayerValue, x: Any) -> Tensor:
    """Keras's Add, Concatenate and the like."""
    tensors = tensors_in(at, x)
    how = KERAS_JOINS[layer.kind]
    if how == "concatenate":
        axis = layer.given.named.get("axis", (*layer.given.positional, -1)[0])
        channel_axis(at, tensors, axis)
    return joined(at, tensors, how)


def channel_axis(at: At, tensors: list[Tensor], axis: Any) -> None:
    """Refuse a concatenation along anything but the channels."""
    place = 3 if tensors and tensors[0].last else 1
    right = (1, -1) if tensors and tensors[0].form == "vector" else (place, place - 4)
    if any(tensor.form == "unknown" for tensor in tensors):
        return
    if axis not in right or isinstance(axis, bool):
        at.fail(f"along axis {shown(axis)}: expected the channels', {right[0]} or {right[1]}")
