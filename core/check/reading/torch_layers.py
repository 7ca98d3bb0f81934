"""PyTorch's layers by name, each with its own arguments and defaults.

One table serves both readers: pasted code gives the arguments as they are written, a module taken
apart gives its attributes, which have the same names. The defaults are PyTorch 2.13's,
docs.pytorch.org/docs/stable/nn.html.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from core.check.graph import (
    Adaptive,
    Crop,
    Linear,
    Match,
    PadMode,
    PadSame,
    Pass,
    Resize,
    Transposed,
)
from core.check.reading.building import At, Tensor, open_ended, words
from core.check.reading.lengths import Dim, fills, matches, multiple, same_size
from core.check.reading.objects import Length, Shaped, Thing
from core.layers import AVERAGE_POOL, CONVOLUTION, MAX_POOL, Layer

MODULES: dict[str, Callable[..., Tensor]] = {}
"""torch.nn's classes that are followed: (at, x, *arguments of the class) → what comes out."""

FUNCTIONS: dict[str, Callable[..., Tensor]] = {}
"""Functions of torch and torch.nn.functional: (at, *arguments of the function)."""

PASSING = words(
    """
    ReLU ReLU6 LeakyReLU PReLU RReLU ELU SELU CELU GELU SiLU Mish Sigmoid Tanh Softplus Softsign
    LogSigmoid Hardtanh Hardswish Hardsigmoid Hardshrink Softshrink Tanhshrink Threshold
    Softmax2d Softmax LogSoftmax Dropout Dropout2d AlphaDropout FeatureAlphaDropout Identity
    LocalResponseNorm LazyBatchNorm2d LazyInstanceNorm2d LayerNorm RMSNorm CrossMapLRN2d
    StochasticDepth DropPath DropBlock2d LayerNorm2d FrozenBatchNorm2d QuantStub DeQuantStub
    """
)
"""Classes of torch.nn and torchvision.ops that move nothing from its place."""

PASSING_FUNCTIONS = words(
    """
    relu relu_ relu6 leaky_relu leaky_relu_ prelu rrelu elu elu_ selu celu gelu silu mish sigmoid
    tanh softplus softsign logsigmoid hardtanh hardswish hardsigmoid hardshrink softshrink
    tanhshrink threshold softmax log_softmax dropout dropout2d alpha_dropout batch_norm
    instance_norm layer_norm group_norm local_response_norm normalize stochastic_depth drop_block2d
    clamp clip abs exp log sqrt square neg float double half contiguous clone detach to type
    requires_grad_ sign erf cpu cuda identity nan_to_num type_as pow rsqrt sin cos
    """
)
"""Functions, and methods of tensors, that move nothing from its place."""

REFUSED = {
    "Conv1d": "it slides along one axis: expected nn.Conv2d",
    "Conv3d": "it slides along three axes: expected nn.Conv2d",
    "MaxPool1d": "it slides along one axis: expected nn.MaxPool2d",
    "MaxPool3d": "it slides along three axes: expected nn.MaxPool2d",
}


