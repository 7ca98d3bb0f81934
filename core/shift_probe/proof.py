"""Whether any weights at all can single out the target: decided, and proved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from core.shift_probe.classes import Integers, map_unit
from core.shift_probe.network import MAX_SEED, Floats, Network, Position
from core.shift_probe.separation import Mixture, Separator, independent_columns, separate
from core.shift_probe.training import State, train

WITNESS_SEEDS = 5  # trainings that look for the kernels of a deep stack before giving up
ROUNDING = 2.0**-40  # bounds the relative rounding error of a score; see `certified`


@dataclass(frozen=True)
class Proof:
    """Whether any weights at all single out the target, and what proves it.

    separable: None where neither a proof nor a counter-proof was found (several layers only).
    kernels, bias: weights that do it, where separable; one layer's kernel is whole.
    margin: by how much, the smallest |score| for weights of length 1.
    mixture: positions and positive amounts whose kernel paths add up to the target's exactly,
        where not separable: under any weights the target's score is that sum of theirs.
    """

    separable: bool | None
    kernels: Floats | None = None
    bias: float = 0.0
    margin: float = 0.0
    mixture: Mapping[Position, Fraction] | None = None


def prove(network: Network) -> Proof:
    """Decide whether the target is separable, and prove the answer.

    The scores are linear in the products of weights along the kernel paths. If not even free
    values in place of these products separate (`core.shift_probe.separation`, exact), no kernels
    do. One layer's paths are its weights, so there the answer is complete. With several layers
    the products are not free, and separable is proved by exhibiting kernels: found by training,
    from a few seeds, and certified against rounding. Where they are not found, the question is
    open.
    """
    if twin := same_class(network):
        return Proof(False, mixture={twin: Fraction(1)})
    several = network.settings.layers > 1
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
    return trained_example(network)


def same_class(network: Network) -> Position | None:
    """Another position of the target's class, if there is one."""
    shared = (network.classes == target_class(network)) & ~network.is_target
    return next(((row, column) for row, column in np.argwhere(shared).tolist()), None)


def target_class(network: Network) -> int:
    return int(network.classes[network.settings.target])


def class_positions(network: Network) -> list[Position]:
    """The first position of each class."""
    return [divmod(index, network.settings.size) for index in network.first_members.tolist()]


def path_features(network: Network, counts: Integers) -> npt.NDArray[np.object_]:
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
    size = int(path_features(network, network.counts)[0, -1]) * map_unit(network.axes[0].layer) ** 2
    return example(network, kernels, found.weights[taps] * size / network.outputs)


def trained_example(network: Network) -> Proof:
    """The proof that trained kernels give, looked for from several seeds, or an open question."""
    for extra in range(WITNESS_SEEDS):
        seed = (network.settings.seed + extra) % (MAX_SEED + 1)
        state = train(Network(replace(network.settings, seed=seed))).final
        if certified(network, state):
            return example(network, state.kernels, state.bias)
    return Proof(None)


def example(network: Network, kernels: Floats, bias: float) -> Proof:
    """The proof that these weights give."""
    scores = network.scores(kernels, bias)
    length = np.sqrt((kernels**2).sum() + bias**2)
    return Proof(True, kernels, bias, margin=float(np.abs(scores).min() / length))


def certified(network: Network, state: State) -> bool:
    """Whether the state is perfect, and the signs of its scores right in spite of rounding.

    A score is a sum of products of weights. Its rounding errors add up to less than a bound
    times the same sum over absolute values (Higham, Accuracy and Stability of Numerical
    Algorithms, 2002, chapter 3): with at most 2¹² roundings on the way of any product, of 2⁻⁵³
    each, ROUNDING is generous.
    """
    bound = ROUNDING * network.scores(np.abs(state.kernels), abs(state.bias))
    return state.accuracy == 1 and bool((np.abs(state.scores) > bound).all())


def touch_rank(network: Network) -> int:
    """How many of the kernel² weights' touch counts are independent. For one layer."""
    return len(independent_columns(network.counts)) ** 2  # touches are products of two axes'
