"""A stand-in for training: instant, deterministic, and held at a gate where a test wants that."""

import queue
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from core.autoencoder import Checkpoint, Point, Settings, checkpoint_positions, parameter_count
from core.autoencoder.record import State, lighten

STEP = 500  # images
SETTINGS = Settings(train_size=1_000, batch_size=100)  # a checkpoint at every 1,000 images

OTHER_VALUES: dict[str, Any] = {
    "dataset": "digits",
    "variation": "inverted",
    "pad_width": 3,
    "pad_mode": "reflect",
    "pad_level": 0.25,
    "noise_factor": 0.4,
    "noise_first": True,
    "padding_mode": "reflect",
    "train_size": 2_000,
    "batch_size": 64,
    "learning_rate": 2e-3,
    "seed": 1,
    "precision": "bf16",
    "device": "cpu",
    "depth": 3,
    "channels": 16,
    "loss_on": "original",
    "reduction": "sum",
    "outside": "cleared",
    "output_bias": -1.5,
    "beta2": 0.95,
}
"""For each setting a value that is not its default."""


def state_at(settings: Settings, seen: int) -> State:
    """The state of a stand-in run; its weights say how far it is."""
    weights = np.full(parameter_count(settings), seen + settings.seed, np.float32)
    return replace(any_state(settings, seen), weights=weights, points=())


def any_state(settings: Settings, seen: int) -> State:
    """A state of random figures, images and weights, with every checkpoint so far."""
    random = np.random.default_rng(0)
    size = settings.size

    def floats(*shape: int) -> Any:
        return random.random(shape, np.float32)

    def images() -> Any:
        return random.integers(256, size=(3, size, size), dtype=np.uint8)

    entropy_map, noisy, clean = floats(size, size), images(), images()
    checkpoints = tuple(
        Checkpoint(
            images_seen=position,
            epoch=position / settings.train_size,
            train_loss=0.1,
            loss_map=floats(size, size),
            squared_error_map=floats(size, size),
            accuracy_map=floats(size, size),
            entropy_map=entropy_map,
            noisy=noisy,
            denoised=images(),
            clean=clean,
            weights=floats(parameter_count(settings)),
        )
        for position in checkpoint_positions(settings, seen)
    )
    points = (Point(512, 0.1, 0.3, 0.2), Point(1024, 0.2, 0.2, 0.1))
    weights, mean, variance = (floats(parameter_count(settings)) for _ in range(3))
    kept = lighten(settings, checkpoints) if checkpoints else ()
    return State(seen, weights, mean, variance, 12.5, 0.5, points, kept, 1.5, "CPU, Überchip", "")


def same(a: Any, b: Any) -> bool:
    """Equal to the bit, dataclasses and tuples by their parts."""
    if isinstance(a, np.ndarray):
        return a.dtype == b.dtype and np.array_equal(a, b)
    if isinstance(a, tuple):
        return len(a) == len(b) and all(map(same, a, b))
    if hasattr(a, "__dict__"):
        return all(same(value, vars(b)[name]) for name, value in vars(a).items())
    return bool(a == b)


class Trainer:
    """Takes a step of 500 images for each permit, or freely."""

    def __init__(self, *, held: bool = False) -> None:
        self.calls: list[tuple[int, int]] = []  # from, until
        self.steps = 0
        self.error: Exception | None = None  # raised at the next step
        self._held = held
        self._permits: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._called: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._stepped: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._lock = threading.Lock()

    def __call__(
        self,
        settings: Settings,
        state: State | None,
        until: int,
        report: Callable[[State | None, str], None],
        stop: Callable[[], bool],
    ) -> State | None:
        seen = 0 if state is None else state.images_seen
        with self._lock:
            self.calls.append((seen, until))
        self._called.put(None)
        while seen < until:
            if self._held:
                self._permits.get(timeout=60)
            if stop():
                break
            if self.error is not None:
                raise self.error
            seen += STEP
            self.steps += 1
            state = state_at(settings, seen)
            report(state, "")
            self._stepped.put(None)
        return state

    def await_calls(self, times: int) -> None:
        """Wait until so many runs have begun."""
        for _ in range(times):
            self._called.get(timeout=60)

    def permit(self) -> None:
        """Let one step be taken."""
        self._permits.put(None)

    def step(self, times: int = 1) -> None:
        """Let so many steps be taken, and wait until they have been."""
        for _ in range(times):
            self.permit()
        for _ in range(times):
            self._stepped.get(timeout=60)

    def let_go(self) -> None:
        """Let it go on freely, from here or from the next question whether to stop."""
        self._held = False
        for _ in range(10):
            self.permit()


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def until(true: Callable[[], bool], seconds: float = 60) -> None:
    """Look until it is; fails where it never is."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.001)


def until_idle() -> None:
    """Wait until every worker has ended."""
    for thread in threading.enumerate():
        if thread.name == "training":
            thread.join(60)
            assert not thread.is_alive()
