"""The runs that the loss page compares: what is there, and what can be trained from here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

import streamlit as st

from core import loss
from core.autoencoder import LIVE, ORIGINAL, Checkpoint, Run, Settings, arms, presets, runs
from core.autoencoder.runs import View
from core.data import PAD_WIDTHS
from core.loss import Pairs
from pages.shared.guard import fragment
from pages.shared.pair import pause, visitor

REMEMBERED = 32  # experiments whose figures are kept, and with them their runs' maps


@lru_cache(1024)
def pair(experiment: Run, seed: int) -> tuple[Run, Run]:
    """Both arms' runs of an experiment with this seed."""
    settings, images = experiment
    unpadded, padded = arms(replace(settings, seed=seed))
    return Run(unpadded, images), Run(padded, images)


def pairs(experiment: Run, seeds: Iterable[int]) -> list[Run]:
    """Both arms' runs of an experiment, for every seed."""
    return [run for seed in seeds for run in pair(experiment, seed)]


def look(run: Run) -> View:
    """What is there now of a run; keeps it in training alive."""
    return runs.registry().look(run.settings, run.images, visitor())


def tested(run: Run) -> Checkpoint | None:
    """The network at the end of a run; None where it has not come so far."""
    view = look(run)
    if view.state is None or view.images_seen < run.images:
        return None
    return [c for c in view.state.checkpoints if c.images_seen <= run.images][-1]


def found(experiment: Run, seeds: Iterable[int]) -> dict[int, tuple[Checkpoint, Checkpoint]]:
    """Both arms of an experiment, for every seed whose two runs are there."""
    results = {}
    for seed in seeds:
        unpadded, padded = map(tested, pair(experiment, seed))
        if unpadded is not None and padded is not None:
            results[seed] = unpadded, padded
    return results


def means(shown: Pairs) -> dict[str, Checkpoint]:
    """Both arms by name, their maps means over seeds."""
    unpadded, padded = zip(*shown.values(), strict=True)
    return {"unpadded": mean(unpadded), "padded": mean(padded)}


# What is drawn from a mean is remembered by the very object.
mean = lru_cache(16)(loss.mean)


def plain_floor() -> float | None:
    """The entropy of a pixel of the post's images, nats; None where no run on them is there."""
    for experiment in (LIVE, ORIGINAL):
        for seed in presets.judged_seeds(presets.AS_ASKED):
            one = tested(pair(experiment, seed)[0])
            if one is not None:
                return one.entropy_floor / one.entropy_map.size
    return None


# --- Figures ------------------------------------------------------------------------------------


def law(experiment: Run, shown: Iterable[int]) -> loss.Law:
    """Every pad width of an experiment that is there, of the pre-set seeds and of those shown."""
    seeds, measured = {}, []
    for width in range(1, PAD_WIDTHS.high + 1):
        padded = at_width(experiment, width)
        seeds[width] = presets.judged_seeds(padded)
        both = found(padded, sorted({*seeds[width], *shown}))
        measured.append((width, tuple(both.items())))
    return _law(tuple(measured), tuple(seeds.items()))


@lru_cache(256)
def at_width(experiment: Run, pad_width: int) -> Run:
    """The same experiment with another pad width."""
    return Run(replace(experiment.settings, pad_width=pad_width), experiment.images)


Items = tuple[tuple[int, tuple[Checkpoint, Checkpoint]], ...]


@lru_cache(REMEMBERED)
def _law(measured: tuple[tuple[int, Items], ...], seeds: tuple[tuple[int, range], ...]) -> loss.Law:
    return loss.law_of({width: dict(both) for width, both in measured}, dict(seeds))


def trial(experiment: Run) -> loss.Trial:
    """Both claims of the explanation for one padding, from the pre-set seeds that are there."""
    seeds = presets.judged_seeds(experiment)
    return _trial(experiment.settings, tuple(found(experiment, seeds).items()), seeds)


@lru_cache(REMEMBERED)
def _trial(settings: Settings, both: Items, seeds: range) -> loss.Trial:
    return loss.trial_of(settings, dict(both), seeds)


# --- What is missing ----------------------------------------------------------------------------


def offer(section: str, wanted: Sequence[Run]) -> None:
    """Train from here what is missing of `wanted`; nothing where all is there."""
    missing = {run: view for run in wanted if (view := look(run)).status != "finished"}
    if not missing:
        return
    asked: set[Run] = st.session_state.setdefault("asked", set())
    ticking = not asked.isdisjoint(missing)
    watched = fragment(watch, run_every=pause(missing.values()) if ticking else None)
    watched(section, list(missing), len(wanted), ticking)


def watch(section: str, missing: Sequence[Run], of: int, ticking: bool) -> None:
    """The progress of runs in training, or a button that starts them."""
    asked: set[Run] = st.session_state["asked"]
    views = {run: look(run) for run in missing}
    for run, view in views.items():
        if view.error is not None and run in asked:
            asked.discard(run)
            st.session_state["failure"] = str(view.error)
    if any(view.status == "finished" for view in views.values()):
        st.rerun()  # draw with what has come in
    mine = [run for run in missing if run in asked]
    if bool(mine) != ticking:
        st.rerun()  # start or end the ticking
    start([run for run in mine if not views[run].active])
    with st.container(horizontal=True, vertical_alignment="center"):
        if mine:
            st.button("Stop", key=f"stop_{section}", on_click=stop, args=(mine,))
            st.progress(progress(views, of), text=doing(views, of))
        else:
            noun = "run" if len(missing) == 1 else "runs"
            label = f"Train the {len(missing)} missing {noun}"
            st.button(label, key=f"train_{section}", on_click=ask, args=(missing,))
            if failure := st.session_state.pop("failure", None):
                st.error(f"{failure}.")
            st.caption(
                f"{of - len(missing)} of {of} runs are here, {missing[0].images:,} images each."
            )


def ask(missing: Sequence[Run]) -> None:
    """Want these runs, also where one has failed before."""
    st.session_state["asked"].update(missing)
    start(missing)


def start(waiting: Sequence[Run]) -> None:
    """Queue as many runs as there is room for; the rest has its turn at a later tick."""
    for run in waiting:
        try:
            runs.registry().start(run.settings, run.images, visitor())
        except runs.QueueFullError:
            return


def stop(mine: Sequence[Run]) -> None:
    """Ask for these runs no longer."""
    st.session_state["asked"].difference_update(mine)
    for run in mine:
        runs.registry().leave(run.settings, visitor())


def progress(views: Mapping[Run, View], of: int) -> float:
    """How much of `of` runs is done, in [0, 1]; those not in `views` are."""
    seen = sum(min(1.0, view.images_seen / run.images) for run, view in views.items())
    return (of - len(views) + seen) / of


def doing(views: Mapping[Run, View], of: int) -> str:
    """What the runs do now, in words."""
    words = [f"{of - len(views)} of {of} runs are here"]
    for run, view in views.items():
        if view.status == "training":
            at = view.activity or f"{view.images_seen:,} of {run.images:,} images"
            words.append(f"{run.settings.pad_width} px, seed {run.settings.seed}: {at}")
    return " · ".join(words)
