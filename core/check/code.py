"""A network from pasted PyTorch or Keras code, which is read as text and never run.

`read` follows the text with `core.check.reading.python` and knows the frameworks' names by
`core.check.reading.names`. What cannot be followed is named by its line.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import Any

from core.check.graph import Graph
from core.check.graph import Unknown as UnknownNode
from core.check.reading.building import Net, Note, Tensor
from core.check.reading.names import FrameworkNames
from core.check.reading.objects import (
    REQUIRED,
    Arguments,
    Class,
    Function,
    Parameter,
    Unknown,
    Unreadable,
)
from core.check.reading.python import MAX_CALLS, Reader, TooLong, parse
from core.check.reading.values import (
    Container,
    Framework,
    Instance,
    KerasModel,
    LayerValue,
    flattened,
)
from core.settings import InputError


@dataclass(frozen=True)
class Reading:
    """What a reader made of a text or a module.

    framework: whose layers they are.
    name: what the network is called there.
    notes: what to know about the reading, in the order of the lines.
    size: height and width of the image that the text itself speaks of.
    """

    graph: Graph
    framework: Framework
    name: str
    notes: tuple[Note, ...] = ()
    size: tuple[int, int] | None = None

    @property
    def whole(self) -> bool:
        """Whether everything was followed, so that every figure holds."""
        return not any(isinstance(node.operation, UnknownNode) for node in self.graph.nodes)


def read(text: str, channels: int = 3) -> Reading:
    """The network that `text` builds.

    channels: of the image, where no layer says how many.
    Raises InputError, which names the line, where there is none or where it cannot be built.
    """
    library = FrameworkNames(text)
    reader = Reader(library)
    tree = parse(text)
    try:
        return follow(reader, library, tree, channels)
    except RecursionError:
        raise InputError(
            f"line {reader.line}: too many steps within one another: expected a simpler model"
        ) from None


def follow(reader: Reader, library: FrameworkNames, tree: Any, channels: int) -> Reading:
    """`read`, on the tree."""
    try:
        reader.follow(tree)
    except TooLong:
        if not any(isinstance(value, MODELS) for value in reader.scope.names.values()):
            raise
        reader.steps = 0  # a training loop, say: the model stands before it
    name, model, also = chosen(reader)
    if isinstance(model, KerasModel):
        net, outputs = model.image.net, model.outputs
    elif isinstance(model, Tensor):
        net, outputs = model.net, model
    else:
        net, outputs = applied(reader, library, model)
    ends = [value for value in flattened([outputs]) if isinstance(value, Tensor)]
    if not ends:
        for value in flattened([outputs]):
            if isinstance(value, Unknown) and value.fault:
                raise value.fault
        raise InputError(f"{name}: what comes out of it could not be followed back to its image")
    ends = [end for end in ends if end.net is net]
    if also:
        net.note(also)
    graph = net.graph(ends, channels)
    notes = sorted(net.notes, key=lambda note: note.line or 0)
    return Reading(graph, library.framework or "torch", name, tuple(notes), library.size)


MODELS = (Instance, Container, KerasModel)
USUAL = ("model", "net", "network")


def chosen(reader: Reader) -> tuple[str, Any, str]:
    """The network among all that the text defines, its name, and what to say of the choice.

    That is a model under a usual name, else the last one; else what the last class, or function,
    makes; else the last layer's output, or a model that stands without a name.
    """
    names = reader.scope.names
    models = {
        name: value
        for name, value in names.items()
        if isinstance(value, MODELS) and is_network(value)
    }
    usual = [name for name in names if name in USUAL]
    for name in usual:
        if name not in models and isinstance(names[name], Unknown):
            raise not_known(names[name])
    if models:
        name = next((name for name in usual if name in models), list(models)[-1])
        inside = parts_of(models[name])
        others = [o for o in models if not any(models[o] is part for part in inside)]
        also = f"read '{name}'; the text also makes {', '.join(others[:5])}" if others else ""
        return name, models[name], also
    return *unnamed(reader), ""


def not_known(value: Unknown) -> Unreadable:
    """The error for a network that is made by what the reader does not know."""
    return value.fault or Unreadable(
        value.line,
        f"'{value.text}' is not known here: expected the layers written out, or, on your own "
        "machine, --torch",
    )


def unnamed(reader: Reader) -> tuple[str, Any]:
    """`chosen`, where no model has a name."""
    names = reader.scope.names
    broken = {
        name: value
        for name, value in names.items()
        if isinstance(value, Unknown) and value.fault is not None
    }
    if (made := made_inside(reader)) is not None:
        return made
    try:
        made = from_definition(reader)
    except Unreadable:
        if not broken:
            raise
        made = None
    if made is not None:
        return made
    tensors = {name: value for name, value in names.items() if isinstance(value, Tensor)}
    ends = [name for name, value in tensors.items() if value.node != "input"]
    if ends and not broken:
        return ends[-1], tensors[ends[-1]]
    last = reader.alone[-1:]
    for value in flattened(last):
        if isinstance(value, MODELS):
            return "the network", value
    layers = [v for v in flattened(reader.alone) if isinstance(v, LayerValue)]
    if layers:
        return "the layers", Container(layers[0].framework, "Sequential", layers[0].line, layers)
    for value in last:
        if isinstance(value, Unknown) and value.fault:
            raise value.fault
    for value in list(broken.values())[::-1]:
        assert value.fault is not None
        raise value.fault
    raise InputError(
        "no network found in the code: expected nn.Sequential, an nn.Module class, "
        "keras.Sequential or keras.Model"
    )


def made_inside(reader: Reader) -> tuple[str, Any] | None:
    """The model that a function such as main() makes for itself."""
    for names in reader.inside[::-1]:
        models = [name for name, v in names.items() if isinstance(v, MODELS) and is_network(v)]
        for name in [*(n for n in models if n in USUAL), *models[::-1]]:
            return name, names[name]
    return None


def is_network(value: Any) -> bool:
    """Whether a model has anything in it; a Module, or an object, may hold settings only."""
    if isinstance(value, Instance):
        return bool(value.kind.foreign() or value.children)
    return bool(value.children) if isinstance(value, Container) else True


def from_definition(reader: Reader) -> tuple[str, Any] | None:
    """A model made by the last class that no other one uses, or by the last function."""
    names = reader.scope.names
    classes = [
        value
        for value in names.values()
        if isinstance(value, Class)
        and any(
            re.search("Module|Model|Layer|Sequential|Classifier", base) for base in value.foreign()
        )
    ]
    used = {
        name
        for other in classes
        for name, value in names.items()
        if value in classes and value is not other and uses(other, name)
    }
    first: Unreadable | None = None
    for kind in [c for c in classes[::-1] if c.name not in used] + classes[::-1]:
        try:
            return kind.name, made_with_guesses(reader, kind)
        except Unreadable as error:
            first = first or error
    for function in [v for v in list(names.values())[::-1] if isinstance(v, Function)]:
        try:
            outcome = made_with_guesses(reader, function)
        except Unreadable as error:
            first = first or error
            continue
        for value in flattened([outcome]):
            if isinstance(value, (*MODELS, Tensor)):
                return function.name, value
        if (made := made_inside(reader)) is not None:
            return made
    if first is not None:
        raise first
    return None


def uses(kind: Class, name: str) -> bool:
    """Whether a class's functions mention a name."""
    return any(
        isinstance(node, ast.Name) and node.id == name
        for value in kind.scope.names.values()
        if isinstance(value, Function) and not isinstance(value.body, ast.expr)
        for statement in value.body
        for node in ast.walk(statement)
    )


