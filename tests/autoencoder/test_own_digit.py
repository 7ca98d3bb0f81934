"""A visitor's digit is measured as a run's own test measures the first image of the test set."""

from dataclasses import replace

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from core import data
from core.arrays import Bytes
from core.autoencoder import Settings, network
from core.autoencoder.own_digit import FARTHEST, moved, tried
from core.autoencoder.runs import image_set
from core.data import SIZE, digits
from core.entropy import entropy

SETTINGS = [
    Settings(),
    Settings(pad_width=2),
    Settings(pad_width=3, pad_mode="noise", noise_first=True),
    Settings(pad_width=2, variation="inverted", noise_factor=0.25),
    Settings(pad_width=8, pad_mode="constant", pad_level=0.5, outside="cleared", channels=8),
    Settings(pad_width=1, padding_mode="circular", depth=3, seed=5),
]


@pytest.fixture(scope="module")
def digit() -> Bytes:
    drawn: Bytes = digits.draw(1)[0][0]
    return drawn


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_losses_are_torch_s_on_the_test_set_s_noise(settings: Settings, digit: Bytes) -> None:
    weights = network.initial_weights(settings)
    (found,) = tried(weights, settings, digit[None])
    tested = image_set(settings, digit[None], "test")
    noisy = torch.from_numpy(tested.noisy_batch(slice(1)))[:, None]
    clean = torch.from_numpy(tested.clean_batch(slice(1)))[:, None]
    with torch.inference_mode():
        z = network.module(weights, settings).logits(noisy)
        losses = F.binary_cross_entropy_with_logits(z, clean, reduction="none")[0, 0].numpy()
    assert np.abs(found.loss_map - losses).max() < 1e-4
    assert found.total == pytest.approx(float(losses.sum()), rel=1e-4)
    assert found.per_pixel == pytest.approx(float(losses.mean()), rel=1e-4)
    ring = data.ring(SIZE, SIZE, settings.pad_width)
    assert found.border == pytest.approx(float(losses[ring].sum()), rel=1e-4, abs=1e-9)
    assert found.floor == pytest.approx(float(entropy(clean.numpy()).sum()), rel=1e-6)
    assert 0 <= found.floor < found.total
    assert np.array_equal(found.noisy, np.rint(255 * noisy[0, 0].numpy()))


def test_a_digit_is_moved_pixel_by_pixel_and_leaves_at_the_edge(digit: Bytes) -> None:
    places = moved(digit)
    assert places.shape == (FARTHEST + 1, SIZE, SIZE)
    assert np.array_equal(places[0], digit)
    for by in range(1, FARTHEST + 1):
        assert np.array_equal(places[by, :, by:], digit[:, :-by])
        assert not places[by, :, :by].any()


@pytest.mark.parametrize("settings", SETTINGS[:4], ids=str)
def test_nothing_but_the_position_differs(settings: Settings, digit: Bytes) -> None:
    weights = network.initial_weights(settings)
    blank = np.zeros((2, SIZE, SIZE), np.uint8)
    first, second = tried(weights, settings, blank)
    assert np.array_equal(first.noisy, second.noisy)
    assert np.array_equal(first.denoised, second.denoised)
    apart = tried(weights, settings, moved(digit))
    alone = [tried(weights, settings, each[None])[0] for each in moved(digit)]
    for one, other in zip(apart, alone, strict=True):
        assert np.array_equal(one.loss_map, other.loss_map)


def test_a_drawn_digit_is_not_enlarged(digit: Bytes) -> None:
    settings = Settings(pad_width=2, variation="cropped")
    weights = network.initial_weights(settings)
    (cropped,) = tried(weights, settings, digit[None])
    (plain,) = tried(weights, replace(settings, variation="plain"), digit[None])
    assert np.array_equal(cropped.loss_map, plain.loss_map)
