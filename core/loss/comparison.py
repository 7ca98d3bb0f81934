"""The padded arm against the unpadded one: per pixel, in total, and on the pixels both have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from core.autoencoder import Checkpoint
from core.split import Split, split

Pairs = Mapping[int, tuple[Checkpoint, Checkpoint]]
"""The unpadded and the padded network of each seed whose two runs are there."""


@dataclass(frozen=True)
class Comparison:
    """The padded arm against the unpadded one; changes as shares, so that −0.2 is 20 % less."""

    per_pixel: float  # change of the loss per pixel
    total: float  # change of the loss per image
    shared: float  # change of the loss on the pixels that both arms have
    floor: float  # share of the unpadded loss that is entropy floor
    border: float  # share of the padded loss that lies on the border


def compare(unpadded: Checkpoint, padded: Checkpoint) -> Comparison:
    """Three ways to compare two arms that the same images were shown to."""
    return Comparison(
        per_pixel=padded.per_pixel / unpadded.per_pixel - 1,
        total=padded.total / unpadded.total - 1,
        shared=padded.interior / unpadded.interior - 1,
        floor=unpadded.entropy_floor / unpadded.total,
        border=padded.border / padded.total,
    )


def split_of(unpadded: Checkpoint, padded: Checkpoint) -> Split:
    """The change of the loss from the unpadded to the padded network, in its parts."""
    pixels, padded_pixels = unpadded.loss_map.size, padded.loss_map.size
    return split(unpadded.total, padded.interior, padded.border, pixels, padded_pixels)


def changes(pairs: Pairs) -> dict[int, Comparison]:
    """The comparison of both arms, by seed."""
    return {seed: compare(*both) for seed, both in pairs.items()}
