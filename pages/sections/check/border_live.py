"""The chosen network, trained while one watches: with a fresh seed, shown and never judged."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from core.autoencoder.runs import QueueFullError, View, process
from core.classifier import SEEDS, Measured, Settings, runs
from core.limits import limits
from pages.shared.controls import told
from pages.shared.guard import fragment
from pages.shared.runs import SOURCES, pause, visitor
from pages.shared.words import uncapitalized

ASKED = "_border_run"  # in the session: the run that this visitor asked for last
REFUSED = "_border_refused"


def own(cell: Settings) -> dict[int, Measured]:
    """What seeds beyond the judged ones found, as far as visitors have trained them here."""
    found: dict[int, Measured] = {}
    seed = SEEDS.stop
    while (measured := runs.found(replace(cell, seed=seed))) is not None:
        found[seed], seed = measured, seed + 1
    return found


def show(cell: Settings, seed: int) -> None:
    """Train the chosen network with `seed`, or watch the run that was asked for last.

    What trains is at hand from here on, and no sooner: it takes as much memory as the server, and
    who only has a network checked never gets here.
    """
    process().prepare(())
    asked: Settings | None = st.session_state.get(ASKED)
    view = None if asked is None else runs.look(asked, visitor())
    pace = pause([view]) if view is not None and view.active else None
    fragment(_live, run_every=pace)(replace(cell, seed=seed), pace)


def _live(fresh: Settings, pace: float | None) -> None:
    asked: Settings | None = st.session_state.get(ASKED)
    view = None if asked is None else runs.look(asked, visitor())
    if (view is not None and view.active) != (pace is not None):
        st.rerun()  # it has begun, or has ended: the chart above is drawn anew
    if view is None or not view.active:
        st.button(
            "Train it with a fresh seed",
            type="primary",
            key="border_train",
            help="New weights, order and places, some seconds of one core. What you train is "
            "shown beside the pre-set seeds, and never judged.",
            on_click=_start,
            args=(fresh,),
        )
    else:
        st.button("Stop", key="border_stop", on_click=runs.leave, args=(asked, visitor()))
        st.progress(view.done, text=doing(view))
    if refused := st.session_state.pop(REFUSED, ""):
        st.warning(f"{refused}.")
    if view is not None and view.error is not None:
        st.error(f"{told(view.error)}.")
    elif view is not None and view.status == "finished":
        st.caption(provenance(view))


def _start(settings: Settings) -> None:
    st.session_state[ASKED] = settings
    try:
        runs.start(settings, visitor(), most=limits().session_runs)
    except QueueFullError as error:
        st.session_state[REFUSED] = str(error)


def doing(view: View) -> str:
    """What an active run is at, in words."""
    seed = f"Seed {view.settings.seed}"
    if view.status == "waiting":
        return f"{seed}: waiting, number {view.place} in the queue"
    if view.activity:
        return f"{seed}: {uncapitalized(view.activity)}"
    if view.testing is not None:
        return f"{seed}: moving the test digits"
    return f"{seed}: {view.images_seen:,} of {view.target:,} images seen"


def provenance(view: View) -> str:
    """Where the run that was asked for last comes from."""
    state = view.state
    if state is None:
        return ""
    source = SOURCES[view.source]
    return f"Seed {view.settings.seed} · {source} · {state.seconds:.1f} s · {state.device}"
