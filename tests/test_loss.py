"""The entropy of grey targets, against its closed form and the figures for MNIST."""

import numpy as np
import pytest

from core import data
from core.loss import entropy, entropy_floor


def test_entropy() -> None:
    assert entropy([0.0, 0.5, 1.0]).tolist() == [0.0, pytest.approx(np.log(2)), 0.0]
    assert entropy(0.25) == pytest.approx(0.25 * np.log(4) + 0.75 * np.log(4 / 3))
    assert entropy(np.float32(1e-30)) == pytest.approx(7.0078e-29, rel=1e-3)


def test_entropy_floor_is_the_mean_entropy() -> None:
    images = np.random.default_rng(0).integers(256, size=(7, 5, 3), dtype=np.uint8)
    assert entropy_floor(images) == pytest.approx(entropy(images / 255).mean())


def test_entropy_floor_of_mnist(mnist_dir: object) -> None:
    images = data.load("mnist")
    assert entropy_floor(images.train) == pytest.approx(0.05836, abs=5e-6)
    assert entropy_floor(images.test) == pytest.approx(0.05808, abs=5e-6)
    assert entropy_floor(images.train) * 784 == pytest.approx(45.76, abs=5e-3)
    assert entropy_floor(images.test) * 784 == pytest.approx(45.53, abs=5e-3)
