"""The kept result nearest to one that is asked for and is not there: what tells them apart.

For a visitor who finds the queue full, or who has not trained yet: something real at once.
"""

from __future__ import annotations

import heapq
import math
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from core.autoencoder.experiment import Run, Settings, next_checkpoint

LENGTHS = (5_000, 20_000, 60_000, 120_000, 240_000, 600_000)
"""How far along a run the page offers to look, in images seen."""

ABOUT_THE_BORDER = ("pad_width", "pad_mode", "pad_level", "noise_first", "variation")
"""What the experiment is about, and a preset sets."""

BY_CHANCE = ("device", "seed")
"""What decides only how the same experiment turns out."""

FEW = 3  # candidates: one may have been forgotten meanwhile
FRESH = 5.0  # seconds that a list of what is kept is good for


class Difference(NamedTuple):
    """A setting of a kept run that is not as it was asked for; or `images`, its length."""

    name: str
    asked: Any
    kept: Any


def differences(asked: Run, kept: Run) -> tuple[Difference, ...]:
    """What tells a kept run from the one asked for: first what is padded, last device and seed.

    Lengths within a batch of each other are the same: no batch is split.
    """
    theirs = vars(kept.settings)
    differing = [
        Difference(name, value, theirs[name])
        for name, value in vars(asked.settings).items()
        if value != theirs[name]
    ]
    batch = max(asked.settings.batch_size, kept.settings.batch_size)
    if abs(asked.images - kept.images) >= batch:
        differing.append(Difference("images", asked.images, kept.images))
    return tuple(sorted(differing, key=lambda difference: _rank(difference.name)))


def distance(asked: Run, kept: Run) -> tuple[float, ...]:
    """How far a kept run is from the one asked for, to be compared term by term.

    Whether anything is padded; pixels of pad width; other settings of the border that differ; all
    others; how far apart all these are (numbers by their logarithm where they have one); device and
    seed; the seed, of which the first is as good as any.
    """
    pads = asked.settings.pad_width, kept.settings.pad_width
    others = [other for other in differences(asked, kept) if other.name != "pad_width"]
    ranks = [_rank(name) for name, *_ in others]
    apart = sum(_apart(*values) for name, *values in others if name not in BY_CHANCE)
    return (
        float(min(pads) == 0 < max(pads)),
        abs(pads[0] - pads[1]),
        ranks.count(0),
        ranks.count(1),
        # Rounded: a sum of logarithms depends on their order.
        round(apart, 9),
        ranks.count(2),
        kept.settings.seed,
    )


def _rank(name: str) -> int:
    return 0 if name in ABOUT_THE_BORDER else 2 if name in BY_CHANCE else 1


def _apart(a: Any, b: Any) -> float:
    if isinstance(a, str | bool):
        return 1.0
    return abs(math.log(a / b)) if min(a, b) > 0 else float(abs(a - b))


def nearest(asked: Run, reached: Mapping[Settings, int]) -> list[Run]:
    """The few experiments nearest to `asked`, the nearest first, each as long as is nearest.

    reached: how many images every kept run has seen; an experiment is there where both arms are.
    """
    there = (run for run in _experiments(reached, asked.images) if differences(asked, run))
    return heapq.nsmallest(FEW, there, key=lambda run: distance(asked, run))


def _experiments(reached: Mapping[Settings, int], images: int) -> Iterator[Run]:
    """Of every experiment that is there, the offered length that is nearest to `images`."""
    for settings in reached:
        seen = min(reached.get(arm, 0) for arm in _arms(settings))
        offered = [position for position in _positions(settings) if position <= seen]
        if offered:
            yield Run(settings, min(offered, key=lambda position: _apart(position, images)))


# Checking settings takes time, and the list is gone through for every run that is asked for.
@lru_cache(4096)
def _arms(settings: Settings) -> tuple[Settings, ...]:
    return tuple(run.settings for run in Run(settings, 0).arms)


@lru_cache(4096)
def _positions(settings: Settings) -> Sequence[int]:
    return [next_checkpoint(settings, length) for length in LENGTHS]


class Nearby:
    """What is kept, listed anew once in a while, and what is nearest in it, found once."""

    def __init__(
        self,
        reached: Callable[[], Mapping[Settings, int]],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._list, self._clock = reached, clock
        self._lock = threading.Lock()
        self._reached: Mapping[Settings, int] = {}
        self._listed_at = -math.inf
        self._found: dict[Run, list[Run]] = {}

    def to(self, asked: Run) -> list[Run]:
        """As `nearest`."""
        with self._lock:
            if self._clock() - self._listed_at >= FRESH:
                reached = self._list()
                if reached != self._reached or len(self._found) > 1_000:
                    self._reached, self._found = reached, {}
                self._listed_at = self._clock()
            if asked not in self._found:
                self._found[asked] = nearest(asked, self._reached)
            return self._found[asked]
