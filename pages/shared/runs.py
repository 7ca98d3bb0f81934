"""Runs as a page sees them: looked at, started and left, compared over seeds, and where from.

What trains and keeps them is `core.autoencoder.runs`.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from streamlit.runtime.scriptrunner import get_script_run_ctx

from core.autoencoder import Checkpoint, Run, cost, runs
from core.autoencoder.runs import View
from core.limits import limits

TICK = 1.0  # seconds between two looks at runs in training
FEW = 10  # sessions that may look that often
RARE = 4.0  # seconds; a run is dropped when nobody has looked for runs.PATIENCE


def look(run: Run) -> View:
    """What is there now of a run; keeps it in training alive."""
    return runs.registry().look(*run, visitor())


def peek(run: Run) -> View:
    """What is there now of a run; keeps none in training alive."""
    return runs.registry().look(*run)


def start(wanted: Iterable[Run]) -> str:
    """Have runs trained, one after another; why no more could be queued, else nothing."""
    try:
        for run in wanted:
            if refused := too_long(run):
                return refused
            runs.registry().start(*run, visitor(), most=limits().session_runs)
    except runs.QueueFullError as error:
        return str(error)
    return ""


def start_both(run: Run) -> str:
    """Have both arms of an experiment trained, or none, as `start` does."""
    mine = [arm for arm in run.arms if not look(arm).active]
    if refused := start(run.arms):
        leave(mine)  # one alone would take a place in the queue for nothing
    return refused


def too_long(run: Run) -> str:
    """Why nobody may train this run here, a sentence without its full stop; else nothing."""
    slow_bf16 = run.settings.precision == "bf16" and not runs.process().bf16_pays()
    return cost.refusal(run, slow_bf16=slow_bf16)


def leave(wanted: Iterable[Run]) -> None:
    """Watch these runs no longer: those that nobody watches stop."""
    for run in wanted:
        runs.registry().leave(run.settings, visitor())


def nearest(run: Run) -> list[Run]:
    """The few kept experiments nearest to one that is not here."""
    return runs.registry().nearest(run)


def visitor() -> str:
    """The name under which this session watches runs."""
    context = get_script_run_ctx()
    return "nobody" if context is None else context.session_id


def pause(views: Iterable[View], shortest: float = TICK) -> float:
    """Seconds between two looks at runs in training.

    A look costs the server some 10 ms. So where many watch each of them looks more rarely: half as
    often whenever there are twice as many, which seldom changes as they come and go.
    """
    watchers = max((view.watchers for view in views), default=0)
    crowd = (max(watchers - 1, 0) // FEW).bit_length()
    return min(shortest * (1 << crowd), RARE)


def tested(run: Run) -> Checkpoint | None:
    """The network at the end of a finished run, else None; keeps none in training alive."""
    view = peek(run)
    if view.status != "finished" or view.state is None:
        return None
    return next(reversed(view.state.up_to(run.images).checkpoints), None)


def found(experiment: Run, seeds: Iterable[int]) -> dict[int, tuple[Checkpoint, Checkpoint]]:
    """Both tested arms of an experiment, for every seed whose two runs are finished."""
    results = {}
    for seed in seeds:
        unpadded, padded = map(tested, arms(experiment, seed))
        if unpadded is not None and padded is not None:
            results[seed] = unpadded, padded
    return results


@lru_cache(4096)
def arms(experiment: Run, seed: int) -> tuple[Run, Run]:
    """Both arms of an experiment with this seed. Checking settings takes time: remembered."""
    return experiment.but(seed=seed).arms


DATASETS = {"mnist": "MNIST", "digits": "generated digits"}
SOURCES = {
    "trained": "trained here",
    "cache": "from this server's cache",
    "shipped": "shipped with the app",
}
"""Where a view's state comes from, in words."""


def provenance(view: View) -> str:
    """Where a result comes from: data, source, device, time and seed, in words."""
    if view.state is None:
        return ""
    chosen, data = view.settings, DATASETS[view.settings.dataset]
    took = f"{view.state.images_seen:,} images in {view.state.seconds:.0f} s"
    note = f" · {view.state.note}" if view.state.note else ""
    return (
        f"{data} · seed {chosen.seed} · {SOURCES[view.source]} · {took} · {view.state.device}{note}"
    )
