"""Training the probe: logistic regression by damped Newton steps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from core.arrays import Floats
from core.shift_probe.network import Network, Settings, torch_scores

STEP_LIMIT = 200
START_DAMPING, DAMPING_DECAY, LEAST_DAMPING, MOST_DAMPING = 100.0, 0.8, 1e-9, 1e9
STALLED = 1e-10  # a smaller gain in loss is none


@dataclass(frozen=True)
class Snapshot:
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
class Training:
    """A training: `history[0]` is the start, and each step adds one."""

    history: tuple[Snapshot, ...]

    @property
    def final(self) -> Snapshot:
        return self.history[-1]

    @property
    def steps(self) -> int:
        return len(self.history) - 1

    @property
    def perfect(self) -> bool:
        return self.final.accuracy == 1


def train(network: Network, step_limit: int = STEP_LIMIT, *, go_on: bool = False) -> Training:
    """Fit the kernels until every position is classified rightly, or no step helps any more.

    go_on: train on to the last step, although all positions may long be right.

    Logistic regression by damped Newton steps (Levenberg and Marquardt; with several layers, on
    the linearised scores). Each step lowers the loss; the damping decays, so steps start small.
    With one layer the loss is convex, and its infimum is 0 if and only if a kernel separates.
    """
    return Training(tuple(snapshots(network, step_limit, go_on=go_on)))


def snapshots(network: Network, step_limit: int, *, go_on: bool = False) -> Iterator[Snapshot]:
    """The start and what each step makes of it; see `train`."""
    snapshot = assess(network, initial_kernels(network.settings), 0.0)
    damping = START_DAMPING
    yield snapshot
    for _ in range(step_limit):
        if snapshot.accuracy == 1 and not go_on:
            return
        gradient, curvature = expand(network, snapshot)
        while True:
            change = np.linalg.solve(curvature + damping * np.eye(len(gradient)), -gradient)
            following = moved(network, snapshot, change)
            if following.loss < snapshot.loss - STALLED:
                break
            damping *= 4
            if damping > MOST_DAMPING:
                return
        snapshot = following
        damping = max(damping * DAMPING_DECAY, LEAST_DAMPING)
        yield snapshot


def torch_difference(network: Network, run: Training) -> float:
    """The largest difference between a final score and PyTorch's. ImportError without torch."""
    scores = torch_scores(network.settings, run.final.kernels, run.final.bias)
    return float(np.abs(scores - run.final.scores).max())


def initial_kernels(settings: Settings) -> Floats:
    """Uniform in ±1 / kernel, PyTorch's default range for one channel; the bias starts at 0."""
    shape = (settings.layers, settings.kernel, settings.kernel)
    return np.random.default_rng(settings.seed).uniform(-1, 1, shape) / settings.kernel


def assess(network: Network, kernels: Floats, bias: float) -> Snapshot:
    """How a network with these weights does."""
    scores = network.scores(kernels, bias)
    label = network.is_target
    right = (scores > 0) == label
    losses = np.logaddexp(0, np.where(label, -scores, scores))
    return Snapshot(
        kernels=kernels,
        bias=bias,
        scores=scores,
        loss=float(losses[label].mean() + losses[~label].mean()) / 2,
        accuracy=float(right.mean()),
        balanced_accuracy=float(right[label].mean() + right[~label].mean()) / 2,
    )


def expand(network: Network, snapshot: Snapshot) -> tuple[Floats, Floats]:
    """Gradient and curvature of the loss in the weights, the constant added to all scores last."""
    slopes = network.derivatives(snapshot.kernels)
    if network.settings.bias:
        slopes = np.column_stack([slopes, np.ones(len(slopes))])
    chance = 1 / (1 + np.exp(-np.clip(snapshot.scores, -500, 500)))
    weight = np.where(network.is_target, 0.5, 0.5 / (chance.size - 1))
    error = per_class(network, weight * (chance - network.is_target))
    spread = per_class(network, weight * chance * (1 - chance))
    return error @ slopes, (slopes * spread[:, None]).T @ slopes


def per_class(network: Network, values: Floats) -> Floats:
    """The sum of a value for each position over the positions of each class."""
    return np.bincount(network.classes.ravel(), values.ravel()).astype(float)


def moved(network: Network, snapshot: Snapshot, change: Floats) -> Snapshot:
    """What comes of adding `change` (as `expand` orders it) to the weights."""
    weights = snapshot.kernels.size
    bias = snapshot.bias + float(change[weights:].sum()) / network.outputs
    kernels = snapshot.kernels + change[:weights].reshape(snapshot.kernels.shape)
    return assess(network, kernels, bias)
