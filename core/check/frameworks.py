"""PyTorch's and Keras's names as pasted code uses them: layers, containers, models, tensors."""

from __future__ import annotations

import ast
import difflib
import inspect
import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from core.check import keras_layers, torch_layers
from core.check.building import At, Net, Tensor, shown, words
from core.check.graph import Add, Crop, Global, Multiply, Pass
from core.check.python import (
    REQUIRED,
    Arguments,
    Builtin,
    Class,
    Function,
    Library,
    Marked,
    Method,
    Name,
    Reader,
    Thing,
    Unknown,
    Unreadable,
    bind,
    limited,
    parse,
    shortened,
)
from core.check.torch_layers import Dim, Sizes, Sum

Framework = Literal["torch", "keras"]

ROOTS: dict[str, Framework] = {
    "torch": "torch",
    "torchvision": "torch",
    "pytorch_lightning": "torch",
    "lightning": "torch",
    "keras": "keras",
    "tensorflow": "keras",
    "tf_keras": "keras",
}

BARE = {
    "nn": "torch.nn",
    "F": "torch.nn.functional",
    "torch": "torch",
    "torchvision": "torchvision",
    "keras": "keras",
    "tf": "tensorflow",
    "tensorflow": "tensorflow",
    "layers": "keras.layers",
    "models": "keras.models",
    "ops": "keras.ops",
    "K": "keras.backend",
    "math": "math",
    "np": "numpy",
    "OrderedDict": "collections.OrderedDict",
    "partial": "functools.partial",
    "functools": "functools",
    "collections": "collections",
    "Model": "keras.Model",
    "Input": "keras.Input",
    "InputLayer": "keras.layers.InputLayer",
    "Tensor": "torch.Tensor",
}
"""What a name stands for in a snippet that leaves its imports out."""

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
JOINING_FUNCTIONS = {
    **dict.fromkeys(("add", "sub", "subtract", "maximum", "minimum", "average"), "add"),
    **dict.fromkeys(("mul", "multiply", "div", "divide"), "multiply"),
    **dict.fromkeys(("cat", "concat", "concatenate"), "concatenate"),
}
NOT_FOLLOWED = re.compile(
    "(RNN|LSTM|GRU|Transformer|Attention|Embedding|Unfold|Fold|Unpool|ConvLSTM|Bilinear)"
)
LIKE_PASSING = re.compile("norm|drop|activation|relu|gelu|swish|silu|act$", re.I)
NOT_PASSING = re.compile("conv|pool|block|layer|up|down|se|attention|pad|net", re.I)


