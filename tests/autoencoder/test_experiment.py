"""What a run is: settings, layers, and positions along it."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.autoencoder import (
    LIVE,
    ORIGINAL,
    Run,
    Settings,
    checkpoint_positions,
    layers,
    next_checkpoint,
    parameter_count,
    sizes_along,
)
from core.autoencoder.experiment import after_batch, next_point, steps_taken
from core.autoencoder.record import MAX_POINTS
from core.settings import InputError


def test_parameters() -> None:
    counts = [layer.parameters for layer in layers(Settings()) if layer.parameters]
    assert counts == [320, 9248, 9248, 9248, 289]
    assert parameter_count(Settings()) == 28_353
    assert parameter_count(Settings(pad_width=8)) == 28_353
    assert parameter_count(Settings(depth=4, channels=64)) == 640 + 7 * 36_928 + 577


@pytest.mark.parametrize(("pad_width", "code"), [(0, 7), (1, 8), (2, 8), (3, 9)])
def test_code_size(pad_width: int, code: int) -> None:
    table = layers(Settings(pad_width=pad_width))
    assert table[5].output == (code, code, 32)
    assert (table[-1].name == "Crop") == (pad_width % 2 != 0)


@pytest.mark.parametrize(
    ("size", "depth", "sizes"),
    [
        (28, 2, (28, 14, 7, 14, 28)),
        (28, 3, (28, 14, 7, 4, 8, 16, 32)),
        (32, 3, (32, 16, 8, 4, 8, 16, 32)),
        (44, 4, (44, 22, 11, 6, 3, 6, 12, 24, 48)),
    ],
)
def test_sizes_along(size: int, depth: int, sizes: tuple[int, ...]) -> None:
    assert sizes_along(size, depth) == sizes


@given(st.integers(1, 1_000), st.integers(1, 8))
def test_the_last_size_is_the_next_multiple(size: int, depth: int) -> None:
    *_, last = sizes_along(size, depth)
    assert last % 2**depth == 0
    assert 0 <= last - size < 2**depth


@pytest.mark.parametrize(
    ("name", "value"), [("pad_width", 9), ("noise_factor", float("nan")), ("seed", 2**31)]
)
def test_settings_are_bounded(name: str, value: Any) -> None:
    with pytest.raises(InputError, match=name):
        Settings(**{name: value})


sizes = st.builds(Settings, train_size=st.integers(1_000, 60_000), batch_size=st.integers(8, 512))


@given(sizes, st.integers(0, 200))
def test_positions_are_where_batches_end(settings: Settings, steps: int) -> None:
    seen = 0
    for taken in range(1, steps + 1):
        before = seen
        seen += min(settings.batch_size, settings.train_size - seen % settings.train_size)
        assert after_batch(settings, seen) == seen
        assert after_batch(settings, before + 1) == seen
        assert steps_taken(settings, seen) == taken


@given(sizes, st.integers(1, 7_000_000))
def test_next_checkpoint(settings: Settings, images: int) -> None:
    position = next_checkpoint(settings, images)
    assert position in checkpoint_positions(settings, settings.max_images)
    assert position >= min(images, settings.max_images)
    assert next_checkpoint(settings, position) == position


def test_presets_end_at_checkpoints() -> None:
    for settings, images in (LIVE, ORIGINAL):
        assert next_checkpoint(settings, images) == images
    assert checkpoint_positions(*LIVE) == [5024, 20000]
    assert checkpoint_positions(*ORIGINAL)[:3] == [5120, 20096, 60000]


def test_the_longest_curve_is_bounded() -> None:
    seen = points = 0
    while (seen := next_point(seen)) <= ORIGINAL.settings.max_images:
        points += 1
    assert points < MAX_POINTS


def test_a_run_with_other_settings_is_as_long() -> None:
    padded = LIVE.but(pad_width=2, seed=7)
    assert padded == Run(replace(LIVE.settings, pad_width=2, seed=7), LIVE.images)
    assert padded.arms == (LIVE.but(seed=7), padded)
    # What says nothing to an unpadded image is at its default: equal runs are equal values.
    assert padded.but(pad_mode="noise", loss_on="original").arms[0] == LIVE.but(seed=7)
