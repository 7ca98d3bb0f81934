"""What several layers can single out is decided by exact means; what stays open is known."""

import itertools
from fractions import Fraction

import numpy as np
import pytest

from core.layers import PADDING_MODES, PADDINGS
from core.shift_probe import Network, Proof, Settings, prove, train
from core.shift_probe.classes import axis_map, whole_unit
from core.shift_probe.corners import only_corners
from core.shift_probe.proof import separates, whole_scores
from core.shift_probe.search import Problem, distinguishable, search, starts
from core.shift_probe.separation import nonnegative_least_squares, solve
from core.shift_probe.training import initial_kernels
from tests.shift_probe.networks import fits, network


def exact_scores(probe: Network, kernels: np.ndarray, bias: float) -> list[list[Fraction]]:
    """Every image through every layer, window by window, in fractions."""
    size = probe.settings.size
    scores = []
    for place in range(size**2):
        image = np.full((size, size), Fraction(0), object)
        image[divmod(place, size)] = Fraction(1)
        for axis, kernel in zip(probe.axes, kernels, strict=True):
            taps = [[Fraction(w) for w in row] for row in kernel.tolist()]
            image = np.array(
                [
                    [
                        row_ratio
                        * column_ratio
                        * sum(
                            taps[t][s] * image[r, c]
                            for t, r in enumerate(rows)
                            for s, c in enumerate(columns)
                            if r >= 0 and c >= 0
                        )
                        for columns, column_ratio in zip(axis.sources, axis.ratios, strict=True)
                    ]
                    for rows, row_ratio in zip(axis.sources, axis.ratios, strict=True)
                ],
                object,
            )
        scores.append(image.sum() + Fraction(bias) * image.size)
    return [scores[row * size : (row + 1) * size] for row in range(size)]


def is_proof(proof: Proof, probe: Network) -> bool:
    """Whether the weights or the mixture hold in fractions, by brute force."""
    target = probe.settings.target
    if proof.separable:
        assert proof.kernels is not None
        found = exact_scores(probe, proof.kernels, proof.bias)
        return all(
            (score > 0) if (row, column) == target else (score < 0)
            for row, line in enumerate(found)
            for column, score in enumerate(line)
        )
    assert proof.mixture is not None
    rng = np.random.default_rng(0)
    for _ in range(3):  # an identity between polynomials holds at any weights
        kernels = rng.integers(-9, 10, initial_kernels(probe.settings).shape).astype(float)
        found = exact_scores(probe, kernels, float(probe.settings.bias))
        mixed = sum(amount * found[r][c] for (r, c), amount in proof.mixture.items())
        if mixed != found[target[0]][target[1]]:
            return False
    return all(amount > 0 for amount in proof.mixture.values())


SMALL = [
    (size, kernel, layers, padding, mode, bias)
    for size, kernel, layers, padding, mode, bias in itertools.product(
        (3, 4), (2, 3), (1, 2, 3), PADDINGS, PADDING_MODES, (False, True)
    )
    if padding != "valid" or mode == "zeros"
    if fits(size=size, kernel=kernel, layers=layers, padding=padding, padding_mode=mode)
]


@pytest.mark.parametrize("index", range(0, len(SMALL), 7))
def test_every_proof_holds_in_fractions(index: int) -> None:
    size, kernel, layers, padding, mode, bias = SMALL[index]
    target = divmod(index % size**2, size)
    probe = Network(Settings(size, kernel, layers, padding, mode, bias, target))
    proof = prove(probe)
    exact = proof.kind in ("weights", "mixture")
    assert is_proof(proof, probe) if exact else proof.kind in ("corners", None), probe.settings


# --- Only corners ---------------------------------------------------------------------------


@pytest.mark.parametrize("target", [(0, 1), (1, 1), (1, 2)])
def test_two_layers_of_two_by_two_single_out_corners_only(target: tuple[int, int]) -> None:
    settings = {"size": 3, "kernel": 2, "layers": 2, "padding": "valid"}
    found = prove(network(**settings, target=target))
    assert (found.separable, found.kind) == (False, "corners")
    assert no_signs_do_it(network(**settings, target=target))
    corner = prove(network(**settings, target=(0, 2)))
    assert corner.separable
    assert is_proof(corner, network(**settings, target=(0, 2)))


def no_signs_do_it(probe: Network) -> bool:
    """Try all signs that the weights can have, by an argument that knows nothing of corners.

    With its signs given, each product of weights is a positive number but for its sign. If amounts
    λ ≥ 0 of the wanted inequalities add up to something that no such products can fulfil, these
    signs are impossible. The amounts are guessed by floating point and checked in fractions.
    """
    kernel, layers, size = probe.settings.kernel, probe.settings.layers, probe.settings.size
    wanted = np.where(probe.is_target, 1, -1).ravel()
    rows = np.array(
        [
            np.outer(probe.counts[r], probe.counts[c]).ravel()
            for r, c in itertools.product(range(size), repeat=2)
        ]
    )
    for signs in itertools.product((1, -1), repeat=layers * kernel**2):
        kernels = np.array(signs).reshape(layers, kernel, kernel)
        products = np.ones((1, 1), int)
        for weights in kernels:
            products = np.multiply.outer(products, weights).transpose(0, 2, 1, 3)
            products = products.reshape(kernel * len(products), -1)
        if not contradict(rows * wanted[:, None] * products.ravel()):
            return False
    return True


