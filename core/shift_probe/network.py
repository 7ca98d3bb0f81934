"""Can a "shift-invariant" network tell where a pixel is?

A convolution commutes with shifts and a sum forgets places, so `conv(x).sum()` should not depend
on where the one white pixel of x lies. It does, unless the padding is "same" and circular, or full
with zeros. The experiment is Harald Scheidl's ("Does padding matter in deep learning models?",
2021): train the kernel to answer 1 for one target position and 0 for all others.

The network is a stack of linear convolutions with one channel, then the sum over the last output,
the *score*. It answers 1 where the score is above 0. Only the last convolution may have a bias:
in a linear stack every bias adds the same constant to all scores, so one is all there is to use.
Without it the threshold is fixed at 0; with it, any threshold will do.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from core.arrays import Floats, Int64
from core.layers import OUTSIDE, PADDING_MODES, PADDINGS, Axis, fit_stack
from core.settings import Choice, InputError, Pixel, Switch, Whole, check, setting
from core.shift_probe.classes import (
    Labels,
    axis_map,
    convolutions,
    path_counts,
    position_classes,
    whole_unit,
)

Position = tuple[int, int]

MAX_SEED = 2**31 - 1


@dataclass(frozen=True)
class Settings:
    """One experiment. Raises InputError where a layer does not fit or the target is outside."""

    size: int = setting(10, Whole(3, 32), "height and width of the image, in pixels")
    kernel: int = setting(3, Whole(1, 7), "height and width of each kernel")
    layers: int = setting(1, Whole(1, 5), "number of convolutions")
    padding: str = setting("same", Choice(PADDINGS), "padding of each convolution")
    padding_mode: str = setting("zeros", Choice(PADDING_MODES), "what the padded cells hold")
    bias: bool = setting(False, Switch(), "give the last convolution a bias")
    target: tuple[int, int] = setting((0, 0), Pixel(0, 31), "row and column to single out")
    seed: int = setting(0, Whole(0, MAX_SEED), "seed of the initial kernels")

    def __post_init__(self) -> None:
        check(self)
        inside = Pixel(0, self.size - 1)
        if self.target not in inside:
            row, column = self.target
            raise InputError(f"target must be {inside}, not '{row} {column}'")
        fit_stack(
            convolutions(self.kernel, self.layers, self.padding, self.padding_mode), self.size
        )

    @property
    def always_invariant(self) -> bool:
        """Whether no weights tell any two positions apart, however large the image is.

        With a 1 × 1 kernel every pixel is met alike; "same" circular padding has no border; full
        padding with zeros lets every tap meet every pixel exactly once. Another padding may be
        invariant on an image of one size.
        """
        unpadded = self.kernel == 1
        circular = (self.padding, self.padding_mode) == ("same", "circular")
        return unpadded or circular or (self.padding, self.padding_mode) == ("full", "zeros")


@dataclass(frozen=True)
class Network:
    """The architecture that the settings describe, without its weights.

    `kernels` have shape (layers, kernel, kernel) and are applied as PyTorch does, unflipped;
    kernels[0] meets the image.
    """

    settings: Settings

    @cached_property
    def axes(self) -> tuple[Axis, ...]:
        """The layers laid along one axis of the image."""
        s = self.settings
        return fit_stack(convolutions(s.kernel, s.layers, s.padding, s.padding_mode), s.size)

    @cached_property
    def maps(self) -> tuple[Floats, ...]:
        """Each layer's linear map along one axis: shapes (output, taps, input)."""
        return tuple(axis_map(axis) * float(whole_unit(axis.layer)) for axis in self.axes)

    @cached_property
    def counts(self) -> Int64:
        """The kernel paths along one axis: see `core.shift_probe.classes.path_counts`."""
        return path_counts(self.axes)

    @cached_property
    def classes(self) -> Labels:
        """The class of each position, numbered in reading order: shape (size, size).

        Positions share a class if and only if no kernels give them different scores.
        """
        return position_classes(self.counts)

    @cached_property
    def members(self) -> Int64:
        """How many positions each class holds: shape (classes,)."""
        return np.bincount(self.classes.ravel())

    @cached_property
    def first_members(self) -> Labels:
        """The first position of each class, as an index into the flattened image."""
        return np.unique(self.classes, return_index=True)[1]

    @property
    def distinct_scores(self) -> int:
        """How many positions the network can tell apart at best."""
        return len(self.members)

    @property
    def others_alike(self) -> int:
        """How many other positions share the target's class."""
        return int(self.members[self.classes[self.settings.target]]) - 1

    @property
    def free_weights(self) -> int:
        """How many weights of the first layer touch other positions and never the target."""
        along = self.maps[0].any(axis=(0, 2))
        return int((np.outer(along, along) & (self.touches(self.settings.target) == 0)).sum())

    @property
    def outputs(self) -> int:
        """How many numbers the score adds up."""
        return self.axes[-1].output ** 2

    @cached_property
    def is_target(self) -> npt.NDArray[np.bool_]:
        """The labels: shape (size, size)."""
        labels = np.zeros(self.classes.shape, bool)
        labels[self.settings.target] = True
        return labels

    def touches(self, position: Position) -> Floats:
        """How often each weight of the first kernel meets the pixel at `position`.

        Shape (kernel, kernel). With one layer, the score is the sum of kernel × touches.
        """
        along = self.maps[0].sum(axis=0)  # (taps, size)
        row, column = position
        return np.outer(along[:, row], along[:, column])

    def images(self, kernels: Floats, bias: float, position: Position) -> tuple[Floats, ...]:
        """The image with its one white pixel, and the output image of each layer."""
        image: Floats = np.zeros(self.classes.shape)
        image[position] = 1
        passed = [image]
        for through, kernel in zip(self.maps, kernels, strict=True):
            passed.append(carry_forward(passed[-1], kernel, through))
        passed[-1] = passed[-1] + bias
        return tuple(passed)

    def scores(self, kernels: Floats, bias: float = 0.0) -> Floats:
        """The score (a logit) of the white pixel at every position: shape (size, size).

        One pass serves all positions: the sum, carried back through the layers. Positions of one
        class get one score, which rounding would otherwise tell apart.
        """
        values: Floats = np.ones((self.axes[-1].output,) * 2)
        for through, kernel in zip(reversed(self.maps), reversed(kernels), strict=True):
            values = carry_back(values, kernel, through)
        return values.ravel()[self.first_members][self.classes] + bias * self.outputs

    def derivatives(self, kernels: Floats) -> Floats:
        """The derivative of each class's score with respect to each weight.

        Returns shape (classes, weights), the weights in the order of `kernels`, flattened.
        """
        values: Floats = np.ones((self.axes[-1].output,) * 2)
        found: list[Floats] = []
        for through, kernel in zip(reversed(self.maps), reversed(kernels), strict=True):
            found = [carry_back(later, kernel, through) for later in found]
            found.append(carry_back_taps(values, through))
            values = np.tensordot(kernel, found[-1], 2)
        return np.stack(found[::-1]).reshape(kernels.size, -1)[:, self.first_members].T


