"""Which positions of one white pixel a stack of convolutions can tell apart, and how deep.

A stack of linear one-channel convolutions, summed over its last output, gives a black image with
one white pixel the score

    score[r, c] = Σ over tap sequences (t, s) of  rows[r, t] · columns[c, s] · w₁[t₁, s₁] ⋯ w_L[…]

where `rows[r, t]` counts the ways along one axis from pixel r through the taps t₁ … t_L to an
output (weighted, with `partial` padding). Two positions share their score under *every* choice
of kernels if and only if the polynomials agree coefficient by coefficient; where one differs,
some kernels tell the positions apart, and a single choice tells all such pairs apart at once,
because finitely many polynomials that are not zero have a common non-root. So the classes below
are exact, for any number of layers, and no kernel has to be drawn.

A bias adds the same constant to every score of a linear stack: it takes a nonlinearity for a
bias to betray a position (`relu_leak`).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from core.arrays import Int64
from core.layers import OUTSIDE, Axis, Layer, Stack, fit_stack

Labels = npt.NDArray[np.intp]


def convolutions(kernel: int, layers: int, padding: str, padding_mode: str = "zeros") -> Stack:
    """`layers` equal one-channel convolutions with stride 1."""
    return Stack((Layer("conv", kernel, padding=padding, padding_mode=padding_mode),) * layers)


def whole_unit(layer: Layer) -> Fraction:
    """What one count of `axis_map` is worth: 1, except with `partial` padding."""
    partial = layer.padding_mode == "partial"
    return Fraction(
        layer.kernel, math.lcm(*range(1, layer.kernel + 1)) if partial else layer.kernel
    )


def axis_map(axis: Axis) -> Int64:
    """How much each pixel contributes to each output through each tap, in units of `whole_unit`.

    Shape (output, taps, length). Whole numbers, so that what follows from them is exact: with
    `partial` padding the ratios kernel / covered have a common denominator.
    """
    taps = axis.layer.kernel
    whole = math.lcm(*range(1, taps + 1))
    counts = np.zeros((axis.output, taps, axis.length), np.int64)
    for output, (sources, ratio) in enumerate(zip(axis.sources, axis.ratios, strict=True)):
        worth = int(ratio * whole / taps) if axis.layer.padding_mode == "partial" else 1
        for tap, pixel in enumerate(sources):
            if pixel != OUTSIDE:
                counts[output, tap, pixel] = worth
    return counts


def path_counts(axes: Sequence[Axis]) -> Int64:
    """The ways from each pixel through each sequence of taps to an output of the last layer.

    axes: the stack laid along one axis of the image (`core.layers.fit_stack`).
    Returns shape (length, taps ** layers), in units of the product of the layers' `whole_unit`;
    64 bits hold the counts of at least 5 layers with kernels up to 7.
    """
    counts = np.ones((axes[-1].output, 1), np.int64)
    for axis in reversed(axes):
        through = np.tensordot(axis_map(axis), counts, (0, 0))  # (taps, length, sequences)
        counts = through.transpose(1, 0, 2).reshape(axis.length, -1)
    return counts


def position_classes(counts: Int64) -> Labels:
    """The classes of positions that no kernels can tell apart, numbered in reading order.

    counts: the `path_counts` of both axes of a square image.
    Returns shape (length, length). Positions share a class where the outer products of their
    counts agree: where rows and columns agree in direction and in the product of their lengths.
    """
    lengths = np.gcd.reduce(counts, axis=1)
    directions = np.unique(counts // lengths[:, None], axis=0, return_inverse=True)[1].ravel()
    along = list(zip(directions.tolist(), lengths.tolist(), strict=True))
    found: dict[tuple[int, int, int], int] = {}
    return np.array(
        [
            [found.setdefault((row, column, m * n), len(found)) for column, n in along]
            for row, m in along
        ]
    )


def borders(classes: Labels) -> Iterator[tuple[int, int, int, int]]:
    """The lines between neighbours of different classes, one pixel long each.

    classes: shape (height, width). Yields (left, top, right, bottom), counted in pixels.
    """
    for row, column in np.argwhere(classes[:, 1:] != classes[:, :-1]).tolist():
        yield column + 1, row, column + 1, row + 1
    for row, column in np.argwhere(classes[1:] != classes[:-1]).tolist():
        yield column, row + 1, column + 1, row + 1


@dataclass(frozen=True)
class Leak:
    """How a position's score depends on its distance from the nearest border.

    difference: for each distance in pixels, from 0 on the border, the share of kernel paths that
        differ from the centre's: Σ |paths − centre's| / Σ centre's. 0: cannot be told from it.
    depth: how many pixels in from the border a position can still be told; 0: nowhere.
    missing, more: whether near the border some path counts for less than at the centre, or more.
    """

    difference: tuple[float, ...]
    depth: int
    missing: bool
    more: bool


def leak(stack: Stack) -> Leak:
    """How deep the border shows in a stack of linear convolutions, on an image large enough."""
    reach = deepest(stack)
    counts = path_counts(fit_stack(stack, 2 * reach + 1))
    centre = counts[reach]
    differing = np.abs(counts - centre).sum(axis=1)
    nearer = np.maximum(differing, differing[::-1])[: reach + 1]  # even kernels are lopsided
    told = np.flatnonzero(nearer)
    return Leak(
        tuple((nearer / centre.sum()).tolist()),
        int(told[-1]) + 1 if told.size else 0,
        missing=bool((counts < centre).any()),
        more=bool((counts > centre).any()),
    )


def relu_leak(stack: Stack, bias: bool, draws: int = 300, seed: int = 0) -> int:
    """How deep the border was seen to show once a ReLU follows every convolution.

    Draws whole random kernels (and biases) that are zero off one column, so that one column of
    the image tells all, and compares whole scores: a difference found is a proof, but `draws`
    may miss one, so the true depth can be larger than the one returned. Without bias a black
    background stays black, and `full` with zeros stays invariant to shifts however deep it is;
    a bias lights up the padded ring, and then the next layer's padding shows.
    """
    rng = np.random.default_rng(seed)
    reach = 2 * deepest(stack)  # with a bias, the border spreads inwards as the pixel spreads out
    axes = fit_stack(stack, 2 * reach + 1)
    maps = [axis_map(axis) for axis in axes]
    depth = 0
    for _ in range(draws):
        columns = np.eye(reach + 1, 2 * reach + 1, dtype=np.int64)  # a pixel at each distance
        for through in maps:
            kernel = rng.integers(-9, 10, through.shape[1])
            offset = int(rng.integers(-9, 10)) if bias else 0
            columns = columns @ np.tensordot(kernel, through, (0, 1)).T + offset
            columns = np.maximum(columns, 0)
        scores = columns.sum(axis=1)
        told = np.flatnonzero(scores != scores[reach])
        depth = max(depth, int(told[-1]) + 1 if told.size else 0)
    return depth


def deepest(stack: Stack) -> int:
    """A distance from the border that no path from the padding reaches, in pixels."""
    return sum(layer.kernel - 1 for layer in stack) + max(layer.kernel for layer in stack)
