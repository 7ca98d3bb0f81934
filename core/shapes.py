"""What does 'same' do to a size? Stacks worth opening on, and what padded cells count as.

The page and the command line show the same `core.steps`. `PRESETS` holds the stacks, `pool` says
what padded cells count as on a real image.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from core.arrays import Float64
from core.layers import (
    MAX_CHANNELS,
    MAX_POOL,
    OUTSIDE,
    Axis,
    Convention,
    Layer,
    Stack,
    StackText,
    fit,
    parse_stack,
    refuse,
    sides,
)
from core.settings import Choice, InputError, Maybe, Whole, check, setting
from core.stack_code import torch_code
from core.steps import POST, RESNET, Step, formula, walk


@dataclass(frozen=True)
class Preset:
    """A stack worth looking at: `about` says why."""

    name: str
    size: int
    channels: int
    convention: Convention
    layers: str
    about: str


PRESETS = (
    Preset(
        "Keras blog's autoencoder",
        28,
        1,
        "keras",
        "conv3x16:same maxpool2:same conv3x8:same maxpool2:same conv3x8:same maxpool2:same "
        "conv3x8:same up2 conv3x8:same up2 conv3x16 up2 conv3x1:same",
        "Three “same” poolings take 28 to 14, 7 and 4: a code of 4 × 4 × 8. Doubling that gives "
        "8, 16, 32, not 28, so one convolution of the decoder is “valid”: it takes 16 to 14, and "
        "doubling gives 28 again.",
    ),
    Preset(
        "The post's autoencoder at 28",
        28,
        1,
        "keras",
        POST,
        "28 halves evenly twice, so nothing is dropped: the code is 7 × 7 × 32.",
    ),
    Preset(
        "The post's autoencoder at 32",
        32,
        1,
        "keras",
        POST,
        "The same 28,353 parameters on images padded by 2: the code is 8 × 8 × 32.",
    ),
    Preset(
        "LeNet-5",
        32,
        1,
        "torch",
        "conv5x6 avgpool2 conv5x16 avgpool2 conv5x120 conv1x84 conv1x10",
        "No padding anywhere: the digits come on 32 × 32 so that strokes near their edge still "
        "reach the middle of a window. The last three layers are the dense ones, written as "
        "convolutions.",
    ),
    Preset(
        "ResNet's strides at 224",
        224,
        3,
        "torch",
        RESNET,
        "The five layers with stride 2, the others keep the size. Each leaves its last padded "
        "row and column unused.",
    ),
    Preset(
        "ResNet's strides at 225",
        225,
        3,
        "torch",
        RESNET,
        "One pixel more, and all five layers use their padding evenly: 113, 57, 29, 15, 8.",
    ),
)


@dataclass(frozen=True)
class Settings:
    size: int = setting(28, Whole(1, 4096), "height of the image, in pixels")
    width: int | None = setting(None, Maybe(Whole(1, 4096)), "its width, where it is not square")
    channels: int = setting(1, Whole(1, MAX_CHANNELS), "channels of the image")
    convention: Convention = setting("keras", Choice(("keras", "torch")), "whose rules hold")
    layers: Stack = setting(parse_stack(PRESETS[0].layers), StackText(), "the stack")

    def __post_init__(self) -> None:
        check(self)


def pool(
    image: npt.NDArray[Any],
    layer: Layer,
    convention: Convention = "either",
    padded_as: float | None = None,
) -> Float64:
    """Pool an image of shape (height, width).

    padded_as: a value for the padded cells, to see what it would change. By default they count
        as −∞ in a max pool, and in an average pool as `Axis.mean_counts` says.
    Returns shape (rows.output, columns.output). Raises InputError where the pool does not fit.
    """
    if not layer.is_pool:
        raise InputError(f"layers: {str(layer)!r}: expected maxpool or avgpool")
    rows, columns = (fit(layer, length, convention) for length in image.shape)
    row = rows.sources[:, None, :, None]  # (output rows, 1, taps, 1)
    column = columns.sources[None, :, None, :]  # (1, output columns, 1, taps)
    outside = (row == OUTSIDE) | (column == OUTSIDE)
    fill = padded_as
    if fill is None:
        fill = -np.inf if layer.kind == MAX_POOL else 0.0
    windows = np.where(outside, fill, image[row, column])
    if layer.kind == MAX_POOL:
        return np.asarray(windows.max(axis=(2, 3)))
    if padded_as is not None:
        return np.asarray(windows.mean(axis=(2, 3)))
    counts = np.multiply.outer(rows.mean_counts, columns.mean_counts)
    return np.asarray(windows.sum(axis=(2, 3)) / counts)


def window_shapes(rows: Axis, columns: Axis) -> dict[tuple[int, int], int]:
    """How many windows hold how many real pixels: {(rows, columns): windows}, the largest first.

    rows, columns: one layer along both axes. Of 7 × 7 pixels a 2 × 2 pool with 'same' has nine
    windows of 2 × 2, three of 2 × 1, three of 1 × 2 and one of 1 × 1.
    """
    counted = [np.unique(axis.covered, return_counts=True) for axis in (rows, columns)]
    (heights, how_many), (widths, how_wide) = counted
    return {
        (int(height), int(width)): int(down * across)
        for height, down in zip(heights[::-1], how_many[::-1], strict=True)
        for width, across in zip(widths[::-1], how_wide[::-1], strict=True)
    }


def dropped(image: Float64, layer: Layer) -> float:
    """The share of an image's brightness that lies in no window of a pool, from 0 to 1.

    image: shape (height, width), not black.
    """
    rows, columns = (fit(layer, length) for length in image.shape)
    read = np.delete(np.delete(image, rows.unused, axis=0), columns.unused, axis=1)
    return float(1 - read.sum() / image.sum())


def changed_by_zeros(image: Float64, layer: Layer) -> int:
    """How many outputs of a pool would change if its padded cells counted as zeros."""
    return int(np.count_nonzero(pool(image, layer) != pool(image, layer, padded_as=0.0)))


EDGES = np.array([[-1.0, -1.0, -1.0], [0.0, 0.0, 0.0], [1.0, 1.0, 1.0]]) / 3
"""A kernel that finds horizontal edges: below minus above."""


def feature_map(image: Float64, bias: float) -> Float64:
    """What `EDGES` and a bias make of an image of shape (height, width), before any activation.

    The image's border is repeated once around it, so that the output has its shape.
    """
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(image, 1, mode="edge"), (3, 3))
    return np.asarray((windows * EDGES).sum(axis=(2, 3)) + bias)


REFUSED, NO_WINDOW = "refused", "no window"


def differences(steps: Sequence[Step]) -> dict[str, dict[str, str]]:
    """For each strided layer whose edge the two frameworks treat differently, what each makes.

    Returns {"layer on length": {way: "size (before, after)"}}, a row for each length that the
    layer meets, rows or columns.
    """
    found = {}
    for step in steps:
        for length in dict.fromkeys((step.rows.length, step.columns.length)):
            row = ways(step.layer, length)
            keras, torch = row["Keras “same”"], row["PyTorch padding=⌊k/2⌋"]
            if step.layer.stride > 1 and (keras != torch or REFUSED in row.values()):
                bare = replace(step.layer, padding="valid", ceil=False, spelt=frozenset())
                found[f"{bare} on {length}"] = row
    return found


def ways(layer: Layer, length: int) -> dict[str, str]:
    """What a layer makes of `length` pixels, asked for in each framework's own words."""
    bare = replace(layer, padding="valid", padding_mode="zeros", ceil=False)
    found = {
        "Keras “valid”": outcome(bare, length, "keras"),
        "Keras “same”": outcome(replace(bare, padding="same"), length, "keras"),
        "PyTorch padding=0": outcome(bare, length, "torch"),
        "PyTorch padding=⌊k/2⌋": outcome(replace(bare, padding=layer.kernel // 2), length, "torch"),
    }
    if layer.is_pool:
        found["PyTorch ceil_mode"] = outcome(replace(bare, ceil=True), length, "torch")
    return found


def outcome(layer: Layer, length: int, convention: Convention) -> str:
    """Size and pads of one layer: "112 (2, 3)", or why there is none."""
    try:
        refuse(layer, convention)
    except InputError:
        return REFUSED
    try:
        axis = fit(layer, length, convention)
    except InputError:
        return NO_WINDOW
    return f"{axis.output} ({axis.before}, {axis.after})"


def report(settings: Settings) -> dict[str, Any]:
    """What the command line prints: sizes as [height, width, channels]."""
    steps = laid_out(settings)
    return {
        "layers": [describe(step) for step in steps],
        "output": list(steps[-1].output),
        "parameters": sum(step.parameters for step in steps),
        "unseen": {"rows": len(steps[0].unseen_rows), "columns": len(steps[0].unseen_columns)},
    }


def program(settings: Settings) -> str:
    """The stack in PyTorch, to copy and run, under whichever convention."""
    return torch_code(laid_out(settings))


def laid_out(settings: Settings) -> tuple[Step, ...]:
    """The stack on its image; InputError where it does not fit."""
    width = settings.size if settings.width is None else settings.width
    return walk(settings.layers, settings.size, width, settings.channels, settings.convention)


def describe(step: Step) -> dict[str, Any]:
    """One layer of the report."""
    return {
        "layer": str(step.layer),
        "input": list(step.input),
        "output": list(step.output),
        "formula": {"height": formula(step.rows), "width": formula(step.columns)},
        "pad": sides(
            (step.rows.before, step.rows.after), (step.columns.before, step.columns.after)
        ),
        "unused_padding": sides(step.rows.unused_padding, step.columns.unused_padding),
        "unused": {"rows": len(step.rows.unused), "columns": len(step.columns.unused)},
        "parameters": step.parameters,
    }
