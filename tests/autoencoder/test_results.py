"""A sweep's results: a row for each point, a file that is whole, and figures for the pages."""

import csv
import json
import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from core.autoencoder import Settings, results, sweep
from core.autoencoder.figures import Figures
from core.autoencoder.process import RunFailed
from core.autoencoder.record import State
from core.autoencoder.results import carry_out, write_csv
from core.autoencoder.runs import Registry
from core.autoencoder.store import Folder, Store, identity
from core.settings import InputError
from tests.stand_in import Trainer

SMALL = "dataset=digits train_size=1000 batch_size=100"
GRID = f"pad_width=0,2 pad_mode=edge,wrap seed=0..2 {SMALL}"


class Failing(Trainer):
    """Cannot train seed 1 as long as it is `broken`."""

    broken = True

    def __call__(self, settings: Settings, state: State | None, *rest: object) -> State | None:
        if settings.seed == 1 and self.broken:
            raise RunFailed("the worker is gone, and\nall with it")
        return super().__call__(settings, state, *rest)  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def own_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PADDING_LAB_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def trainer() -> Failing:
    return Failing()


@pytest.fixture
def registry(trainer: Failing, tmp_path: Path) -> Iterator[Registry]:
    with closing(Registry(trainer, Store(Folder(tmp_path / "runs")))) as made:
        yield made


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def quiet(words: str) -> None:
    pass


def test_a_row_for_each_point_and_failures_with_their_message(
    registry: Registry, trainer: Failing, tmp_path: Path
) -> None:
    path, said = tmp_path / "table.csv", list[str]()
    table = carry_out(sweep.read(GRID), registry, said.append, path=path)
    rows = read(path)
    assert len(rows) == 12
    assert list(rows[0])[:7] == [
        *("run", "pad_width", "pad_mode", "seed", "dataset", "train_size", "batch_size")
    ]
    assert {"noise_first", "device", "epochs", "beta2"} < set(rows[0])
    assert list(rows[0])[-len(results.RESULTS) :] == list(results.RESULTS)
    assert len({row["run"] for row in rows}) == 9  # without padding the mode changes nothing
    assert table.failures == 3
    for row, told in zip(rows, table.rows(), strict=True):
        if row["seed"] == "1":
            assert row["status"] == "failed"
            assert row["message"] == "the worker is gone, and\nall with it"
            assert row["per_pixel"] == row["seconds"] == ""
        else:
            assert row["status"] == "finished"
            assert row["message"] == ""
            assert float(row["total"]) == told["total"]  # every digit of it
            size = 28 + 2 * int(row["pad_width"])
            assert float(row["per_pixel"]) * size**2 == pytest.approx(float(row["total"]))
            assert float(row["interior"]) + float(row["border"]) == float(row["total"])
            assert row["trained_on"] == "CPU, Überchip"
            assert row["device"] == "auto"
            assert row["noise_first"] == "false"
    assert said[0].startswith("9 runs. To train: about")


def test_what_is_kept_is_not_trained_again(registry: Registry, trainer: Failing) -> None:
    of = sweep.read(GRID)
    carry_out(of, registry, quiet)
    trainer.calls.clear()
    trainer.broken = False
    said = list[str]()
    table = carry_out(of, registry, said.append)
    assert table.failures == 0
    assert len(trainer.calls) == 3
    assert said[0].startswith("9 runs, 6 of them here already. To train: about")


