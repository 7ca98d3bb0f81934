"""Every preset is shipped, and the shipped weights give the shipped figures."""

from pathlib import Path

import numpy as np
import pytest

from core import data
from core.autoencoder import ORIGINAL, Checkpoint, Run, training
from core.autoencoder.presets import ORIGINAL_PADDED, SEEDS, every_run, judged_seeds
from core.autoencoder.runs import SHIPPED, image_set
from core.autoencoder.store import Folder
from core.data import mnist

RUNS = list(every_run())


def shipped(run: Run) -> Checkpoint:
    state = Folder(SHIPPED).read(run.settings)
    assert state is not None
    assert state.images_seen == run.images
    return state.checkpoints[-1]


def name(run: Run) -> str:
    chosen = run.settings
    return f"{run.images}-{chosen.variation}-{chosen.pad_mode}{chosen.pad_width}-{chosen.seed}"


@pytest.mark.parametrize("run", RUNS, ids=name)
def test_every_preset_is_shipped(run: Run) -> None:
    last = shipped(run)
    assert last.interior + last.border == pytest.approx(last.total)
    assert last.entropy_floor < last.total


def test_nothing_else_is_shipped_and_all_of_it_is_small() -> None:
    files = list(SHIPPED.iterdir())
    assert len(files) == len(RUNS)
    assert sum(file.stat().st_size for file in files) < 11 * 2**20


def test_the_original_protocol_lands_where_keras_does() -> None:
    """Means of ten seeds; figures of the same protocol in Keras 3 on TensorFlow."""
    unpadded, padded = [], []
    for run in RUNS:
        if run.images == ORIGINAL.images:
            (padded if run.settings.pad_width else unpadded).append(shipped(run))
    assert len(unpadded) == len(padded) == len(judged_seeds(ORIGINAL_PADDED)) == 10
    assert np.mean([one.per_pixel for one in unpadded]) == pytest.approx(0.098, abs=0.0015)
    assert np.mean([one.per_pixel for one in padded]) == pytest.approx(0.0753, abs=0.0012)


@pytest.fixture(scope="module")
def test_images(mnist_dir: Path) -> data.Bytes:
    _, _, images, _ = mnist.FILES
    return mnist.load(images, lambda share, words: None, lambda: False)


@pytest.mark.parametrize(
    "run",
    [
        run
        for run in RUNS
        if run.settings.seed == 0 or (run.images > 20_000 and run.settings.seed in SEEDS)
    ],
    ids=name,
)
def test_shipped_weights_give_the_shipped_figures(run: Run, test_images: data.Bytes) -> None:
    last, chosen = shipped(run), run.settings
    assert last.weights is not None
    test_set = image_set(chosen, test_images, "test")
    measured = training.evaluate(chosen, last.weights, test_set)
    np.testing.assert_allclose(measured.loss, last.loss_map, rtol=1e-3, atol=1e-6)
    assert measured.loss.sum(dtype=np.float64) == pytest.approx(last.total, rel=1e-5)
