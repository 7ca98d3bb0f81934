"""The experiment: a denoising autoencoder trained on images padded more or less.

Its settings, its layers, and what a run reports, as plain arrays; no torch, so that a stored run
opens at once. The network itself is in `core/network.py`, its training in `core/training.py`.

Protocol: Cross Validated 454768, "Why does padding affect my results?".
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core import data
from core.data import SIZE
from core.settings import Choice, InputError, Real, Switch, Whole, check, setting

Floats = NDArray[np.float32]
Bytes = NDArray[np.uint8]

# Part of a stored run's identity: change it with anything that changes a trained weight.
MATHEMATICS = 1

CHANNELS = 32  # of every convolution but the last
MAX_EPOCHS = 100


@dataclass(frozen=True)
class Settings:
    """Everything that changes a run's result. Its length is no part: that is a position along it.

    `precision` is a setting because bf16 rounds differently: the same network, other weights.
    """

    dataset: str = setting("mnist", data.DATASETS, "MNIST or generated digits")
    variation: str = setting("plain", data.VARIATIONS, "what is done to the images first")
    pad_width: int = setting(0, data.PAD_WIDTHS, "pixels padded on each side of the image")
    pad_mode: str = setting("edge", data.PAD_MODES, "what the image is padded with")
    pad_level: float = setting(0.0, data.PAD_LEVELS, "grey level of constant image padding")
    noise_factor: float = setting(0.5, data.NOISE_FACTORS, "standard deviation of the noise")
    noise_first: bool = setting(False, Switch(), "draw the noise before padding")
    padding_mode: str = setting(
        "zeros", Choice(("zeros", "reflect", "replicate", "circular")), "the layers' padding"
    )
    train_size: int = setting(60_000, data.TRAIN_SIZES, "training images")
    batch_size: int = setting(128, Whole(8, 512), "images in a step")
    learning_rate: float = setting(1e-3, Real(1e-5, 0.1), "Adam's step size")
    seed: int = setting(0, Whole(0, 2**31 - 1), "of weights, order and noise")
    precision: str = setting("fp32", Choice(("fp32", "bf16")), "arithmetic of the convolutions")
    device: str = setting("auto", Choice(("auto", "cpu", "cuda", "mps")), "where to train")

    def __post_init__(self) -> None:
        check(self)

    @property
    def size(self) -> int:
        """Height and width of a padded image, in pixels."""
        return SIZE + 2 * self.pad_width

    @property
    def max_images(self) -> int:
        """The longest run, in images seen."""
        return MAX_EPOCHS * self.train_size


@dataclass(frozen=True)
class Length:
    """How long a run is; no part of what it is."""

    epochs: int = setting(10, Whole(1, MAX_EPOCHS), "passes over the training images")

    def __post_init__(self) -> None:
        check(self)


class Preset(NamedTuple):
    """Settings and the length of the run, in images seen."""

    settings: Settings
    images: int


ORIGINAL = Preset(Settings(), 600_000)
LIVE = Preset(Settings(train_size=20_000, batch_size=32, learning_rate=3e-3), 20_000)


def canonical(chosen: Settings) -> Settings:
    """The same run with what changes nothing at its default: equal runs, equal settings."""
    plain = Settings()
    if chosen.pad_width == 0:
        chosen = replace(chosen, pad_mode=plain.pad_mode, noise_first=plain.noise_first)
    if chosen.pad_mode != "constant":
        chosen = replace(chosen, pad_level=plain.pad_level)
    return chosen


def arms(chosen: Settings) -> tuple[Settings, Settings]:
    """The unpadded and the padded arm of one experiment: they differ in image padding alone."""
    return canonical(replace(chosen, pad_width=0)), canonical(chosen)


class Layer(NamedTuple):
    """A row of the layer table; `output` is (height, width, channels)."""

    name: str
    output: tuple[int, int, int]
    parameters: int


def layers(size: int) -> tuple[Layer, ...]:
    """The network's layers for images of `size` × `size` pixels.

    A pool keeps the odd last row and column, as Keras's 'same' does; what the upsampling then
    adds is cropped.
    """
    half = math.ceil(size / 2)
    code = math.ceil(half / 2)
    convolution, pool, up = "Conv 3×3, ReLU", "Max pool 2×2", "Upsample 2×2"
    inner = 9 * CHANNELS * CHANNELS + CHANNELS

    def row(name: str, size: int, parameters: int = 0, channels: int = CHANNELS) -> Layer:
        return Layer(name, (size, size, channels), parameters)

    table = (
        row("Input", size, channels=1),
        row(convolution, size, 9 * CHANNELS + CHANNELS),
        row(pool, half),
        row(convolution, half, inner),
        row(pool, code),
        row(convolution, code, inner),
        row(up, 2 * code),
        row(convolution, 2 * code, inner),
        row(up, 4 * code),
        row("Conv 3×3, sigmoid", 4 * code, 9 * CHANNELS + 1, channels=1),
    )
    return table if 4 * code == size else (*table, row("Crop", size, channels=1))


PARAMETERS = sum(layer.parameters for layer in layers(SIZE))


# --- Positions along a run, in images seen ------------------------------------------------------

EARLY = (5_000, 20_000)


def steps_taken(settings: Settings, images_seen: int) -> int:
    """How many batches the first `images_seen` images are; an epoch's last batch may be short."""
    epochs, rest = divmod(images_seen, settings.train_size)
    return epochs * math.ceil(settings.train_size / settings.batch_size) + math.ceil(
        rest / settings.batch_size
    )


