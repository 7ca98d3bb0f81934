"""How far a run is and how long it will take: in work, of which testing is a good part.

A run's images do not tell its time: it stops training to test, often at first, for seconds at a
checkpoint. So work is counted, in training images; a tested image is a share of one.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from functools import lru_cache

from core.autoencoder.experiment import Settings, checkpoint_positions, next_point
from core.data import TEST_SIZE

TESTED = 0.36  # of a training image's time: forward only; measured at batches of 32 and 128
POINT_IMAGES = 256  # of the test set, for one of the curve's points


def work(settings: Settings, images: int, testing: float | None = None) -> float:
    """The work of a run that has seen `images`, in training images, all tests up to there included.

    While a checkpoint is being tested, `testing` is the share of that last test which is done.
    """
    tests = bisect_right(_checkpoints(settings), images) - (0 if testing is None else 1 - testing)
    points = bisect_right(_points(settings.max_images), images)
    return images + TESTED * (TEST_SIZE * tests + POINT_IMAGES * points)


@lru_cache(64)
def _checkpoints(settings: Settings) -> list[int]:
    return checkpoint_positions(settings, settings.max_images)


@lru_cache(64)
def _points(until: int) -> list[int]:
    """Where the curve's points are due; a batch's end moves each a little."""
    seen, due = 0, []
    while (seen := next_point(seen)) <= until:
        due.append(seen)
    return due


class Pace:
    """Work a second, smoothed: the recent past counts most, and no single pause counts much."""

    MEMORY = 30.0  # seconds after which what was seen counts for a third
    KNOWN = 2.0  # seconds of training before anything is said

    def __init__(self) -> None:
        self._last: tuple[float, float] | None = None
        self._seconds = 0.0  # seen in all
        self._work_done = self._time_spent = 0.0  # both with less weight the longer ago

    def saw(self, now: float, done: float) -> None:
        """At `now`, seconds by any steady clock, `done` work was done."""
        if self._last is not None:
            seconds, more = now - self._last[0], done - self._last[1]
            if seconds <= 0:
                return
            faded = math.exp(-seconds / self.MEMORY)
            self._work_done = faded * self._work_done + more
            self._time_spent = faded * self._time_spent + seconds
            self._seconds += seconds
        self._last = now, done

    def seconds(self, work: float) -> float | None:
        """How long `work` takes; None as long as that is not known."""
        if self._seconds < self.KNOWN or self._work_done <= 0:
            return None
        return work * self._time_spent / self._work_done
