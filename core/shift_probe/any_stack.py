"""Which positions any linear stack can tell apart, and which stacks the experiment offers.

`core.shift_probe.classes` lists every coefficient of a position's score and is exact; the lists
grow as taps ** layers. Here the polynomials themselves are compared, at random weights modulo a
prime: where two values differ, so do the polynomials; where they agree at every draw, the
polynomials are the same but for a vanishing chance (Schwartz 1980, J. ACM 27, doi
10.1145/322217.322225). So a stack of any depth, kernel, stride and dilation is decided in
milliseconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

import numpy as np

from core.arrays import Int64
from core.layers import (
    AVERAGE_POOL,
    CONVOLUTION,
    MAX_POOL,
    OUTSIDE,
    UPSAMPLING,
    Axis,
    Layer,
    Stack,
    fit_stack,
)
from core.settings import InputError
from core.shift_probe.network import Settings

PRIMES = (2**31 - 1, 2**31 - 19, 2**31 - 61, 2**31 - 69)
"""A draw of all weights for each. Products of two residues fit 64 bits; with 200 weights on a path
and 2³¹ pairs of positions, some pair is wrongly held equal with a chance below 10⁻¹⁸."""

MODULI = np.array(PRIMES)[:, None]


def positions_told_apart(stack: Stack, height: int, width: int) -> int | None:
    """How many different sums the output can have at best, over all places of one white pixel.

    The stack is linear: convolutions with any weights of their own (channels change nothing here,
    nor does a bias), average pools, upsampling. 1: nothing leaks, whatever the weights.
    Returns None where a max pool makes it nonlinear. Raises InputError where it does not fit.
    """
    axes = [fit_stack(stack, length) for length in (height, width)]
    if any(layer.kind == MAX_POOL for layer in stack):
        return None
    generator = np.random.default_rng(0)
    # With kernels that are outer products, a score is a product too: row's times column's. Two
    # positions whose products agree as polynomials agree under all other kernels as well.
    rows, columns = (np.unique(scores(along, generator), axis=1) for along in axes)
    products = rows[:, :, None] * columns[:, None, :] % MODULI[:, :, None]
    return int(np.unique(products.reshape(len(PRIMES), -1), axis=1).shape[1])


def scores(axes: Sequence[Axis], generator: np.random.Generator) -> Int64:
    """The score of each pixel along one axis, drawn once for each of PRIMES.

    Returns shape (primes, length), each row modulo its prime.
    """
    values: Int64 = np.ones((len(PRIMES), axes[-1].output), np.int64)
    for axis in reversed(axes):
        layer = axis.layer
        if layer.kind == UPSAMPLING:
            values = values.reshape(len(PRIMES), axis.length, -1).sum(axis=2) % MODULI
            continue
        if layer.kind == AVERAGE_POOL or layer.padding_mode == "partial":
            values = values * scales(axis) % MODULI
        weights = np.ones((len(PRIMES), layer.kernel), np.int64)
        if layer.kind == CONVOLUTION:
            weights = generator.integers(1, MODULI, weights.shape)
        padded = np.zeros((len(PRIMES), len(axis.cells)), np.int64)
        for tap, cells in enumerate(axis.windows.T):  # a tap meets a cell at most once
            padded[:, cells] += values * weights[:, tap, None] % MODULI
        shown = axis.cells != OUTSIDE
        values = np.zeros((len(PRIMES), axis.length), np.int64)
        np.add.at(values.T, axis.cells[shown], padded.T[shown] % MODULI.T)
        values %= MODULI
    return values


def scales(axis: Axis) -> Int64:
    """What each output is multiplied by, modulo each of PRIMES: shape (primes, output)."""
    ratios = axis.ratios
    if axis.layer.kind == AVERAGE_POOL:
        ratios = [Fraction(1, int(count)) for count in axis.mean_counts]
    return np.array([[r.numerator * pow(r.denominator, -1, p) % p for r in ratios] for p in PRIMES])


def experiment(stack: Stack, height: int, width: int) -> Settings | None:
    """The experiment on this very stack with one channel, None where its settings have none."""
    layers = {replace(layer, channels=1) for layer in stack}
    layer = layers.pop()
    word = padding_word(layer)
    plain = layer.kind == CONVOLUTION and (layer.stride, layer.dilation) == (1, 1)
    if layers or not plain or word is None or height != width:
        return None
    try:
        return Settings(
            size=height,
            kernel=layer.kernel,
            layers=len(stack),
            padding=word,
            padding_mode="zeros" if word == "valid" else layer.padding_mode,
        )
    except InputError:
        return None


def padding_word(layer: Layer) -> str | None:
    """A convolution's padding as a word, where its number of pixels is that of one; else None."""
    if isinstance(layer.padding, str):
        return layer.padding
    around = layer.span - 1
    return {0: "valid", around: "full", around / 2: "same"}.get(layer.padding)
