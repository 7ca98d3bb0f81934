"""The gradient of the loss over a few images.

`Gradient` leaves it to autograd: any settings, any device. `WrittenOut` is the same for the usual
settings on a CPU: with so few images autograd's own work is a fifth of the time.
"""

from __future__ import annotations

import torch
from torch import Tensor

from core.autoencoder import network
from core.autoencoder.experiment import Settings
from core.autoencoder.written_out import loss_and_slope, written_out

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

    def prepare(self, parts: list[Tensor], slopes: list[Tensor]) -> None:
        self.parts = [part.detach().requires_grad_() for part in parts]
        for part, slope in zip(self.parts, slopes, strict=True):
            part.grad = slope  # backward adds into the flat vector

    def compute(self, noisy: Tensor, clean: Tensor, images: int) -> None:
        """What these images, (n, 1, height, width) each, bring as a part of a batch of `images`."""
        settings = self.settings
        x = noisy.to(DTYPES[settings.precision])
        z = network.logits(self.parts, x, settings.padding_mode, settings.cleared)
        with torch.no_grad():
            known = self.weighing, settings.pixels, images
            loss, slope = loss_and_slope(z.float(), clean, *known)
            self.loss.copy_(loss)
            self.flat.zero_()
            torch.autograd.backward(z, slope.to(z.dtype))


def loss_weights(settings: Settings) -> Tensor | None:
    """What the slope of the mean loss is multiplied by, (height, width); None where that is 1."""
    size, ring = settings.size, settings.pad_width if settings.loss_on == "original" else 0
    if ring == 0 and settings.reduction == "mean":
        return None
    used = size - 2 * ring
    weights = torch.zeros(size, size)
    weights[ring : ring + used, ring : ring + used] = size**2
    return weights if settings.reduction == "sum" else weights / used**2


class WrittenOut(Gradient):
    """The gradient where the layers pad with zeros and nothing is cleared, on a CPU."""

    @staticmethod
    def serves(settings: Settings, device: torch.device) -> bool:
        usual = settings.padding_mode == "zeros" and not settings.cleared
        return usual and settings.precision == "fp32" and device.type == "cpu"

    def prepare(self, parts: list[Tensor], slopes: list[Tensor]) -> None:
        self.layers = parts[::2], parts[1::2], slopes[::2], slopes[1::2]

    def compute(self, noisy: Tensor, clean: Tensor, images: int) -> None:
        known = network.TRANSPOSED, self.weighing, self.settings.pixels, images
        with torch.no_grad():
            self.loss.copy_(written_out(noisy, clean, *self.layers, *known))