GUESSES = {
    name: value
    for names, value in (
        ("in_channels n_channels in_ch input_channels img_ch in_chans image_channels", 3),
        ("img_channels num_channels channels_in ch_in in_c c_in input_nc output_nc nc", 3),
        ("num_classes n_classes classes nb_classes out_dim n_outputs num_outputs n_actions", 10),
        ("out_channels out_ch output_ch n_out out_chans channels_out ch_out", 1),
    )
    for name in names.split()
}
"""Values for what a class asks for and the text never gives; each is said."""


def made_with_guesses(reader: Reader, maker: Class | Function) -> Any:
    """What a class or function makes, with `GUESSES` for what it needs to be told."""
    start = maker.find("__init__") if isinstance(maker, Class) else maker
    parameters: tuple[Parameter, ...] = ()
    line = maker.line if isinstance(maker, Class) else 1
    if isinstance(start, Function):
        parameters = start.parameters[1:] if isinstance(maker, Class) else start.parameters
    elif isinstance(start, Unknown) and start.fault:
        raise start.fault
    named: dict[str, Any] = {}
    for parameter in parameters:
        if parameter.default is REQUIRED and parameter.kind in ("", "only"):
            if parameter.name not in GUESSES:
                raise Unreadable(
                    line,
                    f"{maker.name} needs '{parameter.name}': expected a last line "
                    f"'model = {maker.name}(…)'",
                )
            named[parameter.name] = GUESSES[parameter.name]
    made = maker.call(reader, Arguments((), named), line)
    if named and isinstance(made, Instance):
        values = ", ".join(f"{name}={value}" for name, value in named.items())
        made.guessed = (
            f"read as {maker.name}({values}): a last line 'model = {maker.name}(…)' decides"
        )
    return made


def applied(reader: Reader, library: FrameworkNames, model: Any) -> tuple[Net, Any]:
    """A module or a Sequential, applied to an image."""
    net = Net()
    first = head_of(model)
    shape = None
    if isinstance(first, LayerValue):
        shape = first.first_shape()
    known = getattr(first, "channels", None)
    if isinstance(first, LayerValue) and shape is not None:
        known = library.read_shape(shape, first.line)
    image = net.image(known, model.line)
    keras = library.framework == "keras" and not library.channels_first
    image = Tensor(net, image.node, image.channels, "map", keras)
    if isinstance(model, Instance) and model.guessed:
        net.note(model.guessed, model.line)
    model.name = ""
    return net, model.call(reader, Arguments((image,)), model.line)


def parts_of(model: Any) -> list[Any]:
    """A model and what stands directly in it."""
    kept = list(model.attributes.values()) if isinstance(model, Instance) else []
    return [model, *getattr(model, "children", ()), *flattened(kept)]


def head_of(model: Any) -> Any:
    """The first layer of a Sequential, which may stand in another one."""
    for _ in range(MAX_CALLS):  # one may stand in itself
        if isinstance(model, Container) and model.children:
            model = model.children[0]
    return model
