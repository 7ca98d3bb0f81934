"""Every preset is shipped, and the shipped weights give the shipped figures."""

from pathlib import Path

import numpy as np
import pytest

from core.arrays import Bytes
from core.autoencoder import ORIGINAL, Run, training
from core.autoencoder.figures import of, read
from core.autoencoder.presets import (
    ORIGINAL_PADDED,
    every_run,
    judged_seeds,
    only_of_controls,
)
from core.autoencoder.runs import SHIPPED, image_set
from core.autoencoder.store import identity
from core.data import mnist
from tests.shipped import checkpoint

EVERY = list(every_run())
RUNS = [run for run in EVERY if run not in only_of_controls()]


def name(run: Run) -> str:
    chosen = run.settings
    return f"{run.images}-{chosen.variation}-{chosen.pad_mode}{chosen.pad_width}-{chosen.seed}"


@pytest.mark.parametrize("run", RUNS, ids=name)
def test_every_preset_is_shipped(run: Run) -> None:
    last = checkpoint(run)
    assert last.interior + last.border == pytest.approx(last.total)
    assert last.entropy_floor < last.total


def test_nothing_else_is_shipped_and_all_of_it_is_small() -> None:
    files = {file.stem for file in SHIPPED.glob("*.npz")}
    assert files <= {identity(run.settings) for run in EVERY}
    assert len(list(SHIPPED.iterdir())) == len(files) + 1
    assert sum(file.stat().st_size for file in SHIPPED.iterdir()) < 16 * 2**20


def test_the_figures_are_those_of_the_shipped_runs() -> None:
    kept = read(SHIPPED, EVERY)
    assert {identity(run.settings) for run in kept} == {f.stem for f in SHIPPED.glob("*.npz")}
    for run, figures in kept.items():
        assert figures == pytest.approx(of(checkpoint(run)))


def test_of_a_control_only_figures_are_shipped() -> None:
    for run in read(SHIPPED, only_of_controls()):
        last = checkpoint(run)
        assert last.weights is None
        assert len(last.clean) == 1


def test_the_original_protocol_lands_where_keras_does() -> None:
    """Means of ten seeds; figures of the same protocol in Keras 3 on TensorFlow."""
    original = [run for run in RUNS if run.images == ORIGINAL.images]
    unpadded = [checkpoint(run) for run in original if not run.settings.pad_width]
    padded = [checkpoint(run) for run in original if run.settings.pad_width]
    assert len(unpadded) == len(padded) == len(judged_seeds(ORIGINAL_PADDED)) == 10
    assert np.mean([last.per_pixel for last in unpadded]) == pytest.approx(0.098, abs=0.0015)
    assert np.mean([last.per_pixel for last in padded]) == pytest.approx(0.0753, abs=0.0012)


@pytest.fixture(scope="module")
def test_images(mnist_dir: Path) -> Bytes:
    _, _, images, _ = mnist.FILES
    return mnist.load(images, lambda share, words: None, lambda: False)


@pytest.mark.parametrize(
    "run",
    [
        run
        for run in RUNS
        if run.settings.seed == 0 or (run.images > 20_000 and run.settings.seed < 3)
    ],
    ids=name,
)
def test_shipped_weights_give_the_shipped_figures(run: Run, test_images: Bytes) -> None:
    last, chosen = checkpoint(run), run.settings
    assert last.weights is not None
    test_set = image_set(chosen, test_images, "test")
    measured = training.evaluate(chosen, last.weights, test_set)
    np.testing.assert_allclose(measured.loss, last.loss_map, rtol=1e-3, atol=1e-6)
    assert measured.loss.sum(dtype=np.float64) == pytest.approx(last.total, rel=1e-5)
