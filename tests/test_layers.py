"""The layer language prints back, and one axis agrees with PyTorch and with Keras's rules."""

import contextlib
import re
import warnings
from typing import Any, Literal, cast

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from core.layers import (
    CONVENTIONS,
    MAX_LAYERS,
    OUTSIDE,
    PADDING_MODES,
    Convention,
    Layer,
    Stack,
    fit,
    fit_stack,
    parse_layer,
    parse_stack,
)
from core.settings import InputError
from tests.strategies import stacks, unless_refused

PADDINGS = st.sampled_from(["same", "valid", "full", 0, 1, 2, 3])
CONVOLUTIONS = st.builds(
    Layer,
    kind=st.just("conv"),
    kernel=st.integers(1, 5),
    channels=st.integers(1, 3),
    stride=st.integers(1, 3),
    dilation=st.integers(1, 3),
    padding=PADDINGS,
    padding_mode=st.sampled_from(PADDING_MODES),
)
POOLS = st.builds(
    Layer,
    kind=st.sampled_from(["maxpool", "avgpool"]),
    kernel=st.integers(1, 5),
    stride=st.integers(1, 6),
    padding=st.integers(0, 2),
    ceil=st.booleans(),
)
SAME_POOLS = st.builds(
    Layer,
    kind=st.sampled_from(["maxpool", "avgpool"]),
    kernel=st.integers(1, 5),
    stride=st.integers(1, 6),
    padding=st.sampled_from(["same", "valid"]),
)
LAYERS = st.one_of(CONVOLUTIONS, POOLS, st.builds(Layer, st.just("up"), st.integers(1, 4)))


@pytest.mark.parametrize(
    "text",
    [
        "conv3x16:same maxpool2:same conv3x8:same up2 conv3x1:valid",
        "conv3 conv3x1s1d1:0/zeros conv5x64s2d3:full/circular conv3:valid/partial",
        "maxpool2 maxpool2s2 avgpool3s1:same maxpool3s2:1/ceil avgpool2:ceil up1",
    ],
)
def test_text_prints_back(text: str) -> None:
    assert str(parse_stack(text)) == text


def test_spacing_is_free() -> None:
    assert str(parse_stack("\n conv3:same\t  up2 ")) == "conv3:same up2"


@given(LAYERS)
def test_any_layer_prints_back(layer: Layer) -> None:
    assert parse_layer(str(layer)) == layer


@given(stacks())
def test_any_stack_prints_back(stack: Stack) -> None:
    assert parse_stack(str(stack)) == stack


