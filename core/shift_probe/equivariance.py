"""A convolution commutes with shifts: as a picture, up to the border.

A small pattern on black moves; all shifts are cyclic, as those of a torus, so that nothing is
lost and a shifted output keeps its sum. Then the output of the shifted image and the shifted
output of the image agree wherever the border has no say, and what they differ by is what a sum
over the output can tell of the place.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from core.arrays import Floats
from core.shift_probe.network import Network, carry_forward

PATTERN: npt.NDArray[np.floating[Any]] = np.array([[1.0, 0.0], [1.0, 1.0]])
ROUNDING = 1e-9  # of the largest output: differences below it are none


@dataclass(frozen=True)
class Shift:
    """The pattern moved by so many pixels, and what one convolution makes of it.

    image: shape (size, size). output: of the moved image; expected: of the pattern in the middle,
    moved by as many pixels. Shape (output, output).
    """

    down: int
    right: int
    image: Floats
    output: Floats
    expected: Floats

    @property
    def difference(self) -> Floats:
        """What the output has more than expected; 0 where rounding alone makes a difference."""
        found = self.output - self.expected
        return np.where(np.abs(found) > ROUNDING * self.largest, found, 0.0)

    @property
    def largest(self) -> float:
        """The largest size of a pixel of both outputs."""
        return float(max(np.abs(self.output).max(), np.abs(self.expected).max()))

    @property
    def sum_change(self) -> float:
        """By how much the output's sum has changed; 0 where that may be rounding."""
        change = float(self.difference.sum())
        return change if abs(change) >= 1e-6 * max(float(np.abs(self.output).max()), 1e-300) else 0

    @property
    def differing(self) -> int:
        """At how many pixels output and expectation differ."""
        return int(np.count_nonzero(self.difference))

    @property
    def depth(self) -> int:
        """How many pixels in from the border they differ; 0 where they do not."""
        places = np.argwhere(self.difference)
        last = len(self.output) - 1
        return int(np.minimum(places, last - places).min(axis=1).max()) + 1 if len(places) else 0


def room(size: int) -> tuple[int, int]:
    """How far the pattern can move from the middle: least and most pixels, down as to the right."""
    middle = (size - len(PATTERN)) // 2
    return -middle, size - len(PATTERN) - middle


def shift(network: Network, kernel: Floats, down: int, right: int) -> Shift:
    """Move the pattern from the middle, and let the first layer see it. No bias.

    kernel: shape (kernel, kernel). down, right: pixels, in `room`.
    """
    size = network.settings.size
    middle = -room(size)[0]
    start = np.zeros((size, size))
    start[middle : middle + len(PATTERN), middle : middle + len(PATTERN)] = PATTERN
    image = np.roll(start, (down, right), (0, 1))
    outputs = [carry_forward(each, kernel, network.maps[0]) for each in (image, start)]
    return Shift(down, right, image, outputs[0], np.roll(outputs[1], (down, right), (0, 1)))
