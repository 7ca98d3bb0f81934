"""What a run is and reports: layers, positions, and arrays that may be anybody's."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.autoencoder import (
    LIVE,
    ORIGINAL,
    Checkpoint,
    Point,
    Run,
    Settings,
    State,
    as_shipped,
    checkpoint_positions,
    layers,
    next_checkpoint,
    next_point,
    one_of_each,
    parameter_count,
    sizes_along,
    state_from_arrays,
    state_to_arrays,
    steps_taken,
)
from core.autoencoder.experiment import after_batch
from core.autoencoder.record import MAX_POINTS, MAX_WEIGHTS, lighten
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


def test_a_state_up_to_a_length_reports_what_was_reached_by_then() -> None:
    whole = state(Settings(train_size=1_000, batch_size=100), 3_000)
    part = whole.up_to(2_000)
    assert [c.images_seen for c in part.checkpoints] == [1_000, 2_000]
    assert all(point.images_seen <= 2_000 for point in part.points)
    assert part.checkpoints[0] is whole.checkpoints[0]
    assert part.weights is whole.weights
    assert whole.up_to(3_000) is whole
    assert not whole.up_to(999).checkpoints


def test_one_of_each() -> None:
    assert one_of_each([7, 2, 7, 0, 2]) == [0, 1, 3]


def state(settings: Settings, seen: int) -> State:
    random = np.random.default_rng(0)
    size = settings.size

    def floats(*shape: int) -> Any:
        return random.random(shape, np.float32)

    def images() -> Any:
        return random.integers(256, size=(3, size, size), dtype=np.uint8)

    entropy_map, noisy, clean = floats(size, size), images(), images()
    checkpoints = tuple(
        Checkpoint(
            images_seen=position,
            epoch=position / settings.train_size,
            train_loss=0.1,
            loss_map=floats(size, size),
            squared_error_map=floats(size, size),
            accuracy_map=floats(size, size),
            entropy_map=entropy_map,
            noisy=noisy,
            denoised=images(),
            clean=clean,
            weights=floats(parameter_count(settings)),
        )
        for position in checkpoint_positions(settings, seen)
    )
    points = (Point(512, 0.1, 0.3, 0.2), Point(1024, 0.2, 0.2, 0.1))
    weights, slopes, squares = (floats(parameter_count(settings)) for _ in range(3))
    kept = lighten(settings, checkpoints) if checkpoints else ()
    vectors = (weights, slopes, squares)
    return State(seen, *vectors, 12.5, 0.5, points, kept, 1.5, "CPU, Überchip", "")


SETTINGS = Settings(train_size=3_000, pad_width=2)
SEEN = 5_048


@pytest.mark.parametrize("pad_width", [0, 1, 8])
def test_a_checkpoint_knows_its_pad_width(pad_width: int) -> None:
    settings = Settings(pad_width=pad_width, train_size=1_000)
    assert state(settings, 1_000).checkpoints[-1].pad_width == pad_width


def test_interior_and_border_are_the_total() -> None:
    checkpoint = state(SETTINGS, SEEN).checkpoints[0]
    assert checkpoint.interior == checkpoint.loss_map[2:-2, 2:-2].sum(dtype=np.float64)
    assert checkpoint.total == pytest.approx(checkpoint.loss_map.sum(dtype=np.float64))
    assert checkpoint.per_pixel == pytest.approx(checkpoint.loss_map.mean(dtype=np.float64))


@pytest.mark.parametrize(
    "kept",
    [
        pytest.param(lambda state: state, id="whole"),
        pytest.param(lambda state: as_shipped(state, weights=True), id="shipped"),
        pytest.param(lambda state: as_shipped(state, weights=False), id="without weights"),
    ],
)
@pytest.mark.parametrize("settings", [SETTINGS, replace(SETTINGS, depth=3, channels=8)])
def test_state_survives_a_file(
    settings: Settings, kept: Callable[[State], State], tmp_path: Path
) -> None:
    before = kept(state(settings, after_batch(settings, SEEN)))
    arrays: dict[str, Any] = state_to_arrays(settings, before)
    np.savez(tmp_path / "run.npz", **arrays)
    with np.load(tmp_path / "run.npz", allow_pickle=False) as file:
        after = state_from_arrays(settings, file)
    assert same(before, after)


def test_of_a_long_run_of_a_large_network_the_last_weights_are_kept() -> None:
    def kept(settings: Settings) -> list[bool]:
        checkpoints = state(settings, settings.max_images).checkpoints
        return [checkpoint.weights is not None for checkpoint in checkpoints]

    assert all(kept(SETTINGS))
    large = kept(replace(SETTINGS, depth=4, channels=64))
    assert sum(large) * 4 * parameter_count(Settings(depth=4, channels=64)) <= MAX_WEIGHTS
    assert large == sorted(large)
    assert any(large)


def same(a: Any, b: Any) -> bool:
    """Equal to the bit, dataclasses and tuples by their parts."""
    if isinstance(a, np.ndarray):
        return a.dtype == b.dtype and np.array_equal(a, b)
    if isinstance(a, tuple):
        return len(a) == len(b) and all(map(same, a, b))
    if hasattr(a, "__dict__"):
        return all(same(value, vars(b)[name]) for name, value in vars(a).items())
    return bool(a == b)


@pytest.mark.parametrize("name", state_to_arrays(SETTINGS, state(SETTINGS, 6_000)))
def test_damaged_arrays_are_named(name: str) -> None:
    arrays = state_to_arrays(SETTINGS, state(SETTINGS, 6_000))
    array = arrays.pop(name)
    damaged = [None, array[..., None], array.astype(object), np.array(b"x")]
    if array.dtype.kind == "f":
        damaged += [np.full_like(array, np.nan)]
    if array.ndim:
        damaged += [array[:-1]] if name != "checkpoint_weights" else [array.repeat(2, axis=0)]
    if name == "points":
        damaged = [array[::-1], array + 1e9, np.zeros((301, 4))]
    if name == "words":
        damaged = [None, array[:1], np.array([1.0, 2.0])]
    for wrong in damaged:
        with pytest.raises(InputError, match=name):
            state_from_arrays(SETTINGS, arrays if wrong is None else {**arrays, name: wrong})


@pytest.mark.parametrize("seen", [0, -1, 7, 128, 10**12])
def test_impossible_positions_are_refused(seen: int) -> None:
    arrays = state_to_arrays(SETTINGS, state(SETTINGS, 6_000))
    with pytest.raises(InputError, match="images_seen"):
        state_from_arrays(SETTINGS, {**arrays, "images_seen": np.array(seen)})


def test_a_run_of_other_settings_is_refused() -> None:
    arrays = state_to_arrays(SETTINGS, state(SETTINGS, 6_000))
    for other in (
        replace(SETTINGS, pad_width=0),
        replace(SETTINGS, depth=3),
        replace(SETTINGS, channels=16),
    ):
        with pytest.raises(InputError, match="shape"):
            state_from_arrays(other, arrays)
