"""Both arms of a small run, trained for real."""

import pytest

from core import autoencoder
from core.autoencoder import Checkpoint, Run, runs

GREY = autoencoder.Settings(
    dataset="digits",
    train_size=1000,
    batch_size=64,
    learning_rate=3e-3,
    pad_width=2,
    pad_mode="constant",
    pad_level=0.5,
)


@pytest.fixture(scope="module")
def trained() -> tuple[Checkpoint, Checkpoint]:
    """Both arms of a small run with a grey border, trained for real."""
    wanted = [Run(arm, 1000) for arm in autoencoder.arms(GREY)]
    unpadded, padded = (view.state for view in runs.finish(runs.registry(), wanted))
    assert unpadded is not None
    assert padded is not None
    return unpadded.checkpoints[-1], padded.checkpoints[-1]
