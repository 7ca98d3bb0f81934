"""The code to copy runs and gives the sizes, the impact and the values that the pages show."""

import contextlib
import io
import os
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from core.impact import impact
from core.layers import Convention, Layer, Stack, parse_stack
from core.shapes import PRESETS, Preset, pool
from core.stack_code import keras_code, torch_code
from core.steps import Step, walk
from tests.strategies import convolutions, unless_refused

LAYERS = st.one_of(
    convolutions(channels=st.integers(1, 3)),
    st.builds(
        Layer,
        kind=st.sampled_from(["maxpool", "avgpool"]),
        kernel=st.integers(1, 4),
        stride=st.integers(1, 5),
        padding=st.sampled_from(["same", "valid"]),
    ),
    st.builds(
        Layer,
        kind=st.sampled_from(["maxpool", "avgpool"]),
        kernel=st.integers(2, 4),
        stride=st.integers(1, 5),
        padding=st.integers(0, 1),
        ceil=st.booleans(),
    ),
    st.builds(Layer, st.just("up"), st.integers(1, 3)),
)
STACKS = st.lists(LAYERS, min_size=1, max_size=3).map(lambda layers: Stack(tuple(layers)))


def steps_of(text: str, size: int, convention: Convention = "either") -> tuple[Step, ...]:
    return walk(parse_stack(text), size, size, 1, convention)


def run(code: str) -> tuple[torch.nn.Sequential, str]:
    """The script's `model`, and what it printed."""
    names: dict[str, torch.nn.Sequential] = {}
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(code, "copied", "exec"), names)
    return names["model"], printed.getvalue()


def calls(code: str) -> list[str]:
    """The lines between the model's brackets, without their comments."""
    return [
        line.strip().partition(",  #")[0].rstrip(",")
        for line in code.splitlines()
        if line.startswith("    ") and ("#" in line or "Pad" in line)
    ]


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.name)
def test_presets_run_in_torch_and_give_the_sizes_shown(preset: Preset) -> None:
    steps = walk(
        parse_stack(preset.layers), preset.size, preset.size, preset.channels, preset.convention
    )
    _, printed = run(torch_code(steps))
    height, width, channels = steps[-1].output
    parameters = sum(step.parameters for step in steps)
    assert printed == f"{parameters} parameters\n{(1, channels, height, width)}\n"


@settings(deadline=None, max_examples=150)
@given(STACKS, st.integers(1, 10), st.integers(1, 10))
def test_any_stack_runs_in_torch_and_gives_the_sizes_shown(
    stack: Stack, height: int, width: int
) -> None:
    with unless_refused():
        steps = walk(stack, height, width, 2, "either")
    rows, columns, channels = steps[-1].output
    assert run(torch_code(steps))[1].endswith(f"\n{(1, channels, rows, columns)}\n")


@settings(deadline=None, max_examples=150)
@given(st.lists(convolutions(), min_size=1, max_size=3), st.integers(1, 9), st.integers(1, 9))
def test_the_torch_code_has_the_impact_shown(layers: list[Layer], height: int, width: int) -> None:
    stack = Stack(tuple(layers))
    with unless_refused():
        steps = walk(stack, height, width, 1, "either")
    model = run(torch_code(steps))[0].double()
    for name, weights in model.named_parameters():
        torch.nn.init.constant_(weights, 1 if name.endswith("weight") else 0)
    pixels = torch.zeros(1, 1, height, width, dtype=torch.float64, requires_grad=True)
    (gradient,) = torch.autograd.grad(model(pixels).sum(), pixels)
    expected = np.asarray(impact(stack, height, width).map, float)
    np.testing.assert_allclose(gradient[0, 0].numpy(), expected, rtol=1e-12)


POOL_WORDS = [
    "maxpool2:same",
    "maxpool3s2:same",
    "avgpool2:same",
    "avgpool3s2:same",
    "avgpool3s1:same",
    "maxpool3s1:same",
    "avgpool3s2:1",
    "avgpool3s2:1/ceil",
    "avgpool2:ceil",
]


@pytest.mark.parametrize("size", [7, 8])
@pytest.mark.parametrize("word", POOL_WORDS)
def test_pools_in_torch_code_treat_padded_cells_as_shown(word: str, size: int) -> None:
    image = -np.random.default_rng(0).uniform(1, 2, (size, size))
    (step,) = steps_of(word, size)
    model, _ = run(torch_code([step]))
    pooled = model(torch.from_numpy(image)[None, None])[0, 0]
    np.testing.assert_allclose(pooled.numpy(), pool(image, step.layer))


