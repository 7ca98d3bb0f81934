"""Sweeps: what a line of text says to train, and what that costs."""

import contextlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.autoencoder import LIVE, ORIGINAL, Run, Settings, cost
from core.autoencoder.runs import View
from core.autoencoder.store import Folder
from core.autoencoder.sweep import MOST, NAMES, Cost, cost_words, duration, estimate, read
from core.limits import limits
from core.settings import InputError
from tests.stand_in import SETTINGS, state_at


def runs_of(text: str, preset: str = "live") -> list[Run]:
    of = read(text, preset)
    return [of.run(point) for point in of.points()]


# --- The language -------------------------------------------------------------------------------


def test_a_grid_is_every_value_with_every_other() -> None:
    wanted = runs_of("pad_width=0..8 seed=0..9")
    assert len(wanted) == 90
    assert wanted[:2] == [LIVE, LIVE.but(seed=1)]
    assert wanted[-1] == LIVE.but(pad_width=8, seed=9)
    assert {run.images for run in wanted} == {20_000}


def test_lists_and_ranges_are_one_list() -> None:
    assert read("seed=3,0..2,2 pad_mode=edge,wrap").values == {
        "seed": (3, 0, 1, 2),
        "pad_mode": ("edge", "wrap"),
    }
    assert read("channels=8..32").values == {"channels": (8, 16, 32)}
    assert read("learning_rate=1e-3,0.003 noise_first=false,true").values == {
        "learning_rate": (0.001, 0.003),
        "noise_first": (False, True),
    }


def test_the_length_is_one_of_the_settings() -> None:
    assert [run.images for run in runs_of("epochs=1..3")] == [20_000, 40_000, 60_000]
    assert runs_of("train_size=1000,2000", "original") == [
        Run(Settings(train_size=1_000), 10_000),
        Run(Settings(train_size=2_000), 20_000),
    ]
    assert runs_of("seed=0", "original") == [ORIGINAL]


def test_what_changes_nothing_is_one_run() -> None:
    edge, wrap, *_ = runs_of("pad_width=0,2 pad_mode=edge,wrap")
    assert edge == wrap == LIVE


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "sweep must say what to train, such as 'pad_width=0..8 seed=0..9'"),
        ("pad_width", "'pad_width' must be NAME=VALUES, such as"),
        ("pad_width=", "'pad_width=' must be NAME=VALUES"),
        ("size=3", "'size' is no setting; those are dataset, variation, pad_width, "),
        ("pad_width=0 pad_width=1", "pad_width is said twice"),
        ("pad_width=9", "pad_width must be a whole number from 0 to 8, not '9'"),
        ("pad_width=0..9", "pad_width must be a whole number from 0 to 8, not '9'"),
        ("pad_width=0,,1", "pad_width must be a whole number from 0 to 8, not ''"),
        ("pad_width=..", "pad_width must be a whole number from 0 to 8, not ''"),
        ("pad_width=3..1", "pad_width=3..1 must go up: pad_width=1..3"),
        ("pad_mode=edge..wrap", "pad_mode is no whole number, so 'edge..wrap' has no steps: list"),
        ("learning_rate=1e-3..1e-2", "'1e-3..1e-2' has no steps"),
        ("epochs=0", "epochs must be a whole number from 1 to 100, not '0'"),
        ("seed=0..999999", "that is 1,000,000 runs, and 10,000 are allowed"),
        ("seed=0..2147483647 pad_width=0..8", "that is 19,327,352,832 runs"),
        ("seed=" + "1" * 2_000, "sweep must be at most 2,000 letters, not 2,005"),
    ],
)
def test_what_is_wrong_is_named_and_what_would_be_right(text: str, said: str) -> None:
    with pytest.raises(InputError) as raised:
        read(text)
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_preset_that_is_none_is_named() -> None:
    with pytest.raises(InputError, match="preset must be one of live, original, not 'mine'"):
        read("seed=0", "mine")


