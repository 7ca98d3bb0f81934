"""PyTorch's and Keras's names, and what stands for each in the reader of pasted code."""

from __future__ import annotations

import ast
import builtins
import difflib
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from core.check.graph import Crop, Global, Match, Pass
from core.check.reading import keras_layers, own, torch_layers
from core.check.reading.building import MAX_LOOKS, At, Net, Tensor
from core.check.reading.lengths import FUNCTIONS, computed, cuts_to
from core.check.reading.objects import (
    MAX_ITEMS,
    REQUIRED,
    Arguments,
    Builtin,
    Class,
    Function,
    Length,
    Library,
    Method,
    Name,
    Thing,
    Unknown,
    Unreadable,
    bind,
    shortened,
)
from core.check.reading.plain import BINARY, listed
from core.check.reading.python import Reader, parse
from core.check.reading.records import Parser, Record
from core.check.reading.shapes import (
    JOINING_FUNCTIONS,
    SHAPING,
    WHOLE,
    Grouped,
    Shape,
    cut,
    every_other,
    fitted,
    joining_function,
    resize,
    spelled_out,
)
from core.check.reading.values import (
    KERAS_JOINS,
    LAYERS,
    PASSING,
    Bound,
    Container,
    Dummy,
    Framework,
    InputShape,
    Instance,
    KerasModel,
    LayerValue,
    Partial,
    Weight,
    Wrapped,
    applied,
    container,
    flattened,
    joined,
    keras_model,
)
from core.layers import MAX_POOL, Layer

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
        self.looks = [MAX_LOOKS]

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
        if name in JOINING_FUNCTIONS and not self.torch_text:  # from keras.layers import *
            return Name(f"keras.layers.{name}")
        if hasattr(builtins, name):
            return Unknown(name, None)
        return REQUIRED

    def call(self, reader: Reader, path: str, given: Arguments, line: int | None) -> Any:
        reader.tick(line)
        root, _, _ = path.partition(".")
        last = path.rpartition(".")[2]
        if path == "argparse.ArgumentParser":
            return Parser()
        if path in ("argparse.Namespace", "types.SimpleNamespace"):
            return Record(given.named)
        if path == "dataclasses.field":
            make = given.named.get("default_factory")
            return make.call(reader, Arguments(), line) if make else given.named.get("default")
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
        if last == "preprocess_input":
            last = "identity"
        elif SHIPPED.search(path):
            return self.shipped(path, given, line)
        if last[:1].isupper():
            return self.make(reader, framework, path, last, given, line)
        return self.apply(reader, framework, path, last, given, line)

    def shipped(self, path: str, given: Arguments, line: int | None) -> Any:
        """A network that the framework ships, where it stands among those known by name."""
        from core.check.networks import NETWORKS, RESNET50  # which are read by this very module

        last = path.rpartition(".")[2]
        if last not in READY_MADE:
            known = ", ".join(READY_MADE)
            raise Unreadable(line, f"{path}: of the networks that are shipped, expected {known}")
        inner = Reader(self)
        code = RESNET50 if last == "resnet50" else NETWORKS[READY_MADE[last]].code
        inner.follow(parse(code))
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
        if path.startswith("torchvision.transforms") and kind in ("Resize", "CenterCrop"):
            name = "resize" if kind == "Resize" else "center_crop"
            size = next(iter(given.every()), None)
            later = Arguments((None,), {"size": size})
            return Partial(Name(f"torchvision.transforms.functional.{name}"), later)
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
        known = {**LAYERS[framework], **dict.fromkeys(PASSING[framework])}
        if framework == "torch":
            refused = torch_layers.REFUSED
        else:
            known |= dict.fromkeys(KERAS_JOINS)
            refused = keras_layers.REFUSED
        if kind in refused:
            raise Unreadable(line, f"{short}: {refused[kind]}")
        if kind in known:
            self.framework = self.framework or framework
            return LayerValue(framework, kind, given, line)
        close = [name for name in known if name.lower() == kind.lower()]
        close = close or difflib.get_close_matches(kind, known, 1, 0.8)
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
            sizes = given.positional or (given.named.get("size"),)
            if len(sizes) == 1 and isinstance(sizes[0], list | tuple):
                sizes = tuple(sizes[0])
            if len(sizes) == 4 and all(type(n) is int and n >= LEAST_IMAGE for n in sizes[2:]):
                self.size = (sizes[2], sizes[3])
            if sizes and all(type(n) is int and 0 < n <= 10_000 for n in sizes):
                return Dummy(sizes, self.looks)
            return Unknown(f"torch.{name}()", line)
        if path.startswith("torchvision.transforms") and name in ("resize", "center_crop"):
            return fitted(self, name, given, line)
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
        if kind.name in own.HELPERS and foreign:
            framework: Framework = "torch" if "torch" in foreign else "keras"
            self.framework = self.framework or framework
            return LayerValue(framework, kind.name, given, line)
        self.built.update(kind.lineage())
        made = Instance(kind, line)
        if "torch" in foreign or "lightning" in foreign:
            self.framework = self.framework or "torch"
        elif "keras" in foreign or "tensorflow" in foreign:
            self.framework = self.framework or "keras"
        start = kind.find("__init__")
        if start is REQUIRED:
            made.layer = layer_of(kind, given, line)
        if not isinstance(start, Function) and given.every() and not kind.foreign():  # a dataclass
            fields = [
                key for key, value in kind.scope.names.items() if not isinstance(value, Function)
            ]
            made.attributes = dict(zip(fields, given.positional, strict=False)) | {**given.named}
        if isinstance(start, Function):
            whole = Arguments((made, *given.positional), given.named)
            made.told = bind(f"{kind.name}()", start.parameters, whole, line)
            Method(replace(start, name=kind.name), made).call(reader, given, line)
        elif foreign.endswith("Sequential"):
            made.children = container("torch", "Sequential", given, line).children
        return made

    def inherited(self, instance: Any, name: str, line: int | None) -> Any:
        """What `super().name` is where super() is a framework's own class."""

        def start(*layers: Any, **named: Any) -> None:
            instance.layer = layer_of(instance.kind, Arguments(layers, named), line)
            if any("Sequential" in base for base in instance.kind.foreign()):
                made = container("torch", "Sequential", Arguments(layers), line)
                instance.children = made.children

        if name == "__init__":
            return Builtin("__init__", start)
        if name in ("forward", "call", "_conv_forward") and instance.layer is not None:
            return instance.layer
        if name == "forward" and isinstance(instance, Instance):
            return Container("torch", "Sequential", line, instance.children)
        return Builtin(name, lambda *_, **__: None)

    def unknown_call(
        self, reader: Reader, what: Unknown, given: Arguments, line: int | None
    ) -> Any:
        tensors = [v for v in flattened(given.every()) if isinstance(v, Tensor)]
        if what.fault:
            if tensors:
                raise what.fault
            return Unknown(what.text, line, what.fault)
        if not tensors:
            if what.text.endswith(".verify") and given.positional == (None,):
                return None  # torchvision's question whether weights were asked for
            return Unknown(shortened(f"{what.text}()"), line)
        text = what.text.removesuffix("()")
        name = re.sub(r"\W+", "_", text.rpartition(".")[2]) or "unknown"
        at = self.at(tensors[0].net, text, name.lower(), line)
        passing = LIKE_PASSING.search(name) and not NOT_PASSING.search(name)
        if passing and len(tensors) == 1:
            at.net.note(f"'{text}' is not known here: read as moving nothing from its place", line)
            return at.passed(tensors[0])
        return at.unknown(tensors)

    def computed(self, name: str, values: Sequence[Any], line: int | None) -> Any:
        return computed(FUNCTIONS.get(name), values, line)

    def combine(
        self, reader: Reader, sign: type[ast.operator], a: Any, b: Any, line: int | None
    ) -> Any:
        tensors = [value for value in (a, b) if isinstance(value, Tensor)]
        if not tensors:
            weight = next((value for value in (a, b) if isinstance(value, Weight)), None)
            if weight is not None and sign in BINARY:
                return weight  # number by number, it keeps its shape
            if isinstance(a, Length) or isinstance(b, Length):
                return self.computed(sign.__name__, (a, b), line)
            return Unknown("…", line)
        if sign is ast.Pow and isinstance(b, int | float):
            return tensors[0]
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
            tensors[0].net.note(f"'{name}' with what is no layer's output: read as no change", line)
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
        if type(key) is int and x.net.size and x.form == "map":
            return Record({"shape": tuple(Shape(x).members()[1:])})  # one of a batch that is tried
        at = self.at(x.net, "slice", "slice", line)
        if x.form == "unknown":
            return x
        keys = list(key) if isinstance(key, tuple) else [key]
        if x.form == "vector":
            return at.node(Pass("unsqueeze"), x, x.channels) if None in keys else at.passed(x)
        keys = spelled_out(keys)
        starts = every_other(keys, x.last)
        if starts is not None:
            (top, _), (left, _) = starts
            if top or left:
                x = at.part("crop").node(Crop(top, 0, left, 0), at.map_of(x), x.channels)
            rows, columns = (Layer(MAX_POOL, 1, 1, step, padding="valid") for _, step in starts)
            return at.window(at.map_of(x), rows, columns, "either")
        fitted = x.form == "map" and cuts_to(keys, x)
        if fitted:
            return at.node(Match(fitted[1]), (x, fitted[0]), x.channels)
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


