"""The controls of the autoencoder page: what is trained, and how far along to look."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import streamlit as st

from core.autoencoder import Run, Settings, next_checkpoint, runs
from core.autoencoder.nearest import LENGTHS
from core.autoencoder.presets import AS_ASKED, ORIGINAL_PADDED, PADDED
from core.settings import Steps, setting
from pages.sections.autoencoder.progress import length
from pages.shared import controls
from pages.shared.controls import control
from pages.shared.padding_picker import pick

PRESETS = {
    name: vars(settings) | {"images": images}
    for name, (settings, images) in (PADDED | {"The original protocol": ORIGINAL_PADDED}).items()
    if name not in ("1 px", "3 px", "5 px", "7 px", "8 px")  # a slider stands beside them
}
"""What each preset sets."""


@dataclass(frozen=True)
class Position:
    """How far along a run to look: it is no setting of the run itself."""

    images: int = setting(
        AS_ASKED.images,
        Steps(LENGTHS),
        "how far along the run to look: more continues it, less is there already",
    )


def choose() -> Run:
    """The padded arm, up to the images that both arms are to see."""
    ready_made = st.container()
    narrow, wide = st.columns([1, 2], gap="medium")
    values: dict[str, Any] = {}

    def ask(name: str, label: str, **options: Any) -> None:
        mine = getattr(AS_ASKED.settings, name)
        widget = options.pop("widget", control)
        values[name] = widget(Settings, name, label, default=mine, **options)

    def ask_level(mode: str) -> float:
        if mode == "constant":
            ask("pad_level", "Grey level", slider=True)
        return float(values.get("pad_level", AS_ASKED.settings.pad_level))

    with narrow:
        ask("pad_width", "Pad width, pixels", slider=True)
        ask("variation", "Digits")
    with wide:
        ask("pad_mode", "Pad mode", widget=pick, level=ask_level)
    closed = st.popover("Training, noise and layers", width="stretch")
    # What is said about a link must not be hidden with the control.
    place = st.container()
    tell = partial(ask, complain_in=place)
    with closed:
        left, middle, right = st.columns(3)
        with left:
            tell("dataset", "Data")
            tell("train_size", "Training images", step=1000)
            asked = control(Position, "images", "Images seen", complain_in=place)
            tell("seed", "Seed")
        with middle:
            tell("batch_size", "Batch size")
            tell("learning_rate", "Learning rate", format="%g", step=0.0005)
            tell("precision", "Precision")
            st.caption(bf16_words(chosen=values["precision"] == "bf16"))
            tell("device", "Device")
        with right:
            tell("noise_factor", "Noise", slider=True)
            tell("noise_first", "Draw the noise before padding")
            tell("padding_mode", "Layer padding mode", widget=pick)
            tell("depth", "Poolings", slider=True)
            tell("channels", "Channels")
        st.markdown("**To refute an explanation** (see the page's end)")
        left, middle, right = st.columns(3)
        with left:
            tell("loss_on", "Loss on the pixels")
            tell("reduction", "Loss as a")
        with middle:
            tell("outside", "Border in the network")
        with right:
            tell("output_bias", "Output bias at the start", step=0.1)
            tell("beta2", "Adam's β₂", format="%g", step=0.001)
    with ready_made:
        controls.presets(PRESETS)
    settings = Settings(**values)
    if words := length(settings, asked):
        place.caption(words)
    return Run(settings, next_checkpoint(settings, asked)).arms[1]


def bf16_words(*, chosen: bool) -> str:
    """What bf16 asks of a processor; once it is chosen, whether it pays on the server's.

    That is tried once, which takes half a second.
    """
    if not chosen:
        return "bf16 pays where the processor has instructions for it; else it is far slower."
    pays = runs.process().bf16_pays()
    if pays is None:
        return "Whether bf16 pays on this server's processor could not be tried."
    return f"On this server's processor bf16 is {'quicker' if pays else 'slower'} than fp32."
