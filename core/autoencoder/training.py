"""Training the autoencoder: one function, state in, state out, stoppable at any step.

On the CPU a run has a core, and those that nobody computes on, so that one arm takes all and two
share them. Equal states continue to equal bits on one machine, however many cores were free.
"""

from __future__ import annotations

import functools
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple, Protocol

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from core import machine
from core.arrays import Bytes, Float32
from core.autoencoder import network
from core.autoencoder.experiment import (
    Settings,
    checkpoint_positions,
    next_point,
    steps_taken,
)
from core.autoencoder.gradient import DTYPES
from core.autoencoder.progress import POINT_IMAGES
from core.autoencoder.record import Checkpoint, Point, State, lighten
from core.autoencoder.step import CPU, AdamStep, Batch, CapturedStep, at_once, blank
from core.data import SIZE
from core.entropy import entropy
from core.settings import InputError

Indices = NDArray[np.integer[Any]] | slice

REPORT_EVERY = 0.2  # seconds
TRIM_EVERY = 1.0  # seconds
ROUND = 16  # chunks of images tested between two looks at whether to stop


class Diverged(InputError):
    """The loss is no longer a number. The message says where and what to lower."""


class ImageSet(Protocol):
    """Images with and without noise; batches are float32 (batch, height, width) in [0, 1]."""

    def __len__(self) -> int: ...

    def noisy_batch(self, indices: Indices, /) -> Float32: ...

    def clean_batch(self, indices: Indices, /) -> Float32: ...


class OnProgress(Protocol):
    """Hears of a run; `testing` is the share done of a checkpoint's test while one is under way."""

    def __call__(self, state: State, *, testing: float | None = None) -> None: ...


@machine.one_thread()
def train(
    settings: Settings,
    train_set: ImageSet,
    test_set: ImageSet,
    until: int,
    state: State | None = None,
    *,
    on_progress: OnProgress = lambda state, *, testing=None: None,
    stop: Callable[[], bool] = lambda: False,
    samples: Sequence[int] = range(10),
) -> State:
    """Train from `state`, or from the start, until `until` images were seen or `stop` says so.

    `on_progress` hears of the run several times a second, during a checkpoint's test too; `stop` is
    asked before every step and within a test. `samples` are the test images whose reconstructions
    checkpoints keep.

    Raises Diverged. An accelerator that is missing or fails is replaced by the CPU, from `state`
    on; the returned state's `note` says so.
    """
    if len(train_set) != settings.train_size:
        raise ValueError(f"{len(train_set)} training images, not {settings.train_size}")
    note = ""
    device = device_named(settings.device)
    if device is None:
        note = f"No {settings.device} device here: trained on the CPU."
    elif device.type != "cpu":
        try:
            run = _Run(settings, train_set, test_set, state, samples, device)
            with _stream(device):
                return run.until(until, on_progress, stop)
        except RuntimeError as error:  # out of memory and every device error
            reason = str(error).splitlines()[0][:120]
            note = f"The {device.type} device failed ({reason}): trained on the CPU."
    run = _Run(settings, train_set, test_set, state, samples, CPU, note)
    return run.until(until, on_progress, stop)


@machine.one_thread()
def evaluate(settings: Settings, weights: Float32, test_set: ImageSet) -> Maps:
    """The network with `weights`, (parameters,), measured on a whole set, on the CPU."""
    parts = network.views(torch.from_numpy(weights), settings)
    return _measure(settings, parts, _HostImages(test_set))


@machine.one_thread()
def warm_up(settings: Settings) -> None:
    """One step on nothing: at its first, torch takes half a second to choose and compile."""
    machine.keep()
    AdamStep(settings)(blank(settings.batch_size, settings.size, CPU), 1)


@functools.cache
@machine.one_thread()
def bf16_pays() -> bool:
    """Whether bf16 is quicker than fp32 on this processor: three steps of each, some 0.1 s.

    Processors without bf16 instructions imitate them slowly. A batch so small is a single part, all
    of it this thread's.
    """
    seconds: dict[str, list[float]] = {"fp32": [], "bf16": []}
    batch = blank(32, SIZE, CPU)
    steps = {precision: AdamStep(Settings(precision=precision)) for precision in seconds}
    for count in range(1, 5):
        for precision, step in steps.items():
            start = time.thread_time()
            step(batch, count)
            seconds[precision].append(time.thread_time() - start)
    return min(seconds["bf16"][1:]) < min(seconds["fp32"][1:])


