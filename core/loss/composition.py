"""Where a tested network's loss lies: entropy floor, the rest of the original pixels, border."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from core.arrays import Float32
from core.autoencoder import Checkpoint
from core.data import SIZE
from core.loss.comparison import Pairs


class Parts(NamedTuple):
    """A total loss in three parts, nats per image; they add up to it."""

    floor: float  # the entropy of the original pixels: no network goes below it
    above: float  # the rest of the loss on the original pixels: at most this can be learnt
    border: float  # the loss on the padded ring


def parts(tested: Checkpoint) -> Parts:
    """Where the total loss of a tested network lies."""
    floor = float(original(tested.entropy_map, tested.pad_width).sum(dtype=np.float64))
    return Parts(floor, tested.interior - floor, tested.border)


def floor_per_pixel(tested: Checkpoint) -> float:
    """The entropy of a pixel of its images, border included, nats."""
    return tested.entropy_floor / tested.entropy_map.size


def original(padded: Float32, pad_width: int) -> Float32:
    """The original pixels (28, 28) of a map (28 + 2p, 28 + 2p) of an image padded by p."""
    return padded[pad_width : pad_width + SIZE, pad_width : pad_width + SIZE]


@lru_cache(16)
def mean(tested: tuple[Checkpoint, ...]) -> Checkpoint:
    """The first of `tested` with maps that are means over them all; one arm's, of several seeds.

    Raises ValueError where there is none. Samples, weights and the training loss are the first's.
    """
    if not tested:
        raise ValueError("no checkpoints to average")
    maps = ("loss_map", "squared_error_map", "accuracy_map", "entropy_map")
    means = {name: np.mean([getattr(arm, name) for arm in tested], axis=0) for name in maps}
    return replace(tested[0], **means)


def means(pairs: Pairs) -> dict[str, Checkpoint]:
    """Both arms by name, their maps means over the seeds of `pairs`.

    Raises ValueError where there is none. Equal pairs have the very same means: what is drawn from
    one is remembered.
    """
    both = zip(*pairs.values(), strict=True) if pairs else ((), ())
    return {arm: mean(tested) for arm, tested in zip(("unpadded", "padded"), both, strict=True)}
