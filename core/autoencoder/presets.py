"""The runs that the pages offer ready-made: the repository ships them all.

`python -m core ship` rebuilds them, `python -m core warm` trains on this machine what is missing.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

from core.autoencoder import why
from core.autoencoder.experiment import LIVE, ORIGINAL, Run
from core.autoencoder.record import State, as_shipped

_CHANGES: dict[str, dict[str, Any]] = {
    "As asked: 2 px, edge": {"pad_width": 2},
    "1 px": {"pad_width": 1},
    "3 px": {"pad_width": 3},
    "4 px": {"pad_width": 4},
    "5 px": {"pad_width": 5},
    "6 px": {"pad_width": 6},
    "7 px": {"pad_width": 7},
    "8 px": {"pad_width": 8},
    "Grey border": {"pad_width": 2, "pad_mode": "constant", "pad_level": 0.5},
    "Noise border": {"pad_width": 2, "pad_mode": "noise"},
    "Reflected border": {"pad_width": 2, "pad_mode": "reflect"},
    "Noise before padding": {"pad_width": 2, "noise_first": True},
    "Inverted digits": {"pad_width": 2, "variation": "inverted"},
    "Digits to the edge": {"pad_width": 2, "variation": "cropped"},
}

PADDED = {name: LIVE.but(**changes) for name, changes in _CHANGES.items()}
"""The padded arms of the live preset, by name."""

AS_ASKED = PADDED["As asked: 2 px, edge"]
ORIGINAL_PADDED = ORIGINAL.but(pad_width=2)
"""The padded arm of the original protocol."""


def judged_seeds(padded: Run) -> range:
    """The seeds whose runs a claim about this experiment rests on; said before any is looked at."""
    return range(10) if padded.but(seed=0) in (AS_ASKED, ORIGINAL_PADDED) else range(5)


def every_run() -> Iterator[Run]:
    """All shipped runs, each once: those of the presets, then those of the controls."""
    yield from dict.fromkeys(_of_presets())
    yield from only_of_controls()


def _of_presets() -> Iterator[Run]:
    """Both arms of every preset, for every seed that is judged."""
    for padded in (ORIGINAL_PADDED, *PADDED.values()):
        for seed in judged_seeds(padded):
            yield from padded.but(seed=seed).arms


@cache
def only_of_controls() -> dict[Run, None]:
    """The runs that only `core.autoencoder.why` asks for, in order."""
    presets = set(_of_presets())
    runs = (run for pair in why.every_pair() for run in pair)
    return dict.fromkeys(run for run in runs if run not in presets)


def shipped(run: Run, state: State) -> State:
    """What the repository ships of a run.

    Weights go with seed 0 and with the long runs, which no page trains in passing. Of a control no
    page shows more than its figures: it goes without weights, and with a single picture.
    """
    if run in only_of_controls():
        return as_shipped(state, weights=False, samples=1)
    return as_shipped(state, weights=run.settings.seed == 0 or run.images > LIVE.images)
