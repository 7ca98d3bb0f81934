"""Progress counts work, and the time left is said when it is known and then runs down evenly."""

import itertools
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.autoencoder import LIVE, ORIGINAL, Settings, checkpoint_positions
from core.autoencoder.experiment import next_point
from core.autoencoder.progress import POINT_IMAGES, TESTED, Pace, work
from core.data import TEST_SIZE


def test_work_counts_images_points_and_tests() -> None:
    settings = Settings(train_size=1_000, batch_size=100)
    assert work(settings, 0) == 0
    assert work(settings, 31) == 31
    assert work(settings, 32) == 32 + TESTED * POINT_IMAGES  # the curve's first point
    seen = points = 0
    while (seen := next_point(seen)) <= 1_000:
        points += 1
    trained = 1_000 + TESTED * POINT_IMAGES * points
    assert work(settings, 1_000, 0.0) == pytest.approx(trained)
    assert work(settings, 1_000, 0.25) == pytest.approx(trained + TESTED * TEST_SIZE / 4)
    assert work(settings, 1_000) == pytest.approx(trained + TESTED * TEST_SIZE)


@given(st.sampled_from([LIVE.settings, ORIGINAL.settings]), st.integers(0, 600_000))
def test_work_never_goes_back(settings: Settings, images: int) -> None:
    assert work(settings, images) < work(settings, images + 1)
    assert work(settings, images, 0.0) <= work(settings, images, 0.5) <= work(settings, images)


# --- The time left ------------------------------------------------------------------------------


def simulate(settings: Settings, until: int, *, tested: float, stalls: float = 0.0) -> list[float]:
    """What is said to be left, minus what is left indeed, at every report of a whole run.

    A training image takes 1 ms, a tested one `tested` of that; each tenth second of work is
    followed by `stalls` seconds of somebody else's.
    """
    pace, now, said = Pace(), 0.0, []
    seen, batch = 0, settings.batch_size
    checkpoints = set(checkpoint_positions(settings, until))
    due, busy = next_point(0), 0.0

    def spend(seconds: float, testing: float | None = None) -> None:
        nonlocal now, busy
        now, busy = now + seconds, busy + seconds
        if busy > 10:
            now, busy = now + stalls, busy - 10
        if seen > 0:
            pace.saw(now, work(settings, seen, testing))
        said.append((now, pace.seconds(work(settings, until) - work(settings, seen, testing))))

    while seen < until:
        seen = min(seen + batch, until)
        spend(0.001 * batch, 0.0 if seen in checkpoints else None)
        if seen >= due:
            now += 0.001 * tested * POINT_IMAGES
            due = next_point(seen)
        if seen in checkpoints:
            for chunk in range(1, 21):
                spend(0.001 * tested * TEST_SIZE / 20, chunk / 20)
    return [left - (now - when) for when, left in said if left is not None]


def test_of_an_even_run_the_time_left_is_known_soon_and_right() -> None:
    errors = simulate(LIVE.settings, 20_000, tested=TESTED)
    whole = work(LIVE.settings, 20_000) / 1000
    assert max(map(abs, errors)) < 0.05 * whole


@pytest.mark.parametrize("tested", [0.2, 0.5])
def test_where_tests_take_longer_or_shorter_the_time_left_is_nearly_right(tested: float) -> None:
    settings = replace(LIVE.settings, batch_size=40)  # positions are whole batches
    errors = simulate(settings, 60_000, tested=tested)
    whole = work(settings, 60_000) / 1000
    assert max(map(abs, errors)) < 0.2 * whole


def test_a_pause_does_not_shake_it() -> None:
    settings = replace(LIVE.settings, batch_size=40)
    errors = simulate(settings, 60_000, tested=TESTED, stalls=1.0)
    steps = [abs(after - before) for before, after in itertools.pairwise(errors)]
    # Of some eighty seconds; the longer it goes on the less.
    assert max(steps) < 11
    assert max(steps[len(steps) // 2 :]) < 3


def test_nothing_is_said_before_it_is_known() -> None:
    pace = Pace()
    assert pace.seconds(100) is None
    pace.saw(0.0, 10)
    assert pace.seconds(100) is None
    pace.saw(1.0, 20)
    assert pace.seconds(100) is None
    pace.saw(2.5, 35)
    assert pace.seconds(100) == pytest.approx(10)
    pace.saw(2.5, 35)  # twice at one moment
    assert pace.seconds(100) == pytest.approx(10)


def test_what_stands_still_has_no_time_left_to_tell() -> None:
    pace = Pace()
    pace.saw(0.0, 10)
    pace.saw(5.0, 10)
    assert pace.seconds(100) is None
