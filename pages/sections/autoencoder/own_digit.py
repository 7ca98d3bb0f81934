"""A visitor's own digit, drawn or uploaded, through both networks, and moved toward the border.

A component of its own draws: a canvas for finger, mouse or keys, and what both networks make of the
digit at every position, computed at once by `core.autoencoder.own_digit`. So its slider asks
nothing of the server, and follows live.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Any

import numpy as np
import streamlit as st

from core.arrays import Bytes
from core.autoencoder import Checkpoint, Settings
from core.autoencoder.own_digit import FARTHEST, Tried, moved, tried
from core.data import SIZE, digits
from core.data.picture import read_picture
from core.settings import InputError
from pages.sections.autoencoder.finding import nats
from pages.shared import charts, controls
from pages.shared.component import component
from pages.shared.heat import Scale
from pages.shared.tested import LEGEND
from pages.shared.words import TEXT, capitalized, change

_component = component("own_digit", __file__)

BOARD, UPLOAD, HELD = "own_digit", "own_upload", "_own_digit"  # in the session

KINDS = ("goes in", "comes out", "loss")


def show(tested: Mapping[str, Checkpoint], settings: Mapping[str, Settings]) -> None:
    """Draw or upload a digit, and see what both tested networks make of it; `settings` by arm."""
    if any(network.weights is None for network in tested.values()):
        st.markdown(NO_WEIGHTS, width=TEXT)
        return
    st.markdown(INTRODUCTION, width=TEXT)
    for name in (BOARD, UPLOAD, HELD):
        controls.remember(name)
    digit, version = held()
    given = drawn(tuple(tested.items()), tuple(settings.items()), digit)
    highest = given["highest"]
    _component(
        data=given
        | {
            "digit": base64.b64encode(digit).decode(),
            "version": version,
            "fresh": digit == example(),
            "colours": {"padded": charts.palette().padded},
        },
        key=BOARD,
        on_digit_change=take_drawing,
    )
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.caption("Loss: 0", width="content")
        st.image(LEGEND, width=200, alt="From dark for no loss to bright for the most")
        st.caption(f"{highest:.2f} nats per pixel or more", width="content")
    st.file_uploader(
        "Or upload one, PNG or JPEG",
        type=["png", "jpg", "jpeg"],
        key=UPLOAD,
        on_change=take_upload,
        help="Its middle is scaled to 28 × 28 pixels, made grey, and turned white on black where "
        "its edge is light. It is shown to you alone, and not kept.",
    )
    if refused := st.session_state.pop(REFUSED, ""):
        st.error(refused)
    st.caption(reading(settings["padded"]), width=TEXT)


REFUSED = "_own_refused"  # in the session: what was wrong with an upload

INTRODUCTION = (
    "Draw into the black square, with a finger, the mouse or the keys: arrows move the pen, the "
    "space bar draws, Delete clears. An example stands there until you do. Then shift it toward "
    "the border."
)
NO_WEIGHTS = (
    "At this point of these runs only the figures are kept, not the networks themselves; at the "
    "end of a run that is trained here they are."
)


@cache
def example() -> bytes:
    """The digit that stands there until one is drawn: a generated three."""
    drawn: bytes = digits.draw(3)[0][2].tobytes()
    return drawn


def reading(settings: Settings) -> str:
    """What is done to a digit on its way, for the padded arm's settings."""
    words = [
        "The digit is shifted within its 28 × 28 pixels, before padding and noise: what passes "
        "the right edge is gone, and black follows from the left."
    ]
    if settings.variation == "inverted":
        words.append("Then it is inverted, as the digits of these runs are.")
    if settings.variation == "cropped":
        words.append(
            "The digits of these runs are enlarged until their strokes reach the edge; yours is "
            "taken as you draw it."
        )
    if settings.noise_factor:
        words.append(
            "The noise stays the same wherever the digit is, and on the pixels that both networks "
            "have it is the same for both."
        )
    return " ".join([*words, "One digit decides nothing."])


def held() -> tuple[bytes, str]:
    """The digit that is shown, and which canvas it has come from: none has drawn the example."""
    found: tuple[bytes, str] = st.session_state.get(HELD, (example(), "example"))
    return found