class FrameworkNames(Library):
    """The names of both frameworks; `framework` is the one that the text turns out to use."""

    def __init__(self, text: str) -> None:
        self.framework: Framework | None = None
        self.torch_text = bool(re.search(r"\bConv2d\b|\bnn\.", text))
        self.channels_first = "channels_first" in text
        self.path: list[str] = []
        self.built: set[Class] = set()
        self.size: tuple[int, int] | None = None

    # --- Names ----------------------------------------------------------------------------------

    def bare(self, name: str) -> Any:
        if name in BARE:
            return Name(BARE[name])
        if name == "Sequential":
            return Name("torch.nn.Sequential" if self.torch_text else "keras.Sequential")
        if name in torch_layers.MODULES and name not in keras_layers.LAYERS:
            return Name(f"torch.nn.{name}")
        known = {*keras_layers.LAYERS, *keras_layers.PASSING, *keras_layers.ALIASES, *KERAS_JOINS}
        if name in known and not (self.torch_text and name in torch_layers.PASSING):
            return Name(f"keras.layers.{name}")
        if name in torch_layers.PASSING:
            return Name(f"torch.nn.{name}")
        if name in REFLECTING:
            return Name(f"builtins.{name}")
        return REQUIRED

    def call(self, reader: Reader, path: str, given: Arguments, line: int | None) -> Any:
        reader.tick(line)
        root, _, _ = path.partition(".")
        last = path.rpartition(".")[2]
        if path in PLAIN_FUNCTIONS:
            return Builtin(last, PLAIN_FUNCTIONS[path]).call(reader, given, line)
        if path == "functools.partial":
            return Partial(given.positional[0], given) if given.positional else Unknown(path, line)
        if root == "builtins":
            return reflect(reader, last, given, line)
        framework = ROOTS.get(root)
        if framework is None:
            return self.unknown_call(reader, Unknown(path, line), given, line)
        if ".init." in path or ".utils.data" in path or path.startswith("torch.optim"):
            return Unknown(path, line)
        if path in WRAPPERS and given.positional:
            return given.positional[0]
        if SHIPPED.search(path):
            return self.shipped(path, given, line)
        if last[:1].isupper():
            return self.make(reader, framework, path, last, given, line)
        return self.apply(reader, framework, path, last, given, line)

    def shipped(self, path: str, given: Arguments, line: int | None) -> Any:
        """A network that the framework ships, where it stands among those known by name."""
        from core.check.networks import NETWORKS  # which are read by this very module

        last = path.rpartition(".")[2]
        if last not in READY_MADE:
            known = ", ".join(READY_MADE)
            raise Unreadable(line, f"{path}: of the networks that are shipped, expected {known}")
        inner = Reader(self)
        inner.follow(parse(NETWORKS[READY_MADE[last]].code))
        model = inner.scope.names["model"]
        if isinstance(model, KerasModel) and given.named.get("include_top") is False:
            head = next(n for n in model.image.net.nodes if isinstance(n.operation, Global))
            channels = 2048 if last == "ResNet50" else 1280
            end = Tensor(model.image.net, head.inputs[0], channels, last=True)
            return replace(model, outputs=end, line=line)
        return model

    def make(
        self,
        reader: Reader,
        framework: Framework,
        path: str,
        kind: str,
        given: Arguments,
        line: int | None,
    ) -> Any:
        """A layer or a container, from the call of its class."""
        short = f"{'nn' if framework == 'torch' else 'layers'}.{kind}"
        if kind in ("Sequential", "ModuleList", "ModuleDict"):
            self.framework = self.framework or framework
            return container(framework, kind, given, line)
        if framework == "keras":
            kind = keras_layers.ALIASES.get(kind, kind)
            if kind in ("Input", "InputLayer"):
                return self.input(reader, given, line, layer=kind == "InputLayer")
            if kind in ("Model", "Functional"):
                return keras_model(given, line)
            if kind == "Lambda":
                self.framework = "keras"
                function = next(iter(given.every()), None)
                return Wrapped(function, line)
        known: dict[str, Any]
        if framework == "torch":
            known = {**torch_layers.MODULES, **dict.fromkeys(torch_layers.PASSING)}
            refused = torch_layers.REFUSED
        else:
            known = {**keras_layers.LAYERS, **dict.fromkeys(keras_layers.PASSING)}
            known |= dict.fromkeys(KERAS_JOINS)
            refused = keras_layers.REFUSED
        if kind in refused:
            raise Unreadable(line, f"{short}: {refused[kind]}")
        if kind in known:
            self.framework = self.framework or framework
            return LayerValue(framework, kind, given, line)
        close = difflib.get_close_matches(kind, known, 1, 0.8)
        if close and (".nn." in path or ".layers." in path):
            prefix = short.rpartition(".")[0]
            raise Unreadable(line, f"{short} is not known: did you mean {prefix}.{close[0]}?")
        return Unknown(short, line)

    def apply(
        self,
        reader: Reader,
        framework: Framework,
        path: str,
        name: str,
        given: Arguments,
        line: int | None,
    ) -> Any:
        """A function of a framework's."""
        if framework == "torch" and name in ("randn", "rand", "zeros", "ones", "empty"):
            sizes = given.positional
            if len(sizes) == 1 and isinstance(sizes[0], list | tuple):
                sizes = tuple(sizes[0])
            if len(sizes) == 4 and all(type(n) is int and n > 0 for n in sizes[2:]):
                self.size = (sizes[2], sizes[3])
            return Unknown(f"torch.{name}()", line)
        if path == "torch.tensor" and given.positional:
            inner = flattened([given.positional[0]])
            return inner[0] if len(inner) == 1 else Unknown(path, line)
        if path in SCRIPTING:
            return False
        if name == "checkpoint" and len(given.positional) > 1:
            function, *rest = given.positional
            if isinstance(function, Thing):
                return function.call(reader, Arguments(tuple(rest)), line)
        if framework == "keras" and name == "resize":
            return resize(self, given, line)
        tensors = [v for v in flattened(given.every()) if isinstance(v, Tensor)]
        if given.positional and isinstance(given.positional[0], Grouped):
            return given.positional[0].then(name, list(flattened(list(given.positional[1:]))))
        if not tensors:
            for value in given.every():
                if isinstance(value, Unknown) and value.fault:
                    return Unknown(path, line, value.fault)
            return Unknown(path, line)
        if name in JOINING_FUNCTIONS:
            return joining_function(self, framework, name, given, line)
        short = f"{'F.' if 'functional' in path else framework + '.'}{name}"
        return self.function(reader, framework, name, short, given, line)

    def function(
        self,
        reader: Reader,
        framework: Framework,
        name: str,
        short: str,
        given: Arguments,
        line: int | None,
    ) -> Any:
        """A function, or a method of a tensor, with the tensor among its arguments."""
        tensor = next(v for v in flattened(given.every()) if isinstance(v, Tensor))
        at = self.at(tensor.net, short, name, line)
        if name in SHAPING and tensor.form == "unknown":
            return at.passed(tensor)
        if name in SHAPING:
            return SHAPING[name](at, framework, given)
        if framework == "torch" and name in torch_layers.FUNCTIONS:
            return applied(at, torch_layers.FUNCTIONS[name], given)
        module = torch_layers if framework == "torch" else keras_layers
        if name in module.PASSING_FUNCTIONS:
            return at.passed(tensor)
        return at.unknown([v for v in flattened(given.every()) if isinstance(v, Tensor)])

    def at(self, net: Net, what: str, name: str, line: int | None) -> At:
        full = ".".join([*self.path, name])
        numbered = re.fullmatch(r"[\d.']+", name) is not None
        return At(net, what, full, line, f"{full} {what.rpartition('.')[2]}" if numbered else "")

    def input(self, reader: Reader, given: Arguments, line: int | None, layer: bool) -> Any:
        """keras.Input(shape) and the like."""
        named = dict(given.named)
        shape = given.positional[0] if given.positional else None
        for key in ("shape", "input_shape", "batch_shape", "batch_input_shape"):
            if key in named:
                shape = named[key]
                if key.startswith("batch") and isinstance(shape, list | tuple):
                    shape = shape[1:]
        self.framework = "keras"
        channels = self.read_shape(shape, line)
        if layer:
            return InputShape(channels)
        return replace(Net().image(channels, line), last=not self.channels_first)

    def read_shape(self, shape: Any, line: int | None) -> int | None:
        """The channels of an input of Keras's; its size is kept."""
        if isinstance(shape, Unknown) and shape.fault:
            raise shape.fault
        if isinstance(shape, Unknown):
            return None
        if not isinstance(shape, list | tuple) or len(shape) != 3:
            raise Unreadable(line, "the input's shape: expected (height, width, channels)")
        *size, channels = (*shape[1:], shape[0]) if self.channels_first else shape
        height, width = size
        if type(height) is int and type(width) is int and min(height, width) > 0:
            self.size = (height, width)
        if isinstance(channels, Unknown):
            return None
        return At(Net(), "the input", "input", line).count(channels, "channels")

    # --- What the text defines ------------------------------------------------------------------

    def instance(self, reader: Reader, kind: Class, given: Arguments, line: int | None) -> Any:
        foreign = " ".join(kind.foreign())
        self.built.update(kind.lineage())
        made = Instance(kind, line)
        if "torch" in foreign or "lightning" in foreign:
            self.framework = self.framework or "torch"
        elif "keras" in foreign or "tensorflow" in foreign:
            self.framework = self.framework or "keras"
        start = kind.find("__init__")
        if isinstance(start, Function):
            Method(replace(start, name=kind.name), made).call(reader, given, line)
        elif foreign.endswith("Sequential"):
            made.children = container("torch", "Sequential", given, line).children
        return made

    def inherited(self, instance: Any, name: str, line: int | None) -> Any:
        """What `super().name` is where super() is a framework's own class."""

        def start(*layers: Any, **_: Any) -> None:
            if any("Sequential" in base for base in instance.kind.foreign()):
                made = container("torch", "Sequential", Arguments(layers), line)
                instance.children = made.children

        if name == "__init__":
            return Builtin("__init__", start)
        if name == "forward" and isinstance(instance, Instance):
            return Container("torch", "Sequential", line, instance.children)
        return Builtin(name, lambda *_, **__: None)

    def unknown_call(
        self, reader: Reader, what: Unknown, given: Arguments, line: int | None
    ) -> Any:
        if what.fault:
            return Unknown(what.text, line, what.fault)
        tensors = [v for v in flattened(given.every()) if isinstance(v, Tensor)]
        if not tensors:
            if what.text.endswith(".verify") and given.positional == (None,):
                return None  # torchvision's question whether weights were asked for
            return Unknown(shortened(f"{what.text}()"), line)
        text = what.text.removesuffix("()")
        name = re.sub(r"\W+", "_", text.rpartition(".")[2]) or "unknown"
        at = self.at(tensors[0].net, text, name.lower(), line)
        passing = LIKE_PASSING.search(name) and not NOT_PASSING.search(name)
        if passing and len(tensors) == 1:
            at.net.note(f"`{text}` is not known here: read as moving nothing from its place", line)
            return at.passed(tensors[0])
        return at.unknown(tensors)

    def combine(
        self, reader: Reader, sign: type[ast.operator], a: Any, b: Any, line: int | None
    ) -> Any:
        tensors = [value for value in (a, b) if isinstance(value, Tensor)]
        if not tensors:
            if isinstance(a, Dim | Sum) or isinstance(b, Dim | Sum):
                return Sum(sign, a, b)
            return Unknown("…", line)
        name = {ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.Div: "div"}.get(sign)
        if name is None:
            at = self.at(tensors[0].net, sign.__name__, "operator", line)
            return at.unknown(tensors, "this operator is not known between layers' outputs")
        if len(tensors) == 2:
            at = self.at(tensors[0].net, name, name, line)
            multiplies = sign in (ast.Mult, ast.Div)
            return joined(at, tensors, "multiply" if multiplies else "add")
        other = b if isinstance(a, Tensor) else a
        if not isinstance(other, int | float):
            tensors[0].net.note(f"`{name}` with what is no layer's output: read as no change", line)
        return tensors[0]

    # --- Tensors --------------------------------------------------------------------------------

    def tensor_attribute(self, reader: Reader, x: Tensor, name: str, line: int | None) -> Any:
        if name == "shape":
            return Shape(x)
        if name == "size":
            return Bound(lambda given: Shape(x).asked(given))
        if name in ("data", "real"):
            return x
        if name in ("ndim", "dtype", "device", "is_cuda", "requires_grad"):
            return 4 if name == "ndim" else Unknown(name, line)
        framework: Framework = "keras" if x.last and self.framework == "keras" else "torch"
        bare = name.rstrip("_") if not name.startswith("_") else name

        def called(given: Arguments) -> Any:
            whole = Arguments((x, *given.positional), given.named)
            if bare in JOINING_FUNCTIONS and bare not in ("cat", "concat"):
                return joining_function(self, framework, bare, whole, line)
            return self.function(reader, framework, bare, f".{name}()", whole, line)

        return Bound(called)

    def tensor_item(self, reader: Reader, x: Tensor, key: Any, line: int | None) -> Any:
        at = self.at(x.net, "slice", "slice", line)
        if x.form == "unknown":
            return x
        keys = list(key) if isinstance(key, tuple) else [key]
        if x.form == "vector":
            return at.node(Pass("unsqueeze"), x, x.channels) if None in keys else at.passed(x)
        cuts = cut(keys)
        if cuts is None:
            why = "what this slice keeps is not followed: expected [:, :, a:-b, c:-d]"
            return at.unknown([x], why)
        around, channels = (cuts[1:3], cuts[3]) if x.last else (cuts[2:], cuts[1])
        if cuts[0] != WHOLE or channels != WHOLE:
            return at.unknown([x], "which channels or images this slice keeps is not followed")
        if around == [WHOLE, WHOLE]:
            return x
        (top, bottom), (left, right) = around
        return at.node(Crop(top, bottom, left, right), at.map_of(x), x.channels)


