"""The autoencoder in torch: its definition, and the same mathematics rearranged to run faster.

`Autoencoder` is the definition: at the default settings layer for layer that of Cross Validated
454768, else as many times deeper and wider as they say. `logits` computes the same function of the
same weights two to three times as fast; both are compared in float64.

All weights together are one flat vector, (parameters,), in the order of `Autoencoder.parameters()`:
kernel, bias, kernel, bias, …
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Literal, cast

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.arrays import Float32
from core.autoencoder.experiment import Settings, parameter_count
from core.autoencoder.forward import kernels
from core.data import SIZE

PaddingMode = Literal["zeros", "reflect", "replicate", "circular"]


class Autoencoder(nn.Module):
    """Noisy images (batch, 1, height, width) in [0, 1] to denoised ones of the same shape."""

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        mode = cast(PaddingMode, settings.padding_mode)
        self.depth = settings.depth
        self.ring = settings.cleared
        self.convolutions = nn.ModuleList(
            nn.Conv2d(inputs, outputs, 3, padding=1, padding_mode=mode)
            for outputs, inputs, _, _ in kernels(settings)
        )
        self.pool = nn.MaxPool2d(2, ceil_mode=True)  # Keras's 'same'
        self.up = nn.Upsample(scale_factor=2)  # nearest

    def logits(self, images: Tensor) -> Tensor:
        x: Tensor = clear(images, self.ring)
        height, width = images.shape[-2:]
        *inner, last = self.convolutions
        scale = 1  # pixels of the image to a cell of the map, in each direction
        for place, convolution in enumerate(inner):
            x = clear(F.relu(convolution(x)), self.ring, scale)
            if place < self.depth:
                x, scale = self.pool(x), 2 * scale
            else:
                x, scale = self.up(x), scale // 2
            x = clear(x, self.ring, scale)
        x = last(x)
        return x[..., :height, :width]

    def forward(self, images: Tensor) -> Tensor:
        return torch.sigmoid(self.logits(images))


def initial_weights(settings: Settings) -> Float32:
    """Keras's initial weights: Glorot-uniform kernels (out, in, 3, 3), zero biases.

    The last bias is `output_bias`, by default 0 like all others.
    Equal seeds give equal weights everywhere, and in both arms.
    """
    random = np.random.default_rng([settings.seed, 0])
    parts: list[Float32] = []
    for outputs, inputs, rows, columns in kernels(settings):
        limit = math.sqrt(6 / (rows * columns * (inputs + outputs)))
        kernel = random.uniform(-limit, limit, outputs * inputs * rows * columns)
        parts += [kernel.astype(np.float32), np.zeros(outputs, np.float32)]
    parts[-1] += np.float32(settings.output_bias)
    return np.concatenate(parts)


def views(weights: Tensor, settings: Settings) -> list[Tensor]:
    """Views of the flat vector as kernel, bias, kernel, bias, …"""
    shapes = [shape for kernel in kernels(settings) for shape in (kernel, kernel[:1])]
    parts = torch.split(weights, [math.prod(shape) for shape in shapes])
    return [part.view(shape) for part, shape in zip(parts, shapes, strict=True)]


def module(weights: Float32, settings: Settings) -> Autoencoder:
    """The definition with the given weights. Raises ValueError where they are another network's."""
    count = parameter_count(settings)
    if weights.shape != (count,):
        raise ValueError(f"weights must be ({count},), not {weights.shape}")
    network = Autoencoder(settings)
    given = views(torch.from_numpy(weights.copy()), settings)
    for parameter, value in zip(network.parameters(), given, strict=True):
        parameter.data = value
    return network


def channels_last(images: Tensor) -> Tensor:
    """Images (batch, height, width) as (batch, 1, height, width) with the channel innermost.

    With one channel both layouts are the same bytes, and only the strides say which is meant:
    convolutions and pools then keep to it, which halves their time.
    """
    return images.unsqueeze(-1).permute(0, 3, 1, 2)


