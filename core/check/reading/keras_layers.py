"""Keras's layers by name, each with its own arguments and defaults: Keras 3, keras.io/api/layers.

`same` is TensorFlow's: output ⌈length / stride⌉, the odd padded pixel at the end.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from core.check.graph import Crop, Pass, Resize, Transposed
from core.check.reading.building import At, Tensor, words
from core.check.reading.torch_layers import dense
from core.layers import AVERAGE_POOL, CONVOLUTION, MAX_POOL, Layer

LAYERS: dict[str, Callable[..., Tensor]] = {}
"""keras.layers' classes that are followed: (at, x, *arguments of the class) → what comes out."""

PASSING = words(
    """
    BatchNormalization LayerNormalization GroupNormalization UnitNormalization
    SpectralNormalization RMSNormalization Activation ReLU LeakyReLU PReLU ELU Softmax
    ThresholdedReLU Dropout SpatialDropout2D GaussianDropout GaussianNoise AlphaDropout
    ActivityRegularization Masking Identity Rescaling Normalization RandomFlip RandomRotation
    RandomZoom RandomTranslation RandomContrast RandomBrightness Discretization
    """
)
"""What moves nothing from its place; the random ones do nothing when the network is applied."""

PASSING_FUNCTIONS = words(
    """
    relu relu6 leaky_relu elu selu gelu silu swish sigmoid hard_sigmoid hard_swish hard_silu tanh
    softplus softsign softmax log_softmax mish exponential exp sqrt square abs cast identity
    stop_gradient dropout batch_normalization clip clip_by_value l2_normalize
    convert_to_tensor
    """
)

REFUSED = {
    "Conv1D": "it slides along one axis: expected layers.Conv2D",
    "Conv3D": "it slides along three axes: expected layers.Conv2D",
    "MaxPooling1D": "it slides along one axis: expected layers.MaxPooling2D",
    "MaxPooling3D": "it slides along three axes: expected layers.MaxPooling2D",
}

ALIASES = {
    "Convolution2D": "Conv2D",
    "Convolution2DTranspose": "Conv2DTranspose",
    "Deconvolution2D": "Conv2DTranspose",
    "SeparableConvolution2D": "SeparableConv2D",
    "MaxPool2D": "MaxPooling2D",
    "AvgPool2D": "AveragePooling2D",
    "GlobalAvgPool2D": "GlobalAveragePooling2D",
    "GlobalMaxPool2D": "GlobalMaxPooling2D",
}


