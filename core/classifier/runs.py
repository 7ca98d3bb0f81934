"""Runs of the classifier: trained and kept by the registry of runs, or shipped as counts."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from core import data, machine
from core.autoencoder import kinds, runs
from core.autoencoder.kinds import Kind
from core.classifier import results
from core.classifier.experiment import (
    DISTANCES,
    MATHEMATICS,
    SIDES,
    TESTED,
    Measured,
    Settings,
)
from core.settings import InputError

PLACES = 1 + len(SIDES) * (2 * len(DISTANCES) - 1)
"""Counts of a run: of unmoved digits, of right ones at each distance, of those that stay alike."""

TEST_WORK = 4_600
"""What the test takes, in training images: as many as it classifies, forward only."""


@dataclass(frozen=True, eq=False)
class State:
    """A run so far. Before it was tested it is worth nothing, and has not seen its last image."""

    images_seen: int
    measured: Measured | None = None
    seconds: float = 0.0
    device: str = ""
    note: str = ""
    checkpoints: tuple[()] = ()  # it is tested once, at its end
    continuable: bool = False


def to_arrays(settings: Settings, state: State) -> dict[str, NDArray[Any]]:
    """A tested run as plain arrays."""
    test = state.measured
    assert test is not None
    counts = [test.middle, *np.ravel(test.right).tolist(), *np.ravel(test.alike).tolist()]
    return {
        "images_seen": np.array(state.images_seen),
        "counts": np.array(counts, np.int64),
        "seconds": np.array(state.seconds),
        "device": np.array(state.device),
    }


def from_arrays(settings: Settings, arrays: Mapping[str, NDArray[Any]]) -> State:
    """The inverse of `to_arrays`; InputError for arrays that no run of `settings` can have left."""
    counts, seconds, device = (arrays[name] for name in ("counts", "seconds", "device"))
    if counts.shape != (PLACES,) or counts.dtype != np.int64:
        raise InputError(f"counts must be {PLACES} whole numbers")
    if counts.min() < 0 or counts.max() > TESTED:
        raise InputError(f"counts must be from 0 to {TESTED}")
    if int(arrays["images_seen"]) != settings.train_size or not 0 < float(seconds) < np.inf:
        raise InputError("a run must have seen all of its images, in some time")
    middle, rest = int(counts[0]), counts[1:]
    right, alike = np.split(rest, [len(SIDES) * len(DISTANCES)])
    return State(
        settings.train_size,
        Measured(middle, _rows(right), _rows(alike)),
        float(seconds),
        str(device),
    )


def _rows(counts: NDArray[np.int64]) -> tuple[tuple[int, ...], ...]:
    return tuple(map(tuple, counts.reshape(len(SIDES), -1).tolist()))


def work(settings: Settings, images: int, testing: float | None = None) -> float:
    """The work of a run that has seen `images`, in training images; see core.autoencoder.progress.

    While it is being tested, `testing` is the share of that which is done.
    """
    if testing is not None:
        return settings.train_size + TEST_WORK * testing
    return images if images < settings.train_size else images + TEST_WORK


def train(
    settings: Settings,
    state: State | None,
    until: int,
    on_progress: Callable[..., None],
    stop: Callable[[], bool],
) -> State | None:
    """Load or make the digits, train and test; None where it was stopped before its end."""
    on_progress(None, "Getting ready")
    machine.lower_priority()
    from core.classifier import training

    def seen(images: int, tested: float) -> None:
        last = images == settings.train_size
        on_progress(State(images - last), testing=tested if last else None)

    try:
        loaded: Any = runs.load  # all that it asks of settings is a data set and a size
        images = loaded(settings, lambda share, words: on_progress(None, words, share), stop)
        began = time.perf_counter()
        _, measured = training.train(settings, images, on_progress=seen, stop=stop)
    except (data.Stopped, training.Stopped):
        return None
    words = f"CPU, {machine.processor()}, 1 thread"
    return State(settings.train_size, measured, time.perf_counter() - began, words)


kinds.declare(
    Kind(__name__, Settings, MATHEMATICS, work, to_arrays, from_arrays, train, seen=State)
)


# --- The registry, asked for runs of this kind --------------------------------------------------


class Asked(NamedTuple):
    """A whole run, as the registry is asked for it."""

    settings: Settings
    images: int


def registry() -> Any:
    """The process's one registry of runs, which holds this kind, too; its views have `State`s."""
    return runs.registry()


def look(settings: Settings, watcher: str | None = None) -> runs.View:
    """What is there of a run; a `watcher` keeps it in training by looking."""
    view: runs.View = registry().look(settings, settings.max_images, watcher)
    return view


def found(settings: Settings) -> Measured | None:
    """What a finished run found: a shipped one, or one that was trained here; else None."""
    if (shipped := results.read().get(settings)) is not None:
        return shipped
    return tested(look(settings))


def tested(view: runs.View) -> Measured | None:
    """What the run of a view found; None as long as it has not."""
    state = cast("State | None", view.state)
    return None if state is None else state.measured


def start(settings: Settings, watcher: str, *, most: int | None = None) -> None:
    """Have a run trained; raises QueueFullError as the registry does."""
    registry().start(settings, settings.max_images, watcher, most=most)


def leave(settings: Settings, watcher: str) -> None:
    """Watch a run no longer."""
    registry().leave(settings, watcher)


def measured(settings: Settings) -> tuple[Measured, str]:
    """What a run finds, trained if it must be, and where it is from: see `runs.View.source`.

    Raises what the run raised.
    """
    if (shipped := results.read().get(settings)) is not None:
        return shipped, "shipped"
    asked: Any = Asked(settings, settings.max_images)
    (view,) = runs.finish(registry(), [asked])
    test = tested(view)
    assert test is not None
    return test, view.source


# --- What the repository ships ------------------------------------------------------------------


def ship(on_progress: Callable[[int, int], None] = lambda done, of: None) -> int:
    """Train the runs to ship that are not there yet, each kept at once; how many there are."""
    from core.classifier.training import train as train_one

    wanted = list(results.wanted())
    there = dict(results.read())
    first = wanted[0]
    images = data.load(first.dataset, first.train_size)
    for settings in wanted:
        if settings not in there:
            there[settings] = train_one(settings, images)[1]
            results.write({run: there[run] for run in wanted if run in there})
        on_progress(len(there), len(wanted))
    return len(there)
