"""A classifier of digits, and digits that move to the border: what is trained, and what is asked.

Scheidl (2021) counts on how many paths a pixel reaches the output of five convolutions, "a simple
MNIST classifier", and expects such a model to fail when important details lie near the border.
Here it is trained and tested: on a black canvas, digits are moved to each border, pixel by pixel.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.arrays import Bytes, Float32, Int64
from core.data import DATASETS, TRAIN_SIZES
from core.data import SIZE as DIGIT
from core.settings import Choice, Switch, Whole, check, setting

MATHEMATICS = 2
"""Raise it with every change to what a run computes: results kept before are then not found."""

CANVAS = 36
"""Height and width of the image that the network sees, pixels.

A multiple of 4: so no padding leaves an odd row or column that a pool would drop.
"""

PLACE = (CANVAS - DIGIT) // 2
"""Where an unmoved digit's image begins on the canvas, row and column."""

DISTANCES = range(9)
"""Black rows or columns between a digit's ink and the border; MNIST's are 20 pixels high at most,
and so 8 from top and bottom when they are not moved."""

SIDES = ("top", "bottom", "left", "right")
TESTED = 500  # test digits, the first of the set, each at every distance from every side
IMAGE_PAD = 4  # black pixels added on each side by `image`

KERNELS = (5, 3, 3, 3, 3)
CHANNELS = (8, 16, 16, 16, 32)
POOLED = (0, 2)  # the convolutions that a 2×2 pool follows
CLASSES = 10

BATCH = 48
RATE = 3e-2  # Adam's, at its highest
WARM_UP = 0.2  # of the steps, over which the rate rises; then it falls as a cosine to 0

PADDINGS = ("valid", "same", "circular", "image")
READOUTS = ("pooling", "linear")
POOLS = ("max", "anti-aliased")
SEEDS = range(1, 6)
"""The seeds whose runs are shipped and judged, fixed beforehand.

Batch, learning rate, Adam's memory and the number of images were chosen on seed 0, and on other
test digits than those tested here.
"""


@dataclass(frozen=True)
class Settings:
    """One run."""

    padding: str = setting(
        "valid",
        Choice(PADDINGS),
        f"of the convolutions; image: valid, and {IMAGE_PAD} black pixels round the image",
    )
    readout: str = setting(
        "pooling", Choice(READOUTS), "before the last layer: global max pooling, or nothing"
    )
    shifted: bool = setting(False, Switch(), "train on digits moved anywhere on the canvas")
    pool: str = setting(
        "max", Choice(POOLS), "2×2 max pools, or Zhang's: the maximum everywhere, blurred, thinned"
    )
    dataset: str = setting("mnist", DATASETS, "the digits")
    train_size: int = setting(12_000, TRAIN_SIZES, "training images, each seen once")
    seed: int = setting(0, Whole(0, 2**31 - 1), "seed of weights, order and places")

    def __post_init__(self) -> None:
        check(self)

    @property
    def max_images(self) -> int:
        """How many images a run sees: it is always the whole of it."""
        return self.train_size

    @property
    def cell(self) -> tuple[str, str, bool, str]:
        """What the design varies: padding, readout, training places, pool."""
        return self.padding, self.readout, self.shifted, self.pool


def cells() -> list[Settings]:
    """Every combination of what the design varies, with seed 0; the plainest first."""
    varied = product(POOLS, (False, True), READOUTS, PADDINGS)
    return [Settings(padding, readout, shifted, pool) for pool, shifted, readout, padding in varied]


