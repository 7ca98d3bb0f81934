"""The images that every topic trains on or shows, and how they are padded and made noisy.

Two data sets, MNIST and generated digits, in one form. Noise follows the protocol of Cross
Validated 454768: x + 0.5 N(0, 1), clipped to [0, 1], drawn once for the whole set, after padding.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from weakref import WeakValueDictionary

import numpy as np
from numpy.typing import NDArray

from core.arrays import Bytes, Float32
from core.data import digits, mnist
from core.data.mnist import DamagedFile as DamagedFile
from core.data.mnist import MissingData as MissingData
from core.data.mnist import OnProgress, Stop
from core.data.mnist import Stopped as Stopped
from core.settings import Choice, Domain, Real, Whole, refusal

DATASETS = Choice(("mnist", "digits"))
TRAIN_SIZES = Whole(1_000, 60_000)
VARIATIONS = Choice(("plain", "inverted", "cropped"))
PAD_WIDTHS = Whole(0, 8)
PAD_MODES = Choice(("edge", "constant", "reflect", "symmetric", "wrap", "noise"))
PAD_LEVELS = Real(0.0, 1.0)
NOISE_FACTORS = Real(0.0, 1.0)
SPLITS = Choice(("train", "test"))

SIZE = 28  # height and width of an image, pixels
TEST_SIZE = 10_000  # images
CROP = 16  # height and width of the part that the cropped variation enlarges, pixels

BLOCK = 256  # images made noisy together: few enough that the work stays in the cache


@dataclass(frozen=True)
class Images:
    """A data set: images (n, 28, 28) of bytes, read-only, and their labels (n,)."""

    name: str
    train: Bytes
    train_labels: Bytes
    test: Bytes
    test_labels: Bytes
    origin: str  # in words


def load(
    dataset: str,
    train_size: int = TRAIN_SIZES.high,
    on_progress: OnProgress = lambda share, words: None,
    stop: Stop = lambda: False,
) -> Images:
    """The first `train_size` training images of a data set and its 10,000 test images.

    `on_progress` hears how much is done, in [0, 1], and what is being done. Raises MissingData
    where MNIST cannot be had, DamagedFile for a wrong file in MNIST_DIR, Stopped when `stop` says
    so.
    """
    _require("dataset", DATASETS, dataset)
    _require("train_size", TRAIN_SIZES, train_size)
    if dataset == "digits":
        on_progress(0.0, "Drawing digits")
        parts = (*digits.draw(train_size, seed=0), *digits.draw(TEST_SIZE, seed=1))
        origin = "generated digits"
    else:
        train, train_labels, *tests = (mnist.load(file, on_progress, stop) for file in mnist.FILES)
        if train_size < len(train):
            # A view would keep all 60,000 in memory.
            train, train_labels = train[:train_size].copy(), train_labels[:train_size].copy()
        parts = (train, train_labels, tests[0], tests[1])
        origin = mnist.origin() or "MNIST"
    for part in parts:
        part.flags.writeable = False
    return Images(dataset, *parts, origin)


def available() -> str | None:
    """Where MNIST is on this computer, in words; None where it would have to be downloaded."""
    return mnist.origin()


def content(dataset: str) -> str:
    """A name for the data set's content, found without loading it: it changes with the pixels."""
    _require("dataset", DATASETS, dataset)
    digest = digits.content() if dataset == "digits" else mnist.content()
    return f"{dataset}-{digest[:16]}"


def vary(images: Bytes, variation: str) -> Bytes:
    """Images (n, 28, 28) as they are, `inverted` to a white ground, or `cropped`.

    Cropped keeps the middle 16×16, enlarged to 28×28 (bilinear), so that strokes reach the edge.
    """
    _require("variation", VARIATIONS, variation)
    if variation == "inverted":
        return 255 - images
    if variation == "cropped":
        return _enlarge_middle(images)
    return images


def _enlarge_middle(images: Bytes) -> Bytes:
    start = (SIZE - CROP) // 2
    centres = (np.arange(SIZE) + 0.5) * CROP / SIZE - 0.5
    weights = [np.interp(centres, np.arange(CROP), row) for row in np.eye(CROP)]
    enlarge = np.array(weights, np.float32)  # (CROP, SIZE)
    enlarged = np.empty_like(images)
    for block in _blocks(len(images)):
        middle = images[block, start : start + CROP, start : start + CROP].astype(np.float32)
        wide = middle @ enlarge
        enlarged[block] = np.rint(enlarge.T @ wide)
    return enlarged


