"""The runs that the loss page lacks, trained from there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import streamlit as st

from core.autoencoder import Run
from core.autoencoder.runs import View
from pages.shared import runs
from pages.shared.controls import told
from pages.shared.guard import fragment


def offer(section: str, experiments: Mapping[Run, Iterable[int]]) -> None:
    """Train what is missing of both arms of `experiments`, for each of their seeds."""
    every = (runs.arms(run, seed) for run, seeds in experiments.items() for seed in seeds)
    wanted = dict.fromkeys(run for arms in every for run in arms)
    missing = {run: view for run in wanted if (view := runs.look(run)).status != "finished"}
    if not missing:
        return
    asked: set[Run] = st.session_state.setdefault("asked", set())
    ticking = not asked.isdisjoint(missing)
    watched = fragment(watch, run_every=runs.pause(missing.values()) if ticking else None)
    watched(section, list(missing), len(wanted), ticking)


def watch(section: str, missing: Sequence[Run], of: int, ticking: bool) -> None:
    """The progress of runs in training, or a button that starts them."""
    asked: set[Run] = st.session_state["asked"]
    views = {run: runs.look(run) for run in missing}
    for run, view in views.items():
        if view.error is not None and run in asked:
            asked.discard(run)
            st.session_state["failure"] = view.error
    if any(view.status == "finished" for view in views.values()):
        st.rerun()  # draw with what has come in
    mine = [run for run in missing if run in asked]
    if bool(mine) != ticking:
        st.rerun()  # start or end the ticking
    # As many as the queue has room for; the rest has its turn at a later tick.
    runs.start(run for run in mine if not views[run].active)
    with st.container(horizontal=True, vertical_alignment="center"):
        if mine:
            st.button("Stop", key=f"stop_{section}", on_click=stop, args=(mine,))
            st.progress(progress(views, of), text=doing(views, of))
        else:
            noun = "run" if len(missing) == 1 else "runs"
            label = f"Train the {len(missing)} missing {noun}"
            st.button(label, key=f"train_{section}", on_click=train, args=(missing,))
            if failure := st.session_state.pop("failure", None):
                st.error(f"{told(failure)}.")
            st.caption(
                f"{of - len(missing)} of {of} runs are here, {missing[0].images:,} images each."
            )


def train(missing: Sequence[Run]) -> None:
    """Want these runs, also where one has failed before."""
    possible = []
    for run in missing:
        if refused := runs.too_long(run):
            st.session_state["failure"] = refused
        else:
            possible.append(run)
    st.session_state["asked"].update(possible)
    runs.start(possible)


def stop(mine: Sequence[Run]) -> None:
    """Ask for these runs no longer."""
    st.session_state["asked"].difference_update(mine)
    runs.leave(mine)


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