@dataclass(frozen=True)
class Measured:
    """How many of the test digits were classified rightly, and how many alike after a step.

    middle: of digits that were not moved.
    right: for each side, at each distance from it.
    alike: for each side, at each distance but the last: digits that get the same class, right or
        wrong, there and a pixel further from the side.
    of: digits tested.
    """

    middle: int
    right: tuple[tuple[int, ...], ...]
    alike: tuple[tuple[int, ...], ...]
    of: int = TESTED

    @property
    def accuracy(self) -> float:
        """Of unmoved digits, a share."""
        return self.middle / self.of

    @property
    def by_distance(self) -> tuple[float, ...]:
        """Accuracy at each distance, a share: the mean of the four sides."""
        means: list[float] = (np.array(self.right).mean(axis=0) / self.of).tolist()
        return tuple(means)

    @property
    def consistency(self) -> float:
        """How often a digit keeps its class when it moves by a pixel: a share of all such pairs."""
        return float(np.mean(self.alike)) / self.of

    def at(self, distance: int) -> float:
        """Accuracy at this distance from a side."""
        return self.by_distance[DISTANCES.index(distance)]

    def report(self) -> dict[str, Any]:
        """The same as shares, for JSON."""
        rows = zip(SIDES, self.right, strict=True)
        sides = {side: [count / self.of for count in row] for side, row in rows}
        return {
            "accuracy": self.accuracy,
            "distances": list(DISTANCES),
            "by_distance": list(self.by_distance),
            "by_side": sides,
            "consistency": self.consistency,
        }


# --- Digits on the canvas -----------------------------------------------------------------------


@dataclass(frozen=True)
class Ink:
    """Where the ink of images (n, 28, 28) lies: the first row and column, and those after the last.

    Ink is every pixel that is not black. Each is (n,); an image without ink counts as full.
    """

    top: Int64
    bottom: Int64
    left: Int64
    right: Int64


def ink(images: Bytes) -> Ink:
    inked = images > 0

    def ends(line: NDArray[np.bool_]) -> tuple[Int64, Int64]:
        return line.argmax(axis=1), DIGIT - line[:, ::-1].argmax(axis=1)

    return Ink(*ends(np.any(inked, axis=2)), *ends(np.any(inked, axis=1)))


def place(images: Bytes, tops: Int64, lefts: Int64) -> Float32:
    """Images (n, 28, 28) on black canvases (n, CANVAS, CANVAS), in [0, 1].

    tops, lefts: (n,), where each image's first row and column come to lie; what is outside is cut.
    """
    n = len(images)
    room = np.zeros((n, CANVAS + 2 * DIGIT, CANVAS + 2 * DIGIT), np.float32)
    across = np.arange(DIGIT) + DIGIT
    rows, columns = tops[:, None] + across, lefts[:, None] + across
    room[np.arange(n)[:, None, None], rows[:, :, None], columns[:, None, :]] = images
    room /= 255
    return room[:, DIGIT:-DIGIT, DIGIT:-DIGIT]


def in_the_middle(images: Bytes) -> Float32:
    """Images as MNIST places them, in the middle of the canvas."""
    placed = np.zeros((len(images), CANVAS, CANVAS), np.float32)
    placed[:, PLACE : PLACE + DIGIT, PLACE : PLACE + DIGIT] = images
    placed /= 255
    return placed


def near(images: Bytes, side: str, distance: int) -> Float32:
    """Images moved straight to a side until `distance` black rows or columns are left there."""
    found = ink(images)
    straight = np.full(len(images), PLACE)
    moved = {
        "top": distance - found.top,
        "bottom": CANVAS - distance - found.bottom,
        "left": distance - found.left,
        "right": CANVAS - distance - found.right,
    }[side]
    return place(images, *((moved, straight) if side in ("top", "bottom") else (straight, moved)))


def anywhere(images: Bytes, random: np.random.Generator) -> Float32:
    """Images moved to any place where all of their ink is on the canvas, each as likely."""
    found = ink(images)
    tops = random.integers(-found.top, CANVAS - found.bottom + 1)
    lefts = random.integers(-found.left, CANVAS - found.right + 1)
    return place(images, tops, lefts)


def report(settings: Settings, test: Measured) -> dict[str, Any]:
    """A run and what it found, for JSON."""
    return {"config": vars(settings), "tested": test.of} | test.report()
