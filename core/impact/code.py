"""The paths from each pixel, counted by a short PyTorch program to copy and run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

from core.impact.paths import Settings
from core.layers import CONVOLUTION, Convention, Layer, Stack, fit_stack
from core.stack_code import torch_script
from core.steps import walk


class Image(NamedTuple):
    """A stack and the size of the image that it is applied to, in pixels."""

    stack: Stack
    height: int
    width: int


def program_of(settings: Settings) -> str:
    """The program for the one stack of `settings`."""
    width = settings.size if settings.width is None else settings.width
    return program({"model": Image(settings.layers, settings.size, width)}, settings.convention)


def program(images: Mapping[str, Image], convention: Convention = "either") -> str:
    """Count the paths from each pixel of each of `images`, by names that serve as variables.

    Raises InputError where a stack does not fit its image.
    """
    models = {}
    for name, (stack, height, width) in images.items():
        for length in (height, width):
            fit_stack(stack, length, convention)
        ones = Stack(tuple(map(as_convolution, stack)))
        models[name] = walk(ones, height, width, 1, "either")
    layers = [layer for image in images.values() for layer in image.stack]
    notes = POOLS if any(layer.is_pool for layer in layers) else ""
    notes += PARTIAL if any(layer.padding_mode == "partial" for layer in layers) else EXACT
    shown = "\n".join(
        f"show({name}, {image.height}, {image.width})" for name, image in images.items()
    )
    return torch_script(
        models,
        f'''

def show(model, height, width):
    """Print how many paths lead from each pixel to the output: its gradient for weights of 1.

{notes}\
    """
    for name, parameter in model.double().named_parameters():
        nn.init.constant_(parameter, 0 if name.endswith("bias") else 1)
    image = torch.zeros(1, 1, height, width, dtype=torch.double, requires_grad=True)
    model(image).sum().backward()
    paths = image.grad[0, 0]
    corner, centre = paths[0, 0].item(), paths[height // 2, width // 2].item()
    print(paths)
    print(f"corner {{corner:.16g}}, centre {{centre:.16g}}, maximum {{paths.max().item():.16g}}")


{shown}
''',
    )


POOLS = """\
    A pool is written as a convolution: each cell of its window may win, or joins the mean.
"""
EXACT = """\
    Exact up to 2**53, rounded above, infinite from 2**1024 on.
"""
PARTIAL = """\
    Partial padding makes fractions: they are rounded, and infinite from 2**1024 on.
"""


def as_convolution(layer: Layer) -> Layer:
    """A layer of one channel with the same paths."""
    return replace(layer, kind=CONVOLUTION if layer.is_pool else layer.kind, channels=1)
