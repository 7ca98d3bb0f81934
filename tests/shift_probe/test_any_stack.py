"""Any linear stack: what it tells apart agrees with the exact classes, and with what is known."""

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from core.layers import Layer, Stack, fit_stack, parse_stack
from core.settings import InputError
from core.shift_probe import Settings
from core.shift_probe.any_stack import PRIMES, experiment, positions_told_apart
from core.shift_probe.classes import path_counts, position_classes
from tests.strategies import convolutions, unless_refused


def told_apart(text: str, height: int = 10, width: int = 10) -> int | None:
    return positions_told_apart(parse_stack(text), height, width)


@pytest.mark.parametrize(
    ("text", "sums"),
    [
        # The known figures for one 3×3 layer on 10×10.
        ("conv3:same", 9),
        ("conv3", 25),
        ("conv3:same/reflect", 25),
        ("conv3:same/replicate", 9),
        ("conv3:same/circular", 1),
        ("conv3:full", 1),
        # A 1×1 kernel, and zeros of k − 1 or more, leak nothing; copies do.
        ("conv1:same", 1),
        ("conv1:same/replicate", 1),
        ("conv1", 1),
        ("conv3:5", 1),
        ("conv3:2", 1),
        ("conv3:1", 9),
        ("conv3:full/replicate", 9),
        ("conv3:full/reflect", 25),
        ("conv1s2", 2),
        ("conv3s2:2", 4),
        ("conv5d2:8", 1),
        ("conv3:full " * 100, 1),
        ("conv3:same/circular " * 100, 1),
        ("conv3x7:same up2", 9),
        ("up3", 1),
        ("avgpool2", 1),
        ("avgpool2:same", 1),
        ("conv1s20", 2),
    ],
)
def test_known_stacks(text: str, sums: int) -> None:
    assert told_apart(text) == sums


def test_keras_s_mean_counts_a_lone_border_pixel_more() -> None:
    assert told_apart("avgpool2:same", 7, 7) == 3
    assert told_apart("avgpool2:1", 7, 7) == 1


def test_max_pools_are_not_decided() -> None:
    assert told_apart("conv3:full maxpool2") is None


def test_a_pixel_that_no_output_sees_has_the_sum_zero() -> None:
    assert told_apart("conv1s20:8", 4, 4) == 1
    assert told_apart("maxpool2:same") is None
    with pytest.raises(InputError, match="its window spans 11 pixels"):
        told_apart("conv11")


@given(st.lists(convolutions(), min_size=1, max_size=3), st.integers(1, 8))
def test_square_images_agree_with_the_exact_classes(layers: list[Layer], size: int) -> None:
    stack = Stack(tuple(layers))
    with unless_refused():
        counts = path_counts(fit_stack(stack, size))
    # A position without paths has no direction; its score is 0 like all of its kind.
    assume(counts.any(axis=1).all())
    assert positions_told_apart(stack, size, size) == position_classes(counts).max() + 1


@given(st.lists(convolutions(), min_size=1, max_size=2), st.integers(1, 6), st.integers(1, 6))
def test_any_image_agrees_with_all_coefficients(
    layers: list[Layer], height: int, width: int
) -> None:
    stack = Stack(tuple(layers))
    with unless_refused():
        rows, columns = (path_counts(fit_stack(stack, length)) for length in (height, width))
    coefficients = {
        tuple(np.multiply.outer(row, column).ravel().tolist()) for row in rows for column in columns
    }
    assert positions_told_apart(stack, height, width) == len(coefficients)


def test_the_primes_are_prime_and_their_products_fit() -> None:
    for prime in PRIMES:
        assert all(prime % divisor for divisor in range(2, int(prime**0.5) + 1))
        assert (prime - 1) ** 2 < 2**63


@pytest.mark.parametrize(
    ("text", "size", "settings"),
    [
        ("conv3:same", 10, {"size": 10}),
        ("conv3x16:same conv3x8:same", 12, {"size": 12, "layers": 2}),
        ("conv3:same/symmetric", 10, {"padding_mode": "symmetric"}),
        ("conv3:same/partial", 10, {"padding_mode": "partial"}),
        ("conv3:1/reflect", 10, {"padding_mode": "reflect"}),
        ("conv5:4", 10, {"kernel": 5, "padding": "full"}),
        ("conv3:0/reflect", 10, {"padding": "valid"}),
        ("conv3:valid/partial", 10, {"padding": "valid"}),
    ],
)
def test_the_experiment_on_a_stack(text: str, size: int, settings: dict[str, Any]) -> None:
    assert experiment(parse_stack(text), size, size) == Settings(**settings)


@pytest.mark.parametrize(
    ("text", "height", "width"),
    [
        ("conv3s2:same", 10, 10),
        ("conv3d2:same", 10, 10),
        ("conv3:same maxpool2", 10, 10),
        ("conv3:same conv3", 10, 10),
        ("conv3:5", 10, 10),
        ("up2", 10, 10),
        ("conv9:same", 10, 10),
        ("conv3:same " * 6, 10, 10),
        ("conv3:same", 10, 9),
        ("conv3:same", 33, 33),
        ("conv3:same", 2, 2),
        ("conv3 " * 5, 10, 10),
    ],
)
def test_stacks_that_the_experiment_does_not_offer(text: str, height: int, width: int) -> None:
    assert experiment(parse_stack(text), height, width) is None
