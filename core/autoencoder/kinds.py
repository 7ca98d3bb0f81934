"""Kinds of runs: what the registry, its folders and the process that trains ask of a run.

The autoencoder's is declared here. Another topic declares its own and hands the same registry its
own settings and states: they then wait in one queue, are bounded by the same limits, and are kept
in the same places. What calls itself `Settings` and `State` over there may be any kind's.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from core import machine
from core.autoencoder import experiment, progress, record

Arrays = Mapping[str, Any]


@dataclass(frozen=True)
class Kind:
    """One kind of run. Its settings have a `dataset` and `max_images`, its states `images_seen`,
    `checkpoints`, `continuable`, `seconds` and `device`, as the autoencoder's have.

    module: the one whose import declares it; the process that trains imports it.
    mathematics: a number to raise with every change to what a run computes.
    work: of a run that has seen so many images; see `core.autoencoder.progress`.
    to_arrays, from_arrays: a state as plain arrays and back, given the settings. The second raises
        for arrays that no such run can have left.
    train: as `core.autoencoder.runs.train`.
    seen: a state, to be shown, of a run of which no more is known than how many images it has seen.
    """

    module: str
    settings: type[Any]
    mathematics: int
    work: Callable[[Any, int, float | None], float]
    to_arrays: Callable[[Any, Any], dict[str, Any]]
    from_arrays: Callable[[Any, Arrays], Any]
    train: Callable[..., Any]
    seen: Callable[[int], Any] | None = None


def _kinds() -> dict[str, Kind]:
    """All that are declared. As the registry they outlive a reload of changed sources."""
    made: dict[str, Kind] = machine.once("kinds", dict)
    return made


def declare(kind: Kind) -> None:
    """Make a kind known. A module that is loaded anew declares its own again."""
    _kinds()[kind.module] = kind


def kind_of(settings: Any) -> Kind:
    """What these settings are a run of. Loaded anew, their class is another of the same name."""
    module = type(settings).__module__
    return next(kind for kind in _kinds().values() if kind.settings.__module__ == module)


def declared_by(module: str) -> Kind:
    """The kind that the module of this name declares, which is imported for it."""
    if module not in _kinds():
        importlib.import_module(module)
    return _kinds()[module]


def _train(*given: Any) -> Any:
    from core.autoencoder import runs

    return runs.train(*given)


AUTOENCODER = Kind(
    module=__name__,
    settings=experiment.Settings,
    mathematics=experiment.MATHEMATICS,
    work=progress.work,
    to_arrays=record.state_to_arrays,
    from_arrays=record.state_from_arrays,
    train=_train,
)
declare(AUTOENCODER)
