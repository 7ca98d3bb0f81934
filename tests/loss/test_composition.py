"""What a loss is made of: the entropy floor, the rest above it, the border."""

from pathlib import Path

import numpy as np
import pytest

from core import data
from core.autoencoder import Checkpoint
from core.entropy import entropy, entropy_floor
from core.loss import floor_per_pixel, means, parts
from core.loss.composition import mean, original
from tests.made_up import checkpoint


def test_entropy() -> None:
    assert entropy([0.0, 0.5, 1.0]).tolist() == [0.0, pytest.approx(np.log(2)), 0.0]
    assert entropy(0.25) == pytest.approx(0.25 * np.log(4) + 0.75 * np.log(4 / 3))
    assert entropy(np.float32(1e-30)) == pytest.approx(7.0078e-29, rel=1e-3)


def test_entropy_floor_is_the_mean_entropy() -> None:
    images = np.random.default_rng(0).integers(256, size=(7, 5, 3), dtype=np.uint8)
    assert entropy_floor(images) == pytest.approx(entropy(images / 255).mean())


def test_entropy_floor_of_mnist(mnist_dir: Path) -> None:
    images = data.load("mnist")
    assert entropy_floor(images.train) == pytest.approx(0.05836, abs=5e-6)
    assert entropy_floor(images.test) == pytest.approx(0.05808, abs=5e-6)
    assert entropy_floor(images.train) * 784 == pytest.approx(45.76, abs=5e-3)
    assert entropy_floor(images.test) * 784 == pytest.approx(45.53, abs=5e-3)


def test_parts_add_up_to_the_total(trained: tuple[Checkpoint, Checkpoint]) -> None:
    for tested in trained:
        assert sum(parts(tested)) == pytest.approx(tested.total, rel=1e-6)
        assert all(part >= 0 for part in parts(tested))
    unpadded, padded = map(parts, trained)
    assert unpadded.border == 0
    assert unpadded.floor == pytest.approx(padded.floor, rel=1e-6)


def test_the_mean_of_networks_is_that_of_their_maps() -> None:
    first, other = checkpoint(2, 78.4, 1.0), checkpoint(2, 80.4, 3.0)
    both = mean((first, other))
    assert both.interior == pytest.approx(79.4)
    assert both.border == pytest.approx(2.0)
    assert both.squared_error_map == pytest.approx(
        (first.squared_error_map + other.squared_error_map) / 2
    )
    assert mean((first,)).total == first.total
    assert original(both.loss_map, both.pad_width).shape == (28, 28)
    with pytest.raises(ValueError, match="no checkpoints"):
        mean(())


def test_the_means_of_both_arms_over_seeds() -> None:
    both = {s: (checkpoint(0, 78.0 + s, 0.0), checkpoint(2, 80.0 + s, 1.0)) for s in (0, 4)}
    found = means(both)
    assert list(found) == ["unpadded", "padded"]
    assert found["unpadded"].interior == pytest.approx(80.0)
    assert found["padded"].interior == pytest.approx(82.0)
    assert means(dict(both))["padded"] is found["padded"]  # what is drawn from it is remembered
    with pytest.raises(ValueError, match="no checkpoints"):
        means({})


def test_the_floor_per_pixel_counts_the_border() -> None:
    assert floor_per_pixel(checkpoint(0, 78.0, 0.0)) == pytest.approx(45.53 / 784)
    assert floor_per_pixel(checkpoint(2, 78.0, 1.0)) == pytest.approx(45.53 / 1024)
