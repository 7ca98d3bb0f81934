"""Whether the padded network is better: what the pre-set seeds say, visitors' seeds beside them."""

from __future__ import annotations

import streamlit as st

from core.autoencoder import Run
from core.autoencoder.presets import judged_seeds
from pages.sections.autoencoder import seeds
from pages.shared.drawn_once import drawn_once
from pages.shared.verdict import SHARED, picture, sentence, weigh
from pages.shared.words import TEXT, unbroken


def show(run: Run) -> None:
    """The sentence, the picture, and which seeds are judged; nothing where nothing is padded."""
    if run.settings.pad_width == 0:
        return
    changes = ((seed, comparison.shared) for seed, comparison in seeds.compared(run).items())
    _show(tuple(changes), judged_seeds(run), run.settings.seed)


@drawn_once
def _show(changes: tuple[tuple[int, float], ...], judged: range, seed: int) -> None:
    """What the changes of the loss on the shared pixels, by seed, say; the page shows `seed`."""
    evidence = weigh(dict(changes), judged)
    st.subheader("Is the padded network better?")
    st.markdown(unbroken(f"{sentence(evidence)} {which(judged, seed)}"), width=TEXT)
    picture({SHARED: evidence})


def which(judged: range, shown: int) -> str:
    """Which seeds are judged, and whether the run that the page shows is one of them."""
    words = f"Judged are seeds {judged.start} to {judged.stop - 1} and no others"
    if shown in judged:
        return f"{words}; this run, seed {shown}, is one of them."
    return f"{words}; this run, seed {shown}, is not one of them."
