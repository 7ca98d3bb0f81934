"""The runs that the loss page compares: what is there, and what can be trained from here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

import numpy as np
import streamlit as st

from core.autoencoder import Checkpoint, Run, arms, runs
from core.autoencoder.runs import View
from pages.shared.guard import fragment
from pages.shared.pair import pause, visitor

Seeds = dict[int, tuple[Checkpoint, Checkpoint]]  # both arms by seed


def pairs(experiment: Run, seeds: range) -> list[Run]:
    """Both arms' runs of an experiment, for every seed."""
    settings, images = experiment
    return [Run(arm, images) for seed in seeds for arm in arms(replace(settings, seed=seed))]


def look(run: Run) -> View:
    """What is there now of a run; keeps it in training alive."""
    return runs.registry().look(run.settings, run.images, visitor())


def tested(run: Run) -> Checkpoint | None:
    """The network at the end of a run; None where it has not come so far."""
    view = look(run)
    if view.state is None or view.images_seen < run.images:
        return None
    return [c for c in view.state.checkpoints if c.images_seen <= run.images][-1]


def found(experiment: Run, seeds: range) -> Seeds:
    """Both arms of an experiment, for every seed whose two runs are there."""
    results = {}
    for seed in seeds:
        unpadded, padded = (tested(run) for run in pairs(experiment, range(seed, seed + 1)))
        if unpadded is not None and padded is not None:
            results[seed] = unpadded, padded
    return results


@lru_cache(16)  # what is drawn from a mean is remembered by the very object
def mean(checkpoints: tuple[Checkpoint, ...]) -> Checkpoint:
    """The first of `checkpoints` with maps that are means over them all."""
    maps = ("loss_map", "squared_error_map", "accuracy_map", "entropy_map")
    means = {name: np.mean([getattr(c, name) for c in checkpoints], axis=0) for name in maps}
    return replace(checkpoints[0], **means)


def means(pair: Seeds) -> dict[str, Checkpoint]:
    """Both arms by name, their maps means over seeds."""
    unpadded, padded = zip(*pair.values(), strict=True)
    return {"unpadded": mean(unpadded), "padded": mean(padded)}


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
