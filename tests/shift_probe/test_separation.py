"""Every answer is proved in exact arithmetic, and agrees with trying all mixtures there are."""

import itertools
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.shift_probe import separation
from core.shift_probe.separation import Mixture, Separator, independent_columns, separate


def is_proof(found: Separator | Mixture, features: np.ndarray, target: int) -> bool:
    """Whether the certificate holds, in Python's own integers and fractions."""
    rows = [[int(value) for value in row] for row in features]
    if isinstance(found, Separator):
        scores = [sum(w * v for w, v in zip(found.weights, row, strict=True)) for row in rows]
        return all((score > 0) if i == target else (score < 0) for i, score in enumerate(scores))
    mixed = [
        sum((amount * rows[i][j] for i, amount in found.amounts.items()), Fraction(0))
        for j in range(len(rows[0]))
    ]
    amounts_right = all(amount > 0 for amount in found.amounts.values())
    return mixed == rows[target] and target not in found.amounts and amounts_right


def some_mixture(features: np.ndarray, target: int) -> bool:
    """Brute force: a cone holds a point if and only if few enough of its rows do (Carathéodory)."""
    others, goal = np.delete(features, target, axis=0).astype(float), features[target]
    for size in range(1, min(features.shape[1], len(others)) + 1):
        rows = others[list(itertools.combinations(range(len(others)), size))]  # (m, size, d)
        amounts = goal @ np.linalg.pinv(rows)
        missed = np.abs(np.einsum("ms,msd->md", amounts, rows) - goal).max(axis=1)
        if ((missed < 1e-9) & (amounts > -1e-9).all(axis=1)).any():
            return True
    return False


@given(st.data())
def test_agrees_with_brute_force(data: st.DataObject) -> None:
    width = data.draw(st.integers(2, 4))
    row = st.lists(st.integers(0, 3), min_size=width, max_size=width).filter(any)
    features = np.array(data.draw(st.lists(row, min_size=2, max_size=8)))
    found = separate(features, 0)
    assert found
    assert is_proof(found, features, 0)
    assert isinstance(found, Mixture) == some_mixture(features, 0)


def test_a_known_mixture() -> None:
    features = np.array([[2, 1, 1], [1, 0, 1], [1, 1, 0], [0, 0, 1]])
    assert separate(features, 0) == Mixture({1: Fraction(1), 2: Fraction(1)})


def test_fractions_stay_exact() -> None:
    features = np.array([[1, 1], [3, 0], [0, 7]])
    assert separate(features, 0) == Mixture({1: Fraction(1, 3), 2: Fraction(1, 7)})


def test_numbers_beyond_64_bits() -> None:
    huge = 10**30
    features = np.array([[huge, huge], [huge, 0], [0, huge]], object)
    assert separate(features, 0) == Mixture({1: Fraction(1), 2: Fraction(1)})


@pytest.mark.parametrize("features", [[[1, 1], [3, 0], [0, 7]], [[3, 0], [1, 1], [0, 7]]])
@pytest.mark.parametrize("guess", [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0]])
def test_a_wrong_guess_is_never_returned(
    features: list[list[int]], guess: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    cases = np.array(features)
    right = separate(cases, 0)
    monkeypatch.setattr(separation, "nonnegative_least_squares", lambda *_: np.array(guess))
    found = separate(cases, 0)
    assert found is None or (is_proof(found, cases, 0) and type(found) is type(right))


@given(st.integers(0, 2**32 - 1))
def test_rank(seed: int) -> None:
    rng = np.random.default_rng(seed)
    matrix = rng.integers(-3, 4, (5, 3)) @ rng.integers(-3, 4, (3, 6))
    columns = independent_columns(matrix)
    assert len(columns) == np.linalg.matrix_rank(matrix)
    assert np.linalg.matrix_rank(matrix[:, columns]) == len(columns)
