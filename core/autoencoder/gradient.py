"""The gradient of the loss over a few images.

`Gradient` leaves it to autograd: any settings, any device. `WrittenOut` is the same for the usual
settings on a CPU, layer by layer: with so few images autograd's own work is a fifth of the time.
"""

from __future__ import annotations

from typing import Any, Protocol, cast

import torch
import torch.nn.functional as F
from torch import Tensor

from core.autoencoder import network
from core.autoencoder.experiment import Settings

DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16}


class Gradient:
    """Of the network with `weights`, (parameters,): written into `flat`, as long.

    loss: (), what `compute` sets: per pixel, summed over images.
    """

    def __init__(self, settings: Settings, weights: Tensor, flat: Tensor, loss: Tensor) -> None:
        self.settings = settings
        self.flat = flat
        self.loss = loss
        weighing = loss_weights(settings)  # a captured step reads it where it lies
        self.weighing = None if weighing is None else weighing.to(weights.device)
        self.prepare(network.views(weights, settings), network.views(flat, settings))

    def compute(self, noisy: Tensor, clean: Tensor, images: int) -> None:
        """What these images, (n, 1, height, width) each, bring as a part of a batch of `images`."""
        z = self.forward(noisy)
        with torch.no_grad():
            output = z.float()
            loss = F.binary_cross_entropy_with_logits(output, clean, reduction="sum")
            self.loss.copy_(loss / self.settings.pixels)
            slope = torch.sigmoid(output).sub_(clean).mul_(1 / (images * self.settings.pixels))
            if self.weighing is not None:
                slope *= self.weighing
            self.backward(z, slope.to(z.dtype))

    def prepare(self, parts: list[Tensor], slopes: list[Tensor]) -> None:
        self.parts = [part.detach().requires_grad_() for part in parts]
        for part, slope in zip(self.parts, slopes, strict=True):
            part.grad = slope  # backward adds into the flat vector

    def forward(self, noisy: Tensor) -> Tensor:
        settings = self.settings
        x = noisy.to(DTYPES[settings.precision])
        return network.logits(self.parts, x, settings.padding_mode, settings.cleared)

    def backward(self, z: Tensor, slope: Tensor) -> None:
        self.flat.zero_()
        torch.autograd.backward(z, slope)


def loss_weights(settings: Settings) -> Tensor | None:
    """What the slope of the mean loss is multiplied by, (height, width); None where that is 1."""
    size, ring = settings.size, settings.pad_width if settings.loss_on == "original" else 0
    if ring == 0 and settings.reduction == "mean":
        return None
    used = size - 2 * ring
    weights = torch.zeros(size, size)
    weights[ring : ring + used, ring : ring + used] = size**2
    return weights if settings.reduction == "sum" else weights / used**2


# --- Written out --------------------------------------------------------------------------------


class WrittenOut(Gradient):
    """The gradient where the layers pad with zeros and nothing is cleared, on a CPU."""

    @staticmethod
    def serves(settings: Settings, device: torch.device) -> bool:
        usual = settings.padding_mode == "zeros" and not settings.cleared
        return usual and settings.precision == "fp32" and device.type == "cpu"

    def prepare(self, parts: list[Tensor], slopes: list[Tensor]) -> None:
        depth = self.settings.depth
        kinds = [_Down] * depth + [_Level] + [_Up] * (depth - 1) + [_Last]
        pairs = (zip(of[::2], of[1::2], strict=True) for of in (parts, slopes))
        self.layers: list[_Layer] = [
            kind(*layer, *slope) for kind, layer, slope in zip(kinds, *pairs, strict=True)
        ]

    def forward(self, noisy: Tensor) -> Tensor:
        x = noisy
        with torch.no_grad():
            for layer in self.layers:
                x = layer.forward(x)
            return x[..., : noisy.shape[2], : noisy.shape[3]]

    def backward(self, z: Tensor, slope: Tensor) -> None:
        below, right = (-n % 2**self.settings.depth for n in slope.shape[2:])
        slope = F.pad(slope, (0, right, 0, below)) if below or right else slope
        for layer in reversed(self.layers):
            slope = layer.backward(slope)


class _Layer(Protocol):
    def forward(self, x: Tensor, /) -> Tensor: ...

    def backward(self, slope: Tensor, /) -> Tensor: ...