LEAST_IMAGE = 8
"""Rows and columns of what may be meant for an image, and not for a generator's noise."""


REFLECTING = ("getattr", "setattr", "hasattr", "isinstance", "print", "callable", "type", "map")


def layer_of(kind: Class, given: Arguments, line: int | None) -> LayerValue | None:
    """What an object of a class of the text's is of the framework's own; None for no layer."""
    for path in kind.foreign():
        framework = ROOTS.get(path.partition(".")[0])
        base = path.rpartition(".")[2]
        if framework and (base in LAYERS[framework] or base in PASSING[framework]):
            return LayerValue(framework, base, given, line)
    return None


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
    "resnet50": "resnet50",
    "vgg16": "vgg16",
    "mobilenet_v2": "mobilenet_v2",
    "ResNet50": "resnet50_keras",
    "MobileNetV2": "mobilenet_v2_keras",
}


SCRIPTING = {"torch.jit.is_scripting", "torch.jit.is_tracing", "torch.cuda.is_available"}


def ordered(pairs: Any = ()) -> dict[Any, Any]:
    return dict(pairs)


def evenly(start: float, end: float, steps: int = 50) -> list[float]:
    """linspace; what does not fit is the text's mistake."""
    steps = min(int(steps), MAX_ITEMS + 1)
    return [start + (end - start) * i / max(steps - 1, 1) for i in range(steps)]


PLAIN_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "math.ceil": math.ceil,
    "math.floor": math.floor,
    "math.sqrt": math.sqrt,
    "math.log2": math.log2,
    "math.log": math.log,
    "torch.linspace": evenly,
    "numpy.linspace": evenly,
    "math.prod": lambda values: math.prod(listed(values)[:20]),
    "numpy.prod": lambda values: math.prod(listed(values)[:20]),
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
        case "map", (Thing() as function, items):
            parts = items.members() if isinstance(items, Thing) else items
            if isinstance(parts, list | tuple | dict):
                return [function.call(reader, Arguments((part,)), line) for part in parts]
        case "type", (Partial(),):
            return Name("functools.partial")
        case "type", (LayerValue(framework="torch") as layer,):
            return Name(f"torch.nn.{layer.kind}")
        case "type", (Instance() as made,):
            return made.kind
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
