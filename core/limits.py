"""What a visitor may ask of the server: every limit in one table, safe for 690 MB of memory.

Each is changed by an environment variable: PADDING_LAB_ and its name in capitals. The command line
is bound by none of those that are about visitors.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from core.settings import InputError, Whole, check, parse, setting

PREFIX = "PADDING_LAB_"

MB = 2**20


def limit(default: int, low: int, high: int, unit: str, reason: str) -> Any:
    """A field of Limits: its range, what it counts, and why it stands where it does."""
    declared = setting(default, Whole(low, high), reason)
    return dataclasses.field(default=default, metadata={**declared.metadata, "unit": unit})


@dataclass(frozen=True)
class Limits:
    workers: int = limit(2, 1, 64, "runs in training", "both arms at once; each takes a core")
    cores: int = limit(64, 1, 1_024, "cores", "that train, of those there are: all by default")
    queue: int = limit(16, 2, 10_000, "runs waiting", "all visitors' together")
    session_runs: int = limit(4, 2, 10_000, "runs of a session", "a pair, and the next to wait")
    run_minutes: int = limit(
        10, 1, 100_000, "minutes of a core", "the longest run, estimated for the machine below"
    )
    measure_mb: int = limit(96, 8, 100_000, "MB", "of *Measure* at work, estimated")
    measure_billions: int = limit(
        20, 1, 1_000_000, "billion multiplications", "of *Measure*: seconds, not minutes"
    )
    picture_pixels: int = limit(
        4_000_000, 1, 100_000_000, "pixels", "of a visitor's picture: 16 MB once unpacked"
    )
    picture_side: int = limit(10_000, 1, 60_000, "pixels", "of its longer side")
    memory_mb: int = limit(64, 1, 100_000, "MB", "runs kept in memory")
    disk_mb: int = limit(512, 1, 10_000_000, "MB", "runs kept in the cache folder")
    vote_rooms: int = limit(50, 1, 10_000, "rooms", "of a hall's votes; the longest unseen goes")
    vote_voters: int = limit(1_000, 1, 100_000, "visitors", "whose votes on a question count")
    vote_hours: int = limit(6, 1, 1_000, "hours", "after which an unseen room is forgotten")

    def __post_init__(self) -> None:
        check(self)


def variable(name: str) -> str:
    """The environment variable that changes the limit called `name`."""
    return PREFIX + name.upper()


def read(environment: Mapping[str, str]) -> Limits:
    """The limits as `environment` has them; InputError names the variable that is no such number.

    A variable that is set to nothing counts as not set.
    """
    changed = {}
    for field in dataclasses.fields(Limits):
        if text := environment.get(variable(field.name)):
            try:
                changed[field.name] = parse(Limits, field.name, text)
            except InputError as error:
                message = str(error).replace(field.name, variable(field.name), 1)
                raise InputError(message) from None
    return Limits(**changed)


@cache
def limits() -> Limits:
    """This process's limits, read once. Raises InputError as `read` does."""
    return read(os.environ)
