"""A stand-in for training: instant, deterministic, and held at a gate where a test wants that."""

import queue
import threading
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from core.autoencoder import Settings, State, parameter_count
from tests.autoencoder.test_experiment import state as any_state

STEP = 500  # images
SETTINGS = Settings(train_size=1_000, batch_size=100)  # a checkpoint at every 1,000 images


def state_at(settings: Settings, seen: int) -> State:
    """The state of a stand-in run; its weights say how far it is."""
    weights = np.full(parameter_count(settings), seen + settings.seed, np.float32)
    return replace(any_state(settings, seen), weights=weights, points=())


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
