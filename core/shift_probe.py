"""Can a "shift-invariant" network tell where a pixel is?

A convolution commutes with shifts and a sum forgets places, so `conv(x).sum()` should not depend
on where the one white pixel of x lies. It does, unless the padding is circular, or full with
zeros. The experiment is Harald Scheidl's ("Does padding matter in deep learning models?", 2021):
train the kernel to answer 1 for one target position and 0 for all others.

The network is a stack of linear convolutions with one channel, then the sum over the last output,
the *score*. It answers 1 where the score is above 0. Only the last convolution may have a bias:
in a linear stack every bias adds the same constant to all scores, so one is all there is to use.
Without it the threshold is fixed at 0; with it, any threshold will do.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from core.layers import OUTSIDE, PADDING_MODES, PADDINGS, Axis, fit_stack
from core.position_classes import (
    Integers,
    Labels,
    axis_map,
    convolutions,
    map_unit,
    path_counts,
    position_classes,
)
from core.separation import Mixture, Separator, independent_columns, separate
from core.settings import Choice, InputError, Pair, Switch, Whole, check, setting

Floats = npt.NDArray[np.floating[Any]]
Position = tuple[int, int]

MAX_SEED = 2**31 - 1
STEP_LIMIT = 200
WITNESS_SEEDS = 5  # trainings that look for the kernels of a deep stack before giving up
START_DAMPING, DAMPING_DECAY, LEAST_DAMPING, MOST_DAMPING = 100.0, 0.8, 1e-9, 1e9
STALLED = 1e-10  # a smaller gain in loss is none
ROUNDING = 2.0**-40  # bounds the relative rounding error of a score; see `certified`


@dataclass(frozen=True)
class Settings:
    """One experiment. Raises InputError where a layer does not fit or the target is outside."""

    size: int = setting(10, Whole(3, 32), "height and width of the image, in pixels")
    kernel: int = setting(3, Whole(1, 7), "height and width of each kernel")
    layers: int = setting(1, Whole(1, 5), "number of convolutions")
    padding: str = setting("same", Choice(PADDINGS), "padding of each convolution")
    padding_mode: str = setting("zeros", Choice(PADDING_MODES), "what the padded cells hold")
    bias: bool = setting(False, Switch(), "give the last convolution a bias")
    target: tuple[int, int] = setting((0, 0), Pair(0, 31), "row and column to single out")
    seed: int = setting(0, Whole(0, MAX_SEED), "seed of the initial kernels")

    def __post_init__(self) -> None:
        check(self)
        inside = Pair(0, self.size - 1)
        if self.target not in inside:
            row, column = self.target
            raise InputError(f"target must be {inside}, not '{row} {column}'")
        fit_stack(
            convolutions(self.kernel, self.layers, self.padding, self.padding_mode), self.size
        )


# --- The network ------------------------------------------------------------------------------


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
        return tuple(axis_map(axis) * map_unit(axis.layer) for axis in self.axes)

    @cached_property
    def counts(self) -> Integers:
        """The kernel paths along one axis: see `core.position_classes.path_counts`."""
        return path_counts(self.axes)

    @cached_property
    def classes(self) -> Labels:
        """The class of each position, numbered in reading order: shape (size, size).

        Positions share a class if and only if no kernels give them different scores.
        """
        return position_classes(self.counts)

    @cached_property
    def members(self) -> Integers:
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
            passed.append(convolve(passed[-1], kernel, through))
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


def convolve(image: Floats, kernel: Floats, through: Floats) -> Floats:
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
    """The transpose of `convolve`: from shape (…, output, output) to (…, input, input)."""
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


# --- Training ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class State:
    """The network at one moment of its training.

    kernels: shape (layers, kernel, kernel). scores: shape (size, size).
    loss: cross-entropy in nats, target and others weighing one half each.
    """

    kernels: Floats
    bias: float
    scores: Floats
    loss: float
    accuracy: float
    balanced_accuracy: float


@dataclass(frozen=True)
class Run:
    """A training: `history[0]` is the initial state, one state a step follows."""

    history: tuple[State, ...]

    @property
    def final(self) -> State:
        return self.history[-1]

    @property
    def steps(self) -> int:
        return len(self.history) - 1

    @property
    def perfect(self) -> bool:
        return self.final.accuracy == 1


def train(network: Network, step_limit: int = STEP_LIMIT) -> Run:
    """Fit the kernels until every position is classified rightly, or no step helps any more.

    Logistic regression by damped Newton steps (Levenberg and Marquardt; with several layers, on
    the linearised scores). Each step lowers the loss; the damping decays, so steps start small.
    With one layer the loss is convex, and its infimum is 0 if and only if a kernel separates.
    """
    return Run(tuple(states(network, step_limit)))


def states(network: Network, step_limit: int) -> Iterator[State]:
    """The initial state and one for each step."""
    state = assess(network, initial_kernels(network.settings), 0.0)
    damping = START_DAMPING
    yield state
    for _ in range(step_limit):
        if state.accuracy == 1:
            return
        gradient, curvature = expand(network, state)
        while True:
            change = np.linalg.solve(curvature + damping * np.eye(len(gradient)), -gradient)
            following = moved(network, state, change)
            if following.loss < state.loss - STALLED:
                break
            damping *= 4
            if damping > MOST_DAMPING:
                return
        state = following
        damping = max(damping * DAMPING_DECAY, LEAST_DAMPING)
        yield state


def initial_kernels(settings: Settings) -> Floats:
    """Uniform in ±1 / kernel, PyTorch's default range for one channel; the bias starts at 0."""
    shape = (settings.layers, settings.kernel, settings.kernel)
    return np.random.default_rng(settings.seed).uniform(-1, 1, shape) / settings.kernel


