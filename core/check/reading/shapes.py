"""Shapes in pasted code: what reshapes, reduces, splits, pads and joins tensors."""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from core.check.axis import COLUMNS, ROWS, Laid
from core.check.graph import Match, Pass, Resize
from core.check.reading import torch_layers
from core.check.reading.building import At, Tensor
from core.check.reading.lengths import Dim, Sizes, same_size
from core.check.reading.objects import Arguments, Thing, Unknown
from core.check.reading.python import Reader
from core.check.reading.values import (
    Bound,
    Framework,
    applied,
    channel_axis,
    flattened,
    joined,
    only,
    tensors_in,
)
from core.check.walk import AxisWalk, walk
from core.settings import InputError

if TYPE_CHECKING:
    from core.check.reading.names import FrameworkNames

JOINING_FUNCTIONS = {
    **dict.fromkeys(("add", "sub", "subtract", "maximum", "minimum", "average"), "add"),
    **dict.fromkeys(("mul", "multiply", "div", "divide"), "multiply"),
    **dict.fromkeys(("cat", "concat", "concatenate"), "concatenate"),
}


WHOLE = (0, 0)


def spelled_out(keys: list[Any]) -> list[Any]:
    """What a slice takes of each of four axes, with `...` and what is left out written out."""
    dots = [place for place, key in enumerate(keys) if isinstance(key, Unknown) and key.text == "…"]
    if len(dots) == 1 and len(keys) <= 5:
        keys[dots[0] : dots[0] + 1] = [slice(None)] * (5 - len(keys))
    return keys + [slice(None)] * (4 - len(keys))


def every_other(keys: list[Any], last: bool) -> list[tuple[int, int]] | None:
    """Where a slice that takes every so manieth row and column starts, and its steps.

    None where it takes all, or does more.
    """
    axes = (1, 2) if last else (2, 3)
    found = []
    for place, key in enumerate(keys):
        if not isinstance(key, slice) or key.stop is not None:
            return None
        start, step = key.start or 0, key.step or 1
        if not (type(start) is type(step) is int and 0 <= start <= 512 and 0 < step <= 512):
            return None
        if place in axes:
            found.append((start, step))
        elif (start, step) != (0, 1):
            return None
    return found if len(found) == 2 and max(step for _, step in found) > 1 else None


def cut(keys: list[Any]) -> list[tuple[int, int]] | None:
    """What a slice cuts off each of four axes, before and after; None where it does more."""
    found: list[tuple[int, int]] = []
    for key in keys:
        if not isinstance(key, slice) or key.step not in (None, 1):
            return None
        start, stop = key.start or 0, key.stop or 0
        if not (type(start) is type(stop) is int and start >= 0 >= stop):
            return None
        found.append((start, -stop))
    return found if len(found) == 4 else None


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
        tried = tried_on(self.tensor, place)
        return Dim(self.tensor, place) if tried is None else tried

    def unequal(self, other: Any) -> bool | None:
        if not isinstance(other, Shape):
            return None
        channels = {self.tensor.channels, other.tensor.channels} - {None}
        return len(channels) > 1 or differ(self.tensor, other.tensor, (ROWS, COLUMNS))

    def members(self) -> list[Any]:
        return [self.axis(place) for place in range(2 if self.tensor.form == "vector" else 4)]

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


def tried_on(x: Tensor, place: int) -> int | None:
    """An axis's length, counted as PyTorch does, where the text itself makes the image."""
    graph = None if x.net.size is None else x.net.so_far()
    if graph is None or x.net.size is None:
        return None
    if place == 0:
        return 1
    with suppress(InputError):
        at = walk(graph, *x.net.size).places.get(x.node)
        if at is not None:
            return at.channels if place == 1 else at.output[place - 2]
    return None


TRIED = (224, 225, 160, 97)


def differ(a: Tensor, b: Tensor, axes: tuple[int, ...]) -> bool:
    """Whether two maps differ along some of `axes`, as far as sizes of the image show that.

    Where only some show it, they count as different, and the text says what is done then.
    """
    graph = a.net.so_far() if a.net is b.net and a.node != b.node else None
    if graph is None:
        return a.node != b.node
    places = [graph.nodes.index(graph.by_name[x.node]) for x in (a, b)]
    for axis in axes:
        laid = AxisWalk(graph, axis)
        for size in [a.net.size[axis]] if a.net.size else TRIED:
            with suppress(InputError):
                found = dict(laid.lay(size))
                ends = [found.get(place) for place in places]
                lengths = {end.output for end in ends if isinstance(end, Laid)}
                if len(lengths) > 1:
                    return True
    return False


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


def fitted(library: FrameworkNames, name: str, given: Arguments, line: int | None) -> Any:
    """torchvision's resize(x, size) and center_crop(x, size)."""
    x = next((value for value in given.every() if isinstance(value, Tensor)), None)
    if x is None:
        return Unknown(f"{name}()", line)
    others = [v for v in given.every() if v is not x]
    at = library.at(x.net, name, name, line)
    size = given.named.get("size", given.named.get("output_size", others[0] if others else None))
    if name == "resize":
        return torch_layers.interpolate(at, x, size, mode="bilinear")
    other = same_size(size)
    if other is None:
        return at.unknown([x], "expected the height and width of another layer's output")
    return at.node(Match("even"), (at.map_of(x), at.map_of(other)), x.channels)


def resize(library: FrameworkNames, given: Arguments, line: int | None) -> Any:
    """tf.image.resize(x, size)."""
    values = given.every()
    x = next((value for value in values if isinstance(value, Tensor)), None)
    if x is None:
        return Unknown("resize()", line)
    found = arguments(given, "size", "method")
    at = library.at(x.net, "resize", "resize", line)
    method = found.get("method", given.named.get("interpolation", "bilinear"))
    mode: Any = "nearest" if method == "nearest" else "bilinear"
    other = same_size(found.get("size"))
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
