"""Sizes, formulas and dropped pixels, layer by layer, beside torch's own layers."""

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from core.layers import Convention, Layer, Stack, fit, parse_layer, parse_stack
from core.steps import formula, walk
from tests.strategies import unless_refused


def sizes(text: str, size: int, channels: int = 1, convention: Convention = "keras") -> list[int]:
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
def test_three_pools(pools: str, convention: Convention, expected: list[int]) -> None:
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
    with unless_refused():
        steps = walk(stack, height, width, 2, "torch")
    x = torch.zeros(1, 2, height, width)
    for layer, step in zip(stack, steps, strict=True):
        x = apply(layer, x)
        assert (*x.shape[2:], x.shape[1]) == step.output


def apply(layer: Layer, x: torch.Tensor) -> torch.Tensor:
    """One layer by `torch.nn.functional`."""
    if layer.kind == "up":
        return F.interpolate(x, scale_factor=layer.kernel)
    if layer.is_pool:
        pool = F.max_pool2d if layer.kind == "maxpool" else F.avg_pool2d
        padding = layer.padding if isinstance(layer.padding, int) else 0  # valid
        pooled: torch.Tensor = pool(x, layer.kernel, layer.stride, padding, ceil_mode=layer.ceil)
        return pooled
    span = layer.dilation * (layer.kernel - 1)
    named = {"same": span // 2, "valid": 0, "full": span}
    before = layer.padding if isinstance(layer.padding, int) else named[layer.padding]
    after = span - before if layer.padding == "same" else before
    mode = "constant" if layer.padding_mode == "zeros" else layer.padding_mode
    padded = F.pad(x, (before, after, before, after), mode=mode)
    weight = torch.zeros(layer.channels, x.shape[1], layer.kernel, layer.kernel)
    return F.conv2d(padded, weight, stride=layer.stride, dilation=layer.dilation)
