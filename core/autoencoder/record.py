"""What a run leaves: its curve, its checkpoints, the state to go on from, and all as plain arrays.

No torch, so that a stored run opens at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core import data
from core.arrays import Bytes, Float32
from core.autoencoder.experiment import (
    Run,
    Settings,
    after_batch,
    checkpoint_positions,
    parameter_count,
)
from core.data import SIZE
from core.settings import InputError


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
    loss_map: Float32
    squared_error_map: Float32
    accuracy_map: Float32  # share of images where target and output fall on one side of 0.5
    entropy_map: Float32  # the floor that binary cross-entropy cannot go below
    noisy: Bytes
    denoised: Bytes
    clean: Bytes
    weights: Float32 | None  # (parameters,), see core/autoencoder/network.py

    @property
    def pad_width(self) -> int:
        """By how many pixels its images are padded on each side."""
        return (len(self.loss_map) - SIZE) // 2

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
        return data.ring(SIZE, SIZE, self.pad_width)


def _sum(values: Float32) -> float:
    return float(values.sum(dtype=np.float64))


@dataclass(frozen=True, eq=False)
class State:
    """A run so far: what it reports, and all that is needed to continue it bit for bit."""

    images_seen: int
    weights: Float32  # (parameters,), see core/autoencoder/network.py; as the moments, not shipped
    mean: Float32  # Adam's first moment, (parameters,)
    variance: Float32  # Adam's second moment, (parameters,)
    epoch_loss: float  # per pixel, summed over this epoch's images so far
    point_loss: float  # per pixel, summed over the images since the last point
    points: tuple[Point, ...]
    checkpoints: tuple[Checkpoint, ...]
    seconds: float
    device: str  # in words, with threads and precision
    note: str = ""  # why the run is not where it was asked to be
    by_now: Checkpoint | None = None  # in training: as of its last point, on POINT_IMAGES alone

    @property
    def continuable(self) -> bool:
        """Whether Adam's moments are there: a shipped run goes without them."""
        return self.mean.size > 0

    def up_to(self, images: int) -> State:
        """The state with what it reports up to `images`: points and checkpoints.

        What is needed to continue it stays that of its end.
        """
        if self.images_seen <= images:
            return self
        return replace(
            self,
            points=tuple(p for p in self.points if p.images_seen <= images),
            checkpoints=tuple(c for c in self.checkpoints if c.images_seen <= images),
        )


MAX_WEIGHTS = 12 * 2**20  # bytes of all checkpoints' weights; of the default network all fit


def lighten(settings: Settings, checkpoints: tuple[Checkpoint, ...]) -> tuple[Checkpoint, ...]:
    """The checkpoints, of which only the last keep their weights: as many as fit MAX_WEIGHTS.

    Else a hundred epochs of the largest network would keep a hundred megabytes.
    """
    room = MAX_WEIGHTS // (4 * parameter_count(settings))
    earlier = (replace(checkpoint, weights=None) for checkpoint in checkpoints[:-room])
    return *earlier, *checkpoints[-room:]


def as_shipped(state: State, *, weights: bool, samples: int | None = None) -> State:
    """The state without what only continuing it needs, and with its last weights or none.

    Most of a state's bytes are weights and Adam's moments. Of the rest half are pictures: of
    `samples` test images, or of all that there are.
    """
    none = np.empty(0, np.float32)
    *earlier, last = (_light(checkpoint, samples) for checkpoint in state.checkpoints)
    if weights:
        last = replace(last, weights=state.checkpoints[-1].weights)
    return replace(state, weights=none, mean=none, variance=none, checkpoints=(*earlier, last))


def _light(checkpoint: Checkpoint, samples: int | None) -> Checkpoint:
    """The checkpoint without weights, and with its first `samples` pictures."""
    kinds = ("noisy", "denoised", "clean")
    pictures = {kind: getattr(checkpoint, kind)[:samples] for kind in kinds}
    return replace(checkpoint, weights=None, **pictures)


def one_of_each(labels: ArrayLike) -> list[int]:
    """The first test image of each digit: the sample whose reconstructions a run keeps."""
    return sorted(int(i) for i in np.unique(np.asarray(labels), return_index=True)[1])


def report(asked: Run, state: State) -> dict[str, Any]:
    """What is known of a run at the position asked for, in plain words and numbers.

    Losses per pixel in nats; `test`, but for `per_pixel`, in nats per image.
    """
    reached = state.up_to(asked.images)
    last = reached.checkpoints[-1]
    return {
        "config": vars(asked.settings) | {"epochs": asked.images // asked.settings.train_size},
        "parameters": parameter_count(asked.settings),
        "history": [
            {"epoch": int(c.epoch), "images_seen": c.images_seen}
            | {"train_loss": c.train_loss, "test_loss": c.per_pixel}
            for c in reached.checkpoints
            if c.epoch == int(c.epoch)
        ],
        "curve": [p._asdict() for p in reached.points],
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


def state_to_arrays(settings: Settings, state: State) -> dict[str, NDArray[Any]]:
    """A state as plain arrays, for `np.savez`."""
    parameters, size = parameter_count(settings), settings.size
    every = state.checkpoints
    if every:
        entropy_map, samples = every[-1].entropy_map, [every[-1].noisy, every[-1].clean]
    else:
        entropy_map = np.zeros((size, size), np.float32)
        samples = [np.zeros((1, size, size), np.uint8)] * 2
    kept = [c.weights for c in every if c.weights is not None]
    optimizer = [state.weights, state.mean, state.variance] if state.continuable else []
    return {
        "images_seen": np.array(state.images_seen),
        "sums": np.array([state.epoch_loss, state.point_loss, state.seconds]),
        "words": np.array([state.device, state.note]),
        "optimizer": np.array(optimizer, np.float32).reshape(-1, parameters),
        "points": np.array(state.points, np.float64).reshape(-1, 4),
        "train_loss": np.array([c.train_loss for c in every]),
        "maps": np.array(
            [(c.loss_map, c.squared_error_map, c.accuracy_map) for c in every], np.float32
        ).reshape(-1, 3, size, size),
        "denoised": np.array([c.denoised for c in every], np.uint8).reshape(
            len(every), len(samples[0]), size, size
        ),
        "checkpoint_weights": np.array(kept, np.float32).reshape(-1, parameters),
        "entropy_map": entropy_map,
        "samples": np.stack(samples),
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
    count, size, parameters = len(positions), settings.size, parameter_count(settings)

    points = _read(arrays, "points", np.float64, range(MAX_POINTS + 1), 4)
    seen = points[:, 0]
    if np.any(np.diff(seen, prepend=0) <= 0) or np.any(seen > images_seen):
        raise InputError("points must follow one another up to images_seen")
    epoch_loss, point_loss, seconds = _read(arrays, "sums", np.float64, 3).tolist()
    if seconds <= 0:
        raise InputError(f"sums must end with the seconds that training took, not {seconds:g}")
    held = _read(arrays, "optimizer", np.float32, range(0, 4, 3), parameters)
    weights, mean, variance = held if len(held) == 3 else np.empty((3, 0), np.float32)
    train_losses = _read(arrays, "train_loss", np.float64, count)
    maps = _read(arrays, "maps", np.float32, count, 3, size, size)
    denoised = _read(arrays, "denoised", np.uint8, count, range(1, MAX_SAMPLES + 1), size, size)
    noisy, clean = _read(arrays, "samples", np.uint8, 2, denoised.shape[1], size, size)
    kept = _read(arrays, "checkpoint_weights", np.float32, range(count + 1), parameters)
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
