"""What became of a sweep's runs: a row for each point of its grid, as CSV and for the pages.

The figures are kept beside the runs, in the cache folder: a page that draws a sweep opens none of
them. What lies there may be anybody's: it is read within bounds, checked, and else skipped.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import logging
import secrets
import stat
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from core.autoencoder import sweep
from core.autoencoder.experiment import Run
from core.autoencoder.figures import Figures
from core.autoencoder.runs import Registry, View, finish_each
from core.autoencoder.store import identity
from core.autoencoder.sweep import NAMES, PRESETS, Sweep
from core.data.cache import cache_folder, newest, replacing
from core.settings import InputError

LOG = logging.getLogger("padding_lab.runs")

RESULTS = (
    *("status", "images_seen", "per_pixel", "total", "interior", "border", "entropy_floor"),
    *("train_loss", "seconds", "trained_on", "source", "message"),
)
"""What a row says beside its settings. Test losses, nats: `per_pixel`, and the `total` of an image,
of which `interior` lies on its original pixels; `train_loss` is per pixel, too."""

EVERY = 10.0  # seconds between two tables while runs come in


def result(run: Run, view: View) -> dict[str, Any]:
    """What there is of a run, or why there is not."""
    found: dict[str, Any] = dict.fromkeys(RESULTS)
    found |= {"status": view.status, "images_seen": view.images_seen}
    if view.error is not None:
        found["message"] = str(view.error)
    if view.status != "finished" or view.state is None:
        return found
    last = view.state.up_to(run.images).checkpoints[-1]
    return found | {
        "images_seen": last.images_seen,
        "per_pixel": last.per_pixel,
        "total": last.total,
        "interior": last.interior,
        "border": last.border,
        "entropy_floor": last.entropy_floor,
        "train_loss": last.train_loss,
        "seconds": view.state.seconds,
        "trained_on": view.state.device,  # the setting `device` has its own column
        "source": view.source,
    }


class Table:
    """The rows of a sweep, and the file that has them."""

    def __init__(self, of: Sweep, path: Path | None = None) -> None:
        self._sweep, self._path = of, path
        self._points = [(point, of.run(point)) for point in of.points()]
        self._results: dict[Run, dict[str, Any]] = {}
        self._due = 0.0

    @property
    def runs(self) -> list[Run]:
        """The runs of all points, each once."""
        return list(dict.fromkeys(run for _, run in self._points))

    @property
    def failures(self) -> int:
        return sum(result["message"] is not None for result in self._results.values())

    def take(self, run: Run, view: View) -> None:
        """Take in what there is of a run; now and then what has come in is written."""
        self._results[run] = result(run, view)
        if time.monotonic() >= self._due:
            self.write()

    def rows(self) -> list[dict[str, Any]]:
        """A row for each point: its run's name, the swept settings, the others, what became of it.

        Points that differ in what changes nothing have one run, and its name and results.
        """
        base = PRESETS[self._sweep.preset]
        others = vars(base.settings) | {"epochs": base.images // base.settings.train_size}
        rest = {name: others[name] for name in NAMES if name not in self._sweep.values}
        nothing = dict.fromkeys(RESULTS) | {"status": "absent"}
        return [
            {"run": identity(run.settings)} | point | rest | self._results.get(run, nothing)
            for point, run in self._points
        ]

    def write(self) -> None:
        """Write the file whole, and keep the figures for the pages.

        Raises InputError where the file cannot be written.
        """
        if self._path is not None:
            write_csv(self._path, self.rows())
        figures = {
            run: Figures(found["interior"], found["border"])
            for run, found in self._results.items()
            if found["status"] == "finished"
        }
        if figures:
            _keep(self._sweep, figures)
        self._due = time.monotonic() + EVERY


def write_csv(path: Path, rows: list[dict[str, Any]]) -> None:
    """Write `rows`, of the same keys, to a file: whole, or not at all.

    Raises InputError where that is impossible. Numbers are written so that they are read back.
    """
    text = io.StringIO(newline="")
    table = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    table.writeheader()
    table.writerows({name: _spelt(value) for name, value in row.items()} for row in rows)
    path = path.resolve()
    if path.exists() and not path.is_file():
        raise InputError(f"csv must be a file, and {path} is none")
    try:
        # Not `replacing`: that sweeps its folder, and this one is the user's.
        part = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
        try:
            with part.open("x", encoding="utf-8", newline="") as file:
                file.write(text.getvalue())
            if path.exists():
                part.chmod(stat.S_IMODE(path.stat().st_mode))
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise InputError(f"csv: {path} cannot be written: {error.strerror or error}") from None


def _spelt(value: Any) -> Any:
    """Truth as settings spell it."""
    return str(value).lower() if isinstance(value, bool) else value


def carry_out(
    of: Sweep,
    registry: Registry,
    say: Callable[[str], None],
    on_progress: Callable[[Sequence[View]], None] = lambda views: None,
    *,
    path: Path | None = None,
    cores: int = 1,
    slow_bf16: bool = True,
    only_list: bool = False,
    fatal: tuple[type[Exception], ...] = (),
) -> Table:
    """Train what is not there yet of a sweep, with its cost said before; see `runs.finish_each`.

    The table is written whatever the end. Raises InputError where it cannot be, before training.
    """
    table = Table(of, path)
    views = {}
    for run in table.runs:
        view = registry.look(*run)
        table.take(run, view)
        views[run] = view if view.status != "finished" else replace(view, state=None)
    table.write()
    say(sweep.cost_words(sweep.estimate(views.values(), slow_bf16=slow_bf16), cores))
    missing = [run for run, view in views.items() if view.status != "finished"]
    views.clear()
    if not only_list:
        try:
            finish_each(registry, missing, on_progress, table.take, fatal=fatal)
        finally:
            table.write()
    return table


# --- Kept for the pages -------------------------------------------------------------------------

KEPT = 32  # sweeps, the last ones
LARGEST = 2 * 2**20  # bytes of one


class Kept(NamedTuple):
    """A sweep that has been trained, and the figures of those of its runs that are there."""

    sweep: Sweep
    figures: Mapping[Run, Figures]


def folder() -> Path:
    """Where sweeps are kept."""
    return cache_folder() / "sweeps"


def _keep(of: Sweep, figures: Mapping[Run, Figures]) -> None:
    """Keep a sweep's figures. A full or read-only disk is logged."""
    name = hashlib.sha256(f"{of.preset} {of.text}".encode()).hexdigest()[:32]
    rows = [[identity(run.settings), run.images, *losses] for run, losses in figures.items()]
    told = {"sweep": of.text, "preset": of.preset, "runs": rows}
    try:
        with replacing(folder() / f"{name}.json") as part:
            part.write_text(json.dumps(told), encoding="utf-8")
        for _, path in newest(folder(), "*.json")[KEPT:]:
            path.unlink(missing_ok=True)
    except OSError as error:
        LOG.warning("Could not keep a sweep in %s: %s", folder(), error)


