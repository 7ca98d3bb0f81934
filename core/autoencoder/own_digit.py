"""A visitor's own digit through trained networks, moved step by step toward the border.

Everything is as in a test: the digit is padded, made noisy and denoised, and its loss measured on
every pixel. Of all positions the noise is the same, so that nothing but the position differs.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from core import data
from core.arrays import Bytes, Float32, Float64, Floats
from core.autoencoder.experiment import Settings
from core.autoencoder.forward import logits, sigmoid
from core.autoencoder.runs import image_set
from core.data import SIZE
from core.entropy import entropy

FARTHEST = 12  # pixels, to the right


@dataclass(frozen=True, eq=False)
class Tried:
    """One image through one network. Arrays are (size, size); losses in nats."""

    noisy: Bytes
    denoised: Bytes
    loss_map: Float64
    floor: float  # the least loss that any network could have, in total
    pad_width: int

    @property
    def total(self) -> float:
        return float(self.loss_map.sum())

    @property
    def per_pixel(self) -> float:
        return self.total / self.loss_map.size

    @property
    def border(self) -> float:
        """The part of `total` that lies on the padding."""
        return float(self.loss_map[data.ring(SIZE, SIZE, self.pad_width)].sum())


def moved(digit: Bytes) -> Bytes:
    """A digit (28, 28), white on black, moved to the right by 0 to FARTHEST pixels.

    Returns (FARTHEST + 1, 28, 28). What is moved beyond the edge is gone; black follows.
    """
    return np.stack(
        [np.pad(digit, ((0, 0), (by, 0)))[:, : digit.shape[1]] for by in range(FARTHEST + 1)]
    )


def tried(weights: Float32, settings: Settings, digits: Bytes) -> list[Tried]:
    """Digits (n, 28, 28), white on black, through the network with these weights.

    Where the experiment inverts its digits, these are inverted, too; where it enlarges the middle
    of its digits, these are taken as they are: somebody has drawn them as large as they should be.
    """
    if settings.variation == "cropped":
        settings = replace(settings, variation="plain")
    sets = [image_set(settings, digit[None], "test") for digit in digits]  # each has its noise
    clean = np.concatenate([each.clean_batch(slice(1)) for each in sets])
    noisy = np.concatenate([each.noisy_batch(slice(1)) for each in sets])
    z = logits(weights, settings, noisy).astype(np.float64)
    target = clean.astype(np.float64)
    losses = np.logaddexp(0, z) - target * z
    floors = entropy(target).sum(axis=(1, 2))
    seen, outputs = _bytes(noisy), _bytes(sigmoid(z))
    return [
        Tried(seen[i], outputs[i], losses[i], float(floors[i]), settings.pad_width)
        for i in range(len(digits))
    ]


def _bytes(shares: Floats) -> Bytes:
    return np.rint(255 * shares).astype(np.uint8)
