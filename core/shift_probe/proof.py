"""Whether any weights at all can single out the target: decided, and proved."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt

from core.arrays import Floats, Int64
from core.shift_probe.classes import axis_map, whole_unit
from core.shift_probe.corners import only_corners
from core.shift_probe.network import Network, Position, carry_back
from core.shift_probe.search import search, starts
from core.shift_probe.separation import Mixture, Separator, independent_columns, separate
from core.shift_probe.training import Training, train

Whole = npt.NDArray[np.object_]

WITNESS_SEEDS = 5  # trainings that look for the kernels of a stack too large for `search`
FINEST = 40  # weights of several layers are rounded to 2⁻⁴⁰ of the largest at the finest
EXACT = 2**53  # whole numbers below it are exact in floating point


@dataclass(frozen=True)
class Proof:
    """Whether any weights at all single out the target, and what proves it.

    separable: None where neither a proof nor a counter-proof was found (several layers only).
    kernels, bias: whole weights that do it, where separable.
    margin: by how much, the smallest |score| where the weights of each layer have length 1; the
        bias counts among the last layer's.
    mixture: positions and positive amounts whose kernel paths add up to the target's exactly:
        under any weights the target's score is that sum of theirs, so no weights separate.
    only_corners: no weights separate by the argument in `core.shift_probe.corners`.
    """

    separable: bool | None
    kernels: Floats | None = None
    bias: float = 0.0
    margin: float = 0.0
    mixture: Mapping[Position, Fraction] | None = None
    only_corners: bool = False

    @property
    def kind(self) -> str | None:
        """What the proof consists of, in a word; None where the question is open."""
        if self.separable:
            return "weights"
        if self.mixture is not None:
            return "mixture"
        return "corners" if self.only_corners else None


def prove(network: Network, run: Training | None = None) -> Proof:
    """Decide whether the target is separable, and prove the answer.

    run: the training of this network, where it is there already.

    The scores are linear in the products of weights along the kernel paths. If not even free
    values in place of these products separate (`core.shift_probe.separation`, exact), no kernels
    do. One layer's paths are its weights, so there the answer is complete. With several layers
    the products are not free. Then an argument about signs excludes some targets
    (`core.shift_probe.corners`), and others are separable because kernels are exhibited: found by
    training or by search, rounded to whole numbers and checked in exact arithmetic. Where neither
    is found, the question is open.
    """
    if twin := same_class(network):
        return Proof(False, mixture={twin: Fraction(1)})
    several = network.settings.layers > 1
    if several and only_corners(network):
        return Proof(False, only_corners=True)
    counts = network.counts
    if several:  # one of the columns that depend on each other says it all
        counts = counts[:, independent_columns(counts)]
    if not several or counts.shape[1] < len(np.unique(counts, axis=0)):
        found = separate(path_features(network, counts), target_class(network))
        if isinstance(found, Mixture):
            positions = class_positions(network)
            return Proof(False, mixture={positions[i]: a for i, a in found.amounts.items()})
        if found and not several:
            return whole_example(network, found)
    return found_example(network, run or train(network))


def same_class(network: Network) -> Position | None:
    """Another position of the target's class, if there is one."""
    shared = (network.classes == target_class(network)) & ~network.is_target
    return next(((row, column) for row, column in np.argwhere(shared).tolist()), None)


def target_class(network: Network) -> int:
    return int(network.classes[network.settings.target])


def class_positions(network: Network) -> list[Position]:
    """The first position of each class."""
    return [divmod(index, network.settings.size) for index in network.first_members.tolist()]


def path_features(network: Network, counts: Int64) -> npt.NDArray[np.object_]:
    """What the score of each class is linear in: the products of path counts along both axes.

    counts: columns of `network.counts`. The constant of the bias comes last if there is one, at
    the size of the largest count: any size serves, and this one suits floating point.
    Returns shape (classes, features).
    """
    whole = counts.astype(object)
    features = np.array([np.outer(whole[r], whole[c]).ravel() for r, c in class_positions(network)])
    if not network.settings.bias:
        return features
    return np.column_stack([features, np.full(len(features), features.max())])


