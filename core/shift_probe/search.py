"""Looking for kernels that single out the target, from many starts at once.

A stack's scores are products of weights, so a training can stop short of what exists. Here many
starts descend side by side, each as `core.shift_probe.training` would. How many there are follows
from the size of the problem alone, so that the work is bounded.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.arrays import Floats
from core.shift_probe import training
from core.shift_probe.classes import Labels
from core.shift_probe.network import Network

FEWEST_STARTS, MOST_STARTS = 8, 96
WORK = 4_000_000  # numbers held at a time, over all starts
STEPS = 60
SEED = 0


def starts(network: Network) -> int:
    """From how many starts `search` looks for kernels; 0 where the stack is too large for it."""
    widest = max(through[0].size for through in network.maps)
    weights = network.settings.layers * network.settings.kernel**2
    count = min(MOST_STARTS, WORK // (widest**2 * weights))
    return count if count >= FEWEST_STARTS else 0


def search(network: Network) -> tuple[Floats, float] | None:
    """Kernels, shape (layers, kernel, kernel), and a bias that single out the target, or None.

    As far as floating point can tell: it is for the caller to prove it. The settings' seed has no
    say.
    """
    problem = Problem.of(network)
    settings = network.settings
    shape = (starts(network), settings.layers, settings.kernel, settings.kernel)
    taps = settings.layers * settings.kernel**2
    kernels = np.random.default_rng(SEED).uniform(-1, 1, shape) / settings.kernel
    constants = np.zeros(len(kernels))
    damping = np.full(len(kernels), training.START_DAMPING)
    scores, slopes = problem.slopes(kernels, constants)
    loss = problem.loss(scores)
    for _ in range(STEPS):
        if (done := problem.perfect(scores)).any():
            best = int(done.argmax())
            return kernels[best], float(constants[best]) / network.outputs
        change = problem.step(scores, slopes, damping)
        moved = kernels + change[:, :taps].reshape(shape)
        shifted = constants + change[:, taps:].sum(axis=1)
        new_scores, new_slopes = problem.slopes(moved, shifted)
        new_loss = problem.loss(new_scores)
        better = new_loss < loss - training.STALLED
        kernels[better], constants[better] = moved[better], shifted[better]
        scores[better], slopes[better] = new_scores[better], new_slopes[better]
        loss = np.where(better, new_loss, loss)
        damping = np.where(better, damping * training.DAMPING_DECAY, damping * 4)
        damping = np.clip(damping, training.LEAST_DAMPING, training.MOST_DAMPING)
    return None


@dataclass(frozen=True)
class Problem:
    """One position for each pair of distinguishable rows and columns, for many kernels at once.

    maps: each layer's map, the image's side first, shape (output, taps · input).
    target: the case to score above 0, all others below; bias: whether a constant may help.
    """

    maps: tuple[Floats, ...]
    kernel: int
    target: int
    bias: bool

    @classmethod
    def of(cls, network: Network) -> Problem:
        places, labels = distinguishable(network)
        maps = [network.maps[0][:, :, places], *network.maps[1:]]
        row, column = (labels[side] for side in network.settings.target)
        return cls(
            tuple(through.reshape(len(through), -1) for through in maps),
            network.settings.kernel,
            int(row) * len(places) + int(column),
            network.settings.bias,
        )

    @property
    def cases(self) -> int:
        side: int = self.maps[0].shape[1] // self.kernel
        return side**2

    def slopes(self, kernels: Floats, constants: Floats) -> tuple[Floats, Floats]:
        """Every case's score, shape (starts, cases), and its derivatives in the weights.

        kernels: shape (starts, layers, kernel, kernel); constants: shape (starts,).
        The derivatives have shape (starts, cases, weights), that in the constant last.
        """
        starts, layers, taps, _ = kernels.shape
        last = len(self.maps[-1])
        values = np.ones((starts, 1, last, last))  # the score itself, then its derivatives
        for layer in reversed(range(layers)):
            through = self.maps[layer]
            side = through.shape[1] // taps
            spread = through.T @ values @ through  # what each pair of taps would carry back
            spread = spread.reshape(starts, -1, taps, side, taps, side)
            carried = np.einsum("bts,bwtisj->bwij", kernels[:, layer], spread, optimize=True)
            fresh = spread[:, 0].transpose(0, 1, 3, 2, 4).reshape(starts, taps**2, side, side)
            values = np.concatenate([carried[:, :1], fresh, carried[:, 1:]], axis=1)
        flat = values.reshape(starts, values.shape[1], -1)
        scores = flat[:, 0] + constants[:, None]
        slopes = flat[:, 1:].transpose(0, 2, 1)
        if self.bias:
            slopes = np.concatenate([slopes, np.ones((*scores.shape, 1))], axis=2)
        return scores, slopes

    def signed(self, scores: Floats) -> Floats:
        """By how much each case is on the right side."""
        sided = -scores
        sided[:, self.target] *= -1
        return sided

    def perfect(self, scores: Floats) -> npt.NDArray[np.bool_]:
        return np.asarray((self.signed(scores) > 0).all(axis=1))

    @property
    def weights(self) -> Floats:
        weights = np.full(self.cases, 0.5 / (self.cases - 1))
        weights[self.target] = 0.5
        return weights

    def loss(self, scores: Floats) -> Floats:
        """Cross-entropy in nats, target and others weighing one half each: shape (starts,)."""
        return np.asarray(np.logaddexp(0, -self.signed(scores)) @ self.weights)

    def step(self, scores: Floats, slopes: Floats, damping: Floats) -> Floats:
        """Each start's damped Newton step, shape (starts, weights)."""
        chance = 1 / (1 + np.exp(-np.clip(scores, -500, 500)))
        error = chance.copy()
        error[:, self.target] -= 1
        gradient = ((error * self.weights)[:, None] @ slopes)[:, 0]
        spread = (chance * (1 - chance) * self.weights)[..., None]
        curvature = (slopes * spread).transpose(0, 2, 1) @ slopes
        damped = curvature + damping[:, None, None] * np.eye(curvature.shape[1])
        return np.asarray(np.linalg.solve(damped, -gradient[..., None])[..., 0])


def distinguishable(network: Network) -> tuple[Labels, Labels]:
    """One place along the axis for each that kernel paths tell apart, and which each place is."""
    _, places, labels = np.unique(network.counts, axis=0, return_index=True, return_inverse=True)
    return places, labels.ravel()
