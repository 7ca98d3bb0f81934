"""One number, two ways to say it: the loss per pixel and in total, and how they go with a padding.

All losses are binary cross-entropies in nats. *Per pixel* is the mean over an image's pixels,
*total* the sum over them; both are means over images.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

from core.arrays import Float64
from core.data import SIZE
from core.settings import InputError, Maybe, Real, Whole, check, setting

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


Widths = TypeVar("Widths", float, Float64)


def law(total: float, pad_width: Widths) -> Widths:
    """The loss per pixel of a padded 28×28 image whose total loss is `total`: T / (28 + 2p)².

    `pad_width` in pixels, a number or an array of any shape; the answer has the same.
    """
    return total / (SIZE + 2 * pad_width) ** 2