WHOLE = (0, 0)


def cut(keys: list[Any]) -> list[tuple[int, int]] | None:
    """What a slice cuts off each of four axes, before and after; None where it does more."""
    dots = [place for place, key in enumerate(keys) if isinstance(key, Unknown)]
    if len(dots) == 1 and keys[dots[0]].text == "…" and len(keys) <= 5:
        keys[dots[0] : dots[0] + 1] = [slice(None)] * (5 - len(keys))
    found: list[tuple[int, int]] = []
    for key in keys:
        if not isinstance(key, slice) or key.step not in (None, 1):
            return None
        start, stop = key.start or 0, key.stop or 0
        if not (type(start) is type(stop) is int and start >= 0 >= stop):
            return None
        found.append((start, -stop))
    return found + [WHOLE] * (4 - len(found)) if len(found) <= 4 else None


# --- Values of the frameworks -------------------------------------------------------------------


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

    def call(self, reader: Reader, given: Arguments, line: int | None) -> Any:
        both = Arguments(
            (*self.given.positional[1:], *given.positional), {**self.given.named, **given.named}
        )
        if not isinstance(self.function, Thing):
            return Unknown("partial", line)
        return self.function.call(reader, both, line)


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
        if isinstance(x, Unknown) and x.fault:
            raise x.fault
        tensors = [value for value in flattened([x]) if isinstance(value, Tensor)]
        library: FrameworkNames = reader.library  # type: ignore[assignment]
        if not tensors:
            return Unknown(str(self), line)
        name = self.name or self.given.named.get("name") or snake(self.kind)
        at = library.at(tensors[0].net, str(self), str(name)[:60], self.line)
        if self.framework == "keras":
            if self.kind in KERAS_JOINS:
                return joined_layer(at, self, x)
            for key in self.given.named:
                check_keras_name(at, self.kind, key)
        if self.kind in PASSING[self.framework]:
            return at.passed(at.map_of(x) if self.kind == "Dropout2d" else only(at, x))
        module = torch_layers.MODULES if self.framework == "torch" else keras_layers.LAYERS
        arguments = Arguments((x, *self.given.positional), self.given.named)
        return applied(at, module[self.kind], arguments)

    def first_shape(self) -> Any:
        """The input's shape that Keras's first layers may say."""
        for key in ("input_shape", "batch_input_shape", "batch_shape"):
            shape = self.given.named.get(key)
            if isinstance(shape, list | tuple):
                return shape[1:] if key.startswith("batch") else shape
        return None


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
                if isinstance(child, InputShape):
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
    """An object of a class that the text defines."""

    kind: Class
    line: int | None
    attributes: dict[str, Any] = field(default_factory=dict)
    children: list[Any] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    name: str = ""
    guessed: str = ""

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
        if name == "training":
            return False

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
            text = f"{self.kind.name} has no `{shortened(name)}`{hint}"
            if name.startswith("_") or name in KERAS_METHODS:
                return Unknown(name, line)
            return Unknown(f"{self.kind.name}.{name}", line, Unreadable(line, text))
        return Unknown(f"{self.kind.name}.{name}", line)

    def call(self, reader: Reader, given: Arguments, line: int | None) -> Any:
        library: FrameworkNames = reader.library  # type: ignore[assignment]
        for name in ("forward", "call", "__call__"):
            method = self.kind.find(name)
            if isinstance(method, Function):
                with Inside(library, self.name):
                    return Method(method, self).call(reader, given, line)
            if isinstance(method, Unknown) and method.fault:
                raise method.fault
        if self.children:
            inner = Container(
                "torch", "Sequential", self.line, self.children, self.names, self.name
            )
            return inner.call(reader, given, line)
        raise Unreadable(
            self.kind.line, f"{self.kind.name} has no `forward` (or, in Keras, `call`)"
        )


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


