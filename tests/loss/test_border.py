"""What a border must cost, from its entropy alone."""

import math
from dataclasses import replace

import numpy as np
import pytest

from core import autoencoder, data
from core.autoencoder import Checkpoint
from core.entropy import entropy
from core.loss import predict
from core.loss.border import border_entropy, guessed_entropy
from tests.loss.conftest import GREY


@pytest.mark.parametrize("pad_mode", ["edge", "reflect", "symmetric", "wrap"])
def test_a_border_that_repeats_pixels_costs_their_entropy(pad_mode: str) -> None:
    images = np.random.default_rng(1).integers(256, size=(5, 28, 28), dtype=np.uint8)
    entropies = entropy(images / 255).mean(axis=0, dtype=np.float64).astype(np.float32)
    chosen = autoencoder.Settings(pad_width=3, pad_mode=pad_mode)
    ring = entropy(data.pad(images, 3, pad_mode) / 255).mean(axis=0)[data.ring(28, 28, 3)]
    assert border_entropy(entropies, chosen) == pytest.approx(ring.sum(), rel=1e-5)


def test_a_constant_border_costs_the_entropy_of_its_grey() -> None:
    images = np.zeros((28, 28), np.float32)
    assert border_entropy(images, GREY) == pytest.approx(240 * entropy(128 / 255))
    assert border_entropy(images, replace(GREY, pad_level=1.0)) == 0
    assert border_entropy(images, replace(GREY, pad_width=0)) == 0


def test_noise_that_is_seen_costs_its_mean_entropy() -> None:
    greys = np.arange(256) / 255
    assert guessed_entropy(0.0) == pytest.approx(entropy(greys).mean())
    unseen = replace(GREY, pad_mode="noise", noise_first=True)
    black = np.zeros((28, 28), np.float32)
    assert border_entropy(black, unseen) == pytest.approx(240 * guessed_entropy(0.0))


def test_noise_that_is_guessed_costs_what_the_best_guess_does() -> None:
    # The bytes that `noisy_set` makes, and for each the mean of the greys behind it.
    made = data.noisy_set(np.zeros((4000, 28, 28), np.uint8), pad_width=8, pad_mode="noise")
    clean = made.clean_batch(slice(None))[:, made.ring].ravel().astype(float)
    noisy = np.rint(made.noisy_batch(slice(None))[:, made.ring].ravel() * 255).astype(int)
    best = np.bincount(noisy, weights=clean) / np.bincount(noisy)
    measured = np.bincount(noisy) @ entropy(best) / len(noisy)
    assert guessed_entropy(0.5) == pytest.approx(measured, abs=3e-4)
    assert guessed_entropy(0.0) < guessed_entropy(0.5) < math.log(2)


def test_the_prediction_for_a_grey_border(trained: tuple[Checkpoint, Checkpoint]) -> None:
    unpadded, padded = trained
    predicted = predict(unpadded, GREY)
    assert predicted.border == pytest.approx(240 * entropy(128 / 255))
    assert predicted.per_pixel == pytest.approx((unpadded.total + predicted.border) / 1024)
    # No network does better than the entropy, and a grey border is learnt in 16 steps.
    assert predicted.border <= padded.border < 1.1 * predicted.border