def take_drawing() -> None:
    """Hold what was drawn; what no canvas sends is passed over."""
    digit = decoded(st.session_state[BOARD].get("digit"))
    if digit is not None:
        _, version = held()
        st.session_state[HELD] = digit, version  # the canvas shows it already


def decoded(sent: object) -> bytes | None:
    """The 28 × 28 greys that a canvas has sent; None for anything else."""
    try:
        digit = base64.b64decode(sent, validate=True) if isinstance(sent, str) else b""
    except (binascii.Error, ValueError):
        return None
    return digit if len(digit) == SIZE * SIZE else None


def take_upload() -> None:
    """Hold an uploaded picture in place of the drawing, or say why it cannot be."""
    file = st.session_state[UPLOAD]
    if file is None:
        return
    try:
        picture = read_picture(file.getvalue(), SIZE, SIZE)
    except InputError as error:
        st.session_state[REFUSED] = f"{capitalized(controls.escaped(error))}."
        return
    edge = np.concatenate([picture[[0, -1]].ravel(), picture[:, [0, -1]].ravel()])
    grey = 1 - picture if edge.mean() > 0.5 else picture
    st.session_state[HELD] = np.rint(255 * grey).astype(np.uint8).tobytes(), file.file_id


@lru_cache(16)  # some 200 kB each
def drawn(
    tested: tuple[tuple[str, Checkpoint], ...],
    settings: tuple[tuple[str, Settings], ...],
    digit: bytes,
) -> dict[str, Any]:
    """What the component shows of a digit at every position, but for the theme."""
    of = dict(settings)
    found = {arm: _everywhere(network, of[arm], digit) for arm, network in tested}
    # One pixel far off would leave all others dark.
    losses = np.concatenate([each.loss_map.ravel() for arm in found.values() for each in arm])
    highest = float(np.quantile(losses, 0.99))
    unpadded, padded = found.values()
    return {
        "kinds": KINDS,
        "paper": "Your digit, 28 × 28 pixels: arrow keys move the pen, the space bar draws",
        "arms": {
            arm: {
                "title": f"{arm.capitalize()}, {of[arm].size} × {of[arm].size}",
                "size": of[arm].size,
                "places": [place(each, highest) for each in each_place],
            }
            for arm, each_place in found.items()
        },
        "labels": [f"Shift to the right: {by} px" for by in range(FARTHEST + 1)],
        "sentences": [sentence(*pair) for pair in zip(unpadded, padded, strict=True)],
        "highest": highest,
        "scale": base64.b64encode(COLOURS).decode(),
    }


@lru_cache(32)
def _everywhere(network: Checkpoint, settings: Settings, digit: bytes) -> list[Tried]:
    """The digit at every position through one network: of two pairs they may share one."""
    assert network.weights is not None
    places = moved(np.frombuffer(digit, np.uint8).reshape(SIZE, SIZE))
    return tried(network.weights, settings, places)


def place(here: Tried, highest: float) -> dict[str, Any]:
    """One network's pictures and figures of the digit at one position."""
    losses = np.rint(255 * np.minimum(here.loss_map / highest, 1)).astype(np.uint8)
    total = f"nats in total{f', {here.border:.2g} on the border' if here.pad_width else ''}"
    return {
        "pictures": [encoded(each) for each in (here.noisy, here.denoised, losses)],
        "figures": [f"{here.per_pixel:.4f}", "nats per pixel", f"{here.total:.1f}", total],
        "said": f"{nats(here.total)} in total",
    }


def encoded(pixels: Bytes) -> str:
    return base64.b64encode(pixels.tobytes()).decode()


def sentence(unpadded: Tried, padded: Tried) -> str:
    """Both losses of the padded network beside those of the unpadded one, on this digit."""
    if not padded.pad_width:
        return "Nothing is padded: both networks are one and the same."
    per_pixel = padded.per_pixel / unpadded.per_pixel - 1
    total = padded.total / unpadded.total - 1
    words = (
        "Compared with the unpadded network, the padded one's loss per pixel is "
        f"{change(per_pixel)}, its total {change(total)}."
    )
    if per_pixel < 0 <= total:
        words += " Only the division by more pixels makes it look better."
    return words


COLOURS = Scale((0, 1), "nats per pixel").pixels(np.linspace(0, 1, 256)).tobytes()
"""Red, green and blue of a loss from none to the most, in 256 steps."""
