"""Sizes, pads, formulas and dropped pixels, layer by layer, and what padded cells count as."""

import json

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from core.__main__ import main
from core.layers import Layer, Stack, fit, parse_layer, parse_stack
from core.settings import InputError
from core.shapes import PRESETS, Settings, formula, pool, report, walk


def sizes(text: str, size: int, channels: int = 1, convention: str = "keras") -> list[int]:
    return [step.output[0] for step in walk(parse_stack(text), size, size, channels, convention)]


@pytest.mark.parametrize(
    ("pools", "convention", "expected"),
    [
        ("maxpool2:same " * 3, "keras", [14, 7, 4]),
        ("maxpool2 " * 3, "keras", [14, 7, 3]),
        ("maxpool2 " * 3, "torch", [14, 7, 3]),
        ("maxpool2:ceil " * 3, "torch", [14, 7, 4]),
        ("maxpool2:1", "torch", [15]),
    ],
)
def test_three_pools(pools: str, convention: str, expected: list[int]) -> None:
    assert sizes(pools, 28, 1, convention) == expected


def test_valid_pooling_drops_a_row_and_a_column() -> None:
    (step,) = walk(parse_stack("maxpool2"), 7, 7, 1, "keras")
    assert step.rows.unused.tolist() == step.columns.unused.tolist() == [6]


def test_what_the_stack_drops_shows_in_its_input() -> None:
    first, second, third = walk(parse_stack("maxpool2 " * 3), 28, 28, 1, "keras")
    assert first.unseen_rows.tolist() == [24, 25, 26, 27]
    assert second.unseen_rows.tolist() == [12, 13]
    assert third.unseen_rows.tolist() == [6]
    assert len(first.rows.unused) == len(second.rows.unused) == 0


PRESET_SIZES = {
    "Keras blog's autoencoder": [28, 14, 14, 7, 7, 4, 4, 8, 8, 16, 14, 28, 28],
    "The post's autoencoder at 28": [28, 14, 14, 7, 7, 14, 14, 28, 28],
    "The post's autoencoder at 32": [32, 16, 16, 8, 8, 16, 16, 32, 32],
    "LeNet-5": [28, 14, 10, 5, 1, 1, 1],
    "ResNet's strides at 224": [112, 56, 28, 14, 7],
    "ResNet's strides at 225": [113, 57, 29, 15, 8],
}


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.name)
def test_presets(preset) -> None:
    found = sizes(preset.layers, preset.size, preset.channels, preset.convention)
    assert found == PRESET_SIZES[preset.name]


@pytest.mark.parametrize(("index", "parameters"), [(1, 28_353), (2, 28_353), (3, 61_706)])
def test_parameters(index: int, parameters: int) -> None:
    preset = PRESETS[index]
    stack = parse_stack(preset.layers)
    steps = walk(stack, preset.size, preset.size, preset.channels, preset.convention)
    assert sum(step.parameters for step in steps) == parameters


def test_the_blog_s_code_has_128_numbers() -> None:
    steps = walk(parse_stack(PRESETS[0].layers), 28, 28, 1, "keras")
    assert steps[5].output == (4, 4, 8)


@pytest.mark.parametrize(
    ("word", "length", "text"),
    [
        ("maxpool2:same", 7, "⌈7 / 2⌉ = 4"),
        ("maxpool2", 7, "⌊(7 − 2) / 2⌋ + 1 = 3"),
        ("maxpool2:ceil", 7, "⌈(7 − 2) / 2⌉ + 1 = 4"),
        ("maxpool1s3:ceil", 5, "⌈(5 − 1) / 3⌉ + 1 − 1 = 2"),
        ("maxpool2:1", 28, "⌊(28 + 2·1 − 2) / 2⌋ + 1 = 15"),
        ("conv7s2:3", 224, "⌊(224 + 2·3 − 7) / 2⌋ + 1 = 112"),
        ("conv3", 16, "16 − 3 + 1 = 14"),
        ("conv3:full", 28, "28 + 2·2 − 3 + 1 = 30"),
        ("conv3d2", 16, "16 − 2·(3 − 1) − 1 + 1 = 12"),
        ("conv3s2d2", 16, "⌊(16 − 2·(3 − 1) − 1) / 2⌋ + 1 = 6"),
        ("up2", 7, "2 · 7 = 14"),
    ],
)
def test_formula(word: str, length: int, text: str) -> None:
    assert formula(fit(parse_layer(word), length)) == text


LAYERS = st.one_of(
    st.builds(
        Layer,
        kind=st.just("conv"),
        kernel=st.integers(1, 5),
        channels=st.integers(1, 4),
        stride=st.integers(1, 3),
        dilation=st.integers(1, 2),
        padding=st.sampled_from(["same", "valid", "full", 1, 2, 3]),
        padding_mode=st.sampled_from(["zeros", "reflect", "replicate", "circular"]),
    ),
    st.builds(
        Layer,
        kind=st.sampled_from(["maxpool", "avgpool"]),
        kernel=st.integers(1, 5),
        stride=st.integers(1, 6),
        padding=st.integers(0, 2),
        ceil=st.booleans(),
    ),
    st.builds(Layer, st.just("up"), st.integers(1, 3)),
)


