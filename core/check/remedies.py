"""What to change, a line of code in each framework, and what the change does, computed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

from core.check.graph import Node, Window
from core.check.repad import padded_with
from core.check.report import Report
from core.check.walk import Place, walk
from core.layers import CONVOLUTION, MAX_POOL, Layer
from core.settings import InputError

TRIED = 40
"""Sizes that are tried for one at which nothing is left out."""


@dataclass(frozen=True)
class Remedy:
    """A change, in words and as a line of PyTorch and of Keras; without lines where none helps."""

    words: str
    torch: str = ""
    keras: str = ""


def size(
    found: Report, nearest: tuple[int, ...], good: str, widths: tuple[int, ...] = ()
) -> Remedy:
    """Another size of the image. `good` says what is so at the sizes `nearest`.

    widths: where the image is not square and they are known: `nearest` are heights then.
    """
    if not nearest:
        return Remedy(f"No size of the image was found at which {good}.")
    if found.height != found.width:
        heights = f"a height at which {good}: the nearest are {listed(nearest[:4])}"
        if not widths:
            return Remedy(f"Take {heights}.")
        height, width = nearest[0], widths[0]
        return Remedy(
            f"Take {heights}. Widths: {listed(widths[:4])}.",
            f"transforms.Resize(({height}, {width}))",
            f"layers.Resizing({height}, {width})",
        )
    side = nearest[0]
    words = f"Take a size at which {good}: the nearest are {listed(nearest[:4])}."
    for node, expected, given in Report(found.graph, side, side).misled[:1]:
        words += f" At {side}, {node.place} reads {given:,} values instead of {expected:,}."
    return Remedy(
        words,
        f"transforms.Resize(({side}, {side}))",
        f"layers.Resizing({side}, {side})",
    )


@lru_cache(8)
def mismatch(found: Report) -> Remedy:
    return size(found, found.fitting_sizes, "everything fits", found.fitting_widths)


@lru_cache(8)
def lopsided(found: Report) -> Remedy:
    """A size at which nothing is lopsided; an odd kernel where there is none."""
    if found.even_sizes:
        return size(found, found.even_sizes, "every layer pads evenly", found.even_widths)
    node = found.lopsided[0].node
    if isinstance(node.operation, Window) and node.operation.rows.span % 2 == 0:
        odd = [replace(layer, kernel=layer.kernel + 1) for layer in axes(node.operation)]
        changed = replace(node.operation, rows=odd[0], columns=odd[1])
        return Remedy(
            f"No size of the image was found at which every layer pads evenly. An even kernel "
            f"cannot be padded alike on both sides and keep the size; an odd one can, in {node}:",
            *lines(found, node, changed),
        )
    return size(found, (), "every layer pads evenly")


@lru_cache(8)
def unused(found: Report) -> Remedy:
    """A pool that takes the rest along, or a size that leaves none."""
    nearest = whole_sizes(found)
    if not found.unused:
        return size(found, nearest, "every pixel is seen")
    node = found.unused[0].node
    if isinstance(node.operation, Window) and skips(node.operation):
        wide = [wider(layer) for layer in axes(node.operation)]
        changed = replace(node.operation, rows=wide[0], columns=wide[1])
        return Remedy(
            "Its windows are narrower than their stride, at any size. A kernel as wide as the "
            f"stride or wider skips nothing between its windows, in {node}:",
            *lines(found, node, changed),
        )
    if isinstance(node.operation, Window) and node.operation.rows.kind != CONVOLUTION:
        kind = "MaxPool" if node.operation.rows.kind == MAX_POOL else "AvgPool"
        rows, columns = axes(node.operation)
        kernel, stride = pair(rows.kernel, columns.kernel), pair(rows.stride, columns.stride)
        stride = f", stride={stride}" if stride != kernel else ""
        padding = pair(pads_of(rows), pads_of(columns))
        padding = f", padding={padding}" if padding != "0" else ""
        long = "MaxPooling" if kind == "MaxPool" else "AveragePooling"
        strides = stride.replace("stride", "strides")
        sizes = ""
        if nearest:
            sizes = f", and at sizes such as {listed(nearest[:3])} nothing is left over"
        return Remedy(
            f"A last window that hangs over the edge takes the rest along, in {node}{sizes}.",
            f"nn.{kind}2d({kernel}{stride}{padding}, ceil_mode=True)",
            f'layers.{long}2D({kernel}{strides}, padding="same")',
        )
    return size(found, nearest, "nothing is left out")


def skips(operation: Window) -> bool:
    """Whether pixels between two windows are in neither."""
    return any(layer.span < layer.stride for layer in axes(operation))


def wider(layer: Layer) -> Layer:
    """The layer with the least odd kernel that covers its stride, padded by half of it."""
    if layer.span >= layer.stride:
        return layer
    kernel = layer.stride + 1 - layer.stride % 2
    return replace(layer, kernel=kernel, dilation=1, padding=kernel // 2)


def whole_sizes(found: Report) -> tuple[int, ...]:
    """Square sizes near this one at which nothing is left out."""
    good = []
    for far in range(1, TRIED // 2 + 1):
        for tried in (found.height - far, found.height + far):
            try:
                other = Report(found.graph, tried, tried)
            except InputError:
                continue
            if not other.mismatches and "unused" not in other.faults:
                good.append(tried)
        if len(good) >= 3:
            break
    return tuple(good)


@lru_cache(8)
def reach(found: Report) -> Remedy:
    """No padding at all, and what that costs."""
    node = first_padded(found)
    try:
        bare = walk(padded_with(found.graph, "valid"), found.height, found.width)
    except InputError:
        bare = None
    if bare is None or len(bare.places) < len(found.walk.places):
        return Remedy("Without padding this network does not fit together at this size.")
    before, after = found.walk.last_maps[-1], bare.last_maps[-1]
    words = "Without padding in any layer nothing is reached, and the last map "
    if shape(after) == shape(before):
        words += f"is {shape(after)} as before."
    else:
        words += f"is {shape(after)} instead of {shape(before)}."
    if node is None:
        return Remedy(words)
    return Remedy(f"{words} In {node}:", *lines(found, node, unpadded(node.operation)))


@lru_cache(8)
def leak(found: Report) -> Remedy:
    """A padding with which the whole network would not leak."""
    node = first_padded(found)
    if "circular" in found.cures:
        words = "With circular padding in every layer it would not, at this size."
        if node is None or not isinstance(node.operation, Window):
            return Remedy(words)
        rows, columns = axes(node.operation)
        changed = replace(
            node.operation,
            rows=replace(rows, padding_mode="circular"),
            columns=replace(columns, padding_mode="circular"),
        )
        return Remedy(f"{words} In {node}:", *lines(found, node, changed))
    if "full" in found.cures:
        words = (
            "With full padding in every convolution, by the kernel minus one on every side, it "
            "would not, as long as there is no bias and no activation."
        )
        if node is None or not isinstance(node.operation, Window):
            return Remedy(words)
        full = [replace(layer, padding="full") for layer in axes(node.operation)]
        torch, keras = lines(found, node, replace(node.operation, rows=full[0], columns=full[1]))
        return Remedy(
            f"{words} In {node}:",
            torch.removesuffix(")") + ", bias=False)",
            keras.removesuffix(")(x)") + ", use_bias=False)(x)",
        )
    if found.cures:
        return Remedy(f"With {found.cures[0]} padding in every layer it would not, at this size.")
    return Remedy(
        "None of circular, reflect, replicate, symmetric, valid and full padding would keep it "
        "from telling, at this size."
    )


@lru_cache(8)
def corner(found: Report) -> Remedy:
    """The image itself padded, and what its corner then counts; nothing where that helps little."""
    side = min(found.height, found.width)
    pad = 32 if side >= 64 else min(8, side - 1)  # what reflects is less than the image
    if not pad:
        return Remedy("")
    try:
        wide = Report(found.graph, found.height + 2 * pad, found.width + 2 * pad)
    except InputError:
        return Remedy("")
    if wide.mismatches or wide.misled or wide.counts is None:
        return Remedy("")
    share = float(wide.counts.shares[pad, pad])
    if found.counts is None or share < 1.1 * found.counts.corner_to_max:
        return Remedy("")
    return Remedy(
        f"Pad the image itself by {pad} pixel{'s' * (pad > 1)}: its own corner then counts "
        f"{percent(share)} of the most.",
        f'x = F.pad(x, ({pad}, {pad}, {pad}, {pad}), mode="reflect")',
        f'x = tf.pad(x, [[0, 0], [{pad}, {pad}], [{pad}, {pad}], [0, 0]], "REFLECT")',
    )


# --- Lines of code -------------------------------------------------------------------------------


def lines(found: Report, node: Node, operation: object) -> tuple[str, str]:
    """A convolution or pool as a line of PyTorch and as lines of Keras; empty for other nodes."""
    if not isinstance(operation, Window):
        return "", ""
    read = found.walk.places[node.inputs[0]]
    made = found.walk.places[node.name].channels
    groups = operation.groups if operation.multiplier is None else read.channels
    around = [pads_of(layer) for layer in axes(operation)]
    return (
        torch_line(operation, read.channels, made, groups, around),
        keras_lines(operation, made, groups, around),
    )


def torch_line(
    operation: Window, before: int, channels: int, groups: int, around: list[int]
) -> str:
    rows, columns = axes(operation)
    options = ""
    if (rows.stride, columns.stride) != (1, 1):
        options += f", stride={pair(rows.stride, columns.stride)}"
    pads = any(around)
    if any(map(uneven, axes(operation))):
        options, pads = options + ', padding="same"', True
    elif pads:
        options += f", padding={pair(*around)}"
    if (rows.dilation, columns.dilation) != (1, 1):
        options += f", dilation={pair(rows.dilation, columns.dilation)}"
    if rows.kind != CONVOLUTION:
        name = "MaxPool2d" if rows.kind == MAX_POOL else "AvgPool2d"
        return f"nn.{name}({pair(rows.kernel, columns.kernel)}{options})"
    if groups > 1:
        options += f", groups={groups}"
    if rows.padding_mode not in ("zeros", "symmetric", "partial") and pads:
        options += f', padding_mode="{rows.padding_mode}"'
    return f"nn.Conv2d({before}, {channels}, {pair(rows.kernel, columns.kernel)}{options})"


def keras_lines(operation: Window, channels: int, groups: int, around: list[int]) -> str:
    rows, columns = axes(operation)
    said = []
    if rows.padding_mode == "circular":
        for axis, layer, before in zip((1, 2), axes(operation), around, strict=True):
            after = before + uneven(layer)
            start = ":, " * (axis - 1)
            parts = [f"x[:, {start}-{before}:]"] if before else []
            parts += ["x", f"x[:, {start}:{after}]"] if after else []
            if parts:
                said.append(f"x = tf.concat([{', '.join(parts)}], {axis})")
    elif any(around):
        said.append(f"x = layers.ZeroPadding2D({pair(*around)})(x)")
    options = ""
    if (rows.stride, columns.stride) != (1, 1):
        options += f", strides={pair(rows.stride, columns.stride)}"
    if (rows.dilation, columns.dilation) != (1, 1):
        options += f", dilation_rate={pair(rows.dilation, columns.dilation)}"
    if rows.kind != CONVOLUTION:
        name = "MaxPooling2D" if rows.kind == MAX_POOL else "AveragePooling2D"
        said.append(f"x = layers.{name}({pair(rows.kernel, columns.kernel)}{options})(x)")
        return "\n".join(said)
    if groups > 1:
        options += f", groups={groups}"
    said.append(f"x = layers.Conv2D({channels}, {pair(rows.kernel, columns.kernel)}{options})(x)")
    return "\n".join(said)


def pads_of(layer: Layer) -> int:
    """Padding on each side in numbers; of 'same', what a stride of 1 takes."""
    if isinstance(layer.padding, int):
        return layer.padding
    return {"valid": 0, "full": layer.span - 1}.get(layer.padding, (layer.span - 1) // 2)


def uneven(layer: Layer) -> bool:
    """Whether 'same' pads a cell more at the end, whatever the size."""
    return layer.padding == "same" and layer.stride == 1 and layer.span % 2 == 0


def unpadded(operation: object) -> object:
    if not isinstance(operation, Window):
        return operation
    bare = [
        replace(layer, padding="valid", padding_mode="zeros", ceil=False)
        for layer in axes(operation)
    ]
    return replace(operation, rows=bare[0], columns=bare[1])


def first_padded(found: Report) -> Node | None:
    """The first convolution that is padded in its own line; None where there is none."""
    for place in found.walk.places.values():
        operation = place.node.operation
        if (
            isinstance(operation, Window)
            and operation.rows.kind == CONVOLUTION
            and any(
                layer.padding not in ("valid", 0) and layer.span > 1 for layer in axes(operation)
            )
        ):
            return place.node
    return None


def axes(operation: Window) -> tuple[Layer, Layer]:
    return operation.rows, operation.columns


def pair(rows: int, columns: int) -> str:
    """Two numbers as both frameworks take them: one where they agree."""
    return str(rows) if rows == columns else f"({rows}, {columns})"


def shape(place: Place) -> str:
    rows, columns, _ = place.output
    return f"{rows} × {columns}"


def listed(sizes: tuple[int, ...]) -> str:
    """Sizes in a row: "225, 193 and 257"."""
    *most, last = map(str, sizes)
    return f"{', '.join(most)} and {last}" if most else last


def percent(share: float) -> str:
    return f"{100 * share:.3g} %"