@dataclass(frozen=True)
class Shape(Thing):
    """A tensor's shape: (batch, channels, rows, columns), channels last in Keras."""

    tensor: Tensor

    def axis(self, place: int) -> Any:
        """The length of one axis, counted as PyTorch does from here on; channels as a number."""
        count = 2 if self.tensor.form == "vector" else 4
        place %= count
        if self.tensor.last and count == 4:
            place = (0, 2, 3, 1)[place]
        if place == 1 and self.tensor.channels is not None:
            return self.tensor.channels
        return Dim(self.tensor, place)

    def asked(self, given: Arguments) -> Any:
        """`x.size()` and `x.size(1)`."""
        places = given.every()
        return self.axis(places[0]) if places and type(places[0]) is int else self

    def item(self, reader: Reader, key: Any, line: int | None) -> Any:
        if type(key) is int:
            return self.axis(key)
        count = 2 if self.tensor.form == "vector" else 4
        if isinstance(key, slice):
            try:
                places = range(count)[key]
            except TypeError:
                return Unknown("shape", line)
            found = tuple(self.axis(place) for place in places)
            axes = [one.axis for one in found if isinstance(one, Dim)]
            return Sizes(self.tensor) if axes == [2, 3] and len(found) == 2 else found
        return Unknown("shape", line)


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
        return f"`{found[1]}` is missing"
    if found := re.search("unexpected keyword argument '(.*)'", message):
        return f"no argument `{shortened(found[1])}`: expected {expected}"
    if found := re.search("multiple values for argument '(.*)'", message):
        return f"`{found[1]}` is given twice"
    return f"too many values: expected {expected}"