class Maps(NamedTuple):
    """Means over a set of images, each (height, width) float32; see Checkpoint."""

    loss: Float32
    squared_error: Float32
    accuracy: Float32


# --- Devices ------------------------------------------------------------------------------------


def device_named(wanted: str) -> torch.device | None:
    """The device, or None where this machine has none such. `auto` never takes mps: unmeasured."""
    has = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if wanted == "auto":
        wanted = "cuda" if has["cuda"] else "cpu"
    return torch.device(wanted) if has[wanted] else None


def _device_words(device: torch.device, precision: str) -> str:
    if device.type == "cuda":
        return f"GPU, {torch.cuda.get_device_name(device)}, {precision}"
    if device.type == "cpu":
        return f"CPU, {machine.processor()}, {precision}"
    return f"GPU, {device.type}, {precision}"


def _stream(device: torch.device) -> Any:
    """A stream of its own for this thread, so that two arms share a GPU instead of taking turns."""
    stream = torch.cuda.Stream(device) if device.type == "cuda" else None  # type: ignore[no-untyped-call]
    return torch.cuda.stream(stream)


# --- Images -------------------------------------------------------------------------------------


class _HostImages:
    """A set whose batches are made as they are needed: it stays small."""

    def __init__(self, images: ImageSet) -> None:
        self.images = images

    def __len__(self) -> int:
        return len(self.images)

    def batch(self, indices: Indices) -> Batch:
        noisy, clean = self.images.noisy_batch(indices), self.images.clean_batch(indices)
        return Batch(*(network.channels_last(torch.from_numpy(part)) for part in (noisy, clean)))


class _DeviceImages:
    """A whole set on the device: no step waits for a copy."""

    def __init__(self, images: ImageSet, device: torch.device) -> None:
        every = slice(0, len(images))
        self.noisy = torch.from_numpy(images.noisy_batch(every)).to(device)
        self.clean = torch.from_numpy(images.clean_batch(every)).to(device)

    def __len__(self) -> int:
        return len(self.noisy)

    def batch(self, indices: Indices) -> Batch:
        if not isinstance(indices, slice):
            where = torch.from_numpy(indices).to(self.noisy.device)
            return Batch(*(network.channels_last(p[where]) for p in (self.noisy, self.clean)))
        return Batch(*(network.channels_last(p[indices]) for p in (self.noisy, self.clean)))


Images = _HostImages | _DeviceImages


def _measure(
    settings: Settings,
    parts: Sequence[Tensor],
    images: Images,
    count: int = 0,
    tested: Callable[[float], None] = lambda share: None,
) -> Maps:
    """Means over the first `count` images, or over all; `tested` hears the share done so far."""
    count = count or len(images)
    starts = range(0, count, at_once(settings))
    sums: list[Tensor] = [torch.empty(0)] * len(starts)

    def measure(number: int) -> None:
        start = starts[number]
        with torch.inference_mode():
            batch = images.batch(slice(start, min(start + starts.step, count)))
            sums[number] = _sums(settings, parts, batch)

    for first in range(0, len(starts), ROUND):
        tested(first / len(starts))
        machine.spread(measure, range(first, min(first + ROUND, len(starts))))
    means: Float32 = (torch.stack(sums).sum(0) / count).cpu().numpy()
    return Maps(*means)


def _sums(settings: Settings, parts: Sequence[Tensor], batch: Batch) -> Tensor:
    """What Maps holds, summed over a batch: (3, height, width)."""
    z = _logits(settings, parts, batch.noisy)
    maps = (
        F.binary_cross_entropy_with_logits(z, batch.clean, reduction="none"),
        (torch.sigmoid(z) - batch.clean).square_(),
        ((z >= 0) == (batch.clean >= 0.5)).float(),
    )
    return torch.cat([values.sum(0) for values in maps])


