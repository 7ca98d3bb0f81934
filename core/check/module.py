"""A network from a real PyTorch module on the user's own machine, taken apart by torch.fx.

`python -m core check --torch package.module:callable` imports the user's code and runs it, as the
user asked; only the command line leads here. torch is imported where it is needed.
"""

from __future__ import annotations

import ast
import contextlib
import importlib.util
import inspect
import operator
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.check.code import Reading
from core.check.reading import torch_layers
from core.check.reading.building import Net, Tensor
from core.check.reading.names import FrameworkNames
from core.check.reading.objects import Arguments, Length, Thing, Unknown, shortened
from core.check.reading.python import Reader
from core.check.reading.values import PASSING, Weight, applied, flattened
from core.settings import InputError

if TYPE_CHECKING:
    from torch import fx, nn

EXPECTED = "expected package.module:callable, as in torchvision.models:resnet18"


def load(target: str) -> nn.Module:
    """The module that `target`, "package.module:callable", names or makes without arguments.

    It is made without memory for its weights where it allows that. Raises InputError.
    """
    path, colon, name = target.partition(":")
    if not path or not colon or not name:
        raise InputError(f"torch: {shortened(target)!r}: {EXPECTED}")
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    top = path.partition(".")[0]
    if not exists(top):  # said before torch is loaded, which takes seconds
        raise InputError(f"torch: {shortened(target)!r}: no module named {top!r}: {EXPECTED}")
    try:
        import torch
    except ImportError:
        raise InputError(
            "torch: PyTorch is not installed: pip install torch, or use --code"
        ) from None
    with contextlib.redirect_stdout(sys.stderr):  # stdout is for the answer alone
        try:
            found: Any = imported(path)
            for part in name.split("."):
                found = getattr(found, part)
        except Exception as error:
            raise InputError(f"torch: {shortened(target)!r}: {told(error)}: {EXPECTED}") from None
        if not isinstance(found, torch.nn.Module):
            found = made(found, target)
    if not isinstance(found, torch.nn.Module):
        kind = type(found).__name__
        raise InputError(f"torch: {shortened(target)!r} gave a {kind}: expected an nn.Module")
    return found


def exists(package: str) -> bool:
    """Whether there is a `package`, without importing it."""
    try:
        return package.isidentifier() and importlib.util.find_spec(package) is not None
    except ValueError:  # imported already, and without a specification
        return True


def imported(path: str) -> Any:
    """The user's package.

    PyPI's torchvision is built for a PyTorch with CUDA. Beside a smaller build its own operations
    (nms and the like, for detection) do not load, and its import fails over their bare names: they
    are declared then, for who wants a classifier.
    """
    try:
        return importlib.import_module(path)
    except RuntimeError as error:
        if "operator torchvision::" not in str(error):
            raise
    import torch

    make: Any = torch.library.Library
    library: Any = make("torchvision", "FRAGMENT")
    for name in ("nms", "qnms"):
        library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    DECLARED.append(library)
    return importlib.import_module(path)


DECLARED: list[Any] = []
"""What has been declared to torch; a declaration ends with its object."""


def made(maker: Callable[[], Any], target: str) -> Any:
    """What a class or function makes, on no device at first: VGG-16's weights are half a GB."""
    import torch

    try:
        with torch.device("meta"):
            return maker()
    except Exception:
        pass  # weights that are read or looked at need a device; the second try says what fails
    try:
        return maker()
    except Exception as error:
        raise InputError(f"torch: calling {shortened(target)!r} failed: {told(error)}") from None


def told(error: Exception) -> str:
    """An exception of somebody else's in one line."""
    text = str(error).strip().partition("\n")[0]
    return shortened(f"{type(error).__name__}: {text}" if text else type(error).__name__, 150)


def take_apart(module: nn.Module, name: str = "the module", channels: int = 3) -> Reading:
    """The network that `module` is in eval mode.

    channels: of the image, where no layer says how many.
    Raises InputError where torch.fx cannot follow it, or where its layers do not fit together.
    """
    graph, root = traced(module, name)
    library = FrameworkNames("nn.")
    library.framework = "torch"
    reader = Reader(library)
    net = Net()
    values: dict[fx.Node, Any] = {}
    outputs: Any = None
    for node in graph.nodes:
        if node.op == "output":
            outputs = looked_up(node.args[0], values)
            break
        values[node] = value_of(node, values, net, library, reader, root)
    ends = [value for value in flattened([outputs]) if isinstance(value, Tensor)]
    if not ends:
        raise InputError(f"{name}: nothing that comes out of it is computed from the image")
    return Reading(net.graph(ends, channels), "torch", name, tuple(net.notes))


def traced(module: nn.Module, name: str) -> tuple[fx.Graph, nn.Module]:
    """The module's graph of calls, and the module that their targets are in. Raises InputError."""
    from torch import fx

    class Tracer(fx.Tracer):
        def is_leaf_module(self, m: nn.Module, qualified: str) -> bool:
            known = type(m).__name__ in PASSING["torch"] | torch_layers.MODULES.keys()
            return (known and not any(True for _ in m.children())) or super().is_leaf_module(
                m, qualified
            )

    tracer = Tracer()
    was_training = module.training
    try:
        with contextlib.redirect_stdout(sys.stderr):
            graph = tracer.trace(module.eval())
    except Exception as error:
        raise InputError(
            f"{name}: torch.fx cannot take it apart: {told(error)}: expected a forward whose steps "
            "do not depend on the values or the size of the image"
        ) from None
    finally:
        module.train(was_training)
    return graph, module


