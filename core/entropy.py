"""The entropy of a grey target: what binary cross-entropy cannot go below, in nats."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from core.arrays import Bytes, Float64


def entropy(x: ArrayLike) -> Float64:
    """H(x) = −x ln x − (1−x) ln(1−x) in nats, elementwise, for x in [0, 1]; exactly 0 at 0 and 1.

    It is the least binary cross-entropy that any prediction of a grey target x can have.
    """
    x = np.asarray(x, np.float64)
    inside = (x > 0) & (x < 1)
    grey = np.where(inside, x, 0.5)
    return np.where(inside, -grey * np.log(grey) - (1 - grey) * np.log1p(-grey), 0.0)


def entropy_floor(images: Bytes) -> float:
    """The mean entropy of a pixel, in nats: binary cross-entropy per pixel cannot go below it."""
    # In parts: bincount widens what it is given eightfold.
    parts = np.array_split(images, 1 + len(images) // 1_000)
    counts = sum(np.bincount(part.ravel(), minlength=256) for part in parts)
    return float(counts @ entropy(np.arange(256) / 255) / images.size)