def test_a_list_trains_nothing(registry: Registry, trainer: Failing, tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    carry_out(sweep.read(GRID), registry, quiet, path=path, only_list=True)
    assert {row["status"] for row in read(path)} == {"absent"}
    assert not trainer.calls
    assert results.kept() == []


def test_lengths_of_one_run_are_rows_of_their_own(registry: Registry) -> None:
    of = sweep.read(f"epochs=1..3 {SMALL}")
    rows = carry_out(of, registry, quiet).rows()
    assert [row["images_seen"] for row in rows] == [1_000, 2_000, 3_000]
    assert len({row["run"] for row in rows}) == 1
    assert len({row["total"] for row in rows}) == 3
    (kept,) = results.kept()
    assert [kept.figures[of.run(point)].interior for point in of.points()] == [
        row["interior"] for row in rows
    ]


def test_whoever_stops_it_has_a_table_of_what_is_there(registry: Registry, tmp_path: Path) -> None:
    path = tmp_path / "table.csv"

    def stop(views: Any) -> None:
        if sum(view.status == "finished" for view in views) > 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        carry_out(sweep.read(f"seed=2..40 {SMALL}"), registry, quiet, stop, path=path)
    status = [row["status"] for row in read(path)]
    assert status.count("finished") > 2
    assert "absent" in status


# --- The file -----------------------------------------------------------------------------------

ROWS: list[dict[str, Any]] = [
    {"a": 0.1 + 0.2, "b": True, "c": 'a "word", ü\n'},
    {"a": None, "b": False, "c": ""},
]


def test_a_table_is_read_back_as_it_was(tmp_path: Path) -> None:
    write_csv(tmp_path / "table.csv", ROWS)
    first, second = read(tmp_path / "table.csv")
    assert float(first["a"]) == 0.1 + 0.2
    assert (first["b"], second["b"]) == ("true", "false")
    assert first["c"] == 'a "word", ü\n'
    assert second["a"] == ""


def test_it_takes_the_place_of_another_and_leaves_everything_else(tmp_path: Path) -> None:
    path, link, other = tmp_path / "table.csv", tmp_path / "link", tmp_path / ".other.part"
    path.write_text("old")
    path.chmod(0o640)
    link.symlink_to(path)
    other.write_text("somebody's download")
    write_csv(link, ROWS)
    assert link.is_symlink()
    assert len(read(path)) == 2
    assert path.stat().st_mode & 0o777 == 0o640
    assert {file.name for file in tmp_path.iterdir()} == {"table.csv", "link", ".other.part"}
    write_csv(tmp_path / "new.csv", ROWS)
    mask = os.umask(0)
    os.umask(mask)
    assert (tmp_path / "new.csv").stat().st_mode & 0o777 == 0o666 & ~mask


def test_what_cannot_be_written_is_said_before_anything_is_trained(
    registry: Registry, trainer: Failing, tmp_path: Path
) -> None:
    for path, said in (
        (tmp_path, "csv must be a file, and"),
        (tmp_path / "nowhere" / "table.csv", "cannot be written: No such file or directory"),
    ):
        with pytest.raises(InputError, match=said):
            carry_out(sweep.read(GRID), registry, quiet, path=path)
    assert not trainer.calls


# --- Kept for the pages -------------------------------------------------------------------------


def test_a_sweep_is_kept_with_the_figures_of_its_runs(registry: Registry) -> None:
    of = sweep.read(GRID)
    table = carry_out(of, registry, quiet)
    (kept,) = results.kept()
    assert kept.sweep == of
    assert len(kept.figures) == 6
    for row, point in zip(table.rows(), of.points(), strict=True):
        found = kept.figures.get(of.run(point))
        if row["seed"] == 1:
            assert found is None
        else:
            assert found == Figures(row["interior"], row["border"])


def test_the_last_sweep_comes_first_and_is_kept_once(registry: Registry) -> None:
    for text in ("seed=0", "seed=2", "seed=0"):
        carry_out(sweep.read(f"{text} {SMALL}"), registry, quiet)
        for age, path in enumerate(sorted(results.folder().iterdir(), key=os.path.getmtime)):
            os.utime(path, (age, age))  # seconds, however fast the test
    assert [kept.sweep.text[:6] for kept in results.kept()] == ["seed=0", "seed=2"]


@pytest.mark.parametrize(
    "told",
    [
        "{",
        "[]",
        "{}",
        json.dumps({"sweep": "seed=0", "preset": "mine", "runs": []}),
        json.dumps({"sweep": "seed=0..9999999", "preset": "live", "runs": []}),
        json.dumps({"sweep": "seed=0", "preset": "live", "runs": [["a", 1, 2.0]]}),
        json.dumps({"sweep": "seed=0", "preset": "live", "runs": [["a", 1, 2.0, -1]]}),
        json.dumps({"sweep": "seed=0", "preset": "live", "runs": [["a", 1, 2.0, 1e400]]}),
        json.dumps({"sweep": ["seed=0"], "preset": "live", "runs": []}),
        " " * (results.LARGEST + 1),
        "[" * 10_000,
    ],
)
def test_whatever_lies_there_is_skipped(told: str, caplog: pytest.LogCaptureFixture) -> None:
    results.folder().mkdir(parents=True)
    (results.folder() / "0.json").write_text(told)
    assert results.kept() == []
    assert "Skipped the kept sweep" in caplog.text


def test_figures_of_another_mathematics_are_not_shown() -> None:
    of = sweep.read("seed=0,1")
    first, second = (of.run(point) for point in of.points())
    rows = [[identity(first.settings), first.images, 70, 0], ["0" * 32, second.images, 7, 0]]
    results.folder().mkdir(parents=True)
    told = {"sweep": of.text, "preset": "live", "runs": rows}
    (results.folder() / "0.json").write_text(json.dumps(told))
    (kept,) = results.kept()
    assert kept.figures == {first: Figures(70.0, 0.0)}


def test_no_more_than_the_last_sweeps_are_kept(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(results, "KEPT", 2)
    for seed in (0, 2, 3):
        carry_out(sweep.read(f"seed={seed} {SMALL}"), registry, quiet)
    assert len(list(results.folder().glob("*.json"))) == 2


def test_a_folder_that_cannot_be_written_loses_no_table(
    registry: Registry, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    results.folder().parent.mkdir(parents=True, exist_ok=True)
    results.folder().write_text("a file where the folder would be")
    carry_out(sweep.read(GRID), registry, quiet, path=tmp_path / "table.csv")
    assert len(read(tmp_path / "table.csv")) == 12
    assert "Could not keep a sweep" in caplog.text


def test_runs_are_named_as_their_files_are(registry: Registry, tmp_path: Path) -> None:
    rows = carry_out(sweep.read(GRID), registry, quiet).rows()
    files = {path.stem for path in (tmp_path / "runs").glob("*.npz")}
    assert files == {row["run"] for row in rows if row["status"] == "finished"}