def carry_forward(image: Floats, kernel: Floats, through: Floats) -> Floats:
    """One layer: from an image, shape (input, input), to its output, shape (output, output).

    through: the layer's map along one axis, shape (output, taps, input), here and below.
    """
    return np.asarray(
        sum(
            through[:, tap] @ image @ np.tensordot(weights, through, (0, 1)).T
            for tap, weights in enumerate(kernel)
        )
    )


def carry_back(values: Floats, kernel: Floats, through: Floats) -> Floats:
    """The transpose of `carry_forward`: from shape (…, output, output) to (…, input, input)."""
    return np.asarray(
        sum(
            through[:, tap].T @ values @ np.tensordot(weights, through, (0, 1))
            for tap, weights in enumerate(kernel)
        )
    )


def carry_back_taps(values: Floats, through: Floats) -> Floats:
    """What each tap alone would carry back: shape (taps, taps, input, input)."""
    columns = np.tensordot(values, through, (1, 0))  # (output, taps across, input)
    return np.tensordot(through, columns, (0, 0)).transpose(0, 2, 1, 3)


def torch_scores(settings: Settings, kernels: Floats, bias: float) -> Floats:
    """The scores as PyTorch computes them: every image through the network, then its sum.

    Returns shape (size, size). Raises ImportError where torch is missing.
    """
    import torch
    from torch.nn import functional as F

    images = torch.eye(settings.size**2, dtype=torch.float64)
    images = images.reshape(-1, 1, settings.size, settings.size)
    for axis, weights in zip(Network(settings).axes, torch.from_numpy(kernels), strict=True):
        cells = torch.from_numpy(axis.cells)
        shown = (cells != OUTSIDE).double()
        padded = images[:, :, cells][..., cells] * torch.outer(shown, shown)
        ratios = torch.tensor([float(ratio) for ratio in axis.ratios], dtype=torch.float64)
        images = F.conv2d(padded, weights[None, None]) * torch.outer(ratios, ratios)
    sums = (images + bias).sum(dim=(1, 2, 3)).reshape(settings.size, settings.size)
    return np.asarray(sums.numpy())