def after_batch(settings: Settings, images: int) -> int:
    """The end of the batch that reaches `images`: no batch is split."""
    epochs, rest = divmod(images, settings.train_size)
    batches = math.ceil(rest / settings.batch_size)
    return epochs * settings.train_size + min(batches * settings.batch_size, settings.train_size)


def checkpoint_positions(settings: Settings, until: int) -> list[int]:
    """Where a run takes its checkpoints: 5k and 20k images, and every epoch's end."""
    ends = range(settings.train_size, settings.max_images + 1, settings.train_size)
    positions = {after_batch(settings, early) for early in EARLY} | set(ends)
    return sorted(position for position in positions if position <= until)


def next_checkpoint(settings: Settings, images: int) -> int:
    """The first checkpoint at or after `images`, the last one if there is none.

    Every length that is asked for is rounded to one, so that a longer run holds its result.
    """
    positions = checkpoint_positions(settings, settings.max_images)
    return positions[min(bisect_left(positions, images), len(positions) - 1)]


def next_point(images_seen: int) -> int:
    """Where the curve's next point is due: dense at first, under 300 points in the longest run."""
    if images_seen < 1_000:  # a curve in training moves within the first second
        return images_seen + max(32, min(images_seen, 125))
    return images_seen + max(500, images_seen // 40)


# --- What a run reports -------------------------------------------------------------------------


class Point(NamedTuple):
    """A point of the curve: losses per pixel, in nats.

    `train_loss` is the mean since the point before, while the weights moved; `test_loss` that of
    the first 256 test images.
    """

    images_seen: int
    epoch: float
    train_loss: float
    test_loss: float


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """The network measured on the whole test set at one position along its run.

    Maps are means over the test images, (height, width) float32; losses in nats. Samples are
    (sample, height, width) bytes.
    """

    images_seen: int
    epoch: float
    train_loss: float  # per pixel, mean over this epoch's images so far, as Keras prints it
    loss_map: Floats
    squared_error_map: Floats
    accuracy_map: Floats  # share of images where target and output fall on one side of 0.5
    entropy_map: Floats  # the floor that binary cross-entropy cannot go below
    noisy: Bytes
    denoised: Bytes
    clean: Bytes
    weights: Floats | None  # (28353,), see core/network.py

    @property
    def per_pixel(self) -> float:
        """Test loss per pixel."""
        return self.total / self.loss_map.size

    @property
    def total(self) -> float:
        """Test loss per image; the sum of `interior` and `border`."""
        return self.interior + self.border

    @property
    def interior(self) -> float:
        """Test loss per image on the original 28×28 pixels."""
        return _sum(self.loss_map[~self._ring])

    @property
    def border(self) -> float:
        """Test loss per image on the padded ring."""
        return _sum(self.loss_map[self._ring])

    @property
    def entropy_floor(self) -> float:
        """The part of `total` that no network can avoid, per image."""
        return _sum(self.entropy_map)

    @property
    def _ring(self) -> NDArray[np.bool_]:
        return data.ring(SIZE, SIZE, (len(self.loss_map) - SIZE) // 2)


def _sum(values: Floats) -> float:
    return float(values.sum(dtype=np.float64))


@dataclass(frozen=True, eq=False)
class State:
    """A run so far: what it reports, and all that is needed to continue it bit for bit."""

    images_seen: int
    weights: Floats  # (28353,), see core/network.py; like the moments, empty if shipped
    mean: Floats  # Adam's first moment, (28353,)
    variance: Floats  # Adam's second moment, (28353,)
    epoch_loss: float  # per pixel, summed over this epoch's images so far
    point_loss: float  # per pixel, summed over the images since the last point
    points: tuple[Point, ...]
    checkpoints: tuple[Checkpoint, ...]
    seconds: float
    device: str  # in words, with threads and precision
    note: str = ""  # why the run is not where it was asked to be

    @property
    def continuable(self) -> bool:
        """Whether Adam's moments are there: a shipped run goes without them."""
        return self.mean.size > 0


def as_shipped(state: State, *, weights: bool) -> State:
    """The state without what only continuing it needs, and with its last weights or none.

    Most of a state's bytes are weights and Adam's moments.
    """
    none = np.empty(0, np.float32)
    *earlier, last = (replace(checkpoint, weights=None) for checkpoint in state.checkpoints)
    if weights:
        last = replace(last, weights=state.checkpoints[-1].weights)
    return replace(state, weights=none, mean=none, variance=none, checkpoints=(*earlier, last))


def one_of_each(labels: ArrayLike) -> list[int]:
    """The first test image of each digit: the sample whose reconstructions a run keeps."""
    return sorted(int(i) for i in np.unique(np.asarray(labels), return_index=True)[1])


def report(asked: Preset, state: State) -> dict[str, Any]:
    """What is known of a run at the position asked for, in plain words and numbers.

    Losses per pixel in nats; `test`, but for `per_pixel`, in nats per image.
    """
    reached = [c for c in state.checkpoints if c.images_seen <= asked.images]
    last = reached[-1]
    return {
        "config": vars(asked.settings) | {"epochs": asked.images // asked.settings.train_size},
        "parameters": PARAMETERS,
        "history": [
            {"epoch": int(c.epoch), "images_seen": c.images_seen}
            | {"train_loss": c.train_loss, "test_loss": c.per_pixel}
            for c in reached
            if c.epoch == int(c.epoch)
        ],
        "curve": [p._asdict() for p in state.points if p.images_seen <= asked.images],
        "test": {
            "per_pixel": last.per_pixel,
            "total": last.total,
            "entropy_floor": last.entropy_floor,
            "interior": last.interior,
            "border": last.border,
        },
        "seconds": state.seconds,
        "images_per_second": state.images_seen / state.seconds,
        "device": state.device,
        "note": state.note,
    }


# --- A state as arrays --------------------------------------------------------------------------

MAX_POINTS = 300
MAX_SAMPLES = 16
MAX_BYTES = 64 * 2**20  # of any one array: the longest run's weights are 47 MB


def state_to_arrays(state: State) -> dict[str, NDArray[Any]]:
    """A state with at least one checkpoint as plain arrays, for `np.savez`."""
    every, last = state.checkpoints, state.checkpoints[-1]
    kept = [c.weights for c in every if c.weights is not None]
    optimizer = [state.weights, state.mean, state.variance] if state.continuable else []
    return {
        "images_seen": np.array(state.images_seen),
        "sums": np.array([state.epoch_loss, state.point_loss, state.seconds]),
        "words": np.array([state.device, state.note]),
        "optimizer": np.array(optimizer, np.float32).reshape(-1, PARAMETERS),
        "points": np.array(state.points, np.float64).reshape(-1, 4),
        "train_loss": np.array([c.train_loss for c in every]),
        "maps": np.stack([(c.loss_map, c.squared_error_map, c.accuracy_map) for c in every]),
        "denoised": np.stack([c.denoised for c in every]),
        "checkpoint_weights": np.array(kept, np.float32).reshape(-1, PARAMETERS),
        "entropy_map": last.entropy_map,
        "samples": np.stack([last.noisy, last.clean]),
    }


def state_from_arrays(settings: Settings, arrays: Mapping[str, NDArray[Any]]) -> State:
    """The inverse of `state_to_arrays` for a run of `settings`.

    Raises InputError for arrays that no such run can have left: the file may be anybody's.
    """
    images_seen = int(_read(arrays, "images_seen", np.int64))
    if not 0 < images_seen <= settings.max_images or images_seen != after_batch(
        settings, images_seen
    ):
        raise InputError(f"images_seen must be the end of a batch, not {images_seen}")
    positions = checkpoint_positions(settings, images_seen)
    if not positions:
        raise InputError(f"images_seen must be past the first checkpoint, not {images_seen}")
    count, size = len(positions), settings.size

    points = _read(arrays, "points", np.float64, range(MAX_POINTS + 1), 4)
    seen = points[:, 0]
    if np.any(np.diff(seen, prepend=0) <= 0) or np.any(seen > images_seen):
        raise InputError("points must follow one another up to images_seen")
    epoch_loss, point_loss, seconds = _read(arrays, "sums", np.float64, 3).tolist()
    if seconds <= 0:
        raise InputError(f"sums must end with the seconds that training took, not {seconds:g}")
    held = _read(arrays, "optimizer", np.float32, range(0, 4, 3), PARAMETERS)
    weights, mean, variance = held if len(held) == 3 else np.empty((3, 0), np.float32)
    train_losses = _read(arrays, "train_loss", np.float64, count)
    maps = _read(arrays, "maps", np.float32, count, 3, size, size)
    denoised = _read(arrays, "denoised", np.uint8, count, range(1, MAX_SAMPLES + 1), size, size)
    noisy, clean = _read(arrays, "samples", np.uint8, 2, denoised.shape[1], size, size)
    kept = _read(arrays, "checkpoint_weights", np.float32, range(count + 1), PARAMETERS)
    entropy_map = _read(arrays, "entropy_map", np.float32, size, size)
    words = _read(arrays, "words", np.str_, 2)
    checkpoints = tuple(
        Checkpoint(
            images_seen=position,
            epoch=position / settings.train_size,
            train_loss=float(train_losses[i]),
            loss_map=maps[i, 0],
            squared_error_map=maps[i, 1],
            accuracy_map=maps[i, 2],
            entropy_map=entropy_map,
            noisy=noisy,
            denoised=denoised[i],
            clean=clean,
            weights=kept[i - count] if count - i <= len(kept) else None,
        )
        for i, position in enumerate(positions)
    )
    return State(
        images_seen=images_seen,
        weights=weights,
        mean=mean,
        variance=variance,
        epoch_loss=epoch_loss,
        point_loss=point_loss,
        points=tuple(Point(int(row[0]), *row[1:]) for row in points.tolist()),
        checkpoints=checkpoints,
        seconds=seconds,
        device=str(words[0]),
        note=str(words[1]),
    )


def _read(
    arrays: Mapping[str, NDArray[Any]], name: str, kind: type[np.generic], *shape: int | range
) -> NDArray[Any]:
    """The array `name`, refused unless it is finite, of `kind` and of `shape`."""
    if name not in arrays:
        raise InputError(f"a stored run must have {name}")
    array = arrays[name]
    fits = len(array.shape) == len(shape) and all(
        n in allowed if isinstance(allowed, range) else n == allowed
        for n, allowed in zip(array.shape, shape, strict=True)
    )
    if not fits or array.dtype.type is not kind or array.nbytes > MAX_BYTES:
        wanted = " × ".join(str(n) for n in shape)
        raise InputError(
            f"{name} must be {kind.__name__} of shape {wanted or '()'}, "
            f"not {array.dtype} of shape {array.shape}"
        )
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise InputError(f"{name} must be finite")
    return array