def _logits(settings: Settings, parts: Sequence[Tensor], noisy: Tensor) -> Tensor:
    """What the network makes of noisy images, in float32 whatever it computes with."""
    noisy = noisy.to(DTYPES[settings.precision])
    return network.logits(parts, noisy, settings.padding_mode, settings.cleared).float()


# --- A run --------------------------------------------------------------------------------------


class _Stopped(Exception):
    """The test of a checkpoint was stopped."""


class _Run:
    """A run in progress on one device."""

    def __init__(
        self,
        settings: Settings,
        train_set: ImageSet,
        test_set: ImageSet,
        state: State | None,
        samples: Sequence[int],
        device: torch.device,
        note: str = "",
    ) -> None:
        machine.keep()
        self.started = time.perf_counter() - (state.seconds if state else 0.0)
        self.settings = settings
        self.note = note
        self.device = device
        self.words = _device_words(device, settings.precision)
        self.train_images: Images
        self.test_images: Images
        if device.type == "cpu":
            self.train_images, self.test_images = _HostImages(train_set), _HostImages(test_set)
        else:
            self.train_images = _DeviceImages(train_set, device)
            self.test_images = _DeviceImages(test_set, device)
        self.step = (CapturedStep if device.type == "cuda" else AdamStep)(settings, state, device)
        self.weights = network.views(self.step.weights, settings)
        self.images_seen = state.images_seen if state else 0
        self.points = state.points if state else ()
        self.checkpoints = state.checkpoints if state else ()
        self.by_now: Checkpoint | None = None
        self.test_set = test_set
        self.samples = np.array(samples)

    def until(self, until: int, on_progress: OnProgress, stop: Callable[[], bool]) -> State:
        settings = self.settings
        until = min(until, settings.max_images)
        positions = set(checkpoint_positions(settings, until))
        steps = steps_taken(settings, self.images_seen)
        point_due = next_point(self.points[-1].images_seen if self.points else 0)
        report_due = time.perf_counter() + REPORT_EVERY
        trim_due = time.perf_counter() + TRIM_EVERY
        shuffled: tuple[int, NDArray[np.int64]] | None = None
        while self.images_seen < until and not stop():
            epoch, start = divmod(self.images_seen, settings.train_size)
            if shuffled is None or shuffled[0] != epoch:
                shuffled = epoch, _order(settings, epoch)
            if start == 0:
                self.step.sums[0] = 0
            indices = shuffled[1][start : start + settings.batch_size]
            at_checkpoint = self.images_seen + len(indices) in positions
            before = self.state() if at_checkpoint else None
            steps += 1
            self.step(self.train_images.batch(indices), steps)
            self.images_seen += len(indices)
            if self.device.type == "cpu":  # elsewhere looking would wait for the device
                self.check()
            if self.images_seen >= point_due:
                self.points += (self.point(),)
                point_due = next_point(self.images_seen)
            if before is not None:
                try:
                    tested = self.checkpoint(on_progress, stop)
                except _Stopped:
                    return before  # a state at a checkpoint has been tested there, always
                self.checkpoints = lighten(settings, (*self.checkpoints, tested))
            if at_checkpoint or time.perf_counter() >= report_due:
                on_progress(self.state())
                report_due = time.perf_counter() + REPORT_EVERY
            if time.perf_counter() >= trim_due:
                machine.trim()
                trim_due = time.perf_counter() + TRIM_EVERY
        return self.state()

    def check(self) -> None:
        """Raise Diverged if the loss is not a number; a weight that is none makes it none."""
        if not math.isfinite(self.step.sums[1].item()):
            raise self.diverged("the loss")

    def diverged(self, what: str) -> Diverged:
        return Diverged(
            f"Training diverged before image {self.images_seen:,}: {what} is no longer a number. "
            f"Lower the learning rate ({self.settings.learning_rate:g})."
        )

    def point(self) -> Point:
        self.check()
        seen_before = self.points[-1].images_seen if self.points else 0
        train_loss = self.step.sums[1].item() / (self.images_seen - seen_before)
        self.step.sums[1] = 0
        count = min(POINT_IMAGES, len(self.test_set))
        maps = self.measure(count)
        floor = self.by_now.entropy_map if self.by_now else _entropy_map(self.test_set, count)
        self.by_now = self.tested(maps, train_loss, floor, self.by_now)
        test_loss = float(maps.loss.mean(dtype=np.float64))
        return Point(self.images_seen, self.epoch, train_loss, test_loss)

    def checkpoint(self, on_progress: OnProgress, stop: Callable[[], bool]) -> Checkpoint:
        """The test where the run stands. Raises _Stopped once `stop` says so."""
        state = self.state()

        def tested(share: float) -> None:
            if stop():
                raise _Stopped
            on_progress(state, testing=share)

        maps = self.measure(tested=tested)
        in_epoch = (self.images_seen - 1) % self.settings.train_size + 1
        first = self.checkpoints[0] if self.checkpoints else None
        floor = first.entropy_map if first else _entropy_map(self.test_set, len(self.test_set))
        train_loss = self.step.sums[0].item() / in_epoch
        checkpoint = self.tested(maps, train_loss, floor, first)
        return replace(checkpoint, weights=_host(self.step.weights))

    def tested(
        self, maps: Maps, train_loss: float, entropy_map: Float32, like: Checkpoint | None
    ) -> Checkpoint:
        """What a test says, without the weights; `like` is another one, with the same samples."""
        return Checkpoint(
            images_seen=self.images_seen,
            epoch=self.epoch,
            train_loss=train_loss,
            loss_map=maps.loss,
            squared_error_map=maps.squared_error,
            accuracy_map=maps.accuracy,
            entropy_map=entropy_map,
            noisy=like.noisy if like else _bytes(self.test_set.noisy_batch(self.samples)),
            denoised=self.denoised(),
            clean=like.clean if like else _bytes(self.test_set.clean_batch(self.samples)),
            weights=None,
        )

    @property
    def epoch(self) -> float:
        return self.images_seen / self.settings.train_size

    def measure(self, count: int = 0, tested: Callable[[float], None] = lambda share: None) -> Maps:
        return _measure(self.settings, self.weights, self.test_images, count, tested)

    def denoised(self) -> Bytes:
        noisy = self.test_images.batch(self.samples).noisy
        with torch.inference_mode():
            z = _logits(self.settings, self.weights, noisy)
            return _bytes(torch.sigmoid(z)[:, 0].cpu().numpy())

    def state(self) -> State:
        self.check()
        epoch_loss, point_loss = self.step.sums.tolist()
        weights, mean, variance = map(
            _host, (self.step.weights, self.step.mean, self.step.variance)
        )
        if not np.isfinite(weights).all():
            raise self.diverged("a weight")
        return State(
            images_seen=self.images_seen,
            weights=weights,
            mean=mean,
            variance=variance,
            epoch_loss=epoch_loss,
            point_loss=point_loss,
            points=self.points,
            checkpoints=self.checkpoints,
            seconds=time.perf_counter() - self.started,
            device=self.words,
            note=self.note,
            by_now=self.by_now,
        )


def _order(settings: Settings, epoch: int) -> NDArray[np.int64]:
    """The epoch's shuffle: the same in both arms and wherever a run continues."""
    return np.random.default_rng([settings.seed, 1, epoch]).permutation(settings.train_size)


def _host(vector: Tensor) -> Float32:
    copy: Float32 = vector.detach().to("cpu", copy=True).numpy()
    return copy


def _bytes(images: Float32) -> Bytes:
    rounded: Bytes = np.rint(images * 255).astype(np.uint8)
    return rounded


def _entropy_map(images: ImageSet, count: int) -> Float32:
    """Mean entropy of the first `count` targets, pixel by pixel: the floor of the loss."""
    table = entropy(np.arange(256) / 255)  # targets are bytes: a table is enough
    blocks = range(0, count, 1000)
    sums = sum(
        table[_bytes(images.clean_batch(slice(start, min(start + 1000, count))))].sum(0)
        for start in blocks
    )
    means: Float32 = (sums / count).astype(np.float32)
    return means