def check_keras_name(at: At, kind: str, key: str) -> None:
    """Refuse an argument that Keras's layer does not have."""
    if kind in keras_layers.PASSING or key in KERAS_MORE:
        return
    names = [*inspect.signature(keras_layers.LAYERS[kind]).parameters][2:]
    if key not in names or key == "more":
        close = difflib.get_close_matches(key, [*names, *KERAS_MORE], 1, 0.6)
        hint = f": did you mean `{close[0]}`?" if close else ""
        at.fail(f"no argument `{shortened(key)}`{hint}")


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
    if framework == "keras":
        named = given.named.get("name")
        made.name = ""
        del named
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


# --- Joins --------------------------------------------------------------------------------------


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


def joining_function(
    library: FrameworkNames, framework: Framework, name: str, given: Arguments, line: int | None
) -> Any:
    """torch.cat, torch.add, layers.add, layers.concatenate, ops.multiply …"""
    how = JOINING_FUNCTIONS[name]
    values = list(given.positional)
    named = dict(given.named)
    axis = named.pop("dim", named.pop("axis", None))
    for key in ("name", "alpha", "out", "inplace"):
        named.pop(key, None)
    if how == "concatenate" and axis is None and len(values) > 1:
        axis = values.pop()
    values += named.values()
    tensors = [value for value in flattened(values) if isinstance(value, Tensor)]
    at = library.at(tensors[0].net, name, name, line)
    if how == "concatenate":
        foreign = [v for v in flattened(values) if isinstance(v, Unknown) and not v.fault]
        if foreign:
            return at.unknown(tensors, f"joins {foreign[0]}, which is no layer's output")
        channel_axis(at, tensors, axis if axis is not None else (0 if framework == "torch" else -1))
        tensors = tensors_in(at, values)
    for value in flattened(values):
        if isinstance(value, Unknown) and value.fault:
            raise value.fault
    if how != "concatenate" and len(tensors) == 1:
        return tensors[0]
    return joined(at, tensors, how)


