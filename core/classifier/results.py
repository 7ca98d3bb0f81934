"""What the shipped runs found, in one small file, and what may be said of it.

`python -m core classifier --ship` trains them and writes it.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from core.classifier.experiment import (
    DISTANCES,
    MATHEMATICS,
    SEEDS,
    SIDES,
    TESTED,
    Measured,
    Settings,
)
from core.classifier.experiment import cells as every_cell
from core.data.cache import replacing

LOG = logging.getLogger("padding_lab.runs")

SHIPPED = Path(__file__).parent / "shipped.json"

Results = Mapping[Settings, Measured]


def named(settings: Settings) -> str:
    """A run's name in the file: every setting, in order."""
    return " ".join(str(value) for value in vars(settings).values())


def wanted() -> Iterator[Settings]:
    """The runs to ship: every cell of the design on every pre-set seed."""
    for cell in every_cell():
        yield from (replace(cell, seed=seed) for seed in SEEDS)


def write(found: Results, path: Path = SHIPPED) -> None:
    """Keep results, in place of what was there: a line a run, counts of digits."""
    lines = (
        f"{json.dumps(named(settings))}: {json.dumps([test.middle, test.right, test.alike])}"
        for settings, test in found.items()
    )
    head = f'"mathematics": {MATHEMATICS}, "tested": {TESTED}'
    with replacing(path) as part:
        part.write_text(f'{{{head}, "runs": {{\n' + ",\n".join(lines) + "\n}}\n", encoding="utf-8")


@lru_cache(4)
def read(path: Path = SHIPPED) -> Results:
    """The shipped results; a file that is missing, damaged or of other mathematics has none."""
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        if (kept["mathematics"], kept["tested"]) != (MATHEMATICS, TESTED):
            raise ValueError("of other mathematics")
        rows = kept["runs"]
        return {run: _test(*rows[named(run)]) for run in wanted() if named(run) in rows}
    except (OSError, ValueError, TypeError, KeyError) as error:
        LOG.warning("No results in %s: %s: %s", path, type(error).__name__, error)
        return {}


def _test(middle: int, right: list[list[int]], alike: list[list[int]]) -> Measured:
    test = Measured(int(middle), _counts(right), _counts(alike))
    shapes = {len(DISTANCES)}, {len(DISTANCES) - 1}
    if len(test.right) != len(SIDES) or len(test.alike) != len(SIDES):
        raise ValueError("not four sides")
    if (set(map(len, test.right)), set(map(len, test.alike))) != shapes:
        raise ValueError("not every distance")
    return test


def _counts(rows: list[list[int]]) -> tuple[tuple[int, ...], ...]:
    return tuple(tuple(int(count) for count in row) for row in rows)


def of_seeds(cell: Settings, found: Results) -> dict[int, Measured]:
    """What the pre-set seeds of a cell found, as far as they are there."""
    each = {seed: found.get(replace(cell, seed=seed)) for seed in SEEDS}
    return {seed: test for seed, test in each.items() if test is not None}


def changes(
    first: Mapping[int, Measured],
    second: Mapping[int, Measured],
    before: Callable[[Measured], float],
    after: Callable[[Measured], float],
) -> dict[int, float]:
    """From a figure of the first to one of the second, seed by seed: a share of the one before.

    Of seeds that are in both, and have any figure before.
    """
    both = [seed for seed in first if seed in second and before(first[seed]) > 0]
    return {seed: after(second[seed]) / before(first[seed]) - 1 for seed in both}
