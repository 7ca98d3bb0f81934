"""Classes and depths are those of the literature, and of scores computed by brute force."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.layers import PADDING_MODES, PADDINGS, fit_stack
from core.shift_probe.classes import (
    borders,
    convolutions,
    leak,
    path_counts,
    position_classes,
    relu_leak,
)
from tests.strategies import unless_refused

NUMPY_MODES: dict[str, Any] = {
    "zeros": "constant",
    "reflect": "reflect",
    "replicate": "edge",
    "circular": "wrap",
    "symmetric": "symmetric",
}


exact = np.frompyfunc(int, 1, 1)  # np.pad fills with 64-bit zeros, which overflow


def classes(size: int, kernel: int, layers: int, padding: str, mode: str) -> np.ndarray:
    stack = convolutions(kernel, layers, padding, mode)
    return position_classes(path_counts(fit_stack(stack, size)))


def brute_force_scores(kernels: np.ndarray, size: int, padding: str, mode: str) -> np.ndarray:
    """The sum over the outputs for a white pixel at each position, in whole numbers."""
    taps = kernels.shape[1]
    pads = {"same": ((taps - 1) // 2, taps // 2), "valid": (0, 0), "full": (taps - 1, taps - 1)}
    images: np.ndarray = np.eye(size**2, dtype=object).reshape(-1, size, size)
    for kernel in kernels:
        width = ((0, 0), pads[padding], pads[padding])
        images = np.asarray(exact(np.pad(images, width, mode=NUMPY_MODES[mode])))
        windows = np.lib.stride_tricks.sliding_window_view(images, (taps, taps), (1, 2))
        images = (windows * kernel).sum(axis=(3, 4))
    return np.asarray(images.sum(axis=(1, 2)).reshape(size, size))


@pytest.mark.parametrize(
    ("padding", "mode", "number"),
    [
        ("same", "zeros", 9),
        ("valid", "zeros", 25),
        ("same", "reflect", 25),
        ("same", "replicate", 9),
        ("same", "symmetric", 9),
        ("same", "partial", 25),
        ("same", "circular", 1),
        ("full", "zeros", 1),
        # Full padding copies pixels more than once, except where it holds zeros.
        ("full", "circular", 25),
        ("full", "reflect", 25),
        ("full", "replicate", 9),
    ],
)
def test_classes_of_one_layer(padding: str, mode: str, number: int) -> None:
    assert classes(10, 3, 1, padding, mode).max() + 1 == number


def test_classes_are_numbered_in_reading_order() -> None:
    expected = [[0, 1, 1, 2], [3, 4, 4, 5], [3, 4, 4, 5], [6, 7, 7, 8]]
    assert classes(4, 3, 1, "same", "zeros").tolist() == expected


@settings(max_examples=150, deadline=None)
@given(
    size=st.integers(3, 6),
    kernel=st.integers(1, 4),
    layers=st.integers(1, 3),
    padding=st.sampled_from(PADDINGS),
    mode=st.sampled_from(sorted(NUMPY_MODES)),
    seed=st.integers(0, 2**32 - 1),
)
def test_classes_are_the_scores_that_kernels_can_tell_apart(
    size: int, kernel: int, layers: int, padding: str, mode: str, seed: int
) -> None:
    with unless_refused():
        found = classes(size, kernel, layers, padding, mode)
    # Equality within a class is a theorem; that such large kernels coincide by chance between
    # two classes has a probability below 3 layers / 10⁹ (Schwartz-Zippel).
    kernels = np.random.default_rng(seed).integers(0, 10**9, (layers, kernel, kernel))
    scores = brute_force_scores(kernels.astype(object), size, padding, mode)
    assert len({*zip(found.ravel(), scores.ravel(), strict=True)}) == found.max() + 1
    assert len({*scores.ravel()}) == found.max() + 1


@pytest.mark.parametrize(
    ("padding", "mode", "depths"),
    [
        ("valid", "zeros", [2, 4, 6, 8, 10]),
        ("same", "zeros", [1, 2, 3, 4, 5]),
        ("same", "replicate", [1, 2, 3, 4, 5]),
        ("same", "symmetric", [1, 2, 3, 4, 5]),
        ("same", "reflect", [2, 3, 4, 5, 6]),
        ("same", "partial", [2, 3, 4, 5, 6]),
        ("same", "circular", [0, 0, 0, 0, 0]),
        ("full", "zeros", [0, 0, 0, 0, 0]),
    ],
)
def test_leak_depth(padding: str, mode: str, depths: list[int]) -> None:
    assert [leak(convolutions(3, n, padding, mode)).depth for n in range(1, 6)] == depths


def test_leak_difference_is_the_share_of_paths_that_differ() -> None:
    assert leak(convolutions(3, 1, "same")).difference == pytest.approx((1 / 3, 0, 0, 0, 0, 0))
    # Valid: 1 and 2 of the 3 taps meet the outermost pixels.
    expected = (2 / 3, 1 / 3, 0, 0, 0, 0)
    assert leak(convolutions(3, 1, "valid")).difference == pytest.approx(expected)


def test_an_even_kernel_leaks_where_its_one_padded_pixel_is() -> None:
    assert leak(convolutions(2, 1, "same")).depth == 1


@pytest.mark.parametrize("layers", [1, 2, 3, 4])
def test_full_padding_is_invariant_without_bias_alone(layers: int) -> None:
    full = convolutions(3, layers, "full")
    assert relu_leak(full, bias=False) == 0
    assert relu_leak(full, bias=True) == 2 * (layers - 1)


@pytest.mark.parametrize("layers", [1, 2, 3, 4])
def test_a_bias_lets_zeros_leak_deeper(layers: int) -> None:
    same = convolutions(3, layers, "same")
    assert relu_leak(same, bias=False) == layers
    assert relu_leak(same, bias=True) == 2 * layers - 1


@pytest.mark.parametrize("bias", [False, True])
def test_circular_padding_is_invariant_with_relu_and_bias(bias: bool) -> None:
    assert relu_leak(convolutions(3, 3, "same", "circular"), bias) == 0


@pytest.mark.parametrize("mode", PADDING_MODES)
def test_a_1x1_kernel_never_leaks(mode: str) -> None:
    assert leak(convolutions(1, 5, "same", mode)).depth == 0


def test_lines_lie_between_classes() -> None:
    classes = np.array([[0, 0, 1], [0, 2, 1]])
    assert list(borders(classes)) == [(2, 0, 2, 1), (1, 1, 1, 2), (2, 1, 2, 2), (1, 1, 2, 1)]
