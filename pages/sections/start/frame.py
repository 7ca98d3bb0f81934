"""One digit in a black frame that is dragged wider: the loss per pixel falls, the total does not.

Streamlit's slider would draw the page again for every pixel of the way. So this is a component: it
holds every width, draws by itself, and tells Python where it came to rest.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any

from core.autoencoder import Checkpoint
from core.loss import Framed
from pages.shared import charts
from pages.shared.component import component
from pages.shared.verdict import figures
from pages.shared.words import change, percent

SAMPLE = 3  # of the ten digits that every run keeps

_component = component("widening_frame", __file__)


def show(frames: Sequence[Mapping[str, Any]], width: int) -> int:
    """The frame, at first `width` pixels wide; the width that it was dragged to.

    `frames` are `drawn`, one for each width.
    """
    colours = charts.palette()
    data = {
        "frames": frames,
        "width": width,
        "names": {"noisy": "The noisy digit", "output": "What the network makes of it"},
        "colours": {"interior": colours.unpadded, "border": colours.padded},
    }
    found = _component(
        data=data, key="frame", default={"width": width}, on_width_change=lambda: None
    )
    moved = found["width"]
    return moved if moved in range(len(frames)) else width


def drawn(frame: Framed, plain: Framed, tested: Checkpoint) -> dict[str, Any]:
    """Everything that the component shows at one width.

    `plain` is the network without a frame, `tested` one in this frame and its samples.
    """
    return {
        "size": frame.size,
        "noisy": base64.b64encode(tested.noisy[SAMPLE].tobytes()).decode(),
        "output": base64.b64encode(tested.denoised[SAMPLE].tobytes()).decode(),
        "interior": frame.interior,
        "border": frame.border,
        "counter": f"{frame.per_pixel:.3f}",
        "total": total(frame),
        "label": f"Width of the black frame: {frame.pad_width} px",
        "sentence": sentence(frame, plain),
    }


def total(frame: Framed) -> str:
    """The total of an image, and what of it lies on the frame, in words."""
    words = f"Total loss of an image: {frame.total:.1f} nats"
    return words if not frame.pad_width else f"{words}, {frame.border:.2f} of them on the frame"


def sentence(frame: Framed, plain: Framed) -> str:
    """What became of the two losses, by the figures of these runs."""
    if not frame.pad_width:
        return (
            f"A network learns to take the noise off digits of {frame.size} × {frame.size} pixels. "
            "Now drag the frame wider."
        )
    judged = frame.change_of_total(plain)
    answer = {1: "No", 0: "That stays open", -1: "By this much"}[judged.sign]
    on_frame, more = frame.border / frame.total, 1 - (plain.size / frame.size) ** 2
    return (
        f"In this frame the loss per pixel is {change(frame.per_pixel / plain.per_pixel - 1)}. "
        f"Is the network better? {answer}: an image's total loss changes by {figures(judged)} "
        f"(95 % interval, {judged.of} seeds). Of the total {percent(on_frame)} lies on the frame, "
        f"whose pixels are {percent(more)} of those that it is divided by."
    )
