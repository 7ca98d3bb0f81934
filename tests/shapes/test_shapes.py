"""The presets' sizes, what padded cells count as, and what the command line prints."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st

from core.__main__ import main
from core.layers import Layer, fit, parse_layer, parse_stack
from core.settings import InputError
from core.shapes import (
    EDGES,
    PRESETS,
    Preset,
    Settings,
    changed_by_zeros,
    differences,
    dropped,
    feature_map,
    pool,
    program,
    report,
    window_shapes,
)
from core.steps import walk
from tests import copied
from tests.test_steps import apply, sizes

PRESET_SIZES = {
    "Keras blog's autoencoder": [28, 14, 14, 7, 7, 4, 4, 8, 8, 16, 14, 28, 28],
    "The post's autoencoder at 28": [28, 14, 14, 7, 7, 14, 14, 28, 28],
    "The post's autoencoder at 32": [32, 16, 16, 8, 8, 16, 16, 32, 32],
    "LeNet-5": [28, 14, 10, 5, 1, 1, 1],
    "ResNet's strides at 224": [112, 56, 28, 14, 7],
    "ResNet's strides at 225": [113, 57, 29, 15, 8],
}


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.name)
def test_presets(preset: Preset) -> None:
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
    expected = apply(parse_layer(word), torch.from_numpy(image)[None, None])[0, 0]
    np.testing.assert_allclose(pool(image, parse_layer(word), "torch"), expected.numpy())


def test_windows_by_the_real_pixels_that_they_hold() -> None:
    same = fit(parse_layer("maxpool2:same"), 7)
    assert window_shapes(same, same) == {(2, 2): 9, (2, 1): 3, (1, 2): 3, (1, 1): 1}
    valid = fit(parse_layer("maxpool2"), 7)
    assert window_shapes(valid, valid) == {(2, 2): 9}
    rows, columns = (fit(parse_layer("maxpool2:same"), length) for length in (4, 3))
    assert window_shapes(rows, columns) == {(2, 2): 2, (2, 1): 2}


@given(st.integers(1, 4), st.integers(1, 4), st.integers(1, 9), st.integers(1, 9))
def test_window_shapes_count_every_window(
    kernel: int, stride: int, height: int, width: int
) -> None:
    layer = Layer("maxpool", kernel, stride=stride, padding="same")
    rows, columns = fit(layer, height), fit(layer, width)
    found = window_shapes(rows, columns)
    counted: dict[tuple[int, int], int] = {}
    for tall in rows.covered.tolist():
        for wide in columns.covered.tolist():
            counted[tall, wide] = counted.get((tall, wide), 0) + 1
    assert found == counted


def test_a_feature_map_is_the_edge_kernel_s() -> None:
    image = np.random.default_rng(0).random((5, 4))
    padded = F.pad(torch.from_numpy(image)[None, None], (1, 1, 1, 1), mode="replicate")
    expected = F.conv2d(padded, torch.from_numpy(EDGES)[None, None]) - 0.4
    np.testing.assert_allclose(feature_map(image, -0.4), expected[0, 0].numpy())
    assert (feature_map(np.ones((3, 3)), -0.4) == -0.4).all()


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


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.name)
def test_every_preset_s_program_prints_its_output(preset: Preset, tmp_path: Path) -> None:
    chosen = Settings(
        preset.size, None, preset.channels, preset.convention, parse_stack(preset.layers)
    )
    found = report(chosen)
    height, width, channels = found["output"]
    assert copied.run(program(chosen), tmp_path) == [
        f"{found['parameters']} parameters",
        f"{(1, channels, height, width)}",
    ]


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
        (["--layers", "conv3:full"], "Keras has no 'full' padding"),
        (["--layers", "conv3s2d2", "--size", "15"], "Keras refuses a stride together with"),
        (["--layers", "maxpool2:full"], "expected same, valid, ceil or a number"),
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


def test_what_a_pool_drops_and_what_zeros_would_change() -> None:
    valid, same = parse_layer("maxpool2"), parse_layer("maxpool2:same")
    assert dropped(np.ones((3, 5)), valid) == 1 - 8 / 15
    assert dropped(np.ones((3, 5)), same) == 0
    assert changed_by_zeros(np.ones((3, 5)), same) == 0
    assert changed_by_zeros(-np.ones((3, 5)), same) == 2 + 3 - 1


def test_where_keras_and_pytorch_part() -> None:
    steps = walk(parse_stack("maxpool2"), 8, 7, 1, "keras")
    found = differences(steps)
    assert found["maxpool2 on 8"]["Keras “same”"] == "4 (0, 0)"
    assert found["maxpool2 on 7"] == {
        "Keras “valid”": "3 (0, 0)",
        "Keras “same”": "4 (0, 1)",
        "PyTorch padding=0": "3 (0, 0)",
        "PyTorch padding=⌊k/2⌋": "4 (1, 1)",
        "PyTorch ceil_mode": "4 (0, 1)",
    }
    steps = walk(parse_stack("conv3s2d2"), 15, 15, 1, "torch")
    assert differences(steps)["conv3s2d2 on 15"] == {
        "Keras “valid”": "refused",
        "Keras “same”": "refused",
        "PyTorch padding=0": "6 (0, 0)",
        "PyTorch padding=⌊k/2⌋": "7 (1, 1)",
    }
    assert not differences(walk(parse_stack("conv3s2:1"), 15, 15, 1, "torch"))
