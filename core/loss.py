"""The arithmetic of a loss: what its number counts, what it is made of, and what it can prove.

All losses are binary cross-entropies in nats. *Per pixel* is the mean over an image's pixels,
*total* the sum over them; both are means over images.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from core import autoencoder
from core.autoencoder import Checkpoint
from core.data import SIZE
from core.entropy import entropy
from core.settings import InputError, Maybe, Real, Whole, check, setting

Floats = NDArray[np.float32]

# --- Per pixel or in total ----------------------------------------------------------------------

LOSSES = Real(0.0, 1e30)
SIDES = Whole(1, 1_000_000)


@dataclass(frozen=True)
class Settings:
    """A loss of images of one size, given per pixel or in total."""

    per_pixel: float | None = setting(None, Maybe(LOSSES), "mean over an image's pixels")
    total: float | None = setting(None, Maybe(LOSSES), "sum over an image's pixels")
    height: int | None = setting(None, Maybe(SIDES), "height of an image, in pixels")
    width: int | None = setting(None, Maybe(SIDES), "width of an image, in pixels")

    def __post_init__(self) -> None:
        check(self)
        for name in ("height", "width"):
            if getattr(self, name) is None:
                raise InputError(f"{name} must be given: {SIDES}")
        if (self.per_pixel is None) == (self.total is None):
            raise InputError("one of per_pixel and total must be given, and not both")


class Conversion(NamedTuple):
    """One loss, both ways."""

    per_pixel: float
    total: float
    pixels: int


def convert(given: Settings) -> Conversion:
    """The loss per pixel and in total. What was given is kept, the other correctly rounded."""
    assert given.height is not None
    assert given.width is not None
    pixels = given.height * given.width
    if given.per_pixel is not None:
        return Conversion(given.per_pixel, given.per_pixel * pixels, pixels)
    assert given.total is not None
    return Conversion(given.total / pixels, given.total, pixels)


def report(given: Settings) -> dict[str, Any]:
    """The conversion as a dictionary."""
    return convert(given)._asdict()


def law(total: float, pad_width: int) -> float:
    """The loss per pixel of a padded 28×28 image whose total loss is `total`: T / (28 + 2p)²."""
    return total / (SIZE + 2 * pad_width) ** 2


# --- What it is made of -------------------------------------------------------------------------


class Parts(NamedTuple):
    """A total loss in three parts, nats per image; they add up to it."""

    floor: float  # the entropy of the original pixels: no network goes below it
    learnable: float  # the rest of the loss on the original pixels
    border: float  # the loss on the padded ring


def parts(tested: Checkpoint) -> Parts:
    """Where the total loss of a tested network lies."""
    floor = float(original(tested.entropy_map).sum(dtype=np.float64))
    return Parts(floor, tested.interior - floor, tested.border)


def original(padded: Floats) -> Floats:
    """The 28×28 original pixels of a map of a padded image."""
    pad_width = (len(padded) - SIZE) // 2
    return padded[pad_width : pad_width + SIZE, pad_width : pad_width + SIZE]


# --- What the border must cost ------------------------------------------------------------------


def border_entropy(entropy_map: Floats, padded: autoencoder.Settings) -> float:
    """The least loss on the padded border that any network can have, in nats per image.

    A constant border costs its grey level's entropy, one that repeats pixels of the image theirs:
    `entropy_map` (28, 28) is that of the unpadded images. Noise cannot be known, only guessed from
    its noisy version: see `guessed_entropy`.
    """
    p = padded.pad_width
    pixels = padded.size**2 - SIZE**2
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
    """The padded arm's loss as foretold from the unpadded run, before any padded run was made."""
    border = border_entropy(unpadded.entropy_map, padded)
    return Prediction(border, law(unpadded.total + border, padded.pad_width))


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


# --- Other metrics ------------------------------------------------------------------------------


class Metrics(NamedTuple):
    """Means over test images and pixels. PSNR is that of the mean squared error."""

    cross_entropy: float  # nats
    squared_error: float
    psnr: float  # dB, of a peak of 1: −10 log₁₀ of the mean squared error
    accuracy: float  # share of pixels where target and output fall on one side of 0.5


def metrics(tested: Checkpoint, *, shared: bool = False) -> Metrics:
    """A tested network's metrics on the whole image, or on the pixels that both arms share."""
    maps = (tested.loss_map, tested.squared_error_map, tested.accuracy_map)
    cross_entropy, squared_error, accuracy = (
        float((original(one) if shared else one).mean(dtype=np.float64)) for one in maps
    )
    psnr = -10 * math.log10(squared_error) if squared_error > 0 else math.inf
    return Metrics(cross_entropy, squared_error, psnr, accuracy)


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


class Interval(NamedTuple):
    """A mean and how far the true mean may lie from it, at 95 % confidence."""

    mean: float
    margin: float


# Student's t, two-sided 95 %, by degrees of freedom from 1. The last holds for more, as a caution.
STUDENT = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262)


def interval(values: Sequence[float]) -> Interval:
    """Student's t-interval of the mean. One value has no spread: its margin is infinite."""
    n = len(values)
    if n < 2:
        return Interval(float(np.mean(values)), math.inf)
    t = STUDENT[min(n - 1, len(STUDENT)) - 1]
    return Interval(float(np.mean(values)), float(t * np.std(values, ddof=1) / np.sqrt(n)))


Judgement = Literal["better", "worse", "cannot tell"]


def judge(changes: Sequence[float]) -> Judgement:
    """What changes of a loss over seeds allow to say at 95 % confidence (paired t-interval)."""
    if len(changes) < 2:
        return "cannot tell"
    mean, margin = interval(changes)
    if abs(mean) <= margin:
        return "cannot tell"
    return "better" if mean < 0 else "worse"
