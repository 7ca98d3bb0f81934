"""Both arms of an experiment side by side: at one moment, and as curves."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar

import pandas as pd
import pyarrow as pa

from core.autoencoder import Checkpoint, Point, Run
from core.autoencoder.record import State
from core.autoencoder.runs import View
from core.data import MissingData
from pages.shared import charts, runs

Report = TypeVar("Report", Checkpoint, Point)

QUICK = 0.2  # seconds between two looks until both curves have begun


@dataclass(frozen=True)
class Pair:
    """Both arms at one moment. `run` is the padded one, up to the images that are asked for."""

    run: Run
    unpadded: View
    padded: View

    @property
    def views(self) -> dict[str, View]:
        return {"unpadded": self.unpadded, "padded": self.padded}

    @property
    def name(self) -> str:
        """What tells this pair from others with the same settings."""
        reached = self.tested[0].images_seen if self.tested else 0
        return f"seed {self.run.settings.seed}, {reached:,} images"

    @property
    def active(self) -> bool:
        return any(view.active for view in self.views.values())

    @property
    def pace(self) -> float | None:
        """Seconds to the next look; None where nothing will change without being asked."""
        if not self.active:
            return None
        begin = any(_about_to_begin(view) for view in self.views.values())
        return runs.pause(self.views.values(), QUICK if begin else runs.TICK)

    @property
    def finished(self) -> bool:
        return all(view.status == "finished" for view in self.views.values())

    @property
    def begun(self) -> bool:
        """Whether there is anything of it to see, or will be in a moment."""
        training = any(view.status == "training" for view in self.views.values())
        return training or self.tested is not None or self.latest is not None

    @property
    def missing_data(self) -> MissingData | None:
        """Why the data set could not be had, where it could not."""
        errors = (view.error for view in self.views.values())
        return next((error for error in errors if isinstance(error, MissingData)), None)

    @property
    def tested(self) -> tuple[Checkpoint, Checkpoint] | None:
        """Both arms at the position asked for, or else at the last one that both have reached."""
        return self._last(lambda state: state.up_to(self.run.images).checkpoints)

    @property
    def points(self) -> list[tuple[Point, Point]]:
        """Both arms' points at each position that both have reached, up to the images asked for."""
        return self._both(lambda state: state.up_to(self.run.images).points)

    @property
    def now(self) -> dict[str, Checkpoint] | None:
        """Both arms as they are: in training as of their last points, else as they were tested."""
        found = dict(zip(self.views, self.tested, strict=True)) if self.tested else {}
        for arm, view in self.views.items():
            if view.active and view.state is not None and view.state.by_now is not None:
                found[arm] = view.state.by_now
        return {arm: found[arm] for arm in self.views} if len(found) == 2 else None

    @property
    def latest(self) -> tuple[Point, Point] | None:
        """Both arms' points at the last position that both have reached."""
        return self._last(lambda state: state.points)

    def _last(self, reports: Callable[[State], tuple[Report, ...]]) -> tuple[Report, Report] | None:
        return next(reversed(self._both(reports)), None)

    def _both(self, reports: Callable[[State], tuple[Report, ...]]) -> list[tuple[Report, Report]]:
        unpadded, padded = (
            {report.images_seen: report for report in reports(view.state)} if view.state else {}
            for view in self.views.values()
        )
        common = sorted(unpadded.keys() & padded.keys())
        return [(unpadded[position], padded[position]) for position in common]


def _about_to_begin(view: View) -> bool:
    # A queue and a download take their time.
    return view.status == "training" and view.share == 0 and view.images_seen < 256


def look(run: Run) -> Pair:
    """What is there now of both arms of an experiment; keeps them in training alive."""
    return Pair(run, *map(runs.look, run.arms))


def curve(pair: Pair, *, total: bool) -> pd.DataFrame:
    """Both arms' training and test loss up to the images asked for, as `charts.lines` wants it."""
    return _curve(_points(pair), total)


def drawn_curve(pair: Pair, *, total: bool) -> pa.Table:
    """`curve` in its `window`, with its lines' labels, ready to be drawn again and again."""
    return _drawn_curve(_points(pair), total)


def window(lowest: float | None, reached: float = 0.0) -> tuple[float, float]:
    """The losses to look at: from under the lowest so far to two or three times as much.

    A loss falls by a factor of seven, mostly in its first steps: beside those, what tells two
    networks apart would be a few pixels. A percent is about as high in both charts. Where an arm
    has `reached` no less than that, the window reaches to it. Its ends keep to a grid, so that
    they move a few times and no more.
    """
    lowest = 0.3 if lowest is None else max(lowest, 1e-6)  # about what a first point shows
    return 0.38 * _on_grid(2 * lowest), _on_grid(max(2 * lowest, 1.05 * reached))


def _on_grid(loss: float) -> float:
    return 10 ** (math.ceil(10 * math.log10(loss)) / 10)


def seen(curves: pd.DataFrame) -> tuple[float, float]:
    """The `window` of both arms' `curve`: where both have been last, both are in it."""
    if curves.empty:
        return window(None)
    tested = curves[curves["style"] == "solid"]
    both = tested[tested["x"] <= tested.groupby("line")["x"].max().min()]
    return window(curves["y"].min(), both.groupby("line")["y"].last().max())


Points = tuple[tuple[str, int, tuple[Point, ...]], ...]  # of each arm: name, pixels, points


def _points(pair: Pair) -> Points:
    return tuple(
        (arm, view.settings.pixels, view.state.up_to(pair.run.images).points if view.state else ())
        for arm, view in pair.views.items()
    )


def _curve(arms: Points, total: bool) -> pd.DataFrame:
    rows = []
    for line, pixels, points in arms:
        scale = pixels if total else 1
        for point in points:
            rows.append((point.images_seen, point.test_loss * scale, line, "solid"))
            rows.append((point.images_seen, point.train_loss * scale, line, "dotted"))
    return pd.DataFrame(rows, columns=["x", "y", "line", "style"])


@lru_cache(16)
def _drawn_curve(arms: Points, total: bool) -> pa.Table:
    """By its points alone, so that all who watch a run share one."""
    curves = _curve(arms, total)
    ends = seen(curves)
    return charts.ready(charts.stretched(charts.label_ends(curves, ends), ends))