def assess(network: Network, kernels: Floats, bias: float) -> State:
    """The state of a network with these weights."""
    scores = network.scores(kernels, bias)
    label = network.is_target
    right = (scores > 0) == label
    losses = np.logaddexp(0, np.where(label, -scores, scores))
    return State(
        kernels=kernels,
        bias=bias,
        scores=scores,
        loss=float(losses[label].mean() + losses[~label].mean()) / 2,
        accuracy=float(right.mean()),
        balanced_accuracy=float(right[label].mean() + right[~label].mean()) / 2,
    )


def expand(network: Network, state: State) -> tuple[Floats, Floats]:
    """Gradient and curvature of the loss in the weights, the constant added to all scores last."""
    slopes = network.derivatives(state.kernels)
    if network.settings.bias:
        slopes = np.column_stack([slopes, np.ones(len(slopes))])
    chance = 1 / (1 + np.exp(-np.clip(state.scores, -500, 500)))
    weight = np.where(network.is_target, 0.5, 0.5 / (chance.size - 1))
    error = per_class(network, weight * (chance - network.is_target))
    spread = per_class(network, weight * chance * (1 - chance))
    return error @ slopes, (slopes * spread[:, None]).T @ slopes


def per_class(network: Network, values: Floats) -> Floats:
    """The sum of a value for each position over the positions of each class."""
    return np.bincount(network.classes.ravel(), values.ravel()).astype(float)


def moved(network: Network, state: State, change: Floats) -> State:
    """The state after adding `change` (as `expand` orders it) to the weights."""
    weights = state.kernels.size
    bias = state.bias + float(change[weights:].sum()) / network.outputs
    return assess(network, state.kernels + change[:weights].reshape(state.kernels.shape), bias)


# --- Proof ------------------------------------------------------------------------------------


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
    values in place of these products separate (`core.separation`, exact), no kernels do. One
    layer's paths are its weights, so there the answer is complete. With several layers the
    products are not free, and separable is proved by exhibiting kernels: found by training, from
    a few seeds, and certified against rounding. Where they are not found, the question is open.
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


# --- Which padding is safe? -------------------------------------------------------------------


@dataclass(frozen=True)
class Row:
    """One padding in the comparison of all.

    refusal: why this padding does not fit, and then the rest is empty; else "".
    classes: how many positions the network can tell apart at best; 1 means invariant to shifts.
    steps: training steps until perfect, None where training did not get there.
    """

    padding: str
    padding_mode: str
    refusal: str = ""
    classes: int = 0
    separable: bool | None = None
    steps: int | None = None

    @property
    def leaks(self) -> bool:
        return self.classes > 1


def compare(settings: Settings) -> tuple[Row, ...]:
    """The same experiment under every padding. 'valid' pads nothing, so it needs no mode."""
    modes = dict.fromkeys(PADDINGS, PADDING_MODES) | {"valid": ("zeros",)}
    return tuple(compare_one(settings, p, mode) for p in PADDINGS for mode in modes[p])


def compare_one(settings: Settings, padding: str, padding_mode: str) -> Row:
    """The row of one padding."""
    try:
        network = Network(replace(settings, padding=padding, padding_mode=padding_mode))
    except InputError as error:
        return Row(padding, padding_mode, refusal=str(error))
    run = train(network)
    return Row(
        padding,
        padding_mode,
        classes=network.distinct_scores,
        separable=prove(network).separable,
        steps=run.steps if run.perfect else None,
    )


def report(settings: Settings) -> dict[str, Any]:
    """What the command line prints: the proof, and the outcome of one training."""
    network = Network(settings)
    run = train(network)
    kernels = run.final.kernels.tolist()
    return {
        "separable": prove(network).separable,
        "accuracy": run.final.accuracy,
        "balanced_accuracy": run.final.balanced_accuracy,
        "steps": run.steps,
        "kernel": kernels[0] if settings.layers == 1 else kernels,
        "bias": run.final.bias,
        "scores": run.final.scores.tolist(),
        "distinct_scores": network.distinct_scores,
    }