def whole_example(network: Network, found: Separator) -> Proof:
    """The proof that a separator gives for one layer, in whole weights."""
    taps = network.settings.kernel**2
    kernels = np.array(found.weights[:taps], float).reshape(1, network.settings.kernel, -1)
    if not network.settings.bias:
        return example(network, kernels, 0.0)
    unit = float(whole_unit(network.axes[0].layer)) ** 2
    size = int(path_features(network, network.counts)[0, -1]) * unit
    return example(network, kernels, found.weights[taps] * size / network.outputs)


def found_example(network: Network, run: Training) -> Proof:
    """The proof that kernels give which training or search finds, or an open question."""
    for kernels, bias in candidates(network, run):
        if proof := rounded_example(network, kernels, bias):
            return proof
    return Proof(None)


def candidates(network: Network, run: Training) -> Iterator[tuple[Floats, float]]:
    """Weights that single out the target as far as floating point can tell.

    But for `run` they do not depend on the seed, so that it changes no answer.
    """
    if run.perfect:
        yield run.final.kernels, run.final.bias
    if starts(network):
        if found := search(network):
            yield found
        return
    for seed in range(WITNESS_SEEDS):
        other = train(Network(replace(network.settings, seed=seed)))
        if other.perfect:
            yield other.final.kernels, other.final.bias


def rounded_example(network: Network, kernels: Floats, bias: float) -> Proof | None:
    """The proof that these weights give at the coarsest rounding that still separates.

    Each kernel is scaled by itself, and the bias with all of them. None where no rounding does it.
    """
    largest = np.abs(kernels).max(axis=(1, 2), keepdims=True)
    shared = bias / float(np.prod(largest))
    for bits in range(1, FINEST + 1):
        whole = np.rint(kernels / largest * 2.0**bits)
        constant = round(shared * 2.0 ** (bits * len(kernels)))
        if separates(network, whole, constant):
            return example(network, whole, float(constant))
    return None


def separates(network: Network, kernels: Floats, bias: int) -> bool:
    """Whether these whole weights score the target above 0 and all others below. Exact.

    kernels: whole numbers, shape (layers, kernel, kernel).
    """
    unit = Fraction(1)
    for axis in network.axes:
        unit *= whole_unit(axis.layer) ** 2
    scores = whole_scores(network, kernels) * unit.numerator
    scores += bias * network.outputs * unit.denominator
    flat = scores.ravel()[network.first_members]
    target = target_class(network)
    return bool(flat[target] > 0 and (np.delete(flat, target) < 0).all())


def whole_scores(network: Network, kernels: Floats) -> Whole:
    """The scores without a bias as Python's integers, in units of the maps' own, squared.

    Returns shape (size, size). Floating point is used where it is exact: where the sum of all
    absolute values stays below 2⁵³.
    """
    maps = [axis_map(axis) for axis in network.axes]
    bound = backwards(np.abs(kernels), [through.astype(float) for through in maps]).max()
    if bound < EXACT / 2:
        exact = backwards(kernels, [through.astype(float) for through in maps])
        return np.array([[int(score) for score in row] for row in exact.tolist()], object)
    integers = np.array([int(weight) for weight in kernels.ravel().tolist()], object)
    return backwards(integers.reshape(kernels.shape), [through.astype(object) for through in maps])


def backwards(kernels: npt.NDArray[Any], maps: list[npt.NDArray[Any]]) -> npt.NDArray[Any]:
    """The sum over the last output carried back to the image, in the arrays' own arithmetic."""
    values = np.ones((len(maps[-1]),) * 2, kernels.dtype)
    for through, kernel in zip(reversed(maps), reversed(kernels), strict=True):
        values = carry_back(values, kernel, through)
    return values


def example(network: Network, kernels: Floats, bias: float) -> Proof:
    """The proof that these weights give."""
    lengths = np.sqrt((kernels**2).sum(axis=(1, 2)))
    before = float(np.prod(lengths[:-1]))  # the first layers' share of a score, as of the bias
    length = before * np.hypot(lengths[-1], bias / before)
    margin = np.abs(network.scores(kernels, bias)).min() / length
    return Proof(True, kernels, bias, margin=float(margin))


def touch_rank(network: Network) -> int:
    """How many of the kernel² weights' touch counts are independent. For one layer."""
    return len(independent_columns(network.counts)) ** 2  # touches are products of two axes'
