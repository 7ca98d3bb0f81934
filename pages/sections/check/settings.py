"""What the page on a network of one's own can show."""

from __future__ import annotations

from dataclasses import dataclass

from core.check.networks import NETWORKS
from core.check.repad import CURES
from core.layers import Stack, StackText, parse_stack
from core.settings import Choice, Maybe, Whole, setting
from core.steps import RESNET

READY, LAYERS, CODE = WAYS = ("ready-made", "layers", "code")
SIZES = Whole(1, 640)


@dataclass(frozen=True)
class Settings:
    given: str = setting(READY, Choice(WAYS), "a ready-made network, a line of layers, or code")
    network: str = setting("resnet18", Choice(tuple(NETWORKS)), "the ready-made network")
    layers: Stack = setting(parse_stack(RESNET), StackText(), "the stack")
    size: int = setting(224, SIZES, "height of the image, in pixels")
    width: int | None = setting(None, Maybe(SIZES), "its width, where it is not square")
    against_size: int | None = setting(
        None, Maybe(SIZES), "another size to compare, height and width"
    )
    padding: str = setting("circular", Choice(CURES), "another padding to compare, in every layer")


EXAMPLE = """\
from torch import nn

model = nn.Sequential(
    nn.Conv2d(3, 32, 3, stride=2, padding=1),
    nn.BatchNorm2d(32),
    nn.ReLU(),
    nn.Conv2d(32, 64, 3, padding=1),
    nn.ReLU(),
    nn.MaxPool2d(2),
    nn.Conv2d(64, 128, 3, stride=2, padding=1),
    nn.ReLU(),
    nn.AdaptiveAvgPool2d(1),
    nn.Flatten(),
    nn.Linear(128, 10),
)
"""
"""Code to start from."""
