"""Zeros tell a random network where it is; the readout's figures and its convolution are right."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from core.layers import Layer
from core.shift_probe.readout import DEPTHS, Readout, convolve_images, r2_by_depth, readouts


@pytest.mark.parametrize("mode", ["zeros", "reflect", "replicate", "circular"])
def test_convolution_is_that_of_torch(mode: str) -> None:
    rng = np.random.default_rng(0)
    images, weights = rng.normal(size=(2, 6, 6, 3)), rng.normal(size=(3, 3, 3, 4))
    found = convolve_images(images, weights, Layer("conv", 3, padding="same", padding_mode=mode))
    padded = F.pad(
        torch.from_numpy(images).permute(0, 3, 1, 2),
        (1, 1, 1, 1),
        "constant" if mode == "zeros" else mode,
    )
    expected = F.conv2d(padded, torch.from_numpy(weights).permute(3, 2, 0, 1))
    assert found == pytest.approx(expected.permute(0, 2, 3, 1).numpy())


def test_zeros_give_the_place_away_and_more_so_in_depth() -> None:
    r2 = np.mean([[readout.r2 for readout in readouts("same", seed=s)] for s in range(3)], axis=0)
    assert r2 == pytest.approx([0.08, 0.21, 0.26, 0.32], abs=0.05)
    assert (np.diff(r2) > 0).all()


@pytest.mark.parametrize(
    ("padding", "mode"),
    [("valid", "zeros"), ("same", "reflect"), ("same", "replicate"), ("same", "circular")],
)
def test_other_paddings_do_not(padding: str, mode: str) -> None:
    assert max(abs(readout.r2) for readout in readouts(padding, mode)) <= 0.025


def test_maps_belong_to_the_figure() -> None:
    (found,) = readouts("valid", depths=[2])
    assert (found.depth, found.true.shape, found.read.shape) == (2, (2, 24, 24), (2, 24, 24))
    assert found.true[0, :, 0] == pytest.approx(np.linspace(-1, 1, 24))
    assert (found.true[1] == found.true[0].T).all()


def test_the_seed_decides() -> None:
    first, again, other = (readouts("same", seed=s, depths=[1])[0].r2 for s in (0, 0, 1))
    assert first == again != other


def test_depths() -> None:
    assert DEPTHS == (1, 3, 5, 8)


def test_figures_over_seeds() -> None:
    place = np.zeros((2, 1, 1))
    seeds = [
        [Readout(1, 0.25, place, place), Readout(3, 0.5, place, place)],
        [Readout(1, 0.75, place, place), Readout(3, -0.5, place, place)],
    ]
    assert r2_by_depth(seeds) == {1: (0.5, 0.25, 0.75), 3: (0.0, -0.5, 0.5)}
