"""The explanation put to the test: padding adds pixels that cost their entropy, and nothing else.

If they cost nothing, too, the total loss T stays, and the loss per pixel is the law T / (28 + 2p)².
Whatever they cost, two claims can fail, and both are measured in one unit, the unpadded loss on
the shared pixels: the loss on those pixels stays as it was, and the border costs its entropy.
Both are judged by pairs of runs of pre-set seeds (see `core.judgement`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np

from core import autoencoder
from core.arrays import Float64
from core.autoencoder import Checkpoint, Run
from core.data import PAD_WIDTHS
from core.judgement import Judgement, judge
from core.loss.border import predict
from core.loss.comparison import Pairs, compare
from core.loss.conversion import law

REMEMBERED = 32  # laws, and trials; with them the maps of their runs stay in memory


Finding = Literal["holds", "fails", "undecided", "not judged yet"]

FINDINGS: dict[str, Finding] = {
    "equivalent": "holds",
    "different": "fails",
    "undecided": "undecided",
}
"""What the outcome of a judgement says of a claim that there is no change."""


def finding(*claims: Judgement) -> Finding:
    """What judged changes say of the claim that none of them is there.

    It fails where one is different, and holds where all are equivalent to none.
    """
    if not all(claim.complete for claim in claims):
        return "not judged yet"
    said = [FINDINGS[claim.outcome] for claim in claims]
    if "fails" in said:
        return "fails"
    return "holds" if set(said) == {"holds"} else "undecided"


@dataclass(frozen=True)
class LawRun:
    """A run beside the law; losses in nats, all but `per_pixel` per image."""

    pad_width: int
    seed: int
    judged: bool  # whether its seed is one of the pre-set ones
    per_pixel: float
    total: float
    floor: float

    @property
    def arm(self) -> str:
        return "padded" if self.pad_width else "unpadded"

    def loss(self, *, total: bool) -> float:
        """The loss per image, or else per pixel."""
        return self.total if total else self.per_pixel


@dataclass(frozen=True)
class Law:
    """The law T / (28 + 2p)² beside what was measured.

    total: the unpadded T, mean over the pre-set seeds, nats per image; None where no run is there.
    judged: by pad width, the change of the total loss, which is how far the law misses the loss
    per pixel, as a share of it; widths that have no pre-set run yet included.
    """

    total: float | None
    runs: tuple[LawRun, ...]
    judged: tuple[tuple[int, Judgement], ...]

    @property
    def floor(self) -> float | None:
        """The entropy of the original pixels, nats per image."""
        return min((run.floor for run in self.runs), default=None)

    def lines(self, *, total: bool) -> dict[str, tuple[Float64, Float64]]:
        """The "law" and the "floor", where runs tell them: pad widths (81,), and nats there (81,).

        Nats per image, or else per pixel.
        """
        p = np.linspace(PAD_WIDTHS.low, PAD_WIDTHS.high, 81)
        levels = {"law": self.total, "floor": self.floor}
        return {
            name: (p, np.full_like(p, nats) if total else law(nats, p))
            for name, nats in levels.items()
            if nats is not None
        }


@lru_cache(64)
def widths(experiment: Run) -> dict[int, Run]:
    """The same experiment at every pad width but 0, by width."""
    return {width: experiment.but(pad_width=width) for width in range(1, PAD_WIDTHS.high + 1)}


def law_of(pairs: Mapping[int, Pairs], seeds: Mapping[int, range]) -> Law:
    """What the runs say of the law: both arms by pad width (from 1) and seed.

    `seeds` are the pre-set ones of each width, whether its runs are there or not. The same runs
    have the very same law: what is drawn from it is remembered.
    """
    measured = tuple((width, tuple(some.items())) for width, some in pairs.items())
    return _law(measured, tuple(seeds.items()))


Items = tuple[tuple[int, tuple[Checkpoint, Checkpoint]], ...]


@lru_cache(REMEMBERED)
def _law(measured: tuple[tuple[int, Items], ...], of: tuple[tuple[int, range], ...]) -> Law:
    pairs, seeds = {width: dict(some) for width, some in measured}, dict(of)
    preset = {seed for some in seeds.values() for seed in some}
    unpadded = {seed: both[0] for some in pairs.values() for seed, both in some.items()}
    runs = [_law_run(0, seed, seed in preset, arm) for seed, arm in sorted(unpadded.items())]
    for width, some in sorted(pairs.items()):
        runs += [_law_run(width, s, s in seeds[width], some[s][1]) for s in sorted(some)]
    totals = [run.total for run in runs if run.pad_width == 0 and run.judged]
    judged = []
    for width, chosen in sorted(seeds.items()):
        some = pairs.get(width, {})
        missed = [compare(*some[seed]).total for seed in chosen if seed in some]
        judged.append((width, judge(missed, len(chosen))))
    return Law(float(np.mean(totals)) if totals else None, tuple(runs), tuple(judged))


def _law_run(pad_width: int, seed: int, judged: bool, tested: Checkpoint) -> LawRun:
    losses = tested.per_pixel, tested.total, tested.entropy_floor
    return LawRun(pad_width, seed, judged, *losses)


@dataclass(frozen=True)
class TrialRun:
    """A pair of runs beside what was predicted from its unpadded run; borders in nats per image."""

    seed: int
    predicted_border: float
    predicted_per_pixel: float
    unpadded_per_pixel: float
    border: float
    per_pixel: float
    shared: float  # change of the loss on the shared pixels, as a share of it
    excess: float  # what the border costs beyond its entropy, as the same share


@dataclass(frozen=True)
class Trial:
    """What the pre-set seeds' pairs of runs say of both claims for one padding."""

    runs: tuple[TrialRun, ...]
    shared: Judgement
    excess: Judgement

    @property
    def finding(self) -> Finding:
        """Whether the explanation holds for this padding: both claims, or it does not."""
        return finding(self.shared, self.excess)

    def mean(self, name: str) -> float:
        """The mean of a field over the runs; NaN where there is none."""
        values = [getattr(run, name) for run in self.runs]
        return float(np.mean(values)) if values else math.nan


def trial_of(padded: autoencoder.Settings, pairs: Pairs, seeds: range) -> Trial:
    """Both claims for one padding, from the pre-set `seeds` of those pairs that are there.

    The same runs have the very same trial.
    """
    return _trial(padded, tuple(pairs.items()), seeds)


@lru_cache(REMEMBERED)
def _trial(padded: autoencoder.Settings, measured: Items, seeds: range) -> Trial:
    pairs = dict(measured)
    runs = tuple(_trial_run(padded, s, *pairs[s]) for s in seeds if s in pairs)
    return Trial(
        runs,
        shared=judge([run.shared for run in runs], len(seeds)),
        excess=judge([run.excess for run in runs], len(seeds)),
    )


def _trial_run(
    settings: autoencoder.Settings, seed: int, unpadded: Checkpoint, padded: Checkpoint
) -> TrialRun:
    predicted = predict(unpadded, settings)
    return TrialRun(
        seed=seed,
        predicted_border=predicted.border,
        predicted_per_pixel=predicted.per_pixel,
        unpadded_per_pixel=unpadded.per_pixel,
        border=padded.border,
        per_pixel=padded.per_pixel,
        shared=compare(unpadded, padded).shared,
        excess=(padded.border - predicted.border) / unpadded.interior,
    )
