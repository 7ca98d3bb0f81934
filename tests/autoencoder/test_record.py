"""What a run leaves: figures, and arrays that may be anybody's."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.autoencoder import Settings, parameter_count
from core.autoencoder.experiment import after_batch
from core.autoencoder.record import (
    MAX_WEIGHTS,
    State,
    as_shipped,
    one_of_each,
    state_from_arrays,
    state_to_arrays,
)
from core.settings import InputError
from tests.stand_in import any_state, same

SETTINGS = Settings(train_size=3_000, pad_width=2)
SEEN = 5_048


def test_a_state_up_to_a_length_reports_what_was_reached_by_then() -> None:
    whole = any_state(Settings(train_size=1_000, batch_size=100), 3_000)
    part = whole.up_to(2_000)
    assert [c.images_seen for c in part.checkpoints] == [1_000, 2_000]
    assert all(point.images_seen <= 2_000 for point in part.points)
    assert part.checkpoints[0] is whole.checkpoints[0]
    assert part.weights is whole.weights
    assert whole.up_to(3_000) is whole
    assert not whole.up_to(999).checkpoints


def test_one_of_each() -> None:
    assert one_of_each([7, 2, 7, 0, 2]) == [0, 1, 3]


@pytest.mark.parametrize("pad_width", [0, 1, 8])
def test_a_checkpoint_knows_its_pad_width(pad_width: int) -> None:
    settings = Settings(pad_width=pad_width, train_size=1_000)
    assert any_state(settings, 1_000).checkpoints[-1].pad_width == pad_width


def test_interior_and_border_are_the_total() -> None:
    checkpoint = any_state(SETTINGS, SEEN).checkpoints[0]
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
    before = kept(any_state(settings, after_batch(settings, SEEN)))
    arrays: dict[str, Any] = state_to_arrays(settings, before)
    np.savez(tmp_path / "run.npz", **arrays)
    with np.load(tmp_path / "run.npz", allow_pickle=False) as file:
        after = state_from_arrays(settings, file)
    assert same(before, after)


def test_of_a_long_run_of_a_large_network_the_last_weights_are_kept() -> None:
    def kept(settings: Settings) -> list[bool]:
        checkpoints = any_state(settings, settings.max_images).checkpoints
        return [checkpoint.weights is not None for checkpoint in checkpoints]

    assert all(kept(SETTINGS))
    large = kept(replace(SETTINGS, depth=4, channels=64))
    assert sum(large) * 4 * parameter_count(Settings(depth=4, channels=64)) <= MAX_WEIGHTS
    assert large == sorted(large)
    assert any(large)


@pytest.mark.parametrize("name", state_to_arrays(SETTINGS, any_state(SETTINGS, 6_000)))
def test_damaged_arrays_are_named(name: str) -> None:
    arrays = state_to_arrays(SETTINGS, any_state(SETTINGS, 6_000))
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
    arrays = state_to_arrays(SETTINGS, any_state(SETTINGS, 6_000))
    with pytest.raises(InputError, match="images_seen"):
        state_from_arrays(SETTINGS, {**arrays, "images_seen": np.array(seen)})


def test_a_run_of_other_settings_is_refused() -> None:
    arrays = state_to_arrays(SETTINGS, any_state(SETTINGS, 6_000))
    for other in (
        replace(SETTINGS, pad_width=0),
        replace(SETTINGS, depth=3),
        replace(SETTINGS, channels=16),
    ):
        with pytest.raises(InputError, match="shape"):
            state_from_arrays(other, arrays)
