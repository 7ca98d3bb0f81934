"""Data sets, variations, padding and noise, against NumPy's own padding and the protocol."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

from core import data
from core.data import MissingData, NoisySet, digits, mnist, noisy_set
from core.data.images import DamagedFile
from core.settings import InputError

IMAGES, _ = digits.draw(300)
GREY = np.random.default_rng(0).integers(256, size=(5, 28, 28), dtype=np.uint8)
MODES = data.PAD_MODES.options
ALL = slice(None)


def test_digits() -> None:
    images = data.load("digits", 1_000)
    assert images.train.shape == (1_000, 28, 28)
    assert images.test.shape == (10_000, 28, 28)
    assert (len(images.train_labels), len(images.test_labels)) == (1_000, 10_000)
    assert images.origin == "generated digits"
    assert np.array_equal(images.train[:300], IMAGES)
    assert not (images.train == images.test[:1_000]).all(axis=(1, 2)).any()
    assert not images.train.flags.writeable


def test_mnist(mnist_dir: Path) -> None:
    images = data.load("mnist", 1_000)
    assert images.train.shape == (1_000, 28, 28)
    assert images.train.base is None  # a view would keep all 60,000
    assert images.train_labels[:5].tolist() == [5, 0, 4, 1, 9]
    assert images.test_labels[:5].tolist() == [7, 2, 1, 0, 4]
    assert images.origin == data.available() == f"MNIST from {mnist_dir}"


def test_missing_mnist_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MNIST_DIR", raising=False)
    monkeypatch.setattr(mnist, "MIRRORS", ("http://127.0.0.1:9/",))
    assert data.available() is None
    with pytest.raises(MissingData, match="could not be downloaded: Connection refused"):
        data.load("mnist")


def test_damaged_mnist_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "train-images-idx3-ubyte"
    path.write_bytes(b"\0\0\x08\x03")
    monkeypatch.setenv("MNIST_DIR", str(tmp_path))
    with pytest.raises(DamagedFile, match="train-images-idx3-ubyte is truncated"):
        data.load("mnist")


def test_content_tells_data_sets_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MNIST_DIR", raising=False)
    assert data.content("mnist") == "mnist-c65580678af93f1e"
    before = data.content("digits")
    monkeypatch.setattr(digits, "VERSION", digits.VERSION + 1)
    digits.content.cache_clear()
    assert data.content("digits") != before
    digits.content.cache_clear()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: data.load("cifar", 1_000), "dataset must be one of mnist, digits, not 'cifar'"),
        (lambda: data.load("digits", 999), "train_size must be a whole number from 1000 to 60000"),
        (lambda: data.load("digits", 10**9), "train_size must be"),
        (lambda: data.content("x" * 5_000), "dataset must be"),
        (lambda: data.vary(GREY, "mirrored"), "variation must be one of plain, inverted, cropped"),
        (lambda: data.pad(GREY, 9), "pad_width must be a whole number from 0 to 8, not '9'"),
        (lambda: data.pad(GREY, -1), "pad_width must be"),
        (lambda: data.pad(GREY, 2, "zeros"), "pad_mode must be one of edge, constant, reflect"),
        (lambda: data.pad(GREY, 2, "constant", 1.5), "pad_level must be a number from 0 to 1"),
        (lambda: data.pad(GREY, 2, "constant", float("nan")), "pad_level must be"),
        (lambda: noisy_set(GREY, pad_width=10**6), "pad_width must be"),
        (lambda: noisy_set(GREY, noise_factor=float("inf")), "noise_factor must be"),
        (lambda: noisy_set(GREY, split="valid"), "split must be one of train, test"),
    ],
)
def test_bad_input_names_the_range(call: Callable[[], object], message: str) -> None:
    with pytest.raises(InputError, match=f"^{message}"):
        call()


def test_inverted() -> None:
    assert data.vary(GREY, "plain") is GREY
    assert np.array_equal(data.vary(GREY, "inverted"), 255 - GREY)


def test_cropped_strokes_reach_the_edge() -> None:
    cropped = data.vary(IMAGES, "cropped")
    edge = np.ones((28, 28), bool)
    edge[1:-1, 1:-1] = False
    assert (IMAGES[:, edge] > 128).any(axis=1).mean() == 0
    assert (cropped[:, edge] > 128).any(axis=1).mean() > 0.9


def test_cropped_is_the_enlarged_middle() -> None:
    slope = np.tile(np.arange(28, dtype=np.uint8) * 4, (1, 28, 1))
    across = data.vary(slope, "cropped")[0, 0] / 4
    # Bilinear at (i + ½)·16/28 − ½, clamped to the middle's own pixels.
    expected = 6 + np.clip((np.arange(28) + 0.5) * 16 / 28 - 0.5, 0, 15)
    assert across == pytest.approx(expected, abs=1 / 8)
    assert np.array_equal(data.vary(slope.swapaxes(1, 2), "cropped")[0, :, 0] / 4, across)


@pytest.mark.parametrize("pad_width", range(9))
@pytest.mark.parametrize("pad_mode", [mode for mode in MODES if mode not in ("constant", "noise")])
def test_pad_agrees_with_numpy(pad_width: int, pad_mode: str) -> None:
    one_by_one = [np.pad(image, pad_width, cast(Any, pad_mode)) for image in GREY]
    assert np.array_equal(data.pad(GREY, pad_width, pad_mode), one_by_one)


@pytest.mark.parametrize(("level", "grey"), [(0, 0), (0.25, 64), (0.5, 128), (1.0, 255)])
def test_pad_with_a_constant(level: float, grey: int) -> None:
    one_by_one = [np.pad(image, 3, constant_values=grey) for image in GREY]
    assert np.array_equal(data.pad(GREY, 3, "constant", level), one_by_one)


def test_pad_with_noise() -> None:
    padded = data.pad(IMAGES, 2, "noise", seed=3)
    ring = data.ring(28, 28, 2)
    assert ring.sum() == 240
    assert np.array_equal(padded[:, 2:-2, 2:-2], IMAGES)
    greys = padded[:, ring]
    assert np.bincount(greys.ravel(), minlength=256) == pytest.approx(300 * 240 / 256, abs=90)
    assert len(np.unique(greys, axis=0)) == 300
    assert np.array_equal(data.pad(IMAGES[:7], 2, "noise", seed=3), padded[:7])
    assert (data.pad(IMAGES, 2, "noise", seed=4) != padded).any()
    assert (data.pad(IMAGES, 2, "noise", seed=3, split="test") != padded).any()


def test_noise_is_standard_normal() -> None:
    drawn = data.noise(300, 2, seed=0)
    assert drawn.shape == (300, 32, 32)
    for part in (drawn[:, 2:-2, 2:-2], drawn[:, data.ring(28, 28, 2)]):
        assert part.mean() == pytest.approx(0, abs=0.02)
        assert part.std() == pytest.approx(1, abs=0.02)
        assert (np.abs(part) < 1).mean() == pytest.approx(0.6827, abs=0.01)


@pytest.mark.parametrize("pad_width", range(9))
def test_arms_share_the_noise_of_the_pixels_they_share(pad_width: int) -> None:
    inner = slice(pad_width, pad_width + 28)
    padded = data.noise(300, pad_width, seed=0)[:, inner, inner]
    assert np.array_equal(padded, data.noise(300, 0, seed=0))


def test_noise_of_an_image_does_not_depend_on_how_many() -> None:
    assert np.array_equal(data.noise(10, 2, seed=0), data.noise(600, 2, seed=0)[:10])


def test_noise_differs_by_seed_and_split() -> None:
    drawn = [data.noise(5, 0, 0), data.noise(5, 0, 1), data.noise(5, 0, 0, "test")]
    assert len({noise.tobytes() for noise in drawn}) == 3
    ring = data.noise(5, 8, 0)[:, data.ring(28, 28, 8)].ravel()
    assert np.intersect1d(ring, drawn[0].ravel()).size < 10  # not the same numbers again


def test_add_noise() -> None:
    clean, drawn = np.array([[0, 0, 1, 0.5], [1, -1, 3, -0.5]], np.float32)
    assert data.add_noise(clean, drawn, 0.5).tolist() == [0.5, 0.0, 1.0, 0.25]


@pytest.mark.parametrize("pad_mode", MODES)
@pytest.mark.parametrize("pad_width", [0, 2, 5])
def test_noisy_set_follows_the_protocol(pad_width: int, pad_mode: str) -> None:
    made = noisy_set(
        IMAGES, pad_width=pad_width, pad_mode=pad_mode, pad_level=0.3, noise_factor=0.4, seed=7
    )
    clean = data.pad(IMAGES, pad_width, pad_mode, 0.3, seed=7).astype(np.float32) / np.float32(255)
    noisy = data.add_noise(clean, data.noise(len(IMAGES), pad_width, seed=7), 0.4)
    order = np.random.default_rng(0).permutation(len(IMAGES))[:128]
    assert len(made) == len(IMAGES)
    for batch in (order, slice(10, 20), ALL):
        assert np.array_equal(made.clean_batch(batch), clean[batch])
        assert np.abs(made.noisy_batch(batch) - noisy[batch]).max() < 1 / 510 + 1e-6
        assert made.noisy_batch(batch).dtype == made.clean_batch(batch).dtype == np.float32


def batches(made: NoisySet) -> tuple[np.ndarray, np.ndarray]:
    return made.clean_batch(ALL), made.noisy_batch(ALL)


@pytest.mark.parametrize("pad_mode", MODES)
def test_noise_first_leaves_the_border_clean(pad_mode: str) -> None:
    clean, noisy = batches(noisy_set(IMAGES, pad_width=2, pad_mode=pad_mode, noise_first=True))
    ring = data.ring(28, 28, 2)
    assert np.array_equal(noisy[:, ring], clean[:, ring])
    unpadded = noisy_set(IMAGES).noisy_batch(ALL)
    assert np.array_equal(noisy[:, 2:-2, 2:-2], unpadded)


def test_two_arms_keep_the_noise_that_they_share_once() -> None:
    unpadded, padded = noisy_set(IMAGES, seed=3), noisy_set(IMAGES, pad_width=2, seed=3)
    assert unpadded.inner is padded.inner
    assert noisy_set(IMAGES, seed=4).inner is not padded.inner
    assert noisy_set(IMAGES, seed=3, split="test").inner is not padded.inner
    assert noisy_set(IMAGES.copy(), seed=3).inner is not padded.inner


def test_images_do_not_depend_on_the_order_in_which_they_are_asked_for() -> None:
    whole = noisy_set(IMAGES, pad_width=1).noisy_batch(ALL)
    piecewise = noisy_set(IMAGES.copy(), pad_width=1)
    for batch in (np.array([3]), slice(0, 20), np.array([len(IMAGES) - 1, 0]), ALL):
        assert np.array_equal(piecewise.noisy_batch(batch), whole[batch])


def test_no_noise() -> None:
    clean, noisy = batches(noisy_set(IMAGES, pad_width=2, noise_factor=0.0))
    assert np.array_equal(clean, noisy)


def test_tests_never_touch_the_users_cache() -> None:
    assert Path(os.environ["PADDING_LAB_CACHE"]) in mnist.download_folder().parents
    assert not mnist.MIRRORS