# --- Functions on shapes ------------------------------------------------------------------------


def arguments(given: Arguments, *names: str) -> dict[str, Any]:
    """The values after the tensor, by name."""
    found = dict(zip(names, given.positional[1:], strict=False))
    return found | {key: value for key, value in given.named.items() if key in names}


def view(at: At, framework: Framework, given: Arguments) -> Any:
    """x.view(n, -1), torch.reshape(x, …): a map flattened, or a vector as a map of 1 × 1."""
    x = given.positional[0]
    shape = list(given.positional[1:]) or list(given.named.values())
    if len(shape) == 1 and isinstance(shape[0], list | tuple):
        shape = list(shape[0])
    if len(shape) == 1 and isinstance(shape[0], Shape):
        return x
    if len(shape) == 1 and shape[0] == -1:
        return at.flattened(x)
    if len(shape) == 2:
        made = at.flattened(x)
        features = shape[1]
        if type(features) is int and features > 0:
            made = replace(made, channels=features)
        return made
    if len(shape) == 5 and own_sizes(x, shape[3:]):
        return Grouped(at, x)
    if x.form == "vector" and len(shape) == 4:
        ones = shape[1:3] if framework == "keras" else shape[2:]
        if all(one == 1 for one in ones if isinstance(one, int)) and all(
            isinstance(one, int) for one in ones
        ):
            return at.node(Pass("view"), x, x.channels)
    return at.unknown([x], "where each value of this reshape goes is not followed")


def own_sizes(x: Tensor, lengths: list[Any]) -> bool:
    """Whether two lengths are a tensor's own rows and columns."""
    return [(getattr(n, "tensor", None), getattr(n, "axis", 0)) for n in lengths] == [
        (x, 2),
        (x, 3),
    ]


@dataclass(frozen=True)
class Grouped(Thing):
    """A map whose channels are seen as groups, for a moment: how ShuffleNet mixes them."""

    at: At
    tensor: Tensor

    def attribute(self, reader: Reader, name: str, line: int | None) -> Any:
        return Bound(lambda given: self.then(name, list(flattened(list(given.positional)))))

    def then(self, name: str, values: list[Any]) -> Any:
        groups_swapped = (name, values) in (
            ("transpose", [1, 2]),
            ("transpose", [2, 1]),
            ("permute", [0, 2, 1, 3, 4]),
        )
        if groups_swapped or name == "contiguous":
            return self
        if name in ("view", "reshape") and own_sizes(self.tensor, values[2:]):
            return self.at.passed(self.tensor)
        return self.at.unknown([self.tensor], "what becomes of these groups is not followed")


def mean(at: At, framework: Framework, given: Arguments) -> Any:
    """Over rows and columns it is global pooling, over channels it moves nothing."""
    x = given.positional[0] if given.positional else only(at, given.named.get("input"))
    found = arguments(given, "dim", "keepdim", "axis", "keepdims")
    axes = found.get("dim", found.get("axis"))
    keep = bool(found.get("keepdim", found.get("keepdims", False)))
    places: list[Any] = list(axes) if isinstance(axes, list | tuple) else [axes]
    if x.form == "map" and all(type(place) is int for place in places):
        rows, columns, channels = (1, 2, 3) if x.last else (2, 3, 1)
        absolute = sorted(place % 4 for place in places)
        if absolute == [rows, columns]:
            return at.pooled_away(x, keep)
        if absolute == [channels] and keep:
            return at.node(Pass(at.what, 1), x, 1)
    if x.form == "vector":
        return at.passed(x)
    return at.unknown([x], "taken over these axes, it is not followed: expected rows and columns")