def layer(*names: str) -> Callable[[Callable[..., Tensor]], Callable[..., Tensor]]:
    """Enter a function into LAYERS."""

    def enter(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
        LAYERS.update(dict.fromkeys(names, function))
        return function

    return enter


def chosen_padding(at: At, padding: Any) -> str:
    """ "same" or "valid", however it is spelt."""
    if isinstance(padding, str):
        padding = padding.lower()
    return at.word(padding, "padding", ("valid", "same"))


def axes_of(at: At, data_format: Any) -> None:
    """Say where the channels stand, if not last."""
    if data_format is None:
        return
    if at.word(data_format, "data_format", ("channels_last", "channels_first")) != "channels_last":
        at.net.note(
            "data_format='channels_first': sizes and pads are the same; TensorFlow runs it on a "
            "GPU only",
            at.line,
        )


@layer("Conv2D")
def conv2d(
    at: At,
    x: Any,
    filters: Any,
    kernel_size: Any,
    strides: Any = (1, 1),
    padding: Any = "valid",
    data_format: Any = None,
    dilation_rate: Any = (1, 1),
    groups: Any = 1,
    activation: Any = None,
    use_bias: Any = True,
    **more: Any,
) -> Tensor:
    x = at.map_of(x)
    axes_of(at, data_format)
    goes_out, groups = at.count(filters, "filters"), at.count(groups, "groups")
    comes_in = channels_of(at, x)
    if goes_out % groups:
        at.fail(f"'filters' {goes_out:,} must be divisible by 'groups' {groups:,}")
    if comes_in is not None and comes_in % groups:
        at.fail(f"{comes_in:,} channels come in: expected a multiple of 'groups' {groups:,}")
    rows, columns = laid(at, kernel_size, strides, padding, dilation_rate, goes_out)
    return at.window(x, rows, columns, "keras", channels=goes_out, groups=groups)


def laid(
    at: At, kernel_size: Any, strides: Any, padding: Any, dilation_rate: Any, channels: int
) -> tuple[Layer, Layer]:
    """A convolution along both axes. Keras refuses a stride with a dilation on either."""
    word = chosen_padding(at, padding)
    steps, spreads = at.pair(strides, "strides"), at.pair(dilation_rate, "dilation_rate")
    if max(steps) > 1 and max(spreads) > 1:
        at.fail("Keras refuses 'strides' together with 'dilation_rate': expected one to be 1")
    rows, columns = (
        Layer(CONVOLUTION, kernel, channels, step, spread, word)
        for kernel, step, spread in zip(
            at.pair(kernel_size, "kernel_size"), steps, spreads, strict=True
        )
    )
    return rows, columns


def channels_of(at: At, x: Tensor) -> int | None:
    return at.net.image_channels if x.channels is None and at.net.is_image(x) else x.channels


@layer("DepthwiseConv2D")
def depthwise_conv2d(
    at: At,
    x: Any,
    kernel_size: Any,
    strides: Any = (1, 1),
    padding: Any = "valid",
    depth_multiplier: Any = 1,
    data_format: Any = None,
    dilation_rate: Any = (1, 1),
    activation: Any = None,
    use_bias: Any = True,
    **more: Any,
) -> Tensor:
    x = at.map_of(x)
    axes_of(at, data_format)
    multiplier = at.count(depth_multiplier, "depth_multiplier")
    comes_in = channels_of(at, x)
    goes_out = None if comes_in is None else comes_in * multiplier
    rows, columns = laid(at, kernel_size, strides, padding, dilation_rate, goes_out or 1)
    steps = {rows.stride, columns.stride}
    if len(steps) > 1:
        at.fail("TensorFlow takes one stride for both axes here: expected equal 'strides'")
    return at.window(x, rows, columns, "keras", channels=goes_out, multiplier=multiplier)


@layer("SeparableConv2D")
def separable_conv2d(
    at: At,
    x: Any,
    filters: Any,
    kernel_size: Any,
    strides: Any = (1, 1),
    padding: Any = "valid",
    data_format: Any = None,
    dilation_rate: Any = (1, 1),
    depth_multiplier: Any = 1,
    activation: Any = None,
    use_bias: Any = True,
    **more: Any,
) -> Tensor:
    laid_out = (kernel_size, strides, padding, depth_multiplier, data_format, dilation_rate)
    wide = depthwise_conv2d(at.part("depthwise"), x, *laid_out)
    goes_out = at.count(filters, "filters")
    one = Layer(CONVOLUTION, 1, goes_out)
    return at.window(wide, one, one, "keras", channels=goes_out)


@layer("Conv2DTranspose")
def conv2d_transpose(
    at: At,
    x: Any,
    filters: Any,
    kernel_size: Any,
    strides: Any = (1, 1),
    padding: Any = "valid",
    output_padding: Any = None,
    data_format: Any = None,
    dilation_rate: Any = (1, 1),
    activation: Any = None,
    use_bias: Any = True,
    **more: Any,
) -> Tensor:
    x = at.map_of(x)
    axes_of(at, data_format)
    if output_padding is not None:
        at.fail("'output_padding' is not followed: expected to leave it out")
    dilations = at.pair(dilation_rate, "dilation_rate")
    if dilations != (1, 1):
        at.fail("'dilation_rate' is not followed here: expected 1")
    word: Any = chosen_padding(at, padding)
    channels = at.count(filters, "filters")
    kernels, steps = at.pair(kernel_size, "kernel_size"), at.pair(strides, "strides")
    return at.node(Transposed(kernels, channels, steps, word), x, channels)


@layer("MaxPooling2D")
def max_pooling2d(
    at: At,
    x: Any,
    pool_size: Any = (2, 2),
    strides: Any = None,
    padding: Any = "valid",
    data_format: Any = None,
    name: Any = None,
    **more: Any,
) -> Tensor:
    return pool(at, x, MAX_POOL, pool_size, strides, padding, data_format)


@layer("AveragePooling2D")
def average_pooling2d(
    at: At,
    x: Any,
    pool_size: Any,
    strides: Any = None,
    padding: Any = "valid",
    data_format: Any = None,
    name: Any = None,
    **more: Any,
) -> Tensor:
    return pool(at, x, AVERAGE_POOL, pool_size, strides, padding, data_format)


def pool(
    at: At, x: Any, kind: str, pool_size: Any, strides: Any, padding: Any, data_format: Any
) -> Tensor:
    """A pool; without strides, its windows stand side by side."""
    x = at.map_of(x)
    axes_of(at, data_format)
    kernels = at.pair(pool_size, "pool_size")
    steps = kernels if strides is None else at.pair(strides, "strides")
    word = chosen_padding(at, padding)
    rows, columns = (
        Layer(kind, kernel, 1, step, padding=word)
        for kernel, step in zip(kernels, steps, strict=True)
    )
    return at.window(x, rows, columns, "keras")


@layer("GlobalAveragePooling2D", "GlobalMaxPooling2D")
def global_pooling2d(
    at: At, x: Any, data_format: Any = None, keepdims: Any = False, **more: Any
) -> Tensor:
    axes_of(at, data_format)
    return at.pooled_away(at.map_of(x), keep=keepdims is True)


@layer("UpSampling2D")
def up_sampling2d(
    at: At,
    x: Any,
    size: Any = (2, 2),
    data_format: Any = None,
    interpolation: Any = "nearest",
    **more: Any,
) -> Tensor:
    x = at.map_of(x)
    axes_of(at, data_format)
    factors = at.pair(size, "size")
    if interpolation == "nearest":
        return at.enlarged(x, factors, "keras")
    at.word(interpolation, "interpolation", INTERPOLATIONS)
    first, second = map(float, factors)
    return at.node(Resize((first, second), mode="bilinear"), x, x.channels)


INTERPOLATIONS = (
    *("nearest", "bilinear", "bicubic", "lanczos3", "lanczos5", "area", "gaussian"),
    "mitchellcubic",
)


@layer("Resizing")
def resizing(
    at: At, x: Any, height: Any, width: Any, interpolation: Any = "bilinear", **more: Any
) -> Tensor:
    x = at.map_of(x)
    size = (at.whole(height, "height", 1, 10_000), at.whole(width, "width", 1, 10_000))
    at.word(interpolation, "interpolation", INTERPOLATIONS)
    mode: Any = "nearest" if interpolation == "nearest" else "bilinear"
    return at.node(Resize(size=size, mode=mode), x, x.channels)


@layer("CenterCrop")
def center_crop(at: At, x: Any, *more: Any, **named: Any) -> Tensor:
    return at.fail("what it cuts depends on the size: expected layers.Cropping2D")


def sides(at: At, value: Any, name: str) -> tuple[int, int, int, int]:
    """Keras's number, (rows, columns) or ((top, bottom), (left, right))."""
    if isinstance(value, list | tuple) and len(value) == 2:
        (top, bottom), (left, right) = (at.pair(one, name, 0) for one in value)
        return top, bottom, left, right
    rows, columns = at.pair(value, name, 0)
    return rows, rows, columns, columns


@layer("ZeroPadding2D")
def zero_padding2d(
    at: At, x: Any, padding: Any = (1, 1), data_format: Any = None, **more: Any
) -> Tensor:
    axes_of(at, data_format)
    return at.padded(at.map_of(x), sides(at, padding, "padding"), "zeros")


@layer("Cropping2D")
def cropping2d(
    at: At, x: Any, cropping: Any = ((0, 0), (0, 0)), data_format: Any = None, **more: Any
) -> Tensor:
    x = at.map_of(x)
    axes_of(at, data_format)
    return at.node(Crop(*sides(at, cropping, "cropping")), x, x.channels)


@layer("Flatten")
def flatten(at: At, x: Any, data_format: Any = None, **more: Any) -> Tensor:
    return at.flattened(at.tensor_of(x))


@layer("Dense")
def dense_layer(at: At, x: Any, units: Any, activation: Any = None, **more: Any) -> Tensor:
    return dense(at, x, at.features(units, "units"))


@layer("Reshape")
def reshape(at: At, x: Any, target_shape: Any, **more: Any) -> Tensor:
    """A vector seen as a map of 1 × 1, or a map as a vector; no other is followed."""
    x = at.tensor_of(x)
    shape = target_shape if isinstance(target_shape, list | tuple) else (target_shape,)
    if len(shape) == 1:
        return at.flattened(x)
    ones = [one for one in shape if one == 1]
    if x.form == "vector" and len(shape) == 3 and len(ones) >= 2:
        channels = next((n for n in shape if n != 1), 1)
        channels = x.channels if channels == -1 else at.count(channels, "target_shape")
        if x.channels is not None and channels != x.channels:
            at.fail(f"{x.channels:,} values come in: expected as many")
        return at.node(Pass("Reshape"), x, x.channels)
    return at.unknown([x], "where each value goes is not followed")