class _Convolution:
    """A kernel, a bias, where their slopes are written, and what came in and went out."""

    x: Tensor
    y: Tensor

    def __init__(
        self, kernel: Tensor, bias: Tensor, kernel_slope: Tensor, bias_slope: Tensor
    ) -> None:
        self.kernel, self.bias = kernel, bias
        self.kernel_slope, self.bias_slope = kernel_slope, bias_slope

    def through_relu(self, slope: Tensor) -> Tensor:
        """The slope before the ReLU; that of the bias is its sum, before or after a pool."""
        slope = torch.ops.aten.threshold_backward(slope, self.y, 0)
        torch.sum(slope, (0, 2, 3), out=self.bias_slope)
        return slope


class _Level(_Convolution):
    """A convolution, and its ReLU."""

    def forward(self, x: Tensor) -> Tensor:
        self.x = x
        self.y = F.conv2d(x, self.kernel, self.bias, padding=1).relu_()
        return self.y

    def backward(self, slope: Tensor) -> Tensor:
        return self.through_convolution(self.through_relu(slope))

    def through_convolution(self, slope: Tensor) -> Tensor:
        needs_x = self.x.shape[1] > 1  # the image needs no slope
        of_x, of_kernel, _ = torch.ops.aten.convolution_backward(
            slope, self.x, self.kernel, None, [1, 1], [1, 1], [1, 1], False, [0, 0], 1,
            [needs_x, True, False],
        )  # fmt: skip
        self.kernel_slope.copy_(of_kernel)
        return cast(Tensor, of_x) if needs_x else slope


class _Down(_Level):
    """A convolution, a 2×2 pool, and the ReLU, which comes to the same after it."""

    POOL: tuple[Any, ...] = ([2, 2], [2, 2], [0, 0], [1, 1], True)  # Keras's 'same'

    def forward(self, x: Tensor) -> Tensor:
        self.x = x
        self.wide = F.conv2d(x, self.kernel, self.bias, padding=1)
        y, self.places = torch.ops.aten.max_pool2d_with_indices(self.wide, *self.POOL)
        self.y = y.relu_()
        return self.y

    def backward(self, slope: Tensor) -> Tensor:
        # Of its second argument the pool's backward reads only the shape: the slope may go there.
        torch.ops.aten.max_pool2d_with_indices_backward.grad_input(
            self.through_relu(slope), self.wide, *self.POOL, self.places, grad_input=self.wide
        )
        return self.through_convolution(self.wide)


class _Up(_Convolution):
    """A convolution of the upsampled map, and its ReLU; see `network.upsample_convolve`."""

    def forward(self, x: Tensor) -> Tensor:
        self.x = x
        self.spread = network.transposed_kernel(self.kernel)
        self.y = F.conv_transpose2d(x, self.spread, self.bias, stride=2, padding=1).relu_()
        return self.y

    def backward(self, slope: Tensor) -> Tensor:
        of_x, of_kernel, _ = torch.ops.aten.convolution_backward(
            self.through_relu(slope), self.x, self.spread, None, [2, 2], [1, 1], [1, 1], True,
            [0, 0], 1, [True, True, False],
        )  # fmt: skip
        self.kernel_slope.copy_(network.from_transposed(of_kernel))
        return cast(Tensor, of_x)


class _Last(_Convolution):
    """A convolution of the upsampled map to one channel; see `network.to_one_channel`."""

    def forward(self, x: Tensor) -> Tensor:
        self.x = x
        self.taps = network.transposed_kernel(self.kernel).view(-1, 16)
        return network.to_one_channel(x, self.taps) + self.bias

    def backward(self, slope: Tensor) -> Tensor:
        batch, inputs, height, width = self.x.shape
        torch.sum(slope, (0, 2, 3), out=self.bias_slope)
        of_taps = F.unfold(slope, 4, padding=1, stride=2).transpose(1, 2).reshape(-1, 16)
        pixels = self.x.permute(0, 2, 3, 1).reshape(-1, inputs)
        of_kernel = pixels.t() @ of_taps
        self.kernel_slope.copy_(network.from_transposed(of_kernel.view(inputs, 1, 4, 4)))
        return (of_taps @ self.taps.t()).view(batch, height, width, inputs).permute(0, 3, 1, 2)