def extreme(at: At, framework: Framework, given: Arguments) -> Any:
    """torch.max(x, dim=1): values and their places; of two tensors, place by place."""
    tensors = [value for value in given.every() if isinstance(value, Tensor)]
    if len(tensors) == 2:
        return joined(at, tensors, "add")
    found = mean(at, framework, given)
    if at.what.rpartition(".")[2].strip("()") in ("max", "min") and framework == "torch":
        return (found, Unknown("indices", at.line or 0))
    return found


def squeeze(at: At, framework: Framework, given: Arguments) -> Any:
    x = given.positional[0]
    if x.form == "map" and at.net.is_single(x):
        return at.flattened(x)
    return x


def unsqueeze(at: At, framework: Framework, given: Arguments) -> Any:
    x = given.positional[0]
    return at.node(Pass(at.what), x, x.channels) if x.form == "vector" else x


def permute(at: At, framework: Framework, given: Arguments) -> Any:
    """Channels to the end and back; the image lies as it lay."""
    x = given.positional[0]
    order = list(given.positional[1:]) or list(given.named.values())
    if len(order) == 1 and isinstance(order[0], list | tuple):
        order = list(order[0])
    if order == [0, 2, 3, 1] and not x.last:
        return replace(at.passed(x), last=True)
    if order == [0, 3, 1, 2] and x.last:
        return replace(at.passed(x), last=False)
    return at.unknown([x], "rows and columns change places here")


def chunk(at: At, framework: Framework, given: Arguments) -> Any:
    """The channels in several parts, each with all places."""
    x = given.positional[0]
    found = arguments(given, "chunks", "dim")
    found |= {"chunks": found.get("chunks", given.named.get("split_size_or_sections"))}
    count, axis = found["chunks"], found.get("dim", 0)
    if axis not in (1, -3):
        return at.unknown([x], "split along another axis than the channels'")
    if "split" in at.what:
        if isinstance(count, list | tuple):
            parts = [at.count(one, "split_size") for one in count]
        elif x.channels:
            size = at.count(count, "split_size")
            parts = [min(size, x.channels - i) for i in range(0, x.channels, size)]
        else:
            return at.unknown([x], "how many parts this makes is not known")
    else:
        number = at.whole(count, "chunks")
        whole = x.channels or number
        size = math.ceil(whole / number)
        parts = [min(size, whole - i * size) for i in range(number)]
    parts = [part for part in parts if part > 0][:200]
    return tuple(
        at.node(Pass(at.what, part if x.channels else None), x, part if x.channels else None)
        for part in parts
    )


def expand(at: At, framework: Framework, given: Arguments) -> Any:
    """A map of 1 × 1 repeated: what it joins with repeats it anyway."""
    x = given.positional[0]
    if at.net.is_single(x) or x.form == "vector":
        return x
    return at.unknown([x], "this repetition is not followed")


def pad_keras(at: At, framework: Framework, given: Arguments) -> Any:
    """tf.pad(x, [[0, 0], [1, 1], [1, 1], [0, 0]], mode); PyTorch's is elsewhere."""
    if framework == "torch":
        return applied(at, torch_layers.FUNCTIONS["pad"], given)
    found = {"mode": "constant"} | arguments(given, "paddings", "mode", "constant_values")
    x = given.positional[0]
    around = found.get("paddings", given.named.get("pad_width"))
    mode = {"constant": "zeros", "reflect": "reflect", "symmetric": "symmetric"}.get(
        str(found["mode"]).lower()
    )
    if not isinstance(around, list | tuple) or len(around) != 4 or mode is None:
        at.fail("expected [[0, 0], [top, bottom], [left, right], [0, 0]] and a mode")
    pairs = [at.pair(pair, "paddings", 0) for pair in around]
    rows, columns = (pairs[1], pairs[2]) if x.last else (pairs[2], pairs[3])
    sides: Any = (*rows, *columns)
    return at.padded(at.map_of(x), sides, mode)  # type: ignore[arg-type]


def resize(library: FrameworkNames, given: Arguments, line: int | None) -> Any:
    """tf.image.resize(x, size)."""
    from core.check.graph import Resize

    values = given.every()
    x = next((value for value in values if isinstance(value, Tensor)), None)
    if x is None:
        return Unknown("resize()", line)
    found = arguments(given, "size", "method")
    at = library.at(x.net, "resize", "resize", line)
    method = found.get("method", given.named.get("interpolation", "bilinear"))
    mode: Any = "nearest" if method == "nearest" else "bilinear"
    other = torch_layers.same_size(found.get("size"))
    if other is not None:
        return at.like(at.map_of(x), at.map_of(other), mode, False)
    size = at.pair(found.get("size"), "size", 1, 10_000)
    return at.node(Resize(size=size, mode=mode), at.map_of(x), x.channels)