def clear(x: Tensor, ring: int, scale: int = 1) -> Tensor:
    """A map (…, height, width) with 0 in every cell that lies wholly in the image's outer ring.

    The ring is `ring` pixels wide, a cell `scale` × `scale` pixels of the padded image. A cell that
    holds pixels of the ring and of the original image stays as it is.
    """
    if not ring:
        return x
    inside = torch.zeros(x.shape[-1], dtype=x.dtype, device=x.device)
    inside[ring // scale : -(-(ring + SIZE) // scale)] = 1
    return x * (inside[:, None] * inside)


def logits(
    weights: Sequence[Tensor], images: Tensor, padding_mode: str = "zeros", ring: int = 0
) -> Tensor:
    """`Autoencoder.logits`, rearranged; images (batch, 1, height, width) from `channels_last`.

    weights: as `views` gives them; their number says how deep the network is.
    ring: pixels at each side in which the input and every feature map are cleared.

    - Pooling before the ReLU: it is monotonic, so the maximum is the same one.
        - An upsampled image holds each pixel four times: its 3×3 convolution is one of 2×2 taps on
      the small image for each of the four positions in a pixel.
    """
    height, width = images.shape[-2:]
    parts = [part.to(images.dtype) for part in weights]
    *inner, last = zip(parts[::2], parts[1::2], strict=True)
    depth = len(inner) // 2
    x = clear(images, ring)
    for place, layer in enumerate(inner):
        scale = 2 ** min(place, 2 * depth - place)  # pixels to a cell of the convolved map
        if place < depth:
            x = _down(x, *layer, padding_mode, ring, scale)
            scale *= 2
        elif place == depth:
            x = _convolve(x, *layer, padding_mode)
        else:
            x = _up(x, *layer, padding_mode, ring, scale)
        x = clear(torch.relu_(x), ring, scale)
    x = _up(x, *last, padding_mode, ring, 1)
    return x[..., :height, :width]


def _split(ring: int, scale: int) -> bool:
    """Whether a cell of `scale` pixels holds some of a ring to be cleared, and of the original."""
    return ring > 0 and (ring % scale > 0 or (ring + SIZE) % scale > 0)


def _down(
    x: Tensor, kernel: Tensor, bias: Tensor, padding_mode: str, ring: int, scale: int
) -> Tensor:
    """A convolution of cells of `scale` pixels, and its 2×2 pool; the ReLU may come after."""
    if not _split(ring, 2 * scale):
        return _convolve_pool(x, kernel, bias, padding_mode)
    # A pool's cell that is split is to know only what is not cleared.
    x = torch.relu_(_convolve(x, kernel, bias, padding_mode))
    return F.max_pool2d(clear(x, ring, scale), 2, ceil_mode=True)


def _up(
    x: Tensor, kernel: Tensor, bias: Tensor, padding_mode: str, ring: int, scale: int
) -> Tensor:
    """x upsampled to cells of `scale` pixels, and a convolution."""
    if not _split(ring, 2 * scale):
        return upsample_convolve(x, kernel, bias, padding_mode)
    x = F.interpolate(x, scale_factor=2.0)
    return _convolve(clear(x, ring, scale), kernel, bias, padding_mode)


def _pad(x: Tensor, padding_mode: str) -> tuple[Tensor, int]:
    """x, and how many zeros the convolution is to add on each side."""
    if padding_mode == "zeros":
        return x, 1
    return F.pad(x, (1, 1, 1, 1), mode=padding_mode), 0


def _convolve(x: Tensor, kernel: Tensor, bias: Tensor, padding_mode: str) -> Tensor:
    x, zeros = _pad(x, padding_mode)
    kernel = kernel.contiguous(memory_format=torch.channels_last)
    return F.conv2d(x, kernel, bias, padding=zeros)


def _convolve_pool(x: Tensor, kernel: Tensor, bias: Tensor, padding_mode: str) -> Tensor:
    return F.max_pool2d(_convolve(x, kernel, bias, padding_mode), 2, ceil_mode=True)


def upsample_convolve(x: Tensor, kernel: Tensor, bias: Tensor, padding_mode: str) -> Tensor:
    """A 3×3 convolution of x upsampled by 2: (b, i, h, w) to (b, o, 2h, 2w).

    As a transposed convolution; to one channel as a matrix product whose products are then summed
    where they fall; in bf16, where the former is slow, as one convolution to the four positions,
    woven together.
    """
    # Reflection repeats the pixel next to the border, which after upsampling is its own twin.
    x, zeros = _pad(x, "replicate" if padding_mode == "reflect" else padding_mode)
    cut = 3 - 2 * zeros  # what a transposed convolution of x makes too much, on each side
    if len(kernel) == 1:
        return to_one_channel(x, transposed_kernel(kernel, TRANSPOSED).reshape(-1, 16), cut) + bias
    if x.dtype != torch.bfloat16:
        return F.conv_transpose2d(
            x, transposed_kernel(kernel, TRANSPOSED), bias, stride=2, padding=cut
        )
    y = F.conv2d(x, _phase_kernel(kernel), bias.repeat(4), padding=zeros)
    woven: Tensor = _Interleave.apply(y)  # type: ignore[no-untyped-call]
    return woven


def to_one_channel(x: Tensor, taps: Tensor, cut: int = 1) -> Tensor:
    """x (b, i, h, w) through a transposed convolution to one channel, of stride 2.

    taps: (i, 16), its 4×4 kernels; cut: how much of the result goes on each side. To
    (b, 1, 2h + 2 − 2·cut, 2w + 2 − 2·cut).
    """
    batch, inputs, height, width = x.shape
    products = x.permute(0, 2, 3, 1).reshape(-1, inputs) @ taps
    columns = products.view(batch, height * width, 16).transpose(1, 2)
    size = (2 * height + 2 - 2 * cut, 2 * width + 2 - 2 * cut)
    return F.fold(columns, size, 4, padding=cut, stride=2)


# Which of the three taps falls on which of the two small pixels that a position of the upsampled
# image sees, [position, small pixel, tap]: the first position has one tap on the pixel before.
_TAPS = np.array([[[1, 0, 0], [0, 1, 1]], [[1, 1, 0], [0, 0, 1]]], np.float32)
# The same for rows and columns together: (rows × columns taps, position × small pixel taps).
_PHASES = torch.from_numpy(np.einsum("ayr,bxc->rcabyx", _TAPS, _TAPS).reshape(9, 16))
# Seen from the small pixel, [which of the four upsampled pixels around it, tap].
_SPREAD = np.array([[0, 0, 1], [0, 1, 1], [1, 1, 0], [1, 0, 0]], np.float32)
TRANSPOSED = torch.from_numpy(np.einsum("yr,xc->rcyx", _SPREAD, _SPREAD).reshape(9, 16))


def _phase_kernel(kernel: Tensor) -> Tensor:
    """A kernel (o, i, 3, 3) on an upsampled image as (4·o, i, 2, 2) on the small one."""
    outputs, inputs = kernel.shape[:2]
    phases = kernel.reshape(outputs * inputs, 9) @ _PHASES.to(kernel)
    phases = phases.view(outputs, inputs, 4, 2, 2).permute(2, 0, 3, 4, 1)
    return phases.reshape(4 * outputs, 2, 2, inputs).permute(0, 3, 1, 2)


def transposed_kernel(kernel: Tensor, transposed: Tensor) -> Tensor:
    """A kernel (o, i, 3, 3) on an upsampled image as (i, o, 4, 4), transposed, stride 2.

    transposed: `TRANSPOSED`, which compiled code cannot reach by itself.
    """
    outputs, inputs = kernel.shape[:2]
    spread = kernel.reshape(outputs * inputs, 9) @ transposed.to(kernel)
    spread = spread.view(outputs, inputs, 4, 4).transpose(0, 1)
    return spread.contiguous(memory_format=torch.channels_last)


def from_transposed(kernel: Tensor, transposed: Tensor) -> Tensor:
    """The slope of a kernel (o, i, 3, 3), given that of its `transposed_kernel`, (i, o, 4, 4)."""
    inputs, outputs = kernel.shape[:2]
    spread = kernel.transpose(0, 1).reshape(outputs * inputs, 16)
    return (spread @ transposed.to(kernel).t()).view(outputs, inputs, 3, 3)


class _Interleave(torch.autograd.Function):
    """Four images side by side in the channels, (b, 4·c, h + 1, w + 1), woven into (b, c, 2h, 2w).

    Position (row, column) within pixel (y, x) is pixel (y + row, x + column) of image
    2·row + column. Autograd would make a padded copy of each of the four.
    """

    @staticmethod
    def forward(context: Any, images: Tensor) -> Tensor:
        view = _woven(images.permute(0, 2, 3, 1).contiguous())
        batch, height, _, width, _, channels = view.shape
        shape = (batch, channels, 2 * height, 2 * width)
        woven = torch.empty(
            shape, dtype=view.dtype, device=view.device, memory_format=torch.channels_last
        )
        woven.permute(0, 2, 3, 1).view(view.shape).copy_(view)
        return woven

    @staticmethod
    def backward(context: Any, gradient: Tensor) -> Tensor:
        batch, channels, height, width = gradient.shape
        phases = gradient.new_zeros(batch, height // 2 + 1, width // 2 + 1, 4 * channels)
        woven = _woven(phases)
        woven.copy_(gradient.permute(0, 2, 3, 1).reshape(woven.shape))
        return phases.permute(0, 3, 1, 2)


def _woven(phases: Tensor) -> Tensor:
    """A view (b, h, 2, w, 2, c) of phases (b, h + 1, w + 1, 4·c); see _Interleave."""
    batch, height, width, channels = (*phases.shape[:3], phases.shape[3] // 4)
    image, row, column, _ = phases.stride()
    return phases.as_strided(
        (batch, height - 1, 2, width - 1, 2, channels),
        (image, row, row + 2 * channels, column, column + channels, 1),
    )
