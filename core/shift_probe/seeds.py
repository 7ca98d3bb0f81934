"""One figure over several seeds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Spread(NamedTuple):
    """The mean over seeds, the lowest and the highest."""

    mean: float
    low: float
    high: float


def spread(values: Sequence[float]) -> Spread:
    """The spread of a figure, one value a seed, at least one."""
    return Spread(sum(values) / len(values), min(values), max(values))