def looked_up(argument: Any, values: dict[fx.Node, Any]) -> Any:
    """An argument of a call with the values of the nodes in it."""
    from torch import fx

    if isinstance(argument, fx.Node):
        return values[argument]
    if isinstance(argument, dict):
        return {key: looked_up(value, values) for key, value in argument.items()}
    if isinstance(argument, slice):
        parts = (argument.start, argument.stop, argument.step)
        return slice(*(looked_up(part, values) for part in parts))
    if isinstance(argument, list | tuple):
        return type(argument)([looked_up(value, values) for value in argument])
    if argument is ...:
        return Unknown("…", 0)
    return argument


OPERATORS = {
    "add": "Add",
    "iadd": "Add",
    "sub": "Sub",
    "isub": "Sub",
    "mul": "Mult",
    "imul": "Mult",
    "truediv": "Div",
    "itruediv": "Div",
    "floordiv": "FloorDiv",
    "mod": "Mod",
    "pow": "Pow",
    "matmul": "MatMult",
}


def value_of(
    node: fx.Node,
    values: dict[fx.Node, Any],
    net: Net,
    library: FrameworkNames,
    reader: Reader,
    root: nn.Module,
) -> Any:
    """What one call of the graph gives."""
    if node.op == "placeholder":
        if not net.nodes:
            return net.image()
        if node.args:
            return node.args[0]  # a default
        raise InputError(f"a second input, {node.name!r}: expected a module that reads one image")
    if node.op == "get_attr":
        owner: Any = root
        for part in str(node.target).split("."):
            owner = getattr(owner, part)
        return Weight(tuple(getattr(owner, "shape", ())), str(node.target))
    args = looked_up(node.args, values)
    kwargs = looked_up(node.kwargs, values)
    given = Arguments(tuple(args), dict(kwargs))
    block = [name for name, _ in node.meta.get("nn_module_stack", {}).values()]
    library.path = [str(block[-1])] if block and block[-1] else []
    if node.op == "call_module":
        library.path = []
        return layer(root.get_submodule(str(node.target)), str(node.target), given, net, library)
    if node.op == "call_method":
        owner, *rest = args
        method = reader.attribute(owner, str(node.target), None)
        return called(method, Arguments(tuple(rest), given.named), reader)
    return function(node.target, given, library, reader)


def layer(
    module: nn.Module, target: str, given: Arguments, net: Net, library: FrameworkNames
) -> Any:
    """A layer of torch.nn's at work."""
    kind = type(module).__name__
    at = library.at(net, f"nn.{kind}", target, None)
    tensors = [value for value in flattened(given.every()) if isinstance(value, Tensor)]
    if not tensors:
        return Unknown(target, 0)
    if kind in PASSING["torch"]:
        return at.passed(tensors[0])
    if kind not in torch_layers.MODULES:
        return at.unknown(tensors)
    function = torch_layers.MODULES[kind]
    return applied(at, function, Arguments((tensors[0],), attributes(module, function)))


def attributes(module: nn.Module, function: Callable[..., Any]) -> dict[str, Any]:
    """A module's settings under the names of its class's arguments."""
    plain = (bool, int, float, str, tuple, list, type(None))
    names = [name for name in inspect.signature(function).parameters if name not in ("at", "x")]
    found = {name: getattr(module, name) for name in names if hasattr(module, name)}
    if "output_size" in names and "input" in names:
        found.pop("input", None)
    return {name: value for name, value in found.items() if isinstance(value, plain)}


def function(target: Any, given: Arguments, library: FrameworkNames, reader: Reader) -> Any:
    """A function of torch's or Python's at work."""
    name = getattr(target, "__name__", str(target))
    if target is getattr:
        return reader.attribute(given.positional[0], str(given.positional[1]), None)
    if target is operator.getitem:
        owner, key = given.positional
        if isinstance(owner, Thing):
            return owner.item(reader, key, None)
        try:
            return owner[key]
        except Exception:
            return Unknown(name, 0)
    if target is operator.neg:
        return reader.binary(ast.Mult, given.positional[0], -1, None)
    if getattr(target, "__module__", "") == "_operator" and name in OPERATORS:
        left, right = given.positional
        return reader.binary(getattr(ast, OPERATORS[name]), left, right, None)
    if any(isinstance(value, Length) for value in given.positional):
        return library.computed(name, given.positional, None)
    try:
        return library.apply(reader, "torch", f"torch.nn.functional.{name}", name, given, None)
    except StopIteration:
        return Unknown(name, 0)


def called(value: Any, given: Arguments, reader: Reader) -> Any:
    return value.call(reader, given, None) if isinstance(value, Thing) else Unknown("…", 0)
