"""What the microscope shows is what PyTorch computes, for every mode, kernel and position."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from core.arrays import Float64, Int64
from core.impact import impact
from core.impact.microscope import Microscope, image, in_every_mode, magnify
from core.layers import PADDING_MODES, Layer, Stack, fit, parse_layer
from core.settings import InputError

TORCH_S = {"zeros": "constant", "reflect": "reflect", "replicate": "replicate"} | {
    "circular": "circular",
    "partial": "constant",
}
LAYERS = ["conv3:same", "conv5:same", "conv3:full", "conv3s2:1", "conv3s2:same", "conv3d2:2"]
PIXELS = [(0, 0), (4, 6), (9, 11)]
SIZE = (10, 12)


def padded(values: Int64, layer: Layer) -> Float64:
    """The image with its padding, by PyTorch, or where that has no such mode by NumPy."""
    rows, columns = fit(layer, values.shape[0]), fit(layer, values.shape[1])
    pads = ((rows.before, rows.after), (columns.before, columns.after))
    if layer.padding_mode == "symmetric":
        return np.pad(values.astype(float), pads, "symmetric")
    sides = (*pads[1], *pads[0])
    tensor = torch.from_numpy(values.astype(float))[None, None]
    return np.asarray(F.pad(tensor, sides, TORCH_S[layer.padding_mode])[0, 0])


def convolved(image: Float64, layer: Layer) -> Float64:
    ones = torch.ones(1, 1, layer.kernel, layer.kernel, dtype=torch.float64)
    given = torch.from_numpy(image)[None, None]
    return np.asarray(F.conv2d(given, ones, stride=layer.stride, dilation=layer.dilation)[0, 0])


def expected(values: Int64, layer: Layer) -> Float64:
    """The layer's output with an all-ones kernel."""
    found = convolved(padded(values, layer), layer)
    if layer.padding_mode == "partial":
        covered = convolved(padded(np.ones_like(values), layer), layer)
        found *= layer.kernel**2 / np.maximum(covered, 1)
    return found


@pytest.mark.parametrize("mode", PADDING_MODES)
@pytest.mark.parametrize("word", [*LAYERS, "conv3", "conv4:same"])
@pytest.mark.parametrize("pixel", PIXELS)
def test_every_position_sums_to_torch_s_output(
    mode: str, word: str, pixel: tuple[int, int]
) -> None:
    layer = replace(parse_layer(word), padding_mode=mode)
    values = image(*SIZE)
    shown = magnify(layer, values, pixel)
    outputs, whole = expected(values, layer), padded(values, layer)
    before = [fit(layer, length).before for length in SIZE]
    top, left = (at + pad for at, pad in zip(shown.first, before, strict=True))
    height, width = shown.values.shape
    assert np.array_equal(shown.values, whole[top : top + height, left : left + width])
    assert shown.windows
    for window in shown.windows:
        corner = [
            at - (layer.span - 1) // 2 + pad for at, pad in zip(window.middle, before, strict=True)
        ]
        output = tuple(at // layer.stride for at in corner)
        assert float(window.sum * window.factor) == pytest.approx(outputs[output], rel=1e-12)
        assert window.sum == sum(shown.values[cell] for cell in window.cells)
        assert window.padded == sum(shown.padded[cell] for cell in window.cells)
        assert len(window.cells) == layer.kernel**2


@pytest.mark.parametrize("mode", PADDING_MODES)
@pytest.mark.parametrize("word", LAYERS)
@pytest.mark.parametrize("pixel", PIXELS)
def test_a_pixel_is_counted_as_often_as_the_gradient_says(
    mode: str, word: str, pixel: tuple[int, int]
) -> None:
    layer = replace(parse_layer(word), padding_mode=mode)
    shown = magnify(layer, image(*SIZE), pixel)
    whole = impact(Stack((layer,)), *SIZE)
    for (row, column), count in np.ndenumerate(shown.counts):
        at = shown.first[0] + row, shown.first[1] + column
        if not shown.padded[row, column]:
            assert count == Fraction(int(whole.numerators[at]), whole.denominator)
    assert shown.pixel == Fraction(int(whole.numerators[pixel]), whole.denominator)
    assert shown.most == Fraction(whole.maximum, whole.denominator)


def in_view(shown: Microscope, pixel: tuple[int, int]) -> bool:
    row, column = (at - first for at, first in zip(pixel, shown.first, strict=True))
    height, width = shown.values.shape
    return row in range(height) and column in range(width)


@pytest.mark.parametrize("word", [*LAYERS, "conv3", "conv7x64s2:3"])
@pytest.mark.parametrize("pixel", PIXELS)
def test_the_chosen_pixel_is_in_view_and_counted_where_it_is(
    word: str, pixel: tuple[int, int]
) -> None:
    for layer in in_every_mode(parse_layer(word)):
        shown = magnify(layer, image(*SIZE), pixel)
        assert in_view(shown, pixel)
        assert max(shown.values.shape) <= 12


def test_a_corner_is_counted_once_more_for_every_copy() -> None:
    found = {
        layer.padding_mode: next(
            window.pixel
            for window in magnify(layer, image(10, 10), (0, 0)).windows
            if window.middle == (0, 0)
        )
        for layer in in_every_mode(parse_layer("conv3:same"))
    }
    assert found == {
        "zeros": 1,
        "reflect": 1,
        "replicate": 4,
        "circular": 1,
        "symmetric": 4,
        "partial": Fraction(9, 4),
    }


def test_modes_are_compared_only_where_there_is_padding() -> None:
    assert len(in_every_mode(parse_layer("conv3:same/reflect"))) == len(PADDING_MODES)
    for word in ("conv3", "conv3:0", "conv1:same"):
        assert in_every_mode(parse_layer(word)) == (parse_layer(word),)


@pytest.mark.parametrize("word", ["maxpool2", "up2", "conv13:same", "conv11"])
def test_what_cannot_be_shown_is_refused(word: str) -> None:
    with pytest.raises(InputError):
        magnify(parse_layer(word), image(10, 10), (0, 0))
    with pytest.raises(InputError, match="row"):
        magnify(parse_layer("conv3"), image(10, 10), (10, 0))


@pytest.mark.parametrize("size", [6, 10, 12, 14, 28, 224, 225])
def test_no_two_modes_look_alike_in_the_corner(size: int) -> None:
    values = image(size, size)
    assert (values.min(), values.max()) == (1, 9)
    shown = [magnify(layer, values, (0, 0)) for layer in in_every_mode(parse_layer("conv5:same"))]
    sums = {tuple(window.sum * window.factor for window in each.windows) for each in shown}
    assert len(sums) == len(PADDING_MODES)
