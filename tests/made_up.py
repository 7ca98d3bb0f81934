"""Networks that were never trained: their losses are what a test says."""

from dataclasses import replace
from typing import Any

import numpy as np

from core import autoencoder, data
from core.autoencoder import Checkpoint, Settings
from core.autoencoder.record import State
from core.autoencoder.store import Folder

FLOOR = 45.53  # nats an image, as MNIST's


def checkpoint(pad_width: int, interior: float, border: float, images: int = 20_000) -> Checkpoint:
    """A network whose loss is spread evenly over the original pixels, and over the ring."""
    ring = data.ring(28, 28, pad_width)
    loss_map = np.where(ring, border / max(1, ring.sum()), interior / 784).astype(np.float32)
    # Black towards the edge, as MNIST is.
    entropy_map = np.pad(np.full((20, 20), FLOOR / 400, np.float32), 4 + pad_width)
    sample = np.zeros((1, *ring.shape), np.uint8)
    return Checkpoint(
        *(images, images / 20_000, 0.1),
        *(loss_map, loss_map / np.float32(10), 1 - loss_map / np.float32(10), entropy_map),
        *(sample, sample, sample),
        weights=None,
    )


def keep(
    shelf: Folder, settings: Settings, interior: float, border: float, images: int = 20_000
) -> None:
    """Put a made-up run on the shelf."""
    none = np.empty(0, np.float32)
    checkpoints = tuple(
        checkpoint(settings.pad_width, interior, border, position)
        for position in autoencoder.checkpoint_positions(settings, images)
    )
    shelf.write(
        settings, State(images, none, none, none, 0.0, 0.0, (), checkpoints, 40.0, "a test")
    )


def live(**changes: Any) -> Settings:
    """A run of the live preset."""
    return autoencoder.canonical(replace(autoencoder.LIVE.settings, **changes))