def pad(
    images: Bytes,
    pad_width: int,
    pad_mode: str = "edge",
    pad_level: float = 0.0,
    seed: int = 0,
    split: str = "train",
) -> Bytes:
    """Images (n, h, w) with a ring of `pad_width` pixels: (n, h + 2p, w + 2p).

    `pad_mode` is NumPy's; `constant` has the grey level `pad_level`, in [0, 1]. `noise` is a hard
    border: uniformly random greys, drawn for each image from `seed` and `split`.
    """
    _require("pad_width", PAD_WIDTHS, pad_width)
    _require("pad_mode", PAD_MODES, pad_mode)
    _require("pad_level", PAD_LEVELS, pad_level)
    greys = _ring_greys(images, pad_width, seed, split) if pad_mode == "noise" else None
    return _pad(images, pad_width, pad_mode, pad_level, greys)


def _pad(images: Bytes, width: int, mode: str, level: float, greys: Bytes | None) -> Bytes:
    if mode not in ("constant", "noise"):
        padded: Bytes = np.pad(images, ((0, 0), (width, width), (width, width)), mode)  # type: ignore[call-overload]
        return padded
    # np.pad takes five times as long, at every step of training.
    count, height, across = images.shape
    shape = count, height + 2 * width, across + 2 * width
    padded = np.full(shape, np.uint8(np.rint(level * 255)))
    padded[:, width : width + height, width : width + across] = images
    if greys is not None:
        padded[:, ring(height, across, width)] = greys
    return padded


def _ring_greys(images: Bytes, pad_width: int, seed: int, split: str) -> Bytes:
    """A random grey for each padded pixel of each image: (n, ring pixels)."""
    pixels = np.count_nonzero(ring(images.shape[1], images.shape[2], pad_width))
    return _stream(seed, split, 3).integers(256, size=(len(images), pixels), dtype=np.uint8)


@lru_cache(maxsize=64)
def ring(height: int, width: int, pad_width: int) -> NDArray[np.bool_]:
    """Which pixels of a padded image are padding: (h + 2p, w + 2p), read-only."""
    padding = np.pad(np.zeros((height, width), bool), pad_width, constant_values=True)
    padding.flags.writeable = False
    return padding


def noise(n: int, pad_width: int, seed: int, split: str = "train") -> Float32:
    """Standard normal noise for `n` images: (n, 28 + 2p, 28 + 2p).

    The original area's noise is the same at every `pad_width`, an image's the same for every `n`.
    """
    _require("pad_width", PAD_WIDTHS, pad_width)
    border, inside = ring(SIZE, SIZE, pad_width), slice(pad_width, pad_width + SIZE)
    drawn = np.empty((n, *border.shape), np.float32)
    for block, noise in _inner_noise(n, seed, split):
        drawn[block, inside, inside] = noise
    for block, noise in _border_noise(n, pad_width, seed, split):
        drawn[block, border] = noise
    return drawn


def _inner_noise(n: int, seed: int, split: str) -> Iterator[tuple[slice, Float32]]:
    random = _stream(seed, split, 1)
    for block in _blocks(n):
        shape = (block.stop - block.start, SIZE, SIZE)
        yield block, random.standard_normal(shape, np.float32)


def _border_noise(n: int, pad_width: int, seed: int, split: str) -> Iterator[tuple[slice, Float32]]:
    random = _stream(seed, split, 2)
    pixels = np.count_nonzero(ring(SIZE, SIZE, pad_width))
    for block in _blocks(n):
        yield block, random.standard_normal((block.stop - block.start, pixels), np.float32)


def _stream(seed: int, split: str, use: int) -> np.random.Generator:
    """A random generator of its own for each use (from 1: a 0 at the end would not tell)."""
    _require("split", SPLITS, split)
    return np.random.default_rng([seed, SPLITS.options.index(split), use])


def _blocks(n: int) -> Iterator[slice]:
    return (slice(start, min(start + BLOCK, n)) for start in range(0, n, BLOCK))


def add_noise(clean: Float32, noise: Float32, noise_factor: float) -> Float32:
    """clean + noise_factor · noise, clipped to [0, 1]."""
    noisy = noise * np.float32(noise_factor)
    noisy += clean
    return np.clip(noisy, 0, 1, out=noisy)


@dataclass(frozen=True, eq=False)
class PaddedSet:
    """Images kept unpadded, and padded as they are asked for."""

    original: Bytes  # (n, 28, 28)
    pad_width: int
    pad_mode: str
    pad_level: float
    greys: Bytes | None  # of the hard border, (n, ring pixels)

    def __len__(self) -> int:
        return len(self.original)

    @property
    def ring(self) -> NDArray[np.bool_]:
        """Which pixels are padded: (height, width)."""
        return ring(SIZE, SIZE, self.pad_width)

    def batch(self, indices: NDArray[np.integer] | slice) -> Float32:
        """The padded images of `indices`: (batch, height, width) float32 in [0, 1]."""
        greys = None if self.greys is None else self.greys[indices]
        padded = _pad(self.original[indices], self.pad_width, self.pad_mode, self.pad_level, greys)
        return np.divide(padded, np.float32(255))


