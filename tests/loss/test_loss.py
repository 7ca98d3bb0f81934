"""Conversions, floors, what a border must cost, and what a spread allows to say."""

import json
import math
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from core import autoencoder, data
from core.__main__ import main
from core.autoencoder import Checkpoint, Run, runs
from core.entropy import entropy, entropy_floor
from core.loss import (
    Settings,
    border_entropy,
    compare,
    convert,
    guessed_entropy,
    interval,
    judge,
    law,
    metrics,
    original,
    parts,
    predict,
)
from core.settings import InputError

# --- Per pixel or in total ----------------------------------------------------------------------

losses = st.floats(1e-12, 1e30)
sides = st.integers(1, 1_000_000)


@given(losses, sides, sides)
def test_conversion_is_correctly_rounded_both_ways(number: float, height: int, width: int) -> None:
    pixels = height * width
    up = convert(Settings(per_pixel=number, height=height, width=width))
    down = convert(Settings(total=number, height=height, width=width))
    assert up == (number, float(Fraction(number) * pixels), pixels)
    assert down == (float(Fraction(number) / pixels), number, pixels)


@given(st.integers(0, 10**9), st.integers(1, 1000), st.integers(1, 1000))
def test_there_and_back_is_exact(eighths: int, height: int, width: int) -> None:
    size = {"height": height, "width": width}
    per_pixel = eighths / 8
    there = convert(Settings(per_pixel=per_pixel, **size))
    assert convert(Settings(total=there.total, **size)) == there


