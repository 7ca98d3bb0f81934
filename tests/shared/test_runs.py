"""Runs as a page sees them: what is compared, what is started, how often is looked."""

from dataclasses import replace

import pytest

from core.autoencoder import LIVE, Run, Settings
from core.autoencoder.presets import ORIGINAL_PADDED
from core.autoencoder.runs import QueueFullError, View
from core.autoencoder.store import Folder
from core.limits import limits
from pages.shared import runs
from tests.made_up import keep, live

PADDED = LIVE.but(pad_width=2)


def test_seeds_are_compared_whose_two_runs_are_finished(shelf: Folder) -> None:
    for seed in range(4):
        keep(shelf, live(seed=seed), 80.0, 0.0)
    keep(shelf, live(seed=0, pad_width=2), 81.0, 0.1)
    keep(shelf, live(seed=2, pad_width=2), 82.0, 0.1, images=5_024)  # stopped on its way
    keep(shelf, live(seed=3, pad_width=2), 83.0, 0.1, images=60_000)  # went on
    found = runs.found(PADDED, range(5))
    assert list(found) == [0, 3]
    for unpadded, padded in found.values():
        assert unpadded.images_seen == padded.images_seen == LIVE.images
        assert (unpadded.pad_width, padded.pad_width) == (0, 2)
    assert found[3][1].interior == pytest.approx(83.0)
    assert runs.found(PADDED, [0])[0][1] is found[0][1]  # what is drawn from it is remembered


def test_arms_of_a_seed_differ_in_padding_alone() -> None:
    unpadded, padded = runs.arms(PADDED, 7)
    assert padded == PADDED.but(seed=7)
    assert unpadded == Run(replace(padded.settings, pad_width=0), LIVE.images)


def test_as_many_are_started_as_can_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[Settings] = []

    class Full:
        def start(self, settings: Settings, images: int, watcher: str, *, most: int) -> None:
            assert most == limits().session_runs
            if len(started) == limits().queue:
                raise QueueFullError("too many")
            started.append(settings)

    monkeypatch.setattr("core.autoencoder.runs.registry", Full)
    wanted = [PADDED.but(seed=seed) for seed in range(limits().queue + 3)]
    assert runs.start(wanted[:2]) == ""
    assert runs.start(wanted[2:]) == "too many"
    assert [one.seed for one in started] == list(range(limits().queue))


def test_what_costs_too_much_is_not_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.autoencoder.runs.registry", None)  # it is not even asked
    endless = ORIGINAL_PADDED.but(pad_width=8, batch_size=8)
    assert runs.start(endless.arms[1:]) == runs.too_long(endless) != ""


@pytest.mark.parametrize(
    ("watchers", "seconds"),
    [(0, 1), (1, 1), (10, 1), (11, 2), (20, 2), (21, 4), (500, 4)],
)
def test_where_many_watch_each_looks_more_rarely(watchers: int, seconds: float) -> None:
    view = View(Settings(), "training", 5_000, watchers=watchers)
    assert runs.pause([view, View(Settings(), "finished", 5_000)]) == seconds
