"""Outputs move with the image until the border has a say; torch sees the same differences."""

import itertools

import numpy as np
import pytest
import torch

from core.layers import PADDING_MODES
from core.shift_probe.equivariance import PATTERN, Shift, room, shift
from core.shift_probe.training import initial_kernels
from tests.shift_probe.networks import fits, network
from tests.shift_probe.test_network import pad

MODES = [(p, m) for p, m in itertools.product(("same", "valid", "full"), PADDING_MODES)]


@pytest.mark.parametrize(("padding", "mode"), [m for m in MODES if m[1] != "partial"])
@pytest.mark.parametrize("kernel", [2, 3])
def test_the_difference_is_that_of_torch(padding: str, mode: str, kernel: int) -> None:
    probe = network(size=7, kernel=kernel, padding=padding, padding_mode=mode, seed=4)
    weights = initial_kernels(probe.settings)[0]

    def seen(image: np.ndarray) -> np.ndarray:
        padded = pad(torch.from_numpy(image)[None, None], kernel, padding, mode)
        return torch.conv2d(padded, torch.from_numpy(weights)[None, None])[0, 0].numpy()

    low, high = room(7)
    for down, right in itertools.product(range(low, high + 1), repeat=2):
        found = shift(probe, weights, down, right)
        start = np.roll(found.image, (-down, -right), (0, 1))
        expected = seen(found.image) - np.roll(seen(start), (down, right), (0, 1))
        assert found.difference == pytest.approx(expected, abs=1e-12)
        assert found.output.sum() - seen(start).sum() == pytest.approx(found.difference.sum())


def test_the_pattern_stays_inside() -> None:
    for size in range(3, 33):
        probe = network(size=size)
        low, high = room(size)
        assert low <= 0 <= high
        assert high > low
        for by in (low, high):
            image = shift(probe, np.ones((3, 3)), by, by).image
            assert image.sum() == PATTERN.sum()
            corner = 0 if by == low else size - 2
            assert (image[corner : corner + 2, corner : corner + 2] == PATTERN).all()


@pytest.mark.parametrize(
    ("padding", "mode", "size", "kernel"),
    [
        (padding, mode, size, kernel)
        for (padding, mode), size, kernel in itertools.product(MODES, (3, 4, 10), (1, 2, 3, 4))
        if fits(size=size, kernel=kernel, padding=padding, padding_mode=mode)
    ],
)
def test_only_invariant_paddings_never_differ(
    padding: str, mode: str, size: int, kernel: int
) -> None:
    probe = network(size=size, kernel=kernel, padding=padding, padding_mode=mode, seed=1)
    low, high = room(size)
    weights = initial_kernels(probe.settings)[0]
    places = itertools.product(range(low, high + 1), repeat=2)
    found = [shift(probe, weights, *place) for place in places]
    invariant = probe.settings.always_invariant
    assert not invariant or not any(each.differing for each in found)
    if size == 10 and not invariant:
        # At two pixels from every border nothing has reached it; at the border something has.
        assert any(each.differing for each in found)
        assert shift(probe, weights, 0, 0).differing == 0
        # One kernel's width from the border at most, on either side.
        assert max(each.depth for each in found) <= 2 * (kernel - 1) + 1


def test_figures_of_a_shift() -> None:
    image = np.zeros((2, 2))
    moved = Shift(1, 0, image, np.array([[1.0, 0], [0, -3]]), np.array([[1.0, 2], [0, -3]]))
    assert (moved.largest, moved.sum_change, moved.differing) == (3, -2, 1)
    same_sum = Shift(1, 0, image, np.array([[1.0, 0], [0, 0]]), np.array([[0.0, 1], [0, 0]]))
    assert (same_sum.sum_change, same_sum.differing) == (0, 2)
