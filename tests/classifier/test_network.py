"""The network beside torch's own layers, the paper's pool, and what padding makes of a shift."""

from itertools import pairwise
from typing import Literal

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from core.classifier import PADDINGS, Settings, cells
from core.classifier.experiment import CANVAS, CHANNELS, IMAGE_PAD, KERNELS, POOLS, READOUTS
from core.classifier.network import Classifier, blur_pool, highest, wrap

PERIOD = 4
"""Pixels of the canvas to a pixel of the last map: two pools halve it."""


def network(padding: str = "valid", readout: str = "pooling", pool: str = "max") -> Classifier:
    return Classifier(Settings(padding, readout, False, pool)).eval()


def images(count: int = 3) -> Tensor:
    return torch.rand(count, 1, CANVAS, CANVAS, generator=torch.Generator().manual_seed(0))


class MaxBlurPool(nn.Sequential):
    """The paper's: a maximum at stride 1, then [1 2 1] in both directions at stride 2."""

    def __init__(self, channels: int, *, wrapped: bool) -> None:
        blur = nn.Conv2d(channels, channels, 3, stride=2, groups=channels, bias=False)
        weights = torch.tensor([[1.0, 2, 1], [2, 4, 2], [1, 2, 1]]) / 16
        blur.weight = nn.Parameter(weights.expand(channels, 1, 3, 3), requires_grad=False)
        around = nn.CircularPad2d(1) if wrapped else nn.ReflectionPad2d(1)
        more = [nn.CircularPad2d((0, 1, 0, 1))] if wrapped else []
        super().__init__(*more, nn.MaxPool2d(2, stride=1), around, blur)


def by_torch(ours: Classifier) -> nn.Sequential:
    """The same network of torch's own layers."""
    padding = ours.settings.padding
    wrapped = padding == "circular"
    mode: Literal["zeros", "circular"] = "circular" if wrapped else "zeros"
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
            blurred = ours.settings.pool == "anti-aliased"
            layers.append(MaxBlurPool(outputs, wrapped=wrapped) if blurred else nn.MaxPool2d(2))
        layers += [nn.BatchNorm2d(outputs), nn.ReLU()]
    if ours.settings.readout == "pooling":
        layers.append(nn.AdaptiveMaxPool2d(1))
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(ours.readout.in_features, 10))


def weights(network: nn.Module) -> list[nn.Parameter]:
    """The kernels of all layers that are trained, first to last."""
    return [weight for weight in network.parameters() if weight.ndim > 1 and weight.requires_grad]


@pytest.mark.parametrize("pool", POOLS)
@pytest.mark.parametrize("readout", READOUTS)
@pytest.mark.parametrize("padding", PADDINGS)
def test_it_computes_what_torchs_layers_do_forward_and_backward(
    padding: str, readout: str, pool: str
) -> None:
    ours = network(padding, readout, pool).train().double()
    theirs = by_torch(ours).double()
    with torch.no_grad():
        for mine, other in zip(weights(ours), weights(theirs), strict=True):
            other.copy_(mine)
        for layer in theirs:
            if isinstance(layer, nn.Linear):
                layer.bias.zero_()
    x = images().double()
    found, wanted = ours(x), theirs(x)
    torch.testing.assert_close(found, wanted)
    for scores in (found, wanted):
        (scores**2).sum().backward()
    for mine, other in zip(weights(ours), weights(theirs), strict=True):
        torch.testing.assert_close(mine.grad, other.grad)


@pytest.mark.parametrize("ring", [1, 2, 3])
def test_wrapping_is_circular_padding(ring: int) -> None:
    x = torch.rand(2, 3, 6, 8, dtype=torch.float64).to(memory_format=torch.channels_last)
    x.requires_grad_()
    wrapped = wrap(x, ring)
    assert torch.equal(wrapped, F.pad(x, [ring] * 4, mode="circular"))
    assert wrapped.is_contiguous(memory_format=torch.channels_last)
    assert torch.autograd.gradcheck(lambda x: wrap(x, ring), (x,))


@pytest.mark.parametrize("wrapped", [False, True])
def test_the_blur_pool_is_the_papers(wrapped: bool) -> None:
    given = torch.rand(1, 2, 8, 10, dtype=torch.float64)
    plain = MaxBlurPool(2, wrapped=wrapped).double()
    x = (wrap(given, 1) if wrapped else given).requires_grad_()
    torch.testing.assert_close(blur_pool(x, wrapped=wrapped), plain(given))
    assert torch.autograd.gradcheck(lambda x: blur_pool(x, wrapped=wrapped), (x,))


def test_forward_alone_the_maximum_is_that_of_torchs_pool() -> None:
    x = torch.randn(2, 3, 6, 8).to(memory_format=torch.channels_last)
    with torch.inference_mode():
        found = highest(x)
    assert torch.equal(found, F.max_pool2d(x, 2, stride=1))
    assert found.is_contiguous(memory_format=torch.channels_last)


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
