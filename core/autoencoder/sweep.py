"""Sweeps: runs over a grid of settings, said in one line of text, trained together.

`pad_width=0..8 seed=0..9` is every pad width with every seed, and `pad_mode=edge,constant` both
modes. What a sweep does not name is as in the preset that it starts from.
"""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from core import machine
from core.autoencoder import cost
from core.autoencoder.experiment import (
    LIVE,
    ORIGINAL,
    Length,
    Run,
    Settings,
    canonical,
    checkpoint_positions,
    parameter_count,
)
from core.autoencoder.record import MAX_WEIGHTS
from core.autoencoder.runs import View
from core.limits import MB, limits
from core.settings import Choice, InputError, Steps, Whole, domain, parse, refusal

PRESETS = {"live": LIVE, "original": ORIGINAL}

MOST = 10_000  # runs in a sweep
LONGEST = 2_000  # letters of its text

NAMES = tuple(
    field.name for declared in (Settings, Length) for field in dataclasses.fields(declared)
)
"""What can be swept: all settings of a run, and its length in epochs."""

Values = tuple[Any, ...]


@dataclass(frozen=True)
class Sweep:
    """A grid of runs: the values of each swept setting, in the order in which they were said."""

    text: str
    preset: str
    values: Mapping[str, Values]

    def __len__(self) -> int:
        return math.prod(map(len, self.values.values()))

    def points(self) -> Iterator[dict[str, Any]]:
        """Every point of the grid: the swept settings' values; what was said last changes first."""
        for point in itertools.product(*self.values.values()):
            yield dict(zip(self.values, point, strict=True))

    def has(self, name: str, value: Any) -> bool:
        """Whether any run has this value of a setting that may not be swept."""
        fixed = getattr(PRESETS[self.preset].settings, name)
        return value in self.values.get(name, (fixed,))

    def run(self, point: Mapping[str, Any]) -> Run:
        """The run at a point. Several have the same where a setting changes nothing, unpadded."""
        base = PRESETS[self.preset]
        changes = dict(point)
        epochs = changes.pop("epochs", base.images // base.settings.train_size)
        settings = canonical(replace(base.settings, **changes))
        return Run(settings, epochs * settings.train_size)


def read(text: str, preset: str = "live") -> Sweep:
    """The sweep that `text` says, its settings checked. InputError says what would be right."""
    if preset not in PRESETS:
        raise refusal("preset", Choice(tuple(PRESETS)), preset)
    if len(text) > LONGEST:
        raise InputError(f"sweep must be at most {LONGEST:,} letters, not {len(text):,}")
    given: dict[str, list[Sequence[Any]]] = {}
    for word in text.split():
        name, equals, values = word.partition("=")
        if not equals or not values:
            raise InputError(
                f"sweep: {word[:40]!r} must be NAME=VALUES, such as pad_width=0..8 or "
                "pad_mode=edge,reflect"
            )
        if name not in NAMES:
            raise InputError(f"sweep: {name[:40]!r} is no setting; those are {', '.join(NAMES)}")
        if name in given:
            raise InputError(f"sweep: {name} is said twice; its values belong in one list")
        given[name] = [_values(name, item) for item in values.split(",")]
    if not given:
        raise InputError("sweep must say what to train, such as 'pad_width=0..8 seed=0..9'")
    # Counted before it is spelt out: a range may have billions.
    size = math.prod(sum(map(len, items)) for items in given.values())
    if size > MOST:
        raise InputError(
            f"sweep: that is {size:,} runs, and {MOST:,} are allowed: name fewer values"
        )
    every = {name: tuple(dict.fromkeys(itertools.chain(*items))) for name, items in given.items()}
    return Sweep(" ".join(text.split()), preset, every)


def _values(name: str, item: str) -> Sequence[Any]:
    """The values that an item of a list spells: one value, or a range "low..high" of whole ones."""
    declared = Length if name in Length.__dataclass_fields__ else Settings
    first, dots, last = item.partition("..")
    if not dots:
        return [parse(declared, name, item)]
    allowed = domain(declared, name)
    if not isinstance(allowed, Whole | Steps):
        raise InputError(
            f"sweep: {name} is no whole number, so {item[:40]!r} has no steps: list its values, "
            "with commas between them"
        )
    low, high = parse(declared, name, first), parse(declared, name, last)
    if low > high:
        raise InputError(f"sweep: {name}={item} must go up: {name}={high}..{low}")
    if isinstance(allowed, Steps):
        return [value for value in allowed.options if low <= value <= high]
    return range(low, high + 1)


# --- What it costs ------------------------------------------------------------------------------


class Cost(NamedTuple):
    """What the runs of a sweep ask for that are not there yet."""

    runs: int  # different ones, in all
    missing: int
    seconds: float  # of one core, for the missing ones; right within a factor of two
    bytes: int  # that all runs take on the disk


def estimate(views: Iterable[View], *, slow_bf16: bool = True) -> Cost:
    """What is left to do of these runs. Of one that has begun, the rest."""
    longest: dict[Settings, View] = {}
    for view in views:
        if view.settings not in longest or view.target > longest[view.settings].target:
            longest[view.settings] = view
    missing = [view for view in longest.values() if view.status != "finished"]
    return Cost(
        len(longest),
        len(missing),
        sum(_seconds_left(view, slow_bf16) for view in missing),
        sum(_bytes(view.settings, view.target) for view in longest.values()),
    )


def _seconds_left(view: View, slow_bf16: bool) -> float:
    whole = cost.seconds(Run(view.settings, view.target), slow_bf16=slow_bf16)
    # A shipped run is trained anew: it cannot be continued.
    if view.state is None or not view.state.continuable:
        return whole
    return whole - cost.seconds(Run(view.settings, view.images_seen), slow_bf16=slow_bf16)


def _bytes(settings: Settings, images: int) -> int:
    """What a run takes on the disk, about: weights, Adam's moments, maps and samples."""
    weights, tests = 4 * parameter_count(settings), len(checkpoint_positions(settings, images))
    maps = (3 * 4 + 10) * settings.pixels
    return 3 * weights + min(tests * weights, MAX_WEIGHTS) + tests * maps


def cores() -> int:
    """On how many cores this machine trains a sweep, cautiously: each run on two, if there are."""
    return min(machine.core_count(), 2 * limits().workers)


def cost_words(found: Cost, cores: int) -> str:
    """What it will cost, said before it starts, on so many `cores`."""
    here = found.runs - found.missing
    runs = "1 run" if found.runs == 1 else f"{found.runs:,} runs"
    if not found.missing:
        return f"{runs}, all of them here already"
    there = f", {here:,} of them here already" if here else ""
    words = f"{runs}{there}. To train: about {duration(found.seconds)} of one core"
    if cores > 1:
        words += f", {duration(found.seconds / cores)} on {cores:,}"
    if found.bytes > limits().disk_mb * MB:
        words += (
            f". They take some {found.bytes / MB:,.0f} MB, and the cache keeps "
            f"{limits().disk_mb:,}: the first are forgotten before the last are there "
            "(PADDING_LAB_DISK_MB is more room); the table has them all"
        )
    return words


def duration(seconds: float) -> str:
    """About how long, in words: "40 seconds", "25 minutes", "3.1 hours", "12 days"."""
    for unit, length in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
        if seconds >= 1.5 * length:
            digits = 1 if seconds < 9.95 * length and length > 60 else 0
            return f"{seconds / length:,.{digits}f} {unit}"
    return f"{max(2, round(seconds))} seconds"