def test_the_post() -> None:
    assert convert(Settings(per_pixel=0.099, height=28, width=28)) == (0.099, 77.616, 784)
    assert convert(Settings(per_pixel=0.075, height=32, width=32)) == (0.075, 76.8, 1024)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"height": -1}, "height must be a whole number from 1 to 1000000, not '-1'"),
        ({"height": None}, "height must be given: a whole number from 1"),
        ({"width": 2.5}, "width must be a whole number"),
        ({"width": 10**7}, "width must be a whole number"),
        ({"per_pixel": math.nan}, "per_pixel must be a number from 0"),
        ({"per_pixel": -0.1}, "per_pixel must be a number from 0"),
        ({"per_pixel": math.inf}, "per_pixel must be a number from 0"),
        ({"per_pixel": None}, "one of per_pixel and total must be given"),
        ({"total": 1.0}, "one of per_pixel and total must be given, and not both"),
    ],
)
def test_nonsense_is_refused(change: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        Settings(**{"per_pixel": 0.1, "height": 28, "width": 28} | change)


def test_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["loss", "--total", "76.8", "--height", "32", "--width", "32"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "per_pixel": 0.075,
        "total": 76.8,
        "pixels": 1024,
    }
    assert main(["loss", "--total", "nan", "--height", "32", "--width", "32"]) == 2
    assert capsys.readouterr().err == "error: total must be a number from 0 to 1e+30, not 'nan'\n"


def test_law() -> None:
    assert law(77.616, 0) == pytest.approx(0.099)
    assert law(77.616, 2) == pytest.approx(0.075796875)
    assert law(78.4, 8) == pytest.approx(78.4 / 1936)


# --- What it is made of -------------------------------------------------------------------------


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


def test_parts_add_up_to_the_total(trained: tuple[Checkpoint, Checkpoint]) -> None:
    for tested in trained:
        assert sum(parts(tested)) == pytest.approx(tested.total, rel=1e-6)
        assert all(part >= 0 for part in parts(tested))
    unpadded, padded = map(parts, trained)
    assert unpadded.border == 0
    assert unpadded.floor == pytest.approx(padded.floor, rel=1e-6)


# --- What a border must cost --------------------------------------------------------------------


@pytest.mark.parametrize("pad_mode", ["edge", "reflect", "symmetric", "wrap"])
def test_a_border_that_repeats_pixels_costs_their_entropy(pad_mode: str) -> None:
    images = np.random.default_rng(1).integers(256, size=(5, 28, 28), dtype=np.uint8)
    entropies = entropy(images / 255).mean(axis=0)
    chosen = autoencoder.Settings(pad_width=3, pad_mode=pad_mode)
    ring = entropy(data.pad(images, 3, pad_mode) / 255).mean(axis=0)[data.ring(28, 28, 3)]
    assert border_entropy(entropies, chosen) == pytest.approx(ring.sum())


def test_a_constant_border_costs_the_entropy_of_its_grey() -> None:
    images = np.zeros((2, 28, 28))
    assert border_entropy(images, GREY) == pytest.approx(240 * entropy(128 / 255))
    assert border_entropy(images, replace(GREY, pad_level=1.0)) == 0
    assert border_entropy(images, replace(GREY, pad_width=0)) == 0


def test_noise_that_is_seen_costs_its_mean_entropy() -> None:
    greys = np.arange(256) / 255
    assert guessed_entropy(0.0) == pytest.approx(entropy(greys).mean())
    unseen = replace(GREY, pad_mode="noise", noise_first=True)
    assert border_entropy(np.zeros((28, 28)), unseen) == pytest.approx(240 * guessed_entropy(0.0))


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
    foretold = predict(unpadded, GREY)
    assert foretold.border == pytest.approx(240 * entropy(128 / 255))
    assert foretold.per_pixel == pytest.approx((unpadded.total + foretold.border) / 1024)
    # No network does better than the entropy, and a grey border is learnt in 16 steps.
    assert foretold.border <= padded.border < 1.1 * foretold.border


# --- Metrics, and what a spread allows to say ---------------------------------------------------


def test_metrics(trained: tuple[Checkpoint, Checkpoint]) -> None:
    _, padded = trained
    whole, shared = metrics(padded), metrics(padded, shared=True)
    assert whole.cross_entropy == pytest.approx(padded.per_pixel)
    assert shared.cross_entropy == pytest.approx(padded.interior / 784)
    assert shared.squared_error == pytest.approx(padded.squared_error_map[2:30, 2:30].mean())
    assert 10 ** (-whole.psnr / 10) == pytest.approx(whole.squared_error)
    assert shared.accuracy == pytest.approx(padded.accuracy_map[2:30, 2:30].mean())
    assert original(padded.loss_map).shape == (28, 28)


def test_compare(trained: tuple[Checkpoint, Checkpoint]) -> None:
    unpadded, padded = trained
    found = compare(unpadded, padded)
    assert 1 + found.per_pixel == pytest.approx((1 + found.total) * 784 / 1024)
    assert found.border == pytest.approx(padded.border / padded.total)


@pytest.mark.parametrize(
    ("changes", "mean", "margin", "said"),
    [
        ([-0.25], -0.25, math.inf, "cannot tell"),  # one seed has no spread
        ([0.0, 0.0], 0.0, 0.0, "cannot tell"),
        ([-0.01, -0.02, -0.03], -0.02, 4.303 * 0.01 / 3**0.5, "cannot tell"),  # 0.0248
        ([-0.021, -0.022, -0.023], -0.022, 4.303 * 0.001 / 3**0.5, "better"),  # 0.0025
        ([0.021, 0.022, 0.023], 0.022, 4.303 * 0.001 / 3**0.5, "worse"),
        ([0.1, 0.3], 0.2, 12.706 * 0.1, "cannot tell"),  # 1.27
        ([1, 2, 3, 4, 5, 6], 3.5, 2.571 * 3.5**0.5 / 6**0.5, "worse"),  # 1.96
    ],
)
def test_judge(changes: list[float], mean: float, margin: float, said: str) -> None:
    assert_allclose(interval(changes), (mean, margin))
    assert judge(changes) == said


def test_more_seeds_than_the_table_of_t_are_judged_with_its_last() -> None:
    changes = [0.0, 1.0] * 6
    assert interval(changes).margin == pytest.approx(2.262 * np.std(changes, ddof=1) / 12**0.5)