def module(*names: str) -> Callable[[Callable[..., Tensor]], Callable[..., Tensor]]:
    """Enter a function into MODULES."""

    def enter(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
        MODULES.update(dict.fromkeys(names, function))
        return function

    return enter


def function(*names: str) -> Callable[[Callable[..., Tensor]], Callable[..., Tensor]]:
    """Enter a function into FUNCTIONS."""

    def enter(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
        FUNCTIONS.update(dict.fromkeys(names, function))
        return function

    return enter


# --- Convolutions -------------------------------------------------------------------------------


@module("Conv2d")
def conv2d(
    at: At,
    x: Any,
    in_channels: Any,
    out_channels: Any,
    kernel_size: Any,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: Any = 1,
    bias: Any = True,
    padding_mode: Any = "zeros",
    device: Any = None,
    dtype: Any = None,
) -> Tensor:
    x = at.map_of(x)
    comes_in = at.count(in_channels, "in_channels")
    goes_out = at.count(out_channels, "out_channels")
    groups = at.count(groups, "groups")
    for name, number in (("in_channels", comes_in), ("out_channels", goes_out)):
        if number % groups:
            at.fail(f"'{name}' {number:,} must be divisible by 'groups' {groups:,}")
    at.takes(x, comes_in)
    mode = at.word(padding_mode, "padding_mode", ("zeros", "reflect", "replicate", "circular"))
    kernels = at.pair(kernel_size, "kernel_size")
    strides = at.pair(stride, "stride")
    dilations = at.pair(dilation, "dilation")
    if isinstance(padding, str):
        word = at.word(padding, "padding", ("same", "valid"))
        if word == "same" and strides != (1, 1):
            at.fail("PyTorch refuses padding='same' with a stride: expected a number")
        paddings: tuple[str | int, str | int] = (word, word)
    else:
        paddings = at.pair(padding, "padding", 0)
    rows, columns = (
        Layer(CONVOLUTION, kernel, goes_out, step, spread, amount, mode)
        for kernel, step, spread, amount in zip(kernels, strides, dilations, paddings, strict=True)
    )
    return at.window(x, rows, columns, "torch", channels=goes_out, groups=groups)


@function("conv2d")
def convolved(
    at: At,
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: Any = 1,
) -> Any:
    x = at.map_of(input)
    if not isinstance(weight, Shaped) or len(weight.shape) != 4:
        return at.unknown([x], "the shape of its weights is not known")
    goes_out, comes_in, *kernel_size = weight.shape
    comes_in *= at.count(groups, "groups")
    return conv2d(at, x, comes_in, goes_out, kernel_size, stride, padding, dilation, groups)


@module("LazyConv2d")
def lazy_conv2d(
    at: At, x: Any, out_channels: Any, kernel_size: Any, *more: Any, **named: Any
) -> Tensor:
    x = at.map_of(x)
    if x.channels is None and at.net.is_image(x) and at.net.image_channels is None:
        at.net.image_channels = 3
    comes_in = x.channels or at.net.image_channels or 1
    return conv2d(at, x, comes_in, out_channels, kernel_size, *more, **named)


@module("ConvTranspose2d")
def conv_transpose2d(
    at: At,
    x: Any,
    in_channels: Any,
    out_channels: Any,
    kernel_size: Any,
    stride: Any = 1,
    padding: Any = 0,
    output_padding: Any = 0,
    groups: Any = 1,
    bias: Any = True,
    dilation: Any = 1,
    padding_mode: Any = "zeros",
    device: Any = None,
    dtype: Any = None,
) -> Tensor:
    x = at.map_of(x)
    at.takes(x, at.count(in_channels, "in_channels"))
    at.word(padding_mode, "padding_mode", ("zeros",))
    strides, dilations = at.pair(stride, "stride"), at.pair(dilation, "dilation")
    extra = at.pair(output_padding, "output_padding", 0)
    for more, step, spread in zip(extra, strides, dilations, strict=True):
        if more >= max(step, spread):
            at.fail("'output_padding' must be smaller than the stride or the dilation")
    channels = at.count(out_channels, "out_channels")
    operation = Transposed(
        at.pair(kernel_size, "kernel_size"),
        channels,
        strides,
        at.pair(padding, "padding", 0),
        extra,
        dilations,
        at.count(groups, "groups"),
    )
    return at.node(operation, x, channels)


# --- Pools --------------------------------------------------------------------------------------


@module("MaxPool2d")
def max_pool2d(
    at: At,
    x: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    return_indices: Any = False,
    ceil_mode: Any = False,
) -> Tensor:
    return pool(at, x, MAX_POOL, kernel_size, stride, padding, ceil_mode, dilation)


@function("max_pool2d", "max_pool2d_with_indices")
def functional_max_pool2d(
    at: At,
    input: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: Any = False,
    return_indices: Any = False,
) -> Tensor:
    return max_pool2d(at, input, kernel_size, stride, padding, dilation, ceil_mode=ceil_mode)


@module("AvgPool2d")
@function("avg_pool2d")
def avg_pool2d(
    at: At,
    input: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    ceil_mode: Any = False,
    count_include_pad: Any = True,
    divisor_override: Any = None,
) -> Tensor:
    inside = count_include_pad is False
    return pool(at, input, AVERAGE_POOL, kernel_size, stride, padding, ceil_mode, inside=inside)


@module("LPPool2d")
def lp_pool2d(
    at: At, x: Any, norm_type: Any, kernel_size: Any, stride: Any = None, ceil_mode: Any = False
) -> Tensor:
    return pool(at, x, AVERAGE_POOL, kernel_size, stride, 0, ceil_mode)


def pool(
    at: At,
    x: Any,
    kind: str,
    kernel_size: Any,
    stride: Any,
    padding: Any,
    ceil_mode: Any,
    dilation: Any = 1,
    inside: bool = False,
) -> Tensor:
    """A pool; without a stride, its windows stand side by side."""
    x = at.map_of(x)
    whole = same_size((kernel_size,) * 2 if isinstance(kernel_size, Dim) else kernel_size)
    if whole is not None and whole.node == x.node:
        return at.pooled_away(x, keep=True)
    kernels = at.pair(kernel_size, "kernel_size")
    strides = kernels if stride is None or stride == [] else at.pair(stride, "stride")
    paddings = at.pair(padding, "padding", 0)
    dilations = at.pair(dilation, "dilation")
    if isinstance(ceil_mode, Thing):
        at.fail("'ceil_mode' cannot be read: expected True or False")
    rows, columns = (
        Layer(kind, kernel, 1, step, spread, amount, ceil=bool(ceil_mode))
        for kernel, step, spread, amount in zip(kernels, strides, dilations, paddings, strict=True)
    )
    return at.window(x, rows, columns, "torch", inside=inside and any(paddings))


@module("AdaptiveAvgPool2d", "AdaptiveMaxPool2d")
@function("adaptive_avg_pool2d", "adaptive_max_pool2d")
def adaptive(at: At, input: Any, output_size: Any, return_indices: Any = False) -> Tensor:
    x = at.map_of(input)
    if not isinstance(output_size, list | tuple):
        output_size = (output_size, output_size)
    if len(output_size) != 2:
        at.fail(f"'output_size': expected one number or two, found {len(output_size)}")
    first, second = (None if one is None else at.whole(one, "output_size") for one in output_size)
    if (first, second) == (1, 1):
        return at.pooled_away(x, keep=True)
    return at.node(Adaptive((first, second)), x, x.channels)


# --- Padding, cropping, resizing ----------------------------------------------------------------


def sides(at: At, padding: Any) -> tuple[int, int, int, int]:
    """PyTorch's (left, right, top, bottom), or one number, as top, bottom, left, right."""
    if isinstance(padding, list | tuple):
        amounts = [at.whole(one, "padding", -10_000, 10_000) for one in padding]
        if len(amounts) > 4 and not any(amounts[4:]):
            amounts = amounts[:4]
        amounts += [0] * (4 - len(amounts)) if len(amounts) == 2 else []
        if len(amounts) != 4:
            at.fail(f"'padding': expected (left, right, top, bottom), found {len(padding)} values")
    else:
        amounts = [at.whole(padding, "padding", -10_000, 10_000)] * 4
    left, right, top, bottom = amounts
    return top, bottom, left, right


def pad_or_crop(at: At, x: Tensor, amounts: tuple[int, int, int, int], mode: PadMode) -> Tensor:
    """Positive amounts pad, negative ones crop, as PyTorch has it."""
    top, bottom, left, right = (max(one, 0) for one in amounts)
    cut = tuple(max(-one, 0) for one in amounts)
    if any(cut):
        x = at.part("crop").node(Crop(*cut), x, x.channels)
        if not any((top, bottom, left, right)):
            return x
    return at.padded(x, (top, bottom, left, right), mode)


def enter_pad(name: str, mode: PadMode) -> None:
    """Enter one of the classes that pad and do nothing else."""

    @module(name)
    def pad2d(at: At, x: Any, padding: Any) -> Tensor:
        return pad_or_crop(at, at.map_of(x), sides(at, padding), mode)


enter_pad("ZeroPad2d", "zeros")
enter_pad("ReflectionPad2d", "reflect")
enter_pad("ReplicationPad2d", "replicate")
enter_pad("CircularPad2d", "circular")


@module("ConstantPad2d")
def constant_pad2d(at: At, x: Any, padding: Any, value: Any) -> Tensor:
    return pad_or_crop(at, at.map_of(x), sides(at, padding), "zeros")


PAD_MODES: dict[str, PadMode] = {
    "constant": "zeros",
    "reflect": "reflect",
    "replicate": "replicate",
    "circular": "circular",
}


@function("pad")
def pad(at: At, input: Any, pad: Any, mode: Any = "constant", value: Any = None) -> Tensor:
    x = at.map_of(input)
    chosen = PAD_MODES[at.word(mode, "mode", PAD_MODES)]
    if sides_by_length(pad):
        return pad_by_length(at, x, pad, chosen)
    if isinstance(pad, int):
        at.fail("'pad': expected (left, right, top, bottom), found one number")
    return pad_or_crop(at, x, sides(at, pad), chosen)


def sides_by_length(amounts: Any) -> bool:
    """Whether F.pad's amounts follow from the size of a map."""
    few = isinstance(amounts, list | tuple) and len(amounts) in (2, 4)
    return few and any(isinstance(amount, Length) for amount in amounts)


def pad_by_length(at: At, x: Tensor, amounts: Sequence[Any], mode: PadMode) -> Tensor:
    """F.pad by what follows from lengths: as much as another map is larger, or as 'same' does."""
    other = matches(amounts, x) if mode == "zeros" else None
    if other is not None:
        return at.node(Match(), (x, other), x.channels)
    windows = fills(amounts, x)
    if windows is None:
        at.fail(
            "'pad' follows from the map's size in a way that is not known here: expected whole "
            "numbers, the halves of the difference of two maps, or what TensorFlow's 'same' pads"
        )
    return at.node(PadSame(*windows, mode), x, x.channels)


@module("Upsample")
def upsample(
    at: At,
    x: Any,
    size: Any = None,
    scale_factor: Any = None,
    mode: Any = "nearest",
    align_corners: Any = None,
    recompute_scale_factor: Any = None,
) -> Tensor:
    return interpolate(at, x, size, scale_factor, mode, align_corners)


@module("UpsamplingNearest2d")
def upsampling_nearest2d(at: At, x: Any, size: Any = None, scale_factor: Any = None) -> Tensor:
    return interpolate(at, x, size, scale_factor)


@module("UpsamplingBilinear2d")
def upsampling_bilinear2d(at: At, x: Any, size: Any = None, scale_factor: Any = None) -> Tensor:
    return interpolate(at, x, size, scale_factor, "bilinear", True)


MODES = ("nearest", "nearest-exact", "bilinear", "bicubic", "area")


@function("interpolate", "upsample")
def interpolate(
    at: At,
    input: Any,
    size: Any = None,
    scale_factor: Any = None,
    mode: Any = "nearest",
    align_corners: Any = None,
    recompute_scale_factor: Any = None,
    antialias: Any = False,
) -> Tensor:
    x = at.map_of(input)
    blends = at.word(mode, "mode", MODES) != "nearest"
    kind: Any = "bilinear" if blends else "nearest"
    corners = align_corners is True
    if (size is None) == (scale_factor is None):
        at.fail("expected either 'size' or 'scale_factor'")
    if size is not None:
        other = same_size(size)
        if other is not None:
            return at.like(x, at.map_of(other), kind, corners)
        times = multiple(size, x)
        if times is not None:
            return interpolate(at, x, None, times, mode, align_corners)
        wanted = at.pair(size, "size", 1, 10_000)
        return at.node(Resize(None, wanted, kind, corners), x, x.channels)
    factors = scale_factor if isinstance(scale_factor, list | tuple) else (scale_factor,) * 2
    if len(factors) != 2 or not all(
        isinstance(one, int | float) and 0 < one <= 512 for one in factors
    ):
        at.fail("'scale_factor': expected one number or two, above 0")
    first, second = (float(one) for one in factors)
    if kind == "nearest" and first.is_integer() and second.is_integer():
        return at.enlarged(x, (int(first), int(second)), "torch")
    return at.node(Resize((first, second), None, kind, corners), x, x.channels)


@module("PixelShuffle")
@function("pixel_shuffle")
def pixel_shuffle(at: At, input: Any, upscale_factor: Any) -> Tensor:
    """Each pixel's channels become a square of pixels: a place reads what nearest would."""
    x = at.map_of(input)
    factor = at.whole(upscale_factor, "upscale_factor")
    if x.channels is not None and x.channels % factor**2:
        at.fail(f"{x.channels:,} channels come in: expected a multiple of {factor**2:,}")
    channels = None if x.channels is None else x.channels // factor**2
    fewer = at.part("channels").node(Pass("PixelShuffle", channels), x, channels)
    return at.enlarged(fewer, (factor, factor), "torch")


# --- Heads --------------------------------------------------------------------------------------


@module("Flatten")
def flatten_module(at: At, x: Any, start_dim: Any = 1, end_dim: Any = -1) -> Tensor:
    return flatten(at, x, start_dim, end_dim)


@function("flatten")
def flatten(at: At, input: Any, start_dim: Any = 0, end_dim: Any = -1) -> Tensor:
    if start_dim == 0:
        at.fail("joins the images of a batch: expected 'start_dim' 1")
    if (start_dim, end_dim) not in ((1, -1), (1, 3)):
        return at.unknown(
            [at.tensor_of(input)], "what does not join all of an image is not followed"
        )
    return at.flattened(at.tensor_of(input))


@module("Linear")
def linear(
    at: At,
    x: Any,
    in_features: Any,
    out_features: Any,
    bias: Any = True,
    device: Any = None,
    dtype: Any = None,
) -> Tensor:
    features = at.features(out_features, "out_features")
    if open_ended(in_features):
        at.net.note(
            f"{at.what}: 'in_features' cannot be read ({in_features}): taken to fit", at.line
        )
        return dense(at, x, features)
    return dense(at, x, features, at.whole(in_features, "in_features", 1, 10**9))


@module("LazyLinear")
def lazy_linear(at: At, x: Any, out_features: Any, *more: Any, **named: Any) -> Tensor:
    return dense(at, x, at.features(out_features, "out_features"))


def dense(at: At, x: Any, features: int, comes_in: int | None = None) -> Tensor:
    """A fully connected layer; on a map whose channels stand last, a 1 × 1 convolution."""
    x = at.tensor_of(x)
    if x.form == "map" and x.last:
        if comes_in is not None:
            at.takes(x, comes_in, "in_features")
        at.count(features, "features")
        layer = Layer(CONVOLUTION, 1, features)
        return at.window(x, layer, layer, "either", channels=features)
    if x.node == "input":
        at.fail("reads the image itself: expected a network that begins with rows and columns")
    if x.form == "map":
        at.fail("comes directly after a map of rows and columns: expected nn.Flatten between them")
    if comes_in is not None and x.channels is not None and comes_in != x.channels:
        at.fail(f"'in_features' is {comes_in:,}, but {x.channels:,} values come in")
    return at.node(Linear(features, comes_in), x, features, "vector")


# --- Checked on the way -------------------------------------------------------------------------


@module("BatchNorm2d", "InstanceNorm2d", "SyncBatchNorm")
def batch_norm2d(at: At, x: Any, num_features: Any, *more: Any, **named: Any) -> Tensor:
    x = at.map_of(x)
    at.takes(x, at.count(num_features, "num_features"), "num_features")
    return at.passed(x)


@module("BatchNorm1d")
def batch_norm1d(at: At, x: Any, num_features: Any, *more: Any, **named: Any) -> Tensor:
    if not isinstance(x, Tensor) or x.form == "map":
        at.fail("comes after a map of rows and columns: expected nn.BatchNorm2d")
    return at.passed(x)


@module("GroupNorm")
def group_norm(
    at: At, x: Any, num_groups: Any, num_channels: Any, *more: Any, **named: Any
) -> Tensor:
    x = at.map_of(x)
    channels = at.count(num_channels, "num_channels")
    if channels % at.count(num_groups, "num_groups"):
        at.fail("'num_channels' must be divisible by 'num_groups'")
    at.takes(x, channels, "num_channels")
    return at.passed(x)
