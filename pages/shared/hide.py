"""A lesson's link hides controls: `?hide=presets,seed`, named as the settings are in the address.

Hidden controls keep working: what a link sets, or a preset, is taken as if they stood there.
"""

from __future__ import annotations

import re

import streamlit as st

from pages.shared.controls import escaped
from pages.shared.words import listed

HIDE = "hide"  # in the address
MOST = 100  # names of a link

OTHERS = {
    "presets": "presets",
    "rows": "converter",
    "guess": "guess",
    "border_guess": "border_guess",
    "frame": "frame",
}
"""What can be hidden and is no declared setting, with its key; "rows" are the converter's."""

NAMES = (
    *OTHERS,
    *("pad_width", "pad_mode", "pad_level", "variation", "dataset", "train_size", "images"),
    *("seed", "batch_size", "learning_rate", "precision", "device", "noise_factor"),
    *("noise_first", "padding_mode", "depth", "channels", "loss_on", "reduction", "outside"),
    *("output_bias", "beta2", "pair", "seeds", "size", "kernel", "layers", "padding", "bias"),
    *("target_row", "target_col", "margin", "shift_down", "shift_right", "speed", "step", "width"),
    *("against", "against_size", "amount", "scale", "row", "column", "measured", "draws"),
    *("activation", "convention", "along", "own_digit", "own_upload", "given", "network"),
    *("code_text", "digits_padding", "readout", "pool", "shifted"),
)
"""All that can be hidden; what is folded away besides, as `open_` and its name."""


def known(name: str) -> bool:
    """Whether something can be hidden by this name."""
    return name in NAMES or re.fullmatch("open_[a-z_]{1,40}", name) is not None


def apply() -> None:
    """Hide what the link asks to be hidden, and say which names no control has."""
    asked = names(st.query_params.get(HIDE, ""))
    if rules := style(asked):
        st.html(f"<style>{rules}</style>")
    if words := unknown(asked):
        st.warning(words)


def names(link: str) -> list[str]:
    """The names that a link asks to be hidden, each once."""
    return [*dict.fromkeys(filter(None, (name.strip() for name in link.split(",", MOST)[:MOST])))]


def style(asked: list[str]) -> str:
    """The style sheet that hides the controls among `asked`; only of names known here."""
    keys = [OTHERS.get(name, name) for name in asked if known(name)]
    return ", ".join(f".st-key-{key}" for key in keys) + " { display: none; }" if keys else ""


def unknown(asked: list[str]) -> str:
    """What to say of names that no control has; nothing where there are none."""
    strange = [name for name in asked if not known(name)]
    if not strange:
        return ""
    shown = [escaped(re.sub(r"\s+", " ", name)[:40]) for name in strange[:3]]
    more = [f"{len(strange) - 3} more"] if len(strange) > 3 else []
    verb = "is no control's name" if len(strange) == 1 else "are no controls' names"
    return (
        f"The link asks to hide {listed([*shown, *more])}: {verb}. Controls are named as in the "
        "address, and *presets* are the ready-made settings."
    )
