"""With 2 × 2 kernels and nothing padded only a corner can be singled out: the argument.

Let there be no bias. Write kernel l as uₗ(x, y) = a + b·x + c·y + d·x·y, its weights row by row,
and the table of scores as S(x, y) = Σ s(r, c)·yʳ·xᶜ. Along one axis pixel r reaches output o
through the taps t₁ … t_L exactly if r = o + Σ t, and every such r is a pixel. So
S = E(x)·E(y)·u₁ ⋯ u_L with E(x) = 1 + x + … + xᵐ⁻¹ for m outputs.

Suppose that s > 0 at the target, which is no corner, and s < 0 everywhere else. Look at x, y > 0
in the coordinates z = (ln x, ln y). There S < 0 where h(z) = Σ |sᵢ| / s_target · e^⟨i − target, z⟩,
over the other positions i, is above 1. As the i − target span the plane, h is strictly convex. So
{h ≤ 1} is closed, convex and holds no line (along a line, a convex function that is bounded is
constant), and the rest of the plane, {S < 0}, is connected. No uₗ is 0 there, so each keeps one
sign there. Far out in each of the four diagonal directions the corners decide: S has the sign of
the score at one corner, below 0, and uₗ that of one of its weights a, b, c, d. (None is 0: what
separates strictly still does after a small change.) So all four weights of every kernel have one
sign, then all scores have, and the target's is no exception: a contradiction.
"""

from __future__ import annotations

import itertools

import numpy as np

from core.shift_probe.network import Network


def only_corners(network: Network) -> bool:
    """Whether the argument holds for this network, and its target is no corner."""
    settings = network.settings
    if settings.kernel != 2 or settings.bias or not {*settings.target} - {0, settings.size - 1}:
        return False
    sequences = itertools.product(range(2), repeat=settings.layers)
    first = np.array([sum(taps) for taps in sequences])  # the pixel that output 0 reads
    outputs = network.axes[-1].output
    output = np.arange(outputs + settings.layers)[:, None] - first
    reaches = (output >= 0) & (output < outputs)
    return np.array_equal(network.counts, reaches)
