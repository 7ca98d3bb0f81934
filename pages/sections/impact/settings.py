"""What the page on impact can show, and its presets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.layers import Stack, StackText, parse_stack
from core.settings import Choice, Maybe, Switch, Whole, setting
from core.steps import RESNET

SIZES = Whole(1, 256)
FIVE = " ".join(["conv3"] * 5)
FIVE_SAME = " ".join(["conv3:same"] * 5)


@dataclass(frozen=True)
class Settings:
    """What the page shows; the stack on the left is called `layers`, as in every topic."""

    size: int = setting(10, SIZES, "height of the image, in pixels")
    width: int | None = setting(None, Maybe(SIZES), "its width, where it is not square")
    layers: Stack = setting(parse_stack("conv3:same"), StackText(), "the stack on the left")
    against: Stack = setting(parse_stack("conv3"), StackText(), "the stack on the right")
    against_size: int | None = setting(
        None, Maybe(SIZES), "size of the right image, where it differs"
    )
    amount: str = setting("share", Choice(("share", "paths")), "share of the maximum, or paths")
    scale: str = setting("linear", Choice(("linear", "log")), "of the colours and the section")
    row: int = setting(0, Whole(0, SIZES.high - 1), "row of the chosen pixel, from 0")
    column: int = setting(0, Whole(0, SIZES.high - 1), "column of the chosen pixel, from 0")
    measured: bool = setting(False, Switch(), "draw random networks and measure their gradients")


PRESETS: dict[str, dict[str, Any]] = {
    "One layer, 10 × 10": {},
    "Five layers, 28 × 28": {"size": 28, "layers": FIVE_SAME, "against": FIVE},
    "Stride 2: PyTorch, TensorFlow": {
        "size": 28,
        "layers": "conv3s2:1 conv3s2:1 conv3s2:1",
        "against": "conv3s2:same conv3s2:same conv3s2:same",
    },
    "ResNet's strides: 224, 225": {
        "size": 224,
        "layers": RESNET,
        "against": RESNET,
        "against_size": 225,
    },
    "Uniform, and yet": {"layers": "conv3:same/replicate", "against": "conv3:full"},
    "Second ring": {"layers": "conv3:same/reflect", "against": "conv3:same/partial"},
    "Fifty layers, 224 × 224": {
        "size": 224,
        "layers": " ".join(["conv3:same"] * 50),
        "against": " ".join(["conv3"] * 50),
        "scale": "log",
    },
}
"""What a preset changes in the default settings."""


def preset(changes: Mapping[str, Any]) -> dict[str, Any]:
    """What a preset sets: every control but the one that measures."""
    values = vars(Settings()) | dict(changes)
    del values["measured"]
    return {k: str(value) if isinstance(value, Stack) else value for k, value in values.items()}
