"""What a stack does to a size, layer by layer, and which pixels it drops on the way.

The page and the command line show the same `Step`s. `PRESETS` holds the stacks worth opening on,
`pool` what padded cells count as on a real image.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from core.layers import (
    CONVOLUTION,
    MAX_CHANNELS,
    MAX_POOL,
    OUTSIDE,
    UPSAMPLING,
    Axis,
    Convention,
    Indices,
    Layer,
    Stack,
    StackText,
    fit,
    fit_stack,
    parse_stack,
)
from core.settings import Choice, InputError, Maybe, Whole, check, setting


@dataclass(frozen=True)
class Preset:
    """A stack worth looking at: `about` says why."""

    name: str
    size: int
    channels: int
    convention: Convention
    layers: str
    about: str


POST = "conv3x32:same maxpool2 conv3x32:same maxpool2 conv3x32:same up2 conv3x32:same up2 " + (
    "conv3x1:same"
)
RESNET = "conv7x64s2:3 maxpool3s2:1 conv3x128s2:1 conv3x256s2:1 conv3x512s2:1"

PRESETS = (
    Preset(
        "Keras blog's autoencoder",
        28,
        1,
        "keras",
        "conv3x16:same maxpool2:same conv3x8:same maxpool2:same conv3x8:same maxpool2:same "
        "conv3x8:same up2 conv3x8:same up2 conv3x16 up2 conv3x1:same",
        "Three 'same' poolings take 28 to 14, 7 and 4: a code of 4×4×8. Doubling that gives "
        "8, 16, 32, not 28, so one convolution of the decoder is valid: it takes 16 to 14, and "
        "doubling gives 28 again.",
    ),
    Preset(
        "The post's autoencoder at 28",
        28,
        1,
        "keras",
        POST,
        "28 halves evenly twice, so nothing is dropped: the code is 7×7×32.",
    ),
    Preset(
        "The post's autoencoder at 32",
        32,
        1,
        "keras",
        POST,
        "The same 28,353 parameters on images padded by 2: the code is 8×8×32.",
    ),
    Preset(
        "LeNet-5",
        32,
        1,
        "torch",
        "conv5x6 avgpool2 conv5x16 avgpool2 conv5x120 conv1x84 conv1x10",
        "No padding anywhere: the digits come on 32×32 so that strokes near their edge still "
        "reach the middle of a window. The last three layers are the dense ones, written as "
        "convolutions.",
    ),
    Preset(
        "ResNet's strides at 224",
        224,
        3,
        "torch",
        RESNET,
        "The five layers with stride 2, the others keep the size. Each leaves its last padded "
        "row and column unused.",
    ),
    Preset(
        "ResNet's strides at 225",
        225,
        3,
        "torch",
        RESNET,
        "One pixel more, and all five layers use their padding evenly: 113, 57, 29, 15, 8.",
    ),
)


@dataclass(frozen=True)
class Settings:
    size: int = setting(28, Whole(1, 4096), "height of the image, in pixels")
    width: int | None = setting(None, Maybe(Whole(1, 4096)), "its width, where it is not square")
    channels: int = setting(1, Whole(1, MAX_CHANNELS), "channels of the image")
    convention: Convention = setting("keras", Choice(("keras", "torch")), "whose rules hold")
    layers: Stack = setting(parse_stack(PRESETS[0].layers), StackText(), "the stack")

    def __post_init__(self) -> None:
        check(self)


@dataclass(frozen=True)
class Step:
    """One layer of a stack at work.

    rows, columns: the layer along the image's height and along its width.
    channels: channels that come in.
    unseen_rows, unseen_columns: the input's rows and columns that no output of the whole stack
        sees; `rows.unused` are those that this layer's own output does not.
    """

    layer: Layer
    rows: Axis
    columns: Axis
    channels: int
    unseen_rows: Indices
    unseen_columns: Indices

    @property
    def input(self) -> tuple[int, int, int]:
        """(height, width, channels)."""
        return self.rows.length, self.columns.length, self.channels

    @property
    def output(self) -> tuple[int, int, int]:
        """(height, width, channels)."""
        convolved = self.layer.kind == CONVOLUTION
        channels = self.layer.channels if convolved else self.channels
        return self.rows.output, self.columns.output, channels

    @property
    def parameters(self) -> int:
        """Weights and one bias for each channel out; a pool has none."""
        if self.layer.kind != CONVOLUTION:
            return 0
        return (self.layer.kernel**2 * self.channels + 1) * self.layer.channels


def walk(
    stack: Stack, height: int, width: int, channels: int, convention: Convention
) -> tuple[Step, ...]:
    """The steps of `stack` on an image of height × width × channels; InputError if one fails."""
    rows = fit_stack(stack, height, convention)
    columns = fit_stack(stack, width, convention)
    steps = []
    for layer, row, column, no_row, no_column in zip(
        stack, rows, columns, unseen(rows), unseen(columns), strict=True
    ):
        steps.append(Step(layer, row, column, channels, no_row, no_column))
        channels = steps[-1].output[-1]
    return tuple(steps)


def unseen(axes: tuple[Axis, ...]) -> list[Indices]:
    """For each layer, its input pixels that no output of the last one sees."""
    seen: npt.NDArray[np.bool_] = np.ones(axes[-1].output, bool)
    pixels = []
    for axis in reversed(axes):
        seen = axis.pull_back(seen, np.logical_or)
        pixels.append(np.flatnonzero(~seen))
    return pixels[::-1]


def formula(axis: Axis) -> str:
    """How the output length follows, with the numbers filled in: "⌊(7 − 2) / 2⌋ + 1 = 3".

    The general forms: ⌈n / s⌉ for 'same', ⌊(n + 2p − d(k − 1) − 1) / s⌋ + 1 otherwise
    (docs.pytorch.org, Conv2d), with ⌈ ⌉ under `ceil_mode`.
    """
    layer, n = axis.layer, axis.length
    if layer.kind == UPSAMPLING:
        return f"{layer.kernel} · {n} = {axis.output}"
    if layer.padding == "same":
        return f"⌈{n} / {layer.stride}⌉ = {axis.output}"
    padded = f"{n} + 2·{axis.before}" if axis.before else f"{n}"
    span = f"{layer.kernel}"
    if layer.dilation > 1:
        span = f"{layer.dilation}·({layer.kernel} − 1) − 1"
    if layer.stride == 1:
        return f"{padded} − {span} + 1 = {axis.output}"
    left, right = "⌈⌉" if layer.ceil else "⌊⌋"
    room = axis.length + 2 * axis.before - layer.span
    windows = f"{left}({padded} − {span}) / {layer.stride}{right} + 1"
    if layer.ceil and -(-room // layer.stride) + 1 > axis.output:
        windows += " − 1"  # the last window would start past the input
    return f"{windows} = {axis.output}"


def pool(
    image: npt.NDArray[Any],
    layer: Layer,
    convention: Convention = "either",
    padded_as: float | None = None,
) -> npt.NDArray[np.float64]:
    """Pool an image of shape (height, width).

    padded_as: a value for the padded cells, to see what it would change. By default they count
        as −∞ in a max pool, and in an average pool as `Axis.mean_counts` says.
    Returns shape (rows.output, columns.output). Raises InputError where the pool does not fit.
    """
    if not layer.is_pool:
        raise InputError(f"layers: {str(layer)!r}: expected maxpool or avgpool")
    rows, columns = (fit(layer, length, convention) for length in image.shape)
    row = rows.sources[:, None, :, None]  # (output rows, 1, taps, 1)
    column = columns.sources[None, :, None, :]  # (1, output columns, 1, taps)
    outside = (row == OUTSIDE) | (column == OUTSIDE)
    fill = padded_as
    if fill is None:
        fill = -np.inf if layer.kind == MAX_POOL else 0.0
    windows = np.where(outside, fill, image[row, column])
    if layer.kind == MAX_POOL:
        return np.asarray(windows.max(axis=(2, 3)))
    if padded_as is not None:
        return np.asarray(windows.mean(axis=(2, 3)))
    counts = np.multiply.outer(rows.mean_counts, columns.mean_counts)
    return np.asarray(windows.sum(axis=(2, 3)) / counts)


def report(settings: Settings) -> dict[str, Any]:
    """What the command line prints: sizes as [height, width, channels]."""
    width = settings.size if settings.width is None else settings.width
    steps = walk(settings.layers, settings.size, width, settings.channels, settings.convention)
    return {
        "layers": [describe(step) for step in steps],
        "output": list(steps[-1].output),
        "parameters": sum(step.parameters for step in steps),
        "unseen": {
            "rows": len(steps[0].unseen_rows),
            "columns": len(steps[0].unseen_columns),
        },
    }


def describe(step: Step) -> dict[str, Any]:
    """One layer of the report."""
    return {
        "layer": str(step.layer),
        "input": list(step.input),
        "output": list(step.output),
        "formula": {"height": formula(step.rows), "width": formula(step.columns)},
        "pad": sides(
            (step.rows.before, step.rows.after), (step.columns.before, step.columns.after)
        ),
        "unused_padding": sides(step.rows.unused_padding, step.columns.unused_padding),
        "unused": {"rows": len(step.rows.unused), "columns": len(step.columns.unused)},
        "parameters": step.parameters,
    }


def sides(rows: tuple[int, int], columns: tuple[int, int]) -> dict[str, int]:
    """A pair along each axis, under the names of the image's sides."""
    return {"top": rows[0], "bottom": rows[1], "left": columns[0], "right": columns[1]}