def flatten_function(at: At, framework: Framework, given: Arguments) -> Any:
    if framework == "keras":
        return at.flattened(given.positional[0])
    x = given.positional[0] if given.positional else given.named.get("input")
    found = arguments(given, "start_dim", "end_dim")
    return torch_layers.flatten(at, x, found.get("start_dim", 0), found.get("end_dim", -1))


SHAPING: dict[str, Callable[[At, Framework, Arguments], Any]] = {
    **dict.fromkeys(("view", "reshape"), view),
    **dict.fromkeys(("mean", "reduce_mean", "sum", "reduce_sum", "reduce_max", "amax"), mean),
    **dict.fromkeys(("max", "min"), extreme),
    **dict.fromkeys(("permute", "transpose"), permute),
    **dict.fromkeys(("chunk", "split"), chunk),
    **dict.fromkeys(("expand", "expand_as", "repeat"), expand),
    "squeeze": squeeze,
    "unsqueeze": unsqueeze,
    "expand_dims": unsqueeze,
    "pad": pad_keras,
    "flatten": flatten_function,
}


# --- Python's own that need the reader ----------------------------------------------------------

REFLECTING = ("getattr", "setattr", "hasattr", "isinstance", "print", "callable", "type")
WRAPPERS = {
    "torch.nn.DataParallel",
    "torch.compile",
    "torch.jit.script",
    "torch.nn.utils.spectral_norm",
}
"""What gives back, as far as sizes go, what it is given."""

SHIPPED = re.compile(r"(^torchvision\.models|keras\.applications)\.(\w+\.)?\w+$")
READY_MADE = {
    "resnet18": "resnet18",
    "vgg16": "vgg16",
    "mobilenet_v2": "mobilenet_v2",
    "ResNet50": "resnet50_keras",
    "MobileNetV2": "mobilenet_v2_keras",
}
SCRIPTING = {"torch.jit.is_scripting", "torch.jit.is_tracing", "torch.cuda.is_available"}


def ordered(pairs: Any = ()) -> dict[Any, Any]:
    return dict(pairs)


PLAIN_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "math.ceil": math.ceil,
    "math.floor": math.floor,
    "math.sqrt": math.sqrt,
    "math.log2": math.log2,
    "math.log": math.log,
    "math.prod": lambda values: math.prod(list(values)[:20]),
    "numpy.prod": lambda values: math.prod(list(values)[:20]),
    "typing.cast": lambda _, value: value,
    "collections.OrderedDict": ordered,
    "collections.defaultdict": lambda *_: {},
}


def reflect(reader: Reader, name: str, given: Arguments, line: int | None) -> Any:
    """getattr, setattr, isinstance and print, on the reader's own values."""
    values = given.positional
    match name, values:
        case "getattr", (owner, str(attribute), *rest):
            found = reader.attribute(owner, attribute, line)
            missing = isinstance(found, Unknown)
            return rest[0] if missing and rest else found
        case "hasattr", (owner, str(attribute)):
            return not isinstance(reader.attribute(owner, attribute, line), Unknown)
        case "setattr", (Instance() as owner, str(attribute), value):
            owner.set(attribute, value)
            return None
        case "isinstance", (value, kinds):
            return is_instance(value, kinds, line)
        case "print", _:
            return None
    return Unknown(f"{name}()", line)


def is_instance(value: Any, kinds: Any, line: int | None) -> Any:
    """Whether a value is of a kind; Unknown where that cannot be told."""
    plain = {"int": int, "float": float, "str": str, "list": list, "tuple": tuple, "dict": dict}
    for kind in kinds if isinstance(kinds, tuple) else (kinds,):
        if isinstance(kind, Builtin) and kind.name in plain:
            if isinstance(value, plain[kind.name]):
                return True
        elif isinstance(kind, Name):
            last = kind.path.rpartition(".")[2]
            if isinstance(value, Tensor) and "Tensor" in last:
                return True
            if isinstance(value, list | tuple) and last in ("Sequence", "Iterable", "List"):
                return True
            if isinstance(value, LayerValue) and value.kind == last:
                return True
            if isinstance(value, Container) and value.kind == last:
                return True
        elif isinstance(kind, Class):
            if isinstance(value, Instance) and kind in value.kind.lineage():
                return True
        else:
            return Unknown("isinstance()", line)
    return False


__all__ = [
    "Container",
    "FrameworkNames",
    "Instance",
    "KerasModel",
    "LayerValue",
    "bind",
    "flattened",
]
