"""The network in torch: five convolutions, two pools, and a linear layer on top."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.classifier.experiment import (
    CANVAS,
    CHANNELS,
    CLASSES,
    IMAGE_PAD,
    KERNELS,
    POOLED,
    Settings,
)


class Classifier(nn.Module):
    """Canvases (n, 1, CANVAS, CANVAS) in [0, 1] to scores of the classes (n, CLASSES).

    Each convolution is followed by its pool, if it has one, by batch normalisation and a ReLU.
    Circular padding wraps the pools' windows, too. Equal seeds give equal convolutions, whatever
    else the settings say.
    """

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self.settings = settings
        channels = (1, *CHANNELS)
        self.kernels = nn.ParameterList(
            torch.empty(outputs, inputs, size, size)
            for inputs, outputs, size in zip(channels[:-1], CHANNELS, KERNELS, strict=True)
        )
        self.norms = nn.ModuleList(nn.BatchNorm2d(outputs) for outputs in CHANNELS)
        self.readout = nn.Linear(self.features(), CLASSES)
        random = np.random.default_rng([settings.seed, 0])
        for weight in (*self.kernels, self.readout.weight):
            # He's range before a ReLU, PyTorch's own for the readout.
            limit = math.sqrt((1 if weight is self.readout.weight else 6) / weight[0].numel())
            drawn = random.uniform(-limit, limit, tuple(weight.shape)).astype(np.float32)
            with torch.no_grad():
                weight.copy_(torch.from_numpy(drawn))
        nn.init.zeros_(self.readout.bias)
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def features(self) -> int:
        """How many numbers the readout gets."""
        if self.settings.readout == "pooling":
            return CHANNELS[-1]
        with torch.inference_mode():
            blank = torch.zeros(1, 1, CANVAS, CANVAS)
            mode = self.training
            found = self.eval().maps(blank)[0].numel()
            self.train(mode)
        return found

    def maps(self, canvases: Tensor) -> Tensor:
        """The last convolution's maps, (n, channels, height, width)."""
        x = canvases
        if self.settings.padding == "image":
            x = F.pad(x, [IMAGE_PAD] * 4)
        for number, (kernel, norm) in enumerate(zip(self.kernels, self.norms, strict=True)):
            if number in POOLED:
                x = self.pool(self.convolve(x, kernel, beyond=self.beyond))
            else:
                x = self.convolve(x, kernel)
            x = F.relu_(norm(x))
        return x

    @property
    def beyond(self) -> int:
        """Rows and columns that a pool reads beyond each side of a wrapped map."""
        return int((self.settings.padding, self.settings.pool) == ("circular", "anti-aliased"))

    def convolve(self, x: Tensor, kernel: Tensor, beyond: int = 0) -> Tensor:
        around = kernel.shape[-1] // 2
        if self.settings.padding == "circular":
            return F.conv2d(wrap(x, around + beyond), kernel)
        return F.conv2d(x, kernel, padding=around if self.settings.padding == "same" else 0)

    def pool(self, x: Tensor) -> Tensor:
        if self.settings.pool == "max":
            return F.max_pool2d(x, 2)
        return blur_pool(x, wrapped=self.settings.padding == "circular")

    def forward(self, canvases: Tensor) -> Tensor:
        x = self.maps(canvases)
        x = x.amax(dim=(2, 3)) if self.settings.readout == "pooling" else x.flatten(1)
        scores: Tensor = self.readout(x)
        return scores


def wrap(x: Tensor, ring: int) -> Tensor:
    """x (n, c, h, w) with `ring` rows and columns of its other end on each side.

    F.pad does the same, but loses the channels-last layout, and with it half of the speed.
    """
    wrapped: Tensor = _Wrap.apply(x, ring)  # type: ignore[no-untyped-call]
    return wrapped


class _Wrap(torch.autograd.Function):
    """`wrap`; autograd would make a map of zeros for each of the pieces that are put together."""

    @staticmethod
    def forward(context: Any, x: Tensor, ring: int) -> Tensor:
        context.ring = ring
        batch, channels, height, width = x.shape
        shape = (batch, channels, height + 2 * ring, width + 2 * ring)
        wrapped = torch.empty(shape, dtype=x.dtype, memory_format=torch.channels_last)
        wrapped[:, :, ring:-ring, ring:-ring] = x
        for axis, length in ((3, width), (2, height)):
            inner = slice(ring, -ring) if axis == 3 else slice(None)
            rows = wrapped[:, :, inner]
            rows.narrow(axis, 0, ring).copy_(rows.narrow(axis, length, ring))
            rows.narrow(axis, length + ring, ring).copy_(rows.narrow(axis, ring, ring))
        return wrapped

    @staticmethod
    def backward(context: Any, gradient: Tensor) -> tuple[Tensor, None]:
        ring: int = context.ring
        for axis in (2, 3):
            length = gradient.shape[axis] - 2 * ring
            inner = gradient.narrow(axis, ring, length).clone()
            inner.narrow(axis, length - ring, ring).add_(gradient.narrow(axis, 0, ring))
            inner.narrow(axis, 0, ring).add_(gradient.narrow(axis, length + ring, ring))
            gradient = inner
        return gradient, None


def blur_pool(x: Tensor, *, wrapped: bool) -> Tensor:
    """Zhang's MaxBlurPool (ICML 2019): (n, c, h, w) to (n, c, h/2, w/2), h and w even.

    The maximum of 2×2 pixels at every place, blurred by [1 2 1] ⊗ [1 2 1] / 16 and read at every
    other place. The border is reflected, as in the paper's code; a wrapped x has a row and column
    more on each side, which hold its other end.
    """
    higher = highest(x) if wrapped else F.pad(highest(x), [1] * 4, mode="reflect")
    channels = x.shape[1]
    return F.conv2d(higher, BLUR.to(x.dtype).repeat(channels, 1, 1, 1), stride=2, groups=channels)


BLUR = torch.tensor([1.0, 2.0, 1.0]).outer(torch.tensor([1.0, 2.0, 1.0])) / 16


def highest(x: Tensor) -> Tensor:
    """The maximum of 2×2 pixels at every place, (n, c, h, w) to (n, c, h - 1, w - 1)."""
    if torch.is_grad_enabled():
        return F.max_pool2d(x, 2, stride=1)
    # Forward only, this takes a fifth of the time for so few channels.
    across = torch.maximum(x[..., :-1], x[..., 1:])
    return torch.maximum(across[..., :-1, :], across[..., 1:, :])
