"""The shipped results: written, read, and never half believed."""

import json
from pathlib import Path

import pytest

from core.classifier import DISTANCES, SEEDS, SIDES, Measured, Settings, results

WIDE = len(DISTANCES)


def made_up(right: int, middle: int = 490, alike: int = 480) -> Measured:
    rows = ((right,) * WIDE,) * len(SIDES)
    return Measured(middle, rows, ((alike,) * (WIDE - 1),) * len(SIDES))


def test_what_is_written_is_read(tmp_path: Path) -> None:
    path = tmp_path / "shipped.json"
    found = {run: made_up(i) for i, run in enumerate(results.wanted())}
    results.write(found, path)
    assert results.read(path) == found
    assert len(found) == 32 * len(SEEDS)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"mathematics": 0, "tested": 500, "runs": {}}',
        '{"mathematics": 2, "tested": 500, "runs": 3}',
    ],
)
def test_a_damaged_file_has_none(tmp_path: Path, text: str) -> None:
    path = tmp_path / "shipped.json"
    path.write_text(text, encoding="utf-8")
    assert results.read(path) == {}
    assert results.read(tmp_path / "none.json") == {}


@pytest.mark.parametrize("row", [[1], [1, [[1] * WIDE], [[1] * 8]], [1, [[1]] * 4, [[1]] * 4]])
def test_a_run_of_another_shape_is_not_believed(tmp_path: Path, row: list[object]) -> None:
    path = tmp_path / "shipped.json"
    results.write({Settings(): made_up(1)}, path)
    kept = json.loads(path.read_text(encoding="utf-8"))
    kept["runs"][results.named(Settings())] = row
    path.write_text(json.dumps(kept), encoding="utf-8")
    assert results.read(path) == {}


def test_changes_are_paired_by_seed() -> None:
    first = {0: made_up(100), 1: made_up(200), 2: made_up(0)}
    second = {0: made_up(150), 1: made_up(100), 2: made_up(1), 3: made_up(7)}

    def at_border(test: Measured) -> float:
        return test.at(0)

    found = results.changes(first, second, at_border, at_border)
    assert found == pytest.approx({0: 0.5, 1: -0.5})


def test_the_repository_ships_every_run_and_each_has_learnt() -> None:
    found = results.read()
    assert set(found) == set(results.wanted())
    assert all(test.accuracy > 0.9 for test in found.values())


def test_what_was_chosen_by_looking_was_chosen_on_no_seed_that_is_judged() -> None:
    assert Settings().seed not in SEEDS
