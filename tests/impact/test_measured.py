"""Measured impact is the gradient: equal to the paths where all weights are 1, random elsewhere."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from core.impact import impact, reach
from core.impact.measured import (
    Measured,
    Settings,
    beside_paths,
    cost,
    measure,
    network,
    random_impact,
    resize,
)
from core.layers import PADDING_MODES, Layer, Stack, parse_layer, parse_stack
from core.limits import MB, limits
from core.settings import InputError
from core.shapes import pool
from tests.strategies import convolutions, unless_refused

ROOT = Path(__file__).parents[2]


def ones(stack: Stack) -> list[tuple[torch.Tensor, None]]:
    return [
        (torch.ones(1, 1, layer.kernel, layer.kernel, dtype=torch.float64), None)
        for layer in stack
        if layer.kind == "conv"
    ]


@settings(deadline=None)
@given(st.lists(convolutions(), min_size=1, max_size=3), st.integers(1, 9), st.integers(1, 9))
def test_all_ones_weights_measure_the_paths(layers: list[Layer], height: int, width: int) -> None:
    stack = Stack(tuple(layers))
    with unless_refused():
        paths = np.asarray(impact(stack, height, width).map, float)
    pixels = torch.randn(1, 1, height, width, dtype=torch.float64)
    found = measure(network(stack, ones(stack), "none"), pixels)
    mean = paths.mean()
    np.testing.assert_allclose(found.mean, paths / mean if mean else paths, rtol=1e-10)


@pytest.mark.parametrize(
    "word", ["maxpool2:same", "avgpool3s2:same", "avgpool3s2:1/ceil", "maxpool3s2:1", "avgpool2"]
)
def test_pools_are_those_of_the_shapes_page(word: str) -> None:
    image = np.random.default_rng(0).normal(size=(8, 7))
    pooled = resize(parse_layer(word), torch.from_numpy(image)[None, None], "either")
    np.testing.assert_allclose(pooled[0, 0].numpy(), pool(image, parse_layer(word)))


def test_the_centre_output_sees_its_receptive_field_only() -> None:
    stack = parse_stack("conv3x4:same maxpool2:same up2 conv3x4:same")
    found = random_impact(stack, 12, 12, Settings(draws=4, target="centre"))
    rows = np.flatnonzero(found.mean.sum(axis=1))
    # Two rows of pooled windows around output 6 (each of two rows), and one row around them.
    assert (rows.min(), rows.max()) == (3, 8)


@pytest.mark.parametrize("mode", PADDING_MODES)
def test_random_weights_see_what_a_path_leads_to(mode: str) -> None:
    stack = parse_stack(f"conv3x4s2:1/{mode} conv1s2")
    found = random_impact(stack, 9, 9, Settings(draws=3, activation="none"))
    assert ((found.mean > 0) == (reach(stack, 9, 9) > 0)).all()


def test_draws_are_the_seed_s() -> None:
    stack = parse_stack("conv3x4:same conv3:same")
    first, again, other = (
        random_impact(stack, 8, 8, Settings(draws=3, seed=seed)) for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first.gradients, again.gradients)
    assert (first.mean != other.mean).any()
    assert first.gradients.shape == (3, 8, 8)
    assert (first.spread > 0).any()
    assert first.shares.max() == 1
    np.testing.assert_allclose(first.gradients.mean(axis=(1, 2)), 1)


def test_the_corner_counts_less_with_random_weights_too_and_not_with_circular_padding() -> None:
    corner = {}
    for padding in ("valid", "same", "same/circular"):
        stack = parse_stack(f"conv3x8:{padding} conv3x8:{padding} conv3x8:{padding}")
        found = random_impact(stack, 14, 14, Settings(draws=24, activation="none"))
        corner[padding] = found.mean[0, 0] / found.mean[7, 7]
    assert corner["valid"] < corner["same"] < 0.9
    assert corner["same/circular"] == pytest.approx(1)


def test_a_pixel_beside_its_paths() -> None:
    found = Measured(np.array([[[1.0, 3.0]], [[3.0, 1.0]], [[2.0, 2.0]]]))
    beside = beside_paths(np.array([[0.5, 1.0]]), found, (0, 1))
    assert beside.paths == pytest.approx(4 / 3)
    assert beside.measured == 2
    assert beside.error == pytest.approx(1 / 3**0.5)  # the sample's deviation is 1


def test_one_draw_has_no_error_and_no_path_counts_nothing() -> None:
    beside = beside_paths(np.zeros((1, 2)), Measured(np.ones((1, 1, 2))), (0, 0))
    assert (beside.paths, beside.measured, beside.error) == (0, 1, None)


def test_a_dead_network_measures_nothing() -> None:
    found = measure(lambda x: 0 * x, torch.ones(2, 1, 3, 3))
    assert not found.mean.any()
    assert not found.shares.any()


@pytest.mark.parametrize(
    ("text", "draws", "message"),
    [
        ("conv3x4096:same", 1, "takes about 1,5.. MB of memory: expected at most 96 MB; use fewer"),
        ("conv9x16:same conv9x16:same", 60, "60 draws take 22 billion mult"),
        ("conv9:valid up64 up2", 1, "grows to"),
    ],
)
def test_too_much_work_is_refused(text: str, draws: int, message: str) -> None:
    with pytest.raises(InputError, match=message):
        random_impact(parse_stack(text), 128, 128, Settings(draws=draws))


def test_settings_are_checked() -> None:
    with pytest.raises(InputError, match="draws must be a whole number from 1 to 256"):
        Settings(draws=0)


PEAK = r"""
import re, sys
from pathlib import Path
from core.impact.measured import Settings, random_impact
from core.layers import parse_stack
# The process's own peak; getrusage would count that of the process that started it.
used = lambda: int(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[1])
random_impact(parse_stack("conv3x2:same conv3:same"), 8, 8, Settings(draws=1))
before = used()
random_impact(parse_stack(sys.argv[1]), 150, 150, Settings(draws=2))
print(used() - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize(
    "text",
    ["conv3x64:same conv3x64:same conv3:same", "conv3x64:same maxpool2 conv3x32:same/reflect up2"],
)
def test_memory_stays_within_the_estimate(text: str) -> None:
    estimate = cost(parse_stack(text), 150, 150, 2, "either").bytes
    assert estimate < limits().measure_mb * MB
    command = [sys.executable, "-c", PEAK, text]
    found = subprocess.run(command, capture_output=True, check=True, timeout=120, cwd=ROOT)
    # What the allocator holds beside it differs from run to run by up to 20 MB.
    assert 0.3 * estimate < int(found.stdout) * 1024 < 1.1 * estimate + 30 * MB