@settings(deadline=None, max_examples=200)
@given(
    st.lists(LAYERS, min_size=1, max_size=4).map(lambda layers: Stack(tuple(layers))),
    st.integers(1, 16),
    st.integers(1, 16),
)
def test_random_stacks_agree_with_torch(stack: Stack, height: int, width: int) -> None:
    try:
        steps = walk(stack, height, width, 2, "torch")
    except InputError:
        return
    x = torch.zeros(1, 2, height, width)
    for layer, step in zip(stack, steps, strict=True):
        x = run(layer, x)
        assert (*x.shape[2:], x.shape[1]) == step.output


def run(layer: Layer, x: torch.Tensor) -> torch.Tensor:
    """One layer by `torch.nn.functional`."""
    if layer.kind == "up":
        return F.interpolate(x, scale_factor=layer.kernel)
    if layer.is_pool:
        pools = {"maxpool": F.max_pool2d, "avgpool": F.avg_pool2d}
        padding = 0 if layer.padding == "valid" else layer.padding
        return pools[layer.kind](x, layer.kernel, layer.stride, padding, ceil_mode=layer.ceil)
    span = layer.dilation * (layer.kernel - 1)
    before = {"same": span // 2, "valid": 0, "full": span}.get(layer.padding, layer.padding)
    after = span - before if layer.padding == "same" else before
    mode = "constant" if layer.padding_mode == "zeros" else layer.padding_mode
    padded = F.pad(x, (before, after, before, after), mode=mode)
    weight = torch.zeros(layer.channels, x.shape[1], layer.kernel, layer.kernel)
    return F.conv2d(padded, weight, stride=layer.stride, dilation=layer.dilation)


def test_padded_cells_never_win_a_max_pool() -> None:
    image = -np.ones((7, 7))
    word = parse_layer("maxpool2:same")
    assert (pool(image, word) == -1).all()
    as_zeros = pool(image, word, padded_as=0)
    assert (as_zeros[-1] == 0).all()
    assert (as_zeros[:-1, :-1] == -1).all()


def test_keras_leaves_padded_cells_out_of_the_mean_and_torch_counts_them() -> None:
    image = np.ones((7, 7))
    assert (pool(image, parse_layer("avgpool2:same"), "keras") == 1).all()
    corner = pool(image, parse_layer("avgpool2:1"), "torch")[0, :2]
    assert corner.tolist() == [0.25, 0.5]
    assert pool(image, parse_layer("avgpool2:same"), padded_as=0)[3, 3] == 0.25


@pytest.mark.parametrize(("height", "width"), [(7, 7), (8, 5)])
@pytest.mark.parametrize("word", ["maxpool3s2:1", "avgpool3s2:1/ceil", "maxpool2:ceil", "avgpool2"])
def test_pool_agrees_with_torch(word: str, height: int, width: int) -> None:
    image = np.random.default_rng(0).normal(size=(height, width))
    expected = run(parse_layer(word), torch.from_numpy(image)[None, None])[0, 0]
    np.testing.assert_allclose(pool(image, parse_layer(word), "torch"), expected.numpy())


def test_pool_refuses_a_convolution() -> None:
    with pytest.raises(InputError, match="'conv3': expected maxpool or avgpool"):
        pool(np.ones((7, 7)), parse_layer("conv3"))


def test_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--size", "7", "--width", "9", "--channels", "3", "--layers", "conv3x4 maxpool2:same"]
    assert main(["shapes", *words]) == 0
    answer = json.loads(capsys.readouterr().out)
    convolution, pooling = answer["layers"]
    assert convolution["layer"] == "conv3x4"
    assert (convolution["input"], convolution["output"]) == ([7, 9, 3], [5, 7, 4])
    assert convolution["parameters"] == 4 * (9 * 3 + 1)
    assert convolution["formula"]["width"] == "9 − 3 + 1 = 7"
    assert pooling["output"] == answer["output"] == [3, 4, 4]
    assert pooling["pad"] == {"top": 0, "bottom": 1, "left": 0, "right": 1}
    assert pooling["unused"] == {"rows": 0, "columns": 0}
    assert pooling["parameters"] == 0


def test_command_line_counts_what_is_dropped(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["shapes", "--size", "7", "--layers", "maxpool2", "--convention", "torch"]) == 0
    (layer,) = json.loads(capsys.readouterr().out)["layers"]
    assert layer["unused"] == {"rows": 1, "columns": 1}


def test_224_leaves_padding_unused() -> None:
    """Alsallakh et al. 2021; 225 leaves none."""
    for size, left_over in ((224, 1), (225, 0)):
        stack = parse_stack(PRESETS[-1].layers)
        layers = report(Settings(size, None, 3, "torch", stack))["layers"]
        assert [layer["unused_padding"]["bottom"] for layer in layers] == [left_over] * 5
        assert [layer["unused_padding"]["top"] for layer in layers] == [0] * 5


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--size", "4097"], "size must be a whole number from 1 to 4096, not '4097'"),
        (["--channels", "0"], "channels must be"),
        (["--convention", "jax"], "convention must be one of keras, torch, not 'jax'"),
        (["--convention", "torch", "--layers", "maxpool2:same"], "PyTorch's pools"),
        (["--layers", "maxpool2:1"], "Keras's pools"),
        (["--layers", "a" * 5000], "expected conv, maxpool, avgpool or up"),
    ],
)
def test_command_line_refuses(
    words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["shapes", *words]) == 2
    captured = capsys.readouterr()
    assert message in captured.err
    assert captured.err.count("\n") == 1
