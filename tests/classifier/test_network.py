"""The network beside torch's own layers, the paper's pool, and what padding makes of a shift."""

from itertools import pairwise
from typing import Literal

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from core.classifier import PADDINGS, Settings, cells
from core.classifier.experiment import CANVAS, CHANNELS, IMAGE_PAD, KERNELS, READOUTS
from core.classifier.network import Classifier, blur_pool, wrap

PERIOD = 4
"""Pixels of the canvas to a pixel of the last map: two pools halve it."""


def network(padding: str = "valid", readout: str = "pooling", pool: str = "max") -> Classifier:
    return Classifier(Settings(padding, readout, False, pool)).eval()


def images(count: int = 3) -> Tensor:
    return torch.rand(count, 1, CANVAS, CANVAS, generator=torch.Generator().manual_seed(0))


def by_torch(ours: Classifier) -> nn.Sequential:
    """The same network of torch's own layers, with max pools."""
    padding = ours.settings.padding
    mode: Literal["zeros", "circular"] = "circular" if padding == "circular" else "zeros"
    layers: list[nn.Module] = []
    if padding == "image":
        layers.append(nn.ZeroPad2d(IMAGE_PAD))
    channels = (1, *CHANNELS)
    for number, (inputs, outputs) in enumerate(pairwise(channels)):
        kernel = KERNELS[number]
        around = kernel // 2 if padding in ("same", "circular") else 0
        convolution = nn.Conv2d(
            inputs, outputs, kernel, padding=around, padding_mode=mode, bias=False
        )
        layers.append(convolution)
        if number in (0, 2):
            layers.append(nn.MaxPool2d(2))
        layers += [nn.BatchNorm2d(outputs), nn.ReLU()]
    if ours.settings.readout == "pooling":
        layers.append(nn.AdaptiveMaxPool2d(1))
    theirs = nn.Sequential(*layers, nn.Flatten(), nn.Linear(ours.readout.in_features, 10)).eval()
    mine = [*ours.kernels, ours.readout.weight]
    given = [m for m in theirs if isinstance(m, nn.Conv2d | nn.Linear)]
    with torch.no_grad():
        for layer, weight in zip(given, mine, strict=True):
            layer.weight.copy_(weight)
            if layer.bias is not None:
                layer.bias.zero_()
    return theirs


@pytest.mark.parametrize("readout", READOUTS)
@pytest.mark.parametrize("padding", PADDINGS)
def test_it_computes_what_torchs_layers_do(padding: str, readout: str) -> None:
    ours = network(padding, readout)
    with torch.inference_mode():
        torch.testing.assert_close(ours(images()), by_torch(ours)(images()))


@pytest.mark.parametrize("before", [0, 1, 2])
@pytest.mark.parametrize("after", [0, 1, 2])
def test_wrapping_is_circular_padding(before: int, after: int) -> None:
    x = torch.rand(2, 3, 6, 8).to(memory_format=torch.channels_last)
    wrapped = wrap(x, before, after)
    assert torch.equal(wrapped, F.pad(x, [before, after] * 2, mode="circular"))
    assert wrapped.is_contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize("wrapped", [False, True])
def test_the_blur_pool_is_the_papers(wrapped: bool) -> None:
    """Zhang 2019: a maximum at stride 1, then [1 2 1] in both directions at stride 2."""
    x = torch.rand(1, 2, 8, 10, dtype=torch.float64)
    found = blur_pool(x, wrapped=wrapped).numpy()
    array = x.numpy()
    if wrapped:
        highest = np.maximum.reduce(
            [np.roll(array, (-i, -j), (2, 3)) for i in (0, 1) for j in (0, 1)]
        )
        edge = np.pad(highest, ((0, 0), (0, 0), (1, 1), (1, 1)), mode="wrap")
    else:
        shifted = [array[:, :, i : 7 + i, j : 9 + j] for i in (0, 1) for j in (0, 1)]
        edge = np.pad(np.maximum.reduce(shifted), ((0, 0), (0, 0), (1, 1), (1, 1)), mode="reflect")
    weights = np.outer([1, 2, 1], [1, 2, 1]) / 16
    wanted = np.zeros((1, 2, 4, 5))
    for row in range(4):
        for column in range(5):
            window = edge[:, :, 2 * row : 2 * row + 3, 2 * column : 2 * column + 3]
            wanted[:, :, row, column] = (window * weights).sum(axis=(2, 3))
    np.testing.assert_allclose(found, wanted, rtol=1e-12)


@pytest.mark.parametrize("cell", cells(), ids=lambda cell: " ".join(map(str, cell.cell)))
def test_no_padding_leaves_a_pixel_that_no_output_sees(cell: Settings) -> None:
    """Else the border would count for less by the arithmetic of pools alone."""
    ours = Classifier(Settings(cell.padding, "linear", cell.shifted, cell.pool)).eval()
    x = images(8).requires_grad_()
    ours(x).sum().backward()
    assert x.grad is not None
    seen = (x.grad != 0).any(dim=0)[0]
    assert seen.any(dim=0).all()
    assert seen.any(dim=1).all()


@given(down=st.integers(0, CANVAS), right=st.integers(0, CANVAS), blurred=st.booleans())
def test_wrapped_and_pooled_it_does_not_notice_a_whole_shift(
    down: int, right: int, blurred: bool
) -> None:
    """On the torus, a shift by the period of the pools is invisible; by no pools, any would be."""
    ours = network("circular", pool="anti-aliased" if blurred else "max").double()
    x = images(1).double()
    moved = torch.roll(x, (PERIOD * down, PERIOD * right), (2, 3))
    with torch.inference_mode():
        torch.testing.assert_close(ours(moved), ours(x), rtol=1e-9, atol=1e-9)


@given(down=st.integers(0, CANVAS), right=st.integers(0, CANVAS))
def test_wrapped_and_without_strides_it_notices_no_shift_at_all(down: int, right: int) -> None:
    class Unpooled(Classifier):
        def pool(self, x: Tensor) -> Tensor:
            return x

    ours = Unpooled(Settings("circular")).eval().double()
    x = images(1).double()
    with torch.inference_mode():
        moved = ours(torch.roll(x, (down, right), (2, 3)))
        torch.testing.assert_close(moved, ours(x), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("padding", ["valid", "same", "image"])
def test_with_a_border_it_does(padding: str) -> None:
    ours = network(padding)
    x = images(1)
    with torch.inference_mode():
        moved = ours(torch.roll(x, (PERIOD, 0), (2, 3)))
    assert (moved - ours(x)).abs().max() > 1e-4


def test_equal_seeds_give_equal_convolutions_in_every_cell() -> None:
    first = network()
    for cell in cells():
        for ours, theirs in zip(first.kernels, Classifier(cell).kernels, strict=True):
            assert torch.equal(ours, theirs)
    assert not torch.equal(first.readout.weight, Classifier(Settings(seed=1)).readout.weight)
