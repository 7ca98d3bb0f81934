"""The helpers that this app's own code brings along (see `core.stack_code`), known by name.

They compute on shapes and arrays, which the reader of pasted code does not follow.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from core.check.graph import PadMode
from core.check.reading.building import At, Tensor
from core.check.reading.keras_layers import sides as keras_sides
from core.check.reading.torch_layers import sides as torch_sides
from core.layers import AVERAGE_POOL, CONVOLUTION, Layer
from core.stack_code import NUMPY_MODES

MODES: dict[str, Any] = {theirs: mine for mine, theirs in NUMPY_MODES.items()}


def symmetric_pad2d(at: At, x: Any, pads: Any) -> Tensor:
    return at.padded(at.map_of(x), torch_sides(at, pads), "symmetric")


def copy_padding2d(at: At, x: Any, pads: Any, mode: Any) -> Tensor:
    chosen: PadMode = MODES[at.word(mode, "mode", MODES)]
    return at.padded(at.map_of(x), keras_sides(at, pads, "pads"), chosen)


def partial_conv2d(
    at: At,
    x: Any,
    in_channels: Any,
    out_channels: Any,
    kernel: Any,
    pads: Any,
    stride: Any = 1,
    dilation: Any = 1,
) -> Tensor:
    x = at.map_of(x)
    at.takes(x, at.count(in_channels, "in_channels"))
    return partial(at, x, out_channels, kernel, torch_sides(at, pads), stride, dilation)


def keras_partial_conv2d(
    at: At, x: Any, filters: Any, kernel: Any, pads: Any, strides: Any = 1, dilation_rate: Any = 1
) -> Tensor:
    around = keras_sides(at, pads, "pads")
    return partial(at, at.map_of(x), filters, kernel, around, strides, dilation_rate)


def partial(
    at: At,
    x: Tensor,
    channels: Any,
    kernel: Any,
    around: tuple[int, int, int, int],
    stride: Any,
    dilation: Any,
) -> Tensor:
    """A convolution with `partial` padding; what it pads at one end only is not followed."""
    top, bottom, left, right = around
    if top != bottom or left != right:
        return at.unknown([x], "partial padding that differs at the two ends is not followed")
    goes_out, size = at.count(channels, "channels"), at.whole(kernel, "kernel")
    step, spread = at.whole(stride, "stride"), at.whole(dilation, "dilation")
    rows, columns = (
        Layer(CONVOLUTION, size, goes_out, step, spread, amount, "partial")
        for amount in (top, left)
    )
    return at.window(x, rows, columns, "either", channels=goes_out)


def inside_avg_pool2d(at: At, x: Any, kernel: Any, stride: Any, pads: Any) -> Tensor:
    return inside(at, at.map_of(x), kernel, stride, torch_sides(at, pads))


def keras_inside_pooling2d(at: At, x: Any, kernel: Any, strides: Any, pads: Any) -> Tensor:
    return inside(at, at.map_of(x), kernel, strides, keras_sides(at, pads, "pads"))


def inside(
    at: At, x: Tensor, kernel: Any, stride: Any, around: tuple[int, int, int, int]
) -> Tensor:
    """An average pool that leaves padded cells out, laid around the map beforehand."""
    size, step = at.whole(kernel, "kernel"), at.whole(stride, "stride")
    top, bottom, left, right = around
    if top == bottom and left == right and max(top, left) <= size // 2:
        rows, columns = (Layer(AVERAGE_POOL, size, 1, step, padding=n) for n in (top, left))
        return at.window(x, rows, columns, "either", inside=True)
    return at.unknown([x], "an average that leaves this padding out is not followed")


HELPERS: dict[str, Callable[..., Tensor]] = {
    "SymmetricPad2d": symmetric_pad2d,
    "PartialConv2d": partial_conv2d,
    "InsideAvgPool2d": inside_avg_pool2d,
    "CopyPadding2D": copy_padding2d,
    "PartialConv2D": keras_partial_conv2d,
    "InsideAveragePooling2D": keras_inside_pooling2d,
}