def kept() -> list[Kept]:
    """The sweeps that have been trained here, the last one first; damaged files are skipped."""
    found = []
    for status, path in newest(folder(), "*.json")[:KEPT]:
        with suppress(FileNotFoundError):  # another process has just forgotten it
            read = _read(path, status.st_mtime_ns, status.st_size)
            found += [read] if read is not None and read.figures else []
    return found


@lru_cache(KEPT)
def _read(path: Path, _changed: int, size: int) -> Kept | None:
    """The sweep in a file that was `_changed` then; None for a file that is none."""
    try:
        if size > LARGEST:
            raise InputError(f"it has {size:,} bytes, more than any sweep")
        told = json.loads(path.read_text(encoding="utf-8"))
        if told["preset"] not in PRESETS:
            raise InputError("it starts from no preset")
        of = sweep.read(told["sweep"], told["preset"])
        named = {
            (str(name), int(images)): Figures(*map(_loss, losses))
            for name, images, *losses in told["runs"]
        }
    except FileNotFoundError:
        raise
    except Exception as error:  # a file can be wrong in as many ways as there are files
        LOG.warning("Skipped the kept sweep %s: %s: %s", path, type(error).__name__, error)
        return None
    runs = {of.run(point) for point in of.points()}
    names = {run: (identity(run.settings), run.images) for run in runs}
    return Kept(of, {run: named[name] for run, name in names.items() if name in named})


def _loss(told: Any) -> float:
    value = float(told)
    if not 0 <= value < 1e9:
        raise InputError(f"a loss is not {value:g}")
    return value
