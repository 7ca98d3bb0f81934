"""What a padded border must cost, and the loss that follows from it before any padded run.

The explanation to be tried: padding adds pixels that cost their entropy, and changes nothing else.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from core import autoencoder
from core.arrays import Float32
from core.autoencoder import Checkpoint
from core.data import SIZE
from core.entropy import entropy
from core.loss.conversion import law


def border_entropy(entropy_map: Float32, padded: autoencoder.Settings) -> float:
    """The least loss on the padded border that any network can have, in nats per image.

    A constant border costs its grey level's entropy, one that repeats pixels of the image theirs:
    `entropy_map` (28, 28) is that of the unpadded images. Noise cannot be known, only guessed from
    its noisy version: see `guessed_entropy`.
    """
    p = padded.pad_width
    pixels = padded.pixels - SIZE**2
    if padded.pad_mode == "constant":
        return pixels * float(entropy(np.rint(padded.pad_level * 255) / 255))
    if padded.pad_mode == "noise":
        return pixels * guessed_entropy(0.0 if padded.noise_first else padded.noise_factor)
    widened = np.pad(entropy_map, p, padded.pad_mode)  # type: ignore[call-overload]
    return float(widened.sum(dtype=np.float64) - entropy_map.sum(dtype=np.float64))


class Prediction(NamedTuple):
    """What follows from the explanation alone: padding adds pixels, and they cost their entropy."""

    border: float  # nats per image
    per_pixel: float  # nats


def predict(unpadded: Checkpoint, padded: autoencoder.Settings) -> Prediction:
    """The padded arm's loss as predicted from the unpadded run, before any padded run was made."""
    border = border_entropy(unpadded.entropy_map, padded)
    return Prediction(border, law(unpadded.total + border, padded.pad_width))


@lru_cache(64)  # a few noise factors; a sum takes a millisecond
def guessed_entropy(noise_factor: float) -> float:
    """The least cross-entropy of a pixel of noise, in nats: E H(E[x | y]).

    The grey x is any of 256, all as likely, and apart from all other pixels; what a network sees
    of it is y = clip(x + noise_factor · N(0, 1)), rounded to a byte. Its best prediction is the
    mean of all x that y may come from, and the cross-entropy of a mean is its entropy. An exact
    sum over the 256 × 256 pairs. Without noise, y = x, it is the mean entropy of a grey.
    """
    greys = np.arange(256) / 255
    if noise_factor == 0:
        return float(entropy(greys).mean())
    # Φ((y + ½ − x) / σ) for every difference of two bytes; clipping heaps the tails at the ends.
    steps = (np.arange(-256, 256) + 0.5) / (255 * noise_factor * math.sqrt(2))
    below = np.array([0.5 + 0.5 * math.erf(step) for step in steps])
    x, edge = np.indices((256, 257))
    cumulative = below[edge - x + 255]  # P(y < edge | x)
    cumulative[:, 0], cumulative[:, -1] = 0.0, 1.0
    joint = np.diff(cumulative) / 256  # (x, y)
    seen = joint.sum(axis=0)
    return float(seen @ entropy(greys @ joint / seen))
