"""The arithmetic of the loss: what its number is made of, before anything is trained."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray


def entropy(x: ArrayLike) -> NDArray[np.float64]:
    """H(x) = −x ln x − (1−x) ln(1−x) in nats, elementwise, for x in [0, 1]; exactly 0 at 0 and 1.

    It is the least binary cross-entropy that any prediction of a grey target x can have.
    """
    x = np.asarray(x, np.float64)
    inside = (x > 0) & (x < 1)
    grey = np.where(inside, x, 0.5)
    return np.where(inside, -grey * np.log(grey) - (1 - grey) * np.log1p(-grey), 0.0)


def entropy_floor(images: NDArray[np.uint8]) -> float:
    """The mean entropy of a pixel, in nats: binary cross-entropy per pixel cannot go below it."""
    # In parts: bincount widens what it is given eightfold.
    parts = np.array_split(images, 1 + len(images) // 1_000)
    counts = sum(np.bincount(part.ravel(), minlength=256) for part in parts)
    return float(counts @ entropy(np.arange(256) / 255) / images.size)


# --- Two runs compared --------------------------------------------------------------------------


class Tested(Protocol):
    """A network measured on a test set; all but `per_pixel` are nats per image."""

    @property
    def per_pixel(self) -> float: ...
    @property
    def total(self) -> float: ...
    @property
    def interior(self) -> float: ...
    @property
    def border(self) -> float: ...
    @property
    def entropy_floor(self) -> float: ...


@dataclass(frozen=True)
class Comparison:
    """The padded arm against the unpadded one; changes as shares, so that −0.2 is 20 % less."""

    per_pixel: float  # change of the loss per pixel
    total: float  # change of the loss per image
    shared: float  # change of the loss on the pixels that both arms have
    floor: float  # share of the unpadded loss that is entropy floor
    border: float  # share of the padded loss that lies on the border


def compare(unpadded: Tested, padded: Tested) -> Comparison:
    """Three ways to compare two arms that the same images were shown to."""
    return Comparison(
        per_pixel=padded.per_pixel / unpadded.per_pixel - 1,
        total=padded.total / unpadded.total - 1,
        shared=padded.interior / unpadded.interior - 1,
        floor=unpadded.entropy_floor / unpadded.total,
        border=padded.border / padded.total,
    )


Judgement = Literal["better", "worse", "cannot tell"]

# Student's t, two-sided 95 %, by degrees of freedom from 1.
STUDENT = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262)


def judge(changes: Sequence[float]) -> Judgement:
    """What changes of a loss over seeds allow to say at 95 % confidence (paired t-interval).

    One seed has no spread, so it cannot tell.
    """
    n = len(changes)
    if n < 2:
        return "cannot tell"
    mean, deviation = np.mean(changes), np.std(changes, ddof=1)
    margin = STUDENT[min(n - 1, len(STUDENT)) - 1] * deviation / np.sqrt(n)
    if abs(mean) <= margin:
        return "cannot tell"
    return "better" if mean < 0 else "worse"
