"""Can a linear classifier single out one case? Decided, and the answer proved in whole numbers.

Let the cases have features aᵢ ≥ 0 (here: how often each kernel weight touches a pixel). Exactly
one of two things exists (Farkas' lemma):

- weights w with w·a_target > 0 > w·aᵢ for every other case, or
- amounts λᵢ ≥ 0 with a_target = Σ λᵢ aᵢ over the others. Then the target's score is the same
  mixture of the others' scores, and cannot be above 0 while all of them are below.

A bias that is free to move is one more feature, equal in all cases; it makes the λᵢ add up to 1.
Swapping the two labels changes nothing: −w then separates.

Floating point only *guesses* which of the two it is, by projecting the target on the cone of the
others. The guess is then rounded to whole weights or solved for exact fractions, and checked in
exact arithmetic; an answer that does not pass the check is never returned.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt

from core.arrays import Floats

WholeNumbers = npt.NDArray[np.integer[Any]] | npt.NDArray[np.object_]

NEGLIGIBLE = 1e-9  # of a unit vector: below this, floating point takes a length for 0
FINEST = 40  # weights are rounded to multiples of 2⁻⁴⁰ of the largest at the finest


@dataclass(frozen=True)
class Separator:
    """Whole weights, one a feature, that score the target above 0 and all others below."""

    weights: tuple[int, ...]


@dataclass(frozen=True)
class Mixture:
    """Amounts of other cases, by their row, that add up to the target exactly."""

    amounts: Mapping[int, Fraction]


def separate(features: WholeNumbers, target: int) -> Separator | Mixture | None:
    """A proof that row `target` can be separated from all other rows, or that it cannot.

    features: shape (cases, features), whole numbers ≥ 0, no row all zeros; of type object where
        64 bits are too few.
    None where the guess does not survive the check, which has not been seen with one layer.
    """
    others = np.delete(np.arange(len(features)), target)
    directions = features.astype(float)
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    goal, cone = directions[target], directions[others].T
    amounts = nonnegative_least_squares(cone, goal)
    residual = goal - cone @ amounts
    distance = float(np.linalg.norm(residual))
    if distance > 1e3 * NEGLIGIBLE:
        # The residual scores the target distance² and the others at most 0; every feature sum is
        # positive, so lowering all weights a little puts the others below 0 and not the target.
        weights = residual - distance**2 / (2 * goal.sum())
        return rounded_separator(features, target, weights)
    support = others[amounts > 0]
    return exact_mixture(features, target, support.tolist())


def nonnegative_least_squares(matrix: Floats, goal: Floats) -> Floats:
    """The x ≥ 0 that minimises |matrix · x − goal|: Lawson and Hanson's active-set method (1974).

    matrix: shape (m, n), columns of length 1. goal: shape (m,). Returns shape (n,).
    """
    x = np.zeros(matrix.shape[1])
    active = np.zeros(matrix.shape[1], bool)
    while True:
        gain = np.where(active, -np.inf, matrix.T @ (goal - matrix @ x))
        if gain.size == 0 or gain.max() <= NEGLIGIBLE:
            return x
        active[gain.argmax()] = True
        while True:
            best = np.zeros_like(x)
            best[active] = np.linalg.lstsq(matrix[:, active], goal, rcond=None)[0]
            blocking = active & (best <= NEGLIGIBLE)
            if not blocking.any():
                x = best
                break
            step = (x[blocking] / np.maximum(x[blocking] - best[blocking], NEGLIGIBLE)).min()
            x = x + step * (best - x)
            active &= x > NEGLIGIBLE
            x[~active] = 0


def rounded_separator(features: WholeNumbers, target: int, weights: Floats) -> Separator | None:
    """The coarsest rounding of `weights` to whole numbers that separates, or None. Exact."""
    cases = features.astype(object)
    for scale in 2.0 ** np.arange(FINEST + 1):
        whole = [round(w) for w in (weights / np.abs(weights).max() * scale).tolist()]
        scores = cases @ np.array(whole, object)
        if scores[target] > 0 and (np.delete(scores, target) < 0).all():
            return Separator(tuple(whole))
    return None


def exact_mixture(features: WholeNumbers, target: int, support: Sequence[int]) -> Mixture | None:
    """The amounts of the rows `support` that add up to the target, or None. Exact."""
    columns = [[Fraction(int(value)) for value in features[row]] for row in support]
    goal = [Fraction(int(value)) for value in features[target]]
    amounts = solve(columns, goal)
    if amounts is None or min(amounts) < 0:
        return None
    return Mixture({row: amount for row, amount in zip(support, amounts, strict=True) if amount})


def solve(columns: Sequence[Sequence[Fraction]], goal: Sequence[Fraction]) -> list[Fraction] | None:
    """The one x with Σ x[j] · columns[j] = goal, or None. Exact: Gauss-Jordan elimination."""
    rows = [[*coefficients, value] for *coefficients, value in zip(*columns, goal, strict=True)]
    for column in range(len(columns)):
        pivot = next((i for i in range(column, len(rows)) if rows[i][column]), None)
        if pivot is None:
            return None
        rows[column], rows[pivot] = rows[pivot], rows[column]
        leading = rows[column][column]
        rows[column] = [value / leading for value in rows[column]]
        for i, row in enumerate(rows):
            if i != column and row[column]:
                factor = row[column]
                rows[i] = [a - factor * b for a, b in zip(row, rows[column], strict=True)]
    if any(row[-1] for row in rows[len(columns) :]):
        return None
    return [row[-1] for row in rows[: len(columns)]]


def independent_columns(matrix: WholeNumbers) -> list[int]:
    """The columns that do not depend on those before them; as many as the rank. Exact.

    Fraction-free Gaussian elimination.
    """
    rows = matrix.astype(object)
    found: list[int] = []
    for column in range(rows.shape[1]):
        done = len(found)
        if done == len(rows):
            break
        below = np.flatnonzero(rows[done:, column]) + done
        if not below.size:
            continue
        rows[[done, below[0]]] = rows[[below[0], done]]
        rest = rows[done + 1 :]
        rest = rest * rows[done, column] - rest[:, [column]] * rows[done]
        common = np.gcd.reduce(rest, axis=1, initial=0)
        rows[done + 1 :] = rest // np.maximum(common, 1)[:, None]
        found.append(column)
    return found
