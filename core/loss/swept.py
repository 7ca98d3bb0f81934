"""A sweep's losses along one of its settings: every run, means and spread."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import fmean
from typing import Any, NamedTuple

from core.autoencoder import figures, runs, sweep
from core.autoencoder.figures import Figures
from core.autoencoder.results import Kept, kept
from core.autoencoder.sweep import Sweep

SEED = "seed"

SHIPPED = "pad_width=0..8 seed=0..4"
"""The grid that the presets are: it comes with the app."""


class Trained(NamedTuple):
    """A run of a sweep at one value of a setting; losses of the test set in nats."""

    value: Any
    seed: int
    pad_width: int
    per_pixel: float
    total: float  # per image

    @property
    def arm(self) -> str:
        return "padded" if self.pad_width else "unpadded"


class At(NamedTuple):
    """The runs at one value: how many there are, and their mean, least and greatest loss."""

    value: Any
    runs: int
    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class Swept:
    """What the runs of a grid lose along one setting, whose values are in order.

    preset: where what the grid does not name comes from.
    of: how many runs the grid has there, those included that are not here.
    """

    setting: str
    preset: str
    trained: tuple[Trained, ...]
    of: int

    @property
    def numeric(self) -> bool:
        """Whether the values are numbers: in between there are others."""
        return _numbers(run.value for run in self.trained)

    def along(self, *, total: bool) -> list[At]:
        """The losses at every value that has runs: per image, or else per pixel."""
        found: dict[Any, list[float]] = {}
        for run in self.trained:
            found.setdefault(run.value, []).append(run.total if total else run.per_pixel)
        return [At(v, len(some), fmean(some), min(some), max(some)) for v, some in found.items()]


def sweeps() -> list[Kept]:
    """The sweeps that can be drawn: those trained here, the last one first; then the shipped."""
    shipped = sweep.read(SHIPPED)
    there = figures.read(runs.SHIPPED, (shipped.run(point) for point in shipped.points()))
    every = [*kept(), Kept(shipped, there)]
    return [each for each in every if each.figures and axes(each.sweep)]


def axes(of: Sweep) -> list[str]:
    """The settings that a sweep can be drawn against, the pad width before all others."""
    swept = [name for name, values in of.values.items() if name != SEED and len(values) > 1]
    return sorted(swept, key=lambda name: name != "pad_width")


def swept(of: Kept, setting: str, fixed: Mapping[str, Any]) -> Swept:
    """The runs of a sweep along `setting`, where the other swept settings have the `fixed` values.

    Seeds are never fixed. Numbers are put in order, words stay in the sweep's.
    """
    points = [
        point
        for point in of.sweep.points()
        if all(point[name] == value for name, value in fixed.items())
    ]
    trained = []
    for point in points:
        run = of.sweep.run(point)
        if run in of.figures:
            chosen, found = run.settings, of.figures[run]
            losses = loss_of(found, chosen.pixels)
            trained.append(Trained(point[setting], chosen.seed, chosen.pad_width, *losses))
    values = of.sweep.values[setting]
    places = {value: i for i, value in enumerate(sorted(values) if _numbers(values) else values)}
    trained.sort(key=lambda run: places[run.value])
    return Swept(setting, of.sweep.preset, tuple(trained), len(points))


def _numbers(values: Iterable[Any]) -> bool:
    return all(type(value) in (int, float) for value in values)


def loss_of(found: Figures, pixels: int) -> tuple[float, float]:
    """The loss of an image of so many pixels, in nats: per pixel, and in total."""
    total = found.interior + found.border
    return total / pixels, total