@given(st.text(alphabet="=.,0123456789e- padwithsecropl_", max_size=60))
def test_any_text_is_a_sweep_or_an_input_error(text: str) -> None:
    with contextlib.suppress(InputError):
        of = read(text)
        assert 0 < len(of) <= MOST
        assert len(list(of.points())) == len(of)


def test_every_setting_can_be_swept() -> None:
    for name in NAMES:
        value = {"epochs": 2}.get(name, getattr(SETTINGS, name, None))
        assert read(f"{name}={str(value).lower()}").values[name] == (value,)


# --- What it costs ------------------------------------------------------------------------------


def view(run: Run, seen: int = 0, **changes: object) -> View:
    state = state_at(run.settings, seen) if seen else None
    status = "finished" if seen >= run.images else "absent"
    return replace(View(*run[:1], status, run.images, state, images_seen=seen), **changes)  # type: ignore[arg-type]


def test_only_what_is_missing_costs() -> None:
    run = Run(SETTINGS, 10_000)
    whole, rest = estimate([view(run)]), estimate([view(run, 5_000)])
    assert whole.seconds == cost.seconds(run)
    assert rest.seconds == pytest.approx(whole.seconds - cost.seconds(Run(SETTINGS, 5_000)))
    assert estimate([view(run, 10_000)])[:3] == (1, 0, 0.0)


def test_a_shipped_run_that_is_too_short_costs_all_of_it() -> None:
    run = Run(SETTINGS, 10_000)
    none = np.empty(0, np.float32)
    shipped = replace(state_at(SETTINGS, 5_000), mean=none, variance=none)
    assert estimate([view(run, 5_000, state=shipped)]).seconds == cost.seconds(run)


def test_lengths_of_one_run_cost_the_longest() -> None:
    long, short = Run(SETTINGS, 10_000), Run(SETTINGS, 2_000)
    assert estimate([view(short), view(long)]) == estimate([view(long)])


def test_the_room_on_the_disk_is_about_right(tmp_path: Path) -> None:
    settings = Settings(train_size=1_000, batch_size=100, pad_width=2)
    Folder(tmp_path).write(settings, state_at(settings, 10_000))
    (file,) = tmp_path.iterdir()
    told = estimate([view(Run(settings, 10_000))]).bytes
    assert 0.6 * told < file.stat().st_size < 1.2 * told


@pytest.mark.parametrize(
    ("found", "cores", "words"),
    [
        (Cost(1, 0, 0.0, 9), 2, "1 run, all of them here already"),
        (Cost(90, 0, 0.0, 9), 2, "90 runs, all of them here already"),
        (
            Cost(90, 45, 600.0, 9),
            2,
            "90 runs, 45 of them here already. To train: about 10 minutes of one core, 5 minutes "
            "on 2",
        ),
        (Cost(2, 1, 60.0, 9), 8, "2 runs, 1 of them here already. To train: about 60 seconds of "),
        (Cost(1_000, 1_000, 9e5, 9), 1, "1,000 runs. To train: about 10 days of one core"),
    ],
)
def test_the_cost_is_said(found: Cost, cores: int, words: str) -> None:
    said = cost_words(found, cores)
    assert said.startswith(words)
    assert "MB" not in said


def test_what_the_cache_has_no_room_for_is_said() -> None:
    said = cost_words(Cost(9, 9, 60.0, 10**9), 1)
    assert f"some 954 MB, and the cache keeps {limits().disk_mb}" in said


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.0, "2 seconds"),
        (89.0, "89 seconds"),
        (90.0, "2 minutes"),
        (1_500.0, "25 minutes"),
        (11_160.0, "3.1 hours"),
        (36_000.0, "10 hours"),
        (130_000.0, "1.5 days"),
        (1_000_000.0, "12 days"),
    ],
)
def test_a_time_is_said_in_a_unit_that_fits(seconds: float, words: str) -> None:
    assert duration(seconds) == words
