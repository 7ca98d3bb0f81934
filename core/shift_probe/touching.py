"""Which weights meet the target's pixel, and what signs training gives them.

With one layer the score of a position is the sum of the weights that touch its pixel, each as
often as it touches. To answer 1 there, that sum must be above 0; the weights that never touch are
free to say no to other positions. Scheidl's third figure shows the weights that touch all
positive. Here that is counted, at the first perfect step and when the training goes on: the loss
of one layer is convex, so from every seed it ends at the same kernel.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from core.arrays import Floats
from core.shift_probe.network import Network, Settings
from core.shift_probe.training import train

Ends = tuple[int, int]


@dataclass(frozen=True)
class Signs:
    """How many weights are above 0, of those that touch the target's pixel and of the others.

    touching, apart: how many there are of each; touching_above, apart_below: how many of them
        training has put above 0, and below 0.
    """

    touching: int
    touching_above: int
    apart: int
    apart_below: int

    @property
    def as_in_the_article(self) -> bool:
        """All weights that touch are positive."""
        return self.touching_above == self.touching


def signs(network: Network, kernel: Floats) -> Signs:
    """The signs of a kernel's weights, shape (kernel, kernel), of the first layer."""
    touches = network.touches(network.settings.target) > 0
    return Signs(
        touching=int(touches.sum()),
        touching_above=int((kernel[touches] > 0).sum()),
        apart=int((~touches).sum()),
        apart_below=int((kernel[~touches] < 0).sum()),
    )


def signs_when_perfect(settings: Settings, seeds: Sequence[int]) -> list[Signs]:
    """The signs at the first perfect step, for those of the seeds that get there. One layer."""
    runs = (train(Network(replace(settings, seed=seed))) for seed in seeds)
    network = Network(settings)
    return [signs(network, run.final.kernels[0]) for run in runs if run.perfect]


def signs_in_the_end(settings: Settings) -> Signs:
    """The signs once the training has gone on until no step helps. One layer."""
    network = Network(settings)
    return signs(network, train(network, go_on=True).final.kernels[0])


def untouched_ends(network: Network) -> tuple[Ends, Ends] | None:
    """How many rows (first, last) and columns (first, last) of the kernel never touch the target.

    None where the weights that never touch are not whole rows and columns at the kernel's ends.
    """
    touches = network.touches(network.settings.target) > 0
    if not touches.any():
        return None
    ends = []
    for axis in (1, 0):
        places = np.flatnonzero(touches.any(axis=axis)).tolist()
        if len(places) != places[-1] - places[0] + 1:
            return None
        ends.append((places[0], len(touches) - 1 - places[-1]))
    return ends[0], ends[1]