def test_defaults() -> None:
    assert parse_layer("conv3") == Layer("conv", 3, channels=1, stride=1, padding="valid")
    assert parse_layer("avgpool3") == Layer("avgpool", 3, stride=3, padding="valid")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "expected at least one layer"),
        ("conv3 " * (MAX_LAYERS + 1), f"expected at most {MAX_LAYERS} layers"),
        ("conf3", "expected conv, maxpool, avgpool or up .* found 'conf3'"),
        ("conv", "with its size, as in 'conv3'; found 'conv'"),
        ("conv３", "found 'conv３'"),
        ("Conv3", "found 'Conv3'"),
        ("a" * 5000, "found 'aaaa.*…'$"),
        ("conv3 conv3s2x4", "in 'conv3s2x4', expected x<channels>, s<stride>.* found 'x4'"),
        ("maxpool2x3", "expected s<stride>, :<padding> in this order; found 'x3'"),
        ("up2:same", "expected nothing after the factor, as in 'up2'; found ':same'"),
        ("conv0", "'conv0': the kernel must be from 1 to 64, not 0"),
        ("conv" + "9" * 5000, "the kernel must be from 1 to 64, not 999.*…$"),
        ("conv3x5000", "the channels must be from 1 to 4096, not 5000"),
        ("conv3s0", "the stride must be from 1 to 64, not 0"),
        ("conv3:sane", "in 'conv3:sane', expected same, valid, full or a number from 0 to 512"),
        ("conv3:-1", "found '-1'"),
        ("conv3:513", "a number from 0 to 512; found '513'"),
        ("conv3:", "found nothing"),
        ("conv3:same/mirror", "one of zeros, reflect, .*, partial; found 'mirror'"),
        ("maxpool2:same/ceil", "a number and /ceil; found '/ceil'"),
        ("maxpool2:1/zeros", "found '/zeros'"),
        ("maxpool2:full", "in 'maxpool2:full', expected same, valid, ceil or a number .*'full'"),
    ],
)
def test_errors_name_the_word_and_what_was_expected(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        parse_stack(text)
    assert len(str(caught.value)) < 250
    assert "\n" not in str(caught.value)


@given(st.text(max_size=60))
def test_no_text_is_worse_than_refused(text: str) -> None:
    with contextlib.suppress(InputError):
        assert parse_stack(text).layers


# Output and pads (before, after) by TensorFlow's documented rule for 'SAME' and 'VALID'.
KERAS_TABLE = [
    ("maxpool2:same", 28, 14, (0, 0)),
    ("maxpool2:same", 7, 4, (0, 1)),
    ("maxpool2", 7, 3, (0, 0)),
    ("maxpool3s2:same", 8, 4, (0, 1)),
    ("avgpool3s2:same", 7, 4, (1, 1)),
    ("avgpool2s5:same", 9, 2, (0, 0)),
    ("conv3:same", 28, 28, (1, 1)),
    ("conv4:same", 28, 28, (1, 2)),
    ("conv3s2:same", 28, 14, (0, 1)),
    ("conv3s2:same", 7, 4, (1, 1)),
    ("conv7s2:same", 224, 112, (2, 3)),
    ("conv7s2:same", 225, 113, (3, 3)),
    ("conv3d2:same", 10, 10, (2, 2)),
    ("conv2d3:same", 10, 10, (1, 2)),
    ("conv3", 16, 14, (0, 0)),
    ("conv3:2", 28, 30, (2, 2)),
    ("conv3d2:4", 10, 14, (4, 4)),
    ("up2", 7, 14, (0, 0)),
]


@pytest.mark.parametrize(("word", "length", "output", "pads"), KERAS_TABLE)
def test_keras_rules(word: str, length: int, output: int, pads: tuple[int, int]) -> None:
    axis = fit(parse_layer(word), length, "keras")
    assert (axis.output, (axis.before, axis.after)) == (output, pads)


@pytest.mark.parametrize(
    ("word", "length", "output", "pads"),
    [
        ("maxpool2", 7, 3, (0, 0)),
        ("maxpool2:ceil", 7, 4, (0, 1)),
        ("maxpool2:1", 28, 15, (1, 1)),
        ("maxpool3s2:1", 112, 56, (1, 1)),
        ("maxpool3s2:1/ceil", 112, 57, (1, 2)),
        ("maxpool1s3:ceil", 5, 2, (0, 0)),  # a third window would start past the input
        ("conv7s2:3", 224, 112, (3, 3)),
        ("conv2:same", 5, 5, (0, 1)),
        ("conv3s2d2", 16, 6, (0, 0)),
        ("conv3s2d2:1", 15, 7, (1, 1)),
        ("conv3:full", 28, 30, (2, 2)),
        ("conv3d2:full", 10, 14, (4, 4)),
    ],
)
def test_torch_rules(word: str, length: int, output: int, pads: tuple[int, int]) -> None:
    axis = fit(parse_layer(word), length, "torch")
    assert (axis.output, (axis.before, axis.after)) == (output, pads)


@pytest.mark.parametrize(
    ("word", "convention", "message"),
    [
        ("conv3s2:same", "torch", "PyTorch refuses 'same' with a stride"),
        ("maxpool2:same", "torch", "PyTorch's pools take a number or ceil"),
        ("maxpool3s1:same", "torch", "PyTorch's pools take a number or ceil"),
        ("maxpool3:2", "torch", "at most half its kernel: expected a number from 0 to 1"),
        ("maxpool2:1", "keras", "Keras's pools take same or valid"),
        ("maxpool2:ceil", "keras", "Keras's pools take same or valid"),
        ("conv3:full", "keras", "Keras has no 'full' padding: .* a number, here 2 "),
        ("conv3d2:full", "keras", "Keras has no 'full' padding: .* a number, here 4 "),
        ("conv3s2d2", "keras", "Keras refuses a stride together with a dilation"),
        ("conv1s2d2:1", "keras", "Keras refuses a stride together with a dilation"),
        ("conv3s2d2:same", "keras", "Keras refuses a stride together with a dilation"),
        ("conv3s2d2:same", "torch", "PyTorch refuses 'same' with a stride"),
        ("conv3s2d2:same", "either", "PyTorch refuses .* and Keras .*: expected a number or valid"),
        ("conv5:10/reflect", "torch", "reflect padding of 10 on an input of 10: .* at most 9"),
        ("conv5:11/circular", "torch", "circular padding of 11 .* at most 10"),
        ("conv5:11/symmetric", "keras", "symmetric padding of 11 .* at most 10"),
        ("conv11", "keras", "its window spans 11 pixels, its padded input has 10: expected"),
        ("conv6d2", "torch", "its window spans 11 pixels"),
        ("maxpool13s2:ceil", "torch", "its window spans 13 pixels"),
        ("up64 up64", "keras", "grows to 40960 pixels: expected at most 8192"),
    ],
)
def test_refusals(word: str, convention: Convention, message: str) -> None:
    with pytest.raises(InputError, match=f"^layers: '{word.split()[-1]}': .*{message}"):
        fit_stack(parse_stack(word), 10, convention)


def test_stacks_of_both_conventions_fit_under_either() -> None:
    axes = fit_stack(parse_stack("conv3s2:same maxpool2:ceil maxpool2:same"), 15)
    assert [axis.output for axis in axes] == [8, 4, 2]


@given(st.one_of(LAYERS, SAME_POOLS), st.integers(1, 12))
def test_either_convention_takes_what_one_of_them_takes(layer: Layer, length: int) -> None:
    def fits(convention: Convention) -> bool:
        try:
            fit(layer, length, convention)
        except InputError:
            return False
        return True

    assert fits("either") == (fits("keras") or fits("torch"))


def test_no_framework_pads_a_pool_by_full() -> None:
    for convention in CONVENTIONS:
        with pytest.raises(InputError, match="'maxpool2:full': no framework pads a pool by 'full'"):
            fit(Layer("maxpool", 2, stride=2, padding="full"), 10, convention)


def test_indivisible_stride_leaves_padding_unused() -> None:
    """Alsallakh et al. 2021: uneven when (n + 2p − k) mod s is not 0."""
    stages = parse_stack("conv7s2:3 maxpool3s2:1 conv3s2:1 conv3s2:1 conv3s2:1")
    uneven, even = (fit_stack(stages, size, "torch") for size in (224, 225))
    assert [axis.output for axis in uneven] == [112, 56, 28, 14, 7]
    assert [axis.unused_padding for axis in uneven] == [(0, 1)] * 5
    assert [axis.output for axis in even] == [113, 57, 29, 15, 8]
    assert [axis.unused_padding for axis in even] == [(0, 0)] * 5


@given(LAYERS, st.integers(1, 12))
def test_idle_cells_are_padding_that_no_window_reads(layer: Layer, length: int) -> None:
    with unless_refused():
        axis = fit(layer, length)
    read = set(axis.windows.ravel().tolist())
    start, end = range(axis.before), range(axis.before + length, len(axis.cells))
    idle = [[cell for cell in side if cell not in read] for side in (start, end)]
    assert axis.idle.tolist() == [*idle[0], *idle[1]]
    assert axis.unused_padding == tuple(map(len, idle))


def test_idle_cells_need_not_be_the_outermost() -> None:
    assert fit(parse_layer("conv1s2:2"), 4).idle.tolist() == [1, 7]


def test_dropped_pixels() -> None:
    assert fit(parse_layer("maxpool2"), 7).unused.tolist() == [6]
    assert fit(parse_layer("maxpool2:same"), 7).unused.tolist() == []
    assert fit(parse_layer("conv1s3"), 6).unused.tolist() == [1, 2, 4, 5]
    assert fit(parse_layer("conv1s4:2"), 3).unused.tolist() == [0, 1]


@pytest.mark.parametrize(
    ("mode", "cells"),
    [
        ("zeros", [OUTSIDE, OUTSIDE, 0, 1, 2, OUTSIDE, OUTSIDE]),
        ("partial", [OUTSIDE, OUTSIDE, 0, 1, 2, OUTSIDE, OUTSIDE]),
        ("reflect", [2, 1, 0, 1, 2, 1, 0]),
        ("symmetric", [1, 0, 0, 1, 2, 2, 1]),
        ("replicate", [0, 0, 0, 1, 2, 2, 2]),
        ("circular", [1, 2, 0, 1, 2, 0, 1]),
    ],
)
def test_padded_cells(mode: str, cells: list[int]) -> None:
    assert fit(parse_layer(f"conv3:full/{mode}"), 3).cells.tolist() == cells


NUMPY_MODES: dict[str, Literal["reflect", "symmetric", "edge", "wrap"]] = {
    "reflect": "reflect",
    "symmetric": "symmetric",
    "replicate": "edge",
    "circular": "wrap",
}


def convolve(layer: Layer, pixels: torch.Tensor) -> torch.Tensor:
    """`layer`'s all-ones convolution of shape (1, 1, n), padded by NumPy, strided by PyTorch."""
    total = layer.dilation * (layer.kernel - 1)
    pads = {"same": (total // 2, total - total // 2), "valid": (0, 0), "full": (total, total)}
    number = layer.padding
    before, after = (number, number) if isinstance(number, int) else pads[number]
    mode = NUMPY_MODES.get(layer.padding_mode)
    if mode is not None:
        index = np.pad(np.arange(pixels.shape[-1]), (before, after), mode=mode)
        padded = pixels[..., index]
    else:
        padded = F.pad(pixels, (before, after))
    ones = torch.ones(1, 1, layer.kernel, dtype=pixels.dtype)
    result = F.conv1d(padded, ones, stride=layer.stride, dilation=layer.dilation)
    if layer.padding_mode == "partial":
        inside = F.pad(torch.ones_like(pixels), (before, after))
        covered = F.conv1d(inside, ones, stride=layer.stride, dilation=layer.dilation)
        result = result * torch.where(covered > 0, layer.kernel / covered.clamp(min=1), 0)
    return result


@settings(deadline=None)
@given(CONVOLUTIONS, st.integers(1, 12))
def test_the_linear_map_is_the_convolution(layer: Layer, length: int) -> None:
    with unless_refused():
        axis = fit(layer, length, "torch")
    pixels = torch.randn(length, dtype=torch.float64)
    read = np.append(pixels.numpy(), 0.0)[axis.sources]  # OUTSIDE = −1 reads the appended 0
    ours = read.sum(axis=1) * np.array(axis.ratios, float)
    theirs = convolve(layer, pixels[None, None])
    np.testing.assert_allclose(ours, theirs[0, 0].numpy(), atol=1e-12)


def pytorch_has_its_words(layer: Layer) -> bool:
    return layer.padding_mode not in ("symmetric", "partial") and layer.padding != "full"


@settings(deadline=None)
@given(CONVOLUTIONS.filter(pytorch_has_its_words), st.integers(1, 12))
def test_torch_accepts_and_refuses_the_same_convolutions(layer: Layer, length: int) -> None:
    def in_torch() -> int:
        module = torch.nn.Conv1d(
            1,
            1,
            layer.kernel,
            layer.stride,
            layer.padding,
            layer.dilation,
            padding_mode=cast(Any, layer.padding_mode),
        )
        return int(module(torch.zeros(1, 1, length)).shape[-1])

    try:
        output = fit(layer, length, "torch").output
    except InputError:
        with pytest.raises((ValueError, RuntimeError)):
            in_torch()
        return
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", re.escape("Using padding='same' with even kernel"))
        assert in_torch() == output


@settings(deadline=None)
@given(POOLS, st.integers(1, 12))
def test_pools_agree_with_torch(layer: Layer, length: int) -> None:
    pixels = torch.randn(1, 1, length, dtype=torch.float64)
    assert isinstance(layer.padding, int)
    options = (layer.kernel, layer.stride, layer.padding)
    try:
        axis = fit(layer, length, "torch")
    except InputError:
        with pytest.raises(RuntimeError):
            F.max_pool1d(pixels, *options, ceil_mode=layer.ceil)
        return
    values = pixels[0, 0].numpy()
    largest = np.append(values, -np.inf)[axis.sources].max(axis=1)
    mean = np.append(values, 0.0)[axis.sources].sum(axis=1) / axis.mean_counts
    torch_largest = F.max_pool1d(pixels, *options, ceil_mode=layer.ceil)
    torch_mean = F.avg_pool1d(pixels, *options, ceil_mode=layer.ceil)
    np.testing.assert_array_equal(largest, torch_largest[0, 0].numpy())
    np.testing.assert_allclose(mean, torch_mean[0, 0].numpy(), atol=1e-12)


def test_keras_leaves_padded_cells_out_of_the_mean() -> None:
    assert fit(parse_layer("avgpool2:same"), 7).mean_counts.tolist() == [2, 2, 2, 1]
    assert fit(parse_layer("avgpool3s1:same"), 3).mean_counts.tolist() == [2, 3, 2]


@given(LAYERS, st.integers(1, 12))
def test_pull_back_is_the_transpose(layer: Layer, length: int) -> None:
    with unless_refused():
        axis = fit(layer, length)
    values = np.arange(1, axis.output + 1)
    expected = np.zeros(length, int)
    for value, pixels in zip(values, axis.sources, strict=True):
        for pixel in pixels[pixels != OUTSIDE]:
            expected[pixel] += value
    np.testing.assert_array_equal(axis.pull_back(values), expected)
    assert axis.touches.sum() == np.count_nonzero(axis.sources != OUTSIDE)


@pytest.mark.parametrize(
    ("word", "patterns"),
    [
        ("conv3:same", 3),
        ("conv3", 5),
        ("conv3:same/reflect", 5),
        ("conv3:same/replicate", 3),
        ("conv3:same/circular", 1),
        ("conv3:full", 1),
    ],
)
def test_distinct_touches_of_ten_pixels(word: str, patterns: int) -> None:
    """The squares, 9 25 25 9 1 1, are the outputs that can be told apart on a 10×10 image."""
    touches = fit(parse_layer(word), 10).touches
    assert len(np.unique(touches, axis=0)) == patterns
    squares = {
        tuple(np.multiply.outer(row, column).ravel()) for row in touches for column in touches
    }
    assert len(squares) == patterns**2