class NoisySet:
    """Padded images, clean and noisy, made by `noisy_set`; batches are float32 in [0, 1].

    Noisy images are kept as bytes, and those of the original area once for all the sets that share
    them: two arms of the original protocol then fit a small server. The rounding moves a pixel by
    at most 1/510. They are made in order, as far as they are asked for: the first ones of a test
    set are there at once.
    """

    def __init__(self, clean: PaddedSet, inner: _Made, border: _Made) -> None:
        """`inner` makes the noisy original area, (n, 28, 28), `border` the rest, (n, pixels)."""
        self._clean, self._border = clean, border
        self.inner = inner  # sets that share this noise share this very object

    def __len__(self) -> int:
        return len(self._clean)

    @property
    def ring(self) -> NDArray[np.bool_]:
        """Which pixels are padded: (height, width)."""
        return self._clean.ring

    def clean_batch(self, indices: NDArray[np.integer] | slice) -> Float32:
        """The padded images of `indices`: (batch, height, width)."""
        return self._clean.batch(indices)

    def noisy_batch(self, indices: NDArray[np.integer] | slice) -> Float32:
        """The padded images of `indices` with their noise: (batch, height, width)."""
        if isinstance(indices, slice):
            _, end, _ = indices.indices(len(self))
        else:
            end = int(indices.max()) + 1
        noisy = self.inner.until(end)[indices]
        if pad_width := self._clean.pad_width:
            around = self._border.until(end)[indices]
            noisy = _pad(noisy, pad_width, "noise", 0, around)
        return np.divide(noisy, np.float32(255))


class _Made:
    """An array of bytes, (n, …), that is made in order and as far as it is asked for."""

    def __init__(self, shape: tuple[int, ...], blocks: Iterator[tuple[slice, Float32]]) -> None:
        """`blocks` yields slice after slice with their values, in [0, 1]."""
        self._values = np.empty(shape, np.uint8)
        self._blocks = blocks
        self._made = 0
        self._making = threading.Lock()  # two arms are in training at once

    def until(self, end: int) -> Bytes:
        """The array, of which the first `end` are made."""
        with self._making:
            while self._made < end:
                block, values = next(self._blocks)
                values *= 255
                self._values[block] = np.rint(values, out=values)
                self._made = block.stop
        return self._values


def noisy_set(
    images: Bytes,
    *,
    pad_width: int = 0,
    pad_mode: str = "edge",
    pad_level: float = 0.0,
    noise_factor: float = 0.5,
    noise_first: bool = False,
    seed: int = 0,
    split: str = "train",
) -> NoisySet:
    """Pad images (n, 28, 28) and draw their noise, once for the whole set.

    `noise_first` draws the noise before padding: only the original area is noisy, the ring is
    padded from the clean image. Sets of one seed and split share the noise of the original area;
    `train` and `test` differ.
    """
    _require("pad_width", PAD_WIDTHS, pad_width)
    _require("pad_mode", PAD_MODES, pad_mode)
    _require("pad_level", PAD_LEVELS, pad_level)
    _require("noise_factor", NOISE_FACTORS, noise_factor)
    _require("split", SPLITS, split)
    greys = _ring_greys(images, pad_width, seed, split) if pad_mode == "noise" else None
    clean = PaddedSet(images, pad_width, pad_mode, pad_level, greys)

    def border() -> Iterator[tuple[slice, Float32]]:
        factor = 0.0 if noise_first else noise_factor
        for block, noise in _border_noise(len(images), pad_width, seed, split):
            yield block, add_noise(clean.batch(block)[:, clean.ring], noise, factor)

    shape = len(images), int(clean.ring.sum())
    inner = _noisy_inner(images, noise_factor, seed, split)
    return NoisySet(clean, inner, _Made(shape, border()))


_sharing = threading.Lock()
_inners: WeakValueDictionary[tuple[int, float, int, str], _Made] = WeakValueDictionary()


def _noisy_inner(images: Bytes, noise_factor: float, seed: int, split: str) -> _Made:
    """Noisy images (n, 28, 28), the same object for all who ask while one of them holds it."""

    def blocks() -> Iterator[tuple[slice, Float32]]:
        for block, noise in _inner_noise(len(images), seed, split):
            yield block, add_noise(np.divide(images[block], np.float32(255)), noise, noise_factor)

    # Whoever holds what is made holds the images, too: no other array has their id meanwhile.
    key = id(images), noise_factor, seed, split
    with _sharing:
        return _inners.setdefault(key, _Made(images.shape, blocks()))


def _require(name: str, domain: Domain, value: object) -> None:
    if value not in domain:
        raise refusal(name, domain, value)
