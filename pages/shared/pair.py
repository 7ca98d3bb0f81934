"""Two runs side by side: asked for, watched while they train, and shown as curves."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache

import pandas as pd
import pyarrow as pa
import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from core.autoencoder import Checkpoint, Point, Run, Settings, runs
from core.autoencoder.presets import judged_seeds
from core.autoencoder.runs import View
from core.data import MissingData
from core.loss import Comparison, compare
from pages.shared import charts

TICK = 0.5  # seconds between two looks at runs in training
QUICK = 0.2  # the same, until both curves have begun
FEW = 5  # sessions that may look that often
MINE = 50  # seeds of a session that are remembered
RARE = 4.0  # seconds; a run is dropped when nobody has looked for runs.PATIENCE


@dataclass(frozen=True)
class Pair:
    """Both arms at one moment, and the position along the run that is asked for."""

    unpadded: View
    padded: View
    images: int

    @property
    def views(self) -> dict[str, View]:
        return {"unpadded": self.unpadded, "padded": self.padded}

    @property
    def run(self) -> Run:
        """The padded arm's run, up to the images asked for: it names the experiment."""
        return Run(self.padded.settings, self.images)

    @property
    def name(self) -> str:
        """What tells this pair from others with the same settings."""
        reached = self.tested[0].images_seen if self.tested else 0
        return f"seed {self.padded.settings.seed}, {reached:,} images"

    @property
    def active(self) -> bool:
        return any(view.active for view in self.views.values())

    @property
    def pace(self) -> float | None:
        """Seconds to the next look; None where nothing will change without being asked."""
        if not self.active:
            return None
        begin = any(_about_to_begin(view) for view in self.views.values())
        return pause(self.views.values(), QUICK if begin else TICK)

    @property
    def finished(self) -> bool:
        return all(view.status == "finished" for view in self.views.values())

    @property
    def missing_data(self) -> MissingData | None:
        """Why the data set could not be had, where it could not."""
        errors = (view.error for view in self.views.values())
        return next((error for error in errors if isinstance(error, MissingData)), None)

    @property
    def tested(self) -> tuple[Checkpoint, Checkpoint] | None:
        """Both arms at the position asked for, or else at the last one that both have reached."""
        reached = [
            {c.images_seen: c for c in view.state.checkpoints if c.images_seen <= self.images}
            for view in self.views.values()
            if view.state is not None
        ]
        if len(reached) < 2 or not (common := reached[0].keys() & reached[1].keys()):
            return None
        return reached[0][max(common)], reached[1][max(common)]


def _about_to_begin(view: View) -> bool:
    # A queue and a download take their time.
    return view.status == "training" and view.share == 0 and view.images_seen < 256


def pause(views: Iterable[View], shortest: float = TICK) -> float:
    """Seconds between two looks at runs in training.

    A look costs the server some 10 ms. So where many watch each of them looks more rarely: half as
    often whenever there are twice as many, which seldom changes as they come and go.
    """
    watchers = max((view.watchers for view in views), default=0)
    crowd = (max(watchers - 1, 0) // FEW).bit_length()
    return min(shortest * (1 << crowd), RARE)


def look(unpadded: Settings, padded: Settings, images: int) -> Pair:
    """What is there of both arms now; keeps them in training alive."""
    registry = runs.registry()
    me = visitor()
    return Pair(registry.look(unpadded, images, me), registry.look(padded, images, me), images)


def start(unpadded: Settings, padded: Settings, images: int) -> None:
    """Ask for both arms. Where too many runs wait, say so instead."""
    try:
        for settings in dict.fromkeys((unpadded, padded)):
            runs.registry().start(settings, images, visitor())
        mine = st.session_state.setdefault("trained_seeds", deque(maxlen=MINE))
        if padded.seed not in mine:
            mine.append(padded.seed)
    except runs.QueueFullError as error:
        st.session_state["refused"] = str(error)


def leave(pair: Pair) -> None:
    """Stop watching both arms."""
    for view in pair.views.values():
        runs.registry().leave(view.settings, visitor())


def visitor() -> str:
    """The name under which this session watches runs."""
    context = get_script_run_ctx()
    return "nobody" if context is None else context.session_id


def over_seeds(pair: Pair) -> dict[int, Comparison]:
    """The comparison of the two arms for every seed whose runs are both there.

    Those are the seeds that a judgement rests on, and those that visitors trained besides.
    """
    mine = st.session_state.get("trained_seeds", ())
    seeds = {*judged_seeds(pair.run), *_fresh_seeds(pair), *mine, pair.padded.settings.seed}
    found = {seed: _compared(pair, seed) for seed in sorted(seeds)}
    return {seed: compared for seed, compared in found.items() if compared is not None}


def fresh_seed(pair: Pair) -> int:
    """The first seed, beyond those that a judgement rests on, whose runs are not both there."""
    return _fresh_seeds(pair).stop


def missing_seed(pair: Pair) -> int | None:
    """The first of the seeds that a judgement rests on whose runs are not both there."""
    return next((seed for seed in judged_seeds(pair.run) if _compared(pair, seed) is None), None)


def _fresh_seeds(pair: Pair) -> range:
    """The seeds that visitors trained one after another, whoever they were."""
    first = seed = judged_seeds(pair.run).stop
    while _compared(pair, seed) is not None:
        seed += 1
    return range(first, seed)


def _compared(pair: Pair, seed: int) -> Comparison | None:
    """The comparison with another seed, where both its runs are there; keeps none in training."""
    registry = runs.registry()
    unpadded, padded = (
        registry.look(replace(view.settings, seed=seed), pair.images)
        for view in pair.views.values()
    )
    other = Pair(unpadded, padded, pair.images)
    return compare(*other.tested) if other.finished and other.tested else None


def curve(pair: Pair, *, total: bool) -> pd.DataFrame:
    """Both arms' training and test loss up to the images asked for, as `charts.lines` wants it."""
    return _curve(_points(pair), total)


def drawn_curve(pair: Pair, domain: tuple[float, float], *, total: bool) -> pa.Table:
    """`curve` with its lines' labels, on a log scale, ready to be drawn again and again."""
    return _drawn_curve(_points(pair), total, domain)


Points = tuple[tuple[str, int, tuple[Point, ...]], ...]  # of each arm: name, pixels, points


def _points(pair: Pair) -> Points:
    return tuple(
        (
            arm,
            view.settings.size**2,
            tuple(p for p in view.state.points if p.images_seen <= pair.images)
            if view.state
            else (),
        )
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
def _drawn_curve(arms: Points, total: bool, domain: tuple[float, float]) -> pa.Table:
    """By its points alone, so that all who watch a run share one."""
    return charts.ready(charts.label_ends(_curve(arms, total), domain, log_y=True))


def provenance(view: View) -> str:
    """Where a result comes from: data, source, device, time and seed, in words."""
    if view.state is None:
        return ""
    chosen = view.settings
    data = {"mnist": "MNIST", "digits": "generated digits"}[chosen.dataset]
    source = {
        "trained": "trained here",
        "cache": "from this server's cache",
        "shipped": "shipped with the app",
    }[view.source]
    took = f"{view.state.images_seen:,} images in {view.state.seconds:.0f} s"
    note = f" · {view.state.note}" if view.state.note else ""
    return f"{data} · seed {chosen.seed} · {source} · {took} · {view.state.device}{note}"