def contradict(inequalities: np.ndarray) -> bool:
    """Whether inequalities · z > 0 has no solution z > 0: some mixture has no positive term."""
    cases, terms = inequalities.shape
    columns = np.vstack(
        [
            np.hstack([inequalities.T, np.eye(terms, dtype=int)]),
            np.r_[np.ones(cases, int), np.zeros(terms, int)],
        ]
    )
    goal = np.zeros(terms + 1)
    goal[-1] = 1
    lengths = np.linalg.norm(columns, axis=0)
    amounts = nonnegative_least_squares(columns / lengths, goal)
    support = np.flatnonzero(amounts)
    exact = solve(
        [[Fraction(int(value)) for value in columns[:, place]] for place in support],
        [Fraction(int(value)) for value in goal],
    )
    return exact is not None and min(exact) >= 0


@pytest.mark.parametrize("layers", [1, 2, 3, 4, 5])
def test_no_draw_of_kernels_contradicts_the_argument(layers: int) -> None:
    """Among random kernels of widely different weights none is a counterexample."""
    probe = network(size=6, kernel=2, layers=layers, padding="valid")
    rng = np.random.default_rng(layers)
    singled = 0
    for _ in range(1000):
        kernels = rng.normal(size=(layers, 2, 2)) * 10.0 ** rng.integers(-2, 1, (layers, 2, 2))
        alike = rng.random(layers) < 0.5
        kernels[alike] = np.abs(kernels[alike])
        for scores in (probe.scores(kernels), -probe.scores(kernels)):
            above = np.argwhere(scores > 0).tolist()
            if len(above) == 1:
                singled += 1
                assert {*above[0]} <= {0, 5}
    assert singled > 3


def test_where_the_argument_holds() -> None:
    valid = {"kernel": 2, "layers": 3, "padding": "valid", "target": (0, 1)}
    assert only_corners(network(**valid))
    for other in (
        {"kernel": 3},
        {"bias": True},
        {"target": (0, 9)},
        {"target": (0, 0)},
        {"padding": "same"},
        {"padding": "full", "padding_mode": "replicate"},
    ):
        assert not only_corners(network(**valid | other)), other
    assert only_corners(network(size=32, **valid))
    # One layer is decided without the argument, and agrees with it.
    for target in itertools.combinations_with_replacement(range(4), 2):
        probe = network(size=4, kernel=2, padding="valid", target=target)
        assert prove(probe).separable == ({*target} <= {0, 3})


@pytest.mark.parametrize(
    "index",
    [i for i, case in enumerate(SMALL) if i % 5 == 0 or (case[1], case[3]) == (2, "valid")],
)
def test_nothing_is_found_where_the_argument_forbids_it(index: int) -> None:
    size, kernel, layers, padding, mode, bias = SMALL[index]
    for target in itertools.combinations_with_replacement(range(size), 2):
        probe = Network(Settings(size, kernel, layers, padding, mode, bias, target))
        forbidden = only_corners(probe)
        assert (padding, kernel) == ("valid", 2) or not forbidden
        assert not forbidden or search(probe) is None


# --- Search ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("layers", "bias"), [(1, False), (2, True), (3, False)])
def test_the_search_s_slopes_are_the_network_s(layers: int, bias: bool) -> None:
    probe = network(size=6, layers=layers, padding_mode="partial", bias=bias, target=(1, 2))
    problem = Problem.of(probe)
    kernels = np.random.default_rng(0).normal(size=(4, layers, 3, 3))
    scores, slopes = problem.slopes(kernels, np.full(4, 0.5))
    places, labels = distinguishable(probe)
    cases = np.ix_(places, places)
    for weights, score, slope in zip(kernels, scores, slopes, strict=True):
        assert score == pytest.approx(probe.scores(weights)[cases].ravel() + 0.5)
        expected = probe.derivatives(weights)[probe.classes[cases].ravel()]
        assert slope[:, : expected.shape[1]] == pytest.approx(expected)
        assert slope.shape[1] == expected.shape[1] + bias
    assert problem.target == labels[1] * len(places) + labels[2]


def test_the_search_finds_what_training_misses() -> None:
    probe = network(size=3, kernel=2, layers=3, padding_mode="replicate", target=(0, 1))
    assert not any(
        train(Network(Settings(3, 2, 3, "same", "replicate", False, (0, 1), seed))).perfect
        for seed in range(5)
    )
    assert search(probe)
    found = prove(probe)
    assert found.separable
    assert is_proof(found, probe)


def test_a_large_stack_is_not_searched() -> None:
    assert starts(network(size=10, kernel=2, layers=5)) == 96
    assert starts(network(size=32, kernel=7, layers=5)) == 0


# --- Exact scores ---------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["zeros", "partial", "symmetric"])
@pytest.mark.parametrize("most", [9, 10**6])
def test_whole_scores_are_exact(mode: str, most: int) -> None:
    probe = network(size=4, layers=3, padding_mode=mode)
    rng = np.random.default_rng(most)
    kernels = rng.integers(-most, most + 1, (3, 3, 3)).astype(float)
    unit = whole_unit(probe.axes[0].layer) ** 6
    found = [[score * unit for score in row] for row in whole_scores(probe, kernels).tolist()]
    assert found == exact_scores(probe, kernels, 0)


def test_a_wrong_sign_is_seen() -> None:
    probe = network()
    kernel = np.array([[[1.0, 1, -2], [1, 1, -2], [-2, -2, 0]]])
    assert not separates(probe, kernel, 0)
    assert not separates(probe, -np.ones((1, 3, 3)), 0)
    assert axis_map(probe.axes[0]).dtype == np.int64


def test_the_margin_is_that_of_layers_of_length_one() -> None:
    probe = network(size=5, layers=2, bias=True)
    found = prove(probe)
    assert found.kernels is not None
    first, last = found.kernels
    bias = found.bias / np.linalg.norm(first)
    length = np.sqrt((last**2).sum() + bias**2)
    unit = np.stack([first / np.linalg.norm(first), last / length])
    assert found.margin == pytest.approx(np.abs(probe.scores(unit, bias / length)).min())