@pytest.mark.parametrize(
    ("text", "size", "expected"),
    [
        ("conv3x4:same", 8, ['nn.Conv2d(1, 4, 3, padding="same")']),
        ("conv3s2:same", 8, ["nn.ZeroPad2d((0, 1, 0, 1))", "nn.Conv2d(1, 1, 3, stride=2)"]),
        ("conv3s2:same", 7, ["nn.Conv2d(1, 1, 3, stride=2, padding=1)"]),
        ("maxpool2:same", 8, ["nn.MaxPool2d(2)"]),
        (
            "maxpool2:same",
            7,
            ["nn.ConstantPad2d((0, 1, 0, 1), -torch.inf)", "nn.MaxPool2d(2)"],
        ),
        ("avgpool3s2:same", 7, ["nn.AvgPool2d(3, stride=2, padding=1, count_include_pad=False)"]),
        ("maxpool2:ceil", 7, ["nn.MaxPool2d(2, ceil_mode=True)"]),
        ("conv3:1/reflect", 7, ['nn.Conv2d(1, 1, 3, padding=1, padding_mode="reflect")']),
        ("up2", 7, ["nn.Upsample(scale_factor=2)"]),
    ],
)
def test_torch_lines(text: str, size: int, expected: list[str]) -> None:
    assert calls(torch_code(steps_of(text, size))) == expected


@pytest.mark.parametrize(
    ("text", "size", "expected"),
    [
        ("conv3x4:same", 8, ['layers.Conv2D(4, 3, padding="same")']),
        ("conv3s2:same", 8, ['layers.Conv2D(1, 3, strides=2, padding="same")']),
        ("conv3:1", 8, ["layers.ZeroPadding2D(((1, 1), (1, 1)))", "layers.Conv2D(1, 3)"]),
        ("maxpool2:same", 7, ['layers.MaxPooling2D(2, padding="same")']),
        ("maxpool3s2", 7, ["layers.MaxPooling2D(3, strides=2)"]),
        ("up2", 7, ["layers.UpSampling2D(2)"]),
    ],
)
def test_keras_lines(text: str, size: int, expected: list[str]) -> None:
    assert calls(keras_code(steps_of(text, size))) == expected


def test_equal_layers_in_a_row_share_a_line() -> None:
    steps = steps_of("conv3 conv3 conv3 conv3 maxpool2 maxpool2 up2", 28)
    lines = [line for line in torch_code(steps).splitlines() if "# " in line][:-1]
    assert lines == [
        "    *[nn.Conv2d(1, 1, 3) for _ in range(4)],  # 26×26×1 to 20×20×1",
        "    nn.MaxPool2d(2),  # 10×10×1",
        "    nn.MaxPool2d(2),  # 5×5×1",
        "    nn.Upsample(scale_factor=2),  # 10×10×1",
    ]


def run_keras(code: str) -> Any:
    """The script's Keras model."""
    os.environ.setdefault("KERAS_BACKEND", "torch")
    pytest.importorskip("keras", reason="Keras is no requirement: its code runs where it is")
    names: dict[str, Any] = {}
    with contextlib.redirect_stdout(io.StringIO()):
        exec(compile(code, "copied", "exec"), names)
    return names["model"]


KERAS_STACKS = [
    *[preset.layers for preset in PRESETS[:3]],
    "conv3x2s2d2:2 conv3:full/reflect conv2x3s2:same",
    "conv3:2 conv3:same/replicate conv3:same/circular conv3:1/symmetric",
    "conv3x2s2:same/partial conv3s2d2:2/partial",
    *POOL_WORDS,
    "maxpool2:ceil maxpool3s1:1",
    "conv3x2:same conv3x2:same conv3x2:same conv3x2:same",
]


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("text", KERAS_STACKS)
def test_keras_code_gives_the_sizes_and_values_of_the_torch_code(text: str) -> None:
    steps = steps_of(text, 28)
    theirs = run_keras(keras_code(steps))
    if text == "avgpool3s2:same" and os.environ["KERAS_BACKEND"] == "torch":
        pytest.skip(
            "Keras's PyTorch backend repeats the border here, its TensorFlow and JAX do not"
        )
    ours, _ = run(torch_code(steps))
    assert tuple(theirs.output_shape[1:]) == steps[-1].output
    for weights in theirs.weights:
        weights.assign(np.full(weights.shape, 0.1 if len(weights.shape) > 1 else 0.5))
    for name, weights in ours.named_parameters():
        torch.nn.init.constant_(weights, 0.1 if name.endswith("weight") else 0.5)
    image = -np.random.default_rng(0).uniform(1, 2, (28, 28)).astype(np.float32)
    with torch.no_grad():
        keras_output = theirs.predict(image[None, :, :, None], verbose=0)[0].transpose(2, 0, 1)
        torch_output = ours(torch.from_numpy(image)[None, None])[0].numpy()
    np.testing.assert_allclose(keras_output, torch_output, rtol=1e-4)
