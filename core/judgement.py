"""What paired runs allow to say of a difference: different, equivalent, or undecided.

A change is judged from the runs of pre-set seeds alone, and only once all of them are there: the
number of looks and whatever else somebody trains meanwhile then change nothing. Nobody's not having
found a difference is taken for its absence: "equivalent" asks for an interval that lies within a
margin (Schuirmann 1987, two one-sided tests), and so for enough runs.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

Outcome = Literal["different", "equivalent", "undecided"]

MARGIN = 0.01
"""Changes smaller than this share, 1 % of the unpadded loss on the shared pixels, count as none."""

# Student's t, two-sided 95 %, by degrees of freedom from 1 (NIST/SEMATECH e-Handbook, 1.3.6.7.2).
STUDENT = (
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228,
    2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093,
)  # fmt: skip


@dataclass(frozen=True)
class Interval:
    """A mean and how far the true mean may lie from it, at 95 % confidence."""

    mean: float
    margin: float

    @property
    def low(self) -> float:
        return self.mean - self.margin

    @property
    def high(self) -> float:
        return self.mean + self.margin


def interval(values: Sequence[float]) -> Interval:
    """Student's t-interval of the mean of paired changes; of one value its margin is infinite.

    Beyond 20 values the last quantile of the table holds, as a caution.
    """
    n = len(values)
    if n == 0:
        raise ValueError("no values to judge")
    if n == 1:
        return Interval(float(values[0]), math.inf)
    spread = float(np.std(values, ddof=1))
    return Interval(float(np.mean(values)), _student(n) * spread / math.sqrt(n))


def _student(n: int) -> float:
    """The 95 % quantile for a mean of `n` values, at least 2; infinite for one."""
    return STUDENT[min(n - 1, len(STUDENT)) - 1] if n > 1 else math.inf


@dataclass(frozen=True)
class Judgement:
    """What the runs of the pre-set seeds say.

    interval: of the mean change, a share of the unpadded loss; None where no run is there.
    runs: pairs that are there; of: pairs that were to be there, said beforehand.
    least: the smallest change that counts; "equivalent" lies within ±least.
    """

    outcome: Outcome
    interval: Interval | None
    runs: int
    of: int
    least: float = MARGIN

    @property
    def complete(self) -> bool:
        """Whether all runs are there; before that nothing is judged."""
        return self.runs == self.of

    @property
    def sign(self) -> int:
        """1 or −1 where the whole interval lies on one side of 0, else 0.

        An "equivalent" change may have a sign, too: it is there, but smaller than the margin.
        """
        if self.interval is None or not self.complete:
            return 0
        return (self.interval.low > 0) - (self.interval.high < 0)

    @property
    def decisive(self) -> int | None:
        """How many pairs would decide if mean and spread stayed as they are; None where unknown.

        They are to be fixed and trained anew: going on until something is found would find it
        too often. None where it is decided, and where one pair has no spread.
        """
        if self.outcome != "undecided" or not self.complete or self.interval is None:
            return None
        spread = self.interval.margin * math.sqrt(self.runs) / _student(self.runs)
        if not math.isfinite(spread):
            return None
        # Apart from 0, or within the margin: whichever asks for less.
        allowed = max(abs(self.interval.mean), self.least - abs(self.interval.mean))
        for n in range(self.runs + 1, len(STUDENT) + 2):
            if _student(n) * spread / math.sqrt(n) < allowed:
                return n
        return math.floor((STUDENT[-1] * spread / allowed) ** 2) + 1


def judge(changes: Sequence[float], of: int) -> Judgement:
    """Judge the relative changes of `of` pre-set pairs of runs, those that are there.

    "equivalent" where the 95 % interval lies within ±MARGIN, "different" where it is not and does
    not hold 0. Each is false in at most 5 % of cases: the first where the true change is at the
    margin (2.5 %), the second where there is none.
    """
    if not changes:
        return Judgement("undecided", None, 0, of)
    found = interval(changes)
    outcome: Outcome = "undecided"
    if len(changes) == of:
        if found.low > -MARGIN and found.high < MARGIN:
            outcome = "equivalent"
        elif not found.low <= 0 <= found.high:
            outcome = "different"
    return Judgement(outcome, found, len(changes), of)
