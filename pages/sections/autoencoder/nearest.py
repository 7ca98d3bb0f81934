"""What is shown of an experiment that has not begun: the nearest kept one, and the way there.

So that whoever finds the queue full, or waits in it, has something real to look at.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import streamlit as st

from core.autoencoder import Run, next_checkpoint
from core.autoencoder.nearest import LENGTHS, Difference, differences
from pages.sections.autoencoder.pair import Pair
from pages.shared import runs
from pages.shared.words import TEXT

GO = "Show that run"
LINE = 80  # characters that fit in one, stars included


def find(run: Run) -> Pair | None:
    """The kept experiment nearest to `run`, both arms at hand; None where nothing is kept."""
    for close in runs.nearest(run):
        pair = Pair(close, *map(runs.peek, close.arms))
        if pair.finished and pair.tested is not None:
            return pair
    return None


def introduce(run: Run, close: Pair) -> None:
    """What tells the nearest experiment from this one, and a button that goes there."""
    said = words(differences(run, close.run))
    with st.container(horizontal=True, vertical_alignment="center"):
        # A short line takes no more room than it needs: the button follows it.
        st.markdown(said, width="content" if len(said) < LINE else TEXT)
        st.button(GO, key="show_nearest", on_click=go, args=(close.run,))


def go(run: Run) -> None:
    """Move the page on to a kept run."""
    images = next(n for n in LENGTHS if next_checkpoint(run.settings, n) == run.images)
    st.session_state.update(vars(run.settings), images=images, moved_on=True)


def words(told_apart: Iterable[Difference]) -> str:
    """What tells the nearest experiment from the one that is asked for, in one sentence."""
    *parts, last = (phrase(each) for each in told_apart)
    joined = f"{', '.join(parts)} and {last}" if parts else last
    return f"**The nearest result that is here already** has {joined}."


def phrase(told_apart: Difference) -> str:
    """One difference: "a seed of 0 instead of 7"."""
    name, asked, kept = told_apart
    spelled = SPELLED.get(name, str)
    return PHRASES[name].format(asked=spelled(asked), kept=spelled(kept))


PHRASES = {
    "dataset": "{kept} instead of {asked}",
    "variation": "{kept} digits instead of {asked} ones",
    "pad_width": "a pad width of {kept} instead of {asked}",
    "pad_mode": "the pad mode {kept} instead of {asked}",
    "pad_level": "a grey level of {kept} instead of {asked}",
    "noise_factor": "noise of {kept} instead of {asked}",
    "noise_first": "noise drawn {kept} padding instead of {asked} it",
    "padding_mode": "the layer padding mode {kept} instead of {asked}",
    "train_size": "{kept} training images instead of {asked}",
    "batch_size": "batches of {kept} instead of {asked}",
    "learning_rate": "a learning rate of {kept} instead of {asked}",
    "seed": "a seed of {kept} instead of {asked}",
    "precision": "{kept} instead of {asked}",
    "device": "the device {kept} instead of {asked}",
    "depth": "a depth of {kept} instead of {asked} poolings",
    "channels": "{kept} channels instead of {asked}",
    "loss_on": "the loss on {kept} pixels instead of {asked} ones",
    "reduction": "a loss that is a {kept} instead of a {asked}",
    "outside": "the border in the network {kept} instead of {asked}",
    "output_bias": "an output bias of {kept} instead of {asked} at the start",
    "beta2": "a β₂ of {kept} instead of {asked}",
    "images": "{kept} images seen instead of {asked}",
}
"""How a difference in each setting is said."""


def _thousands(number: int) -> str:
    return f"{number:,}"


def _number(number: float) -> str:
    return f"{number:g}".replace("-", "−")


SPELLED: dict[str, Any] = {
    "dataset": runs.DATASETS.__getitem__,
    "noise_first": {False: "after", True: "before"}.__getitem__,
    **dict.fromkeys(("train_size", "images"), _thousands),
    **dict.fromkeys(
        ("pad_level", "noise_factor", "learning_rate", "output_bias", "beta2"), _number
    ),
}
"""How a setting's values are spelled, where not as they are."""
