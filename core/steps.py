"""A stack laid over an image, layer by layer: sizes, the pixels dropped on the way, parameters.

The arithmetic of one axis is `core.layers`'s; a `Step` is that of both, with channels.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.layers import CONVOLUTION, UPSAMPLING, Axis, Convention, Indices, Layer, Stack, fit_stack

POST = "conv3x32:same maxpool2 conv3x32:same maxpool2 conv3x32:same up2 conv3x32:same up2 " + (
    "conv3x1:same"
)
"""The denoising autoencoder of Cross Validated 454768."""

RESNET = "conv7x64s2:3 maxpool3s2:1 conv3x128s2:1 conv3x256s2:1 conv3x512s2:1"
"""The five layers of a ResNet that have stride 2 (He et al. 2015, arXiv 1512.03385)."""


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
