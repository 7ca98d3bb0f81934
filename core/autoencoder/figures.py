"""The losses of all shipped runs in one small file.

A table over hundreds of runs then opens none of them. `core.autoencoder.runs.ship` writes it.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from core.autoencoder.experiment import Run
from core.autoencoder.record import Checkpoint
from core.autoencoder.store import identity

LOG = logging.getLogger("padding_lab.runs")

NAME = "figures.json"


class Figures(NamedTuple):
    """Test loss of a run at its end, in nats per image."""

    interior: float  # on the original 28×28 pixels
    border: float  # on the padded ring


def of(tested: Checkpoint) -> Figures:
    """The figures of a tested network."""
    return Figures(tested.interior, tested.border)


def write(folder: Path, found: Mapping[Run, Figures]) -> None:
    """Keep the figures of runs in `folder`, in place of what was there."""
    named = {identity(run.settings): [run.images, *values] for run, values in found.items()}
    lines = (f"{json.dumps(name)}: {json.dumps(named[name])}" for name in sorted(named))
    (folder / NAME).write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


def read(folder: Path, wanted: Iterable[Run]) -> dict[Run, Figures]:
    """The figures of those `wanted` runs that are in `folder`; a damaged file has none."""
    named = _read(folder / NAME)
    found = ((run, named.get(identity(run.settings))) for run in wanted)
    return {run: Figures(*kept[1:]) for run, kept in found if kept and kept[0] == run.images}


@lru_cache(4)
def _read(path: Path) -> dict[str, tuple[int, float, float]]:
    try:
        named = json.loads(path.read_text(encoding="utf-8"))
        return {
            str(name): (int(images), float(interior), float(border))
            for name, (images, interior, border) in named.items()
        }
    except (OSError, ValueError, TypeError, AttributeError) as error:
        LOG.warning("No figures in %s: %s: %s", path, type(error).__name__, error)
        return {}
