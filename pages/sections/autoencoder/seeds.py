"""The seeds of an experiment: judged ones, those that visitors trained, and the next to train."""

from __future__ import annotations

from collections import deque

import streamlit as st

from core import loss
from core.autoencoder import Run
from core.autoencoder.presets import judged_seeds
from core.loss import Comparison
from pages.shared import runs

MINE = 50  # seeds of a session that are remembered


def remember(seed: int) -> None:
    """Keep in mind that this visitor trained a seed."""
    mine = st.session_state.setdefault("trained_seeds", deque(maxlen=MINE))
    if seed not in mine:
        mine.append(seed)


def compared(run: Run) -> dict[int, Comparison]:
    """The comparison of the two arms for every seed whose runs are both there.

    Those are the seeds that a judgement rests on, and those that visitors trained besides.
    """
    mine = st.session_state.get("trained_seeds", ())
    seeds = {*judged_seeds(run), *_of_visitors(run), *mine, run.settings.seed}
    return loss.changes(runs.found(run, sorted(seeds)))


def fresh(run: Run) -> int:
    """The first seed, beyond those that a judgement rests on, whose runs are not both there."""
    return _of_visitors(run).stop


def missing(run: Run) -> int | None:
    """The first of the seeds that a judgement rests on whose runs are not both there."""
    return next((seed for seed in judged_seeds(run) if not runs.found(run, [seed])), None)


def _of_visitors(run: Run) -> range:
    """The seeds that visitors trained one after another, whoever they were."""
    first = seed = judged_seeds(run).stop
    while runs.found(run, [seed]):
        seed += 1
    return range(first, seed)
