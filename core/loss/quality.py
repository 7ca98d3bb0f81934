"""Other metrics than the loss: means over pixels all of them, and so moved by a border alike."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from core.autoencoder import Checkpoint
from core.judgement import Judgement, judge
from core.loss.comparison import Pairs
from core.loss.composition import original


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
        float((original(values, tested.pad_width) if shared else values).mean(dtype=np.float64))
        for values in maps
    )
    psnr = -10 * math.log10(squared_error) if squared_error > 0 else math.inf
    return Metrics(cross_entropy, squared_error, psnr, accuracy)


@dataclass(frozen=True)
class Measure:
    """One metric of both arms: means over the pre-set seeds, and its error's change, judged.

    The error is what less of is better: the metric itself; of PSNR the squared error that it
    stands for; of the accuracy the share of wrong pixels. −0.2 is 20 % less error.
    """

    unpadded: float
    padded: float
    change: Judgement


def measures(pairs: Pairs, seeds: range, *, shared: bool) -> dict[str, Measure]:
    """A measure for each field of `Metrics`, by its name; none where no pre-set pair is there."""
    both = [[metrics(arm, shared=shared) for arm in pairs[s]] for s in seeds if s in pairs]
    if not both:
        return {}
    unpadded, padded = np.moveaxis(np.array(both), 1, 0)  # (seed, metric)
    errors = [np.array([_errors(Metrics(*row)) for row in arm]) for arm in (unpadded, padded)]
    change = errors[1] / errors[0] - 1
    return {
        name: Measure(
            float(unpadded[:, i].mean()),
            float(padded[:, i].mean()),
            judge(change[:, i].tolist(), len(seeds)),
        )
        for i, name in enumerate(Metrics._fields)
    }


def _errors(found: Metrics) -> Metrics:
    """What less of is better, for each metric."""
    squared = found.squared_error
    return Metrics(found.cross_entropy, squared, squared, 1 - found.accuracy)
