"""The registry of runs: one training for any number of watchers, whatever they do."""

import logging
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import pytest

from core.autoencoder import Run, Settings, experiment, runs
from core.autoencoder.process import RunFailed
from core.autoencoder.progress import work
from core.autoencoder.record import State, as_shipped
from core.autoencoder.runs import PATIENCE, QueueFullError, Registry, View, finish, finish_each
from core.autoencoder.store import Folder, Kept, Store, identity
from core.data import MissingData, images
from core.limits import Limits
from core.settings import InputError
from tests.stand_in import SETTINGS, Clock, Trainer, same, state_at, until, until_idle

ROOT = Path(__file__).parents[2]


class Stage:
    """A registry with a stand-in trainer, a clock that stands still, and folders of its own."""

    def __init__(self, path: Path, *, held: bool = True, workers: int = 2) -> None:
        self.trainer, self.clock = Trainer(held=held), Clock()
        self.folder, self.shipped = Folder(path / "runs"), Folder(path / "shipped")
        self.store = Store(self.folder, self.shipped)
        self.registry = Registry(
            self.trainer, self.store, bounds=Limits(workers=workers), clock=self.clock
        )
        self.look, self.start = self.registry.look, self.registry.start

    def end(self) -> None:
        """Let whatever trains go on freely until it ends."""
        self.trainer.let_go()
        until_idle()


QUEUE = Limits.queue

Make = Callable[..., Stage]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    """Registries that share one folder; no thread outlives the test."""
    stages = []

    def stage(**how: Any) -> Stage:
        stages.append(Stage(tmp_path, **how))
        return stages[-1]

    yield stage
    for made in stages:
        made.trainer.let_go()
        made.registry.close()
    until_idle()


@pytest.fixture
def stage(make: Make) -> Stage:
    """A registry whose trainer waits for a permit before each step."""
    return make()


def seeded(seed: int) -> Settings:
    return replace(SETTINGS, seed=seed)


def to_go(since: int, until: int) -> float:
    return work(SETTINGS, until) - work(SETTINGS, since)


# --- From start to finish -----------------------------------------------------------------------


def test_a_run_from_absent_to_finished(stage: Stage) -> None:
    assert stage.look(SETTINGS, 2_000, "me").status == "absent"
    stage.start(SETTINGS, 2_000, "me")
    assert stage.look(SETTINGS, 2_000, "me").active
    stage.trainer.step()
    view = stage.look(SETTINGS, 2_000, "me")
    assert (view.status, view.images_seen, view.target) == ("training", 500, 2_000)
    assert view.done == work(SETTINGS, 500) / work(SETTINGS, 2_000)
    assert view.seconds_left is None  # one step tells nothing of the next
    stage.clock.now += 5
    stage.trainer.step()
    view = stage.look(SETTINGS, 2_000, "me")
    assert view.seconds_left == pytest.approx(5 * to_go(1_000, 2_000) / to_go(500, 1_000))
    stage.end()
    view = stage.look(SETTINGS, 2_000, "me")
    assert (view.status, view.images_seen, view.source) == ("finished", 2_000, "trained")
    assert same(view.state, state_at(SETTINGS, 2_000))
    assert stage.trainer.calls == [(0, 2_000)]


def test_less_is_answered_from_what_is_there(stage: Stage) -> None:
    stage.start(SETTINGS, 3_000, "me")
    stage.trainer.step(2)
    assert stage.look(SETTINGS, 1_000, "other").status == "finished"
    assert stage.look(SETTINGS, 1_500, "other").status == "training"
    stage.end()
    stage.start(SETTINGS, 2_000, "me")
    assert stage.look(SETTINGS, 2_000).status == "finished"
    assert stage.trainer.calls == [(0, 3_000)]


def test_who_asked_for_less_sees_that_much_to_go(stage: Stage) -> None:
    stage.start(SETTINGS, 1_000, "brief")
    stage.start(SETTINGS, 4_000, "long")
    stage.trainer.step()
    brief, long = stage.look(SETTINGS, 1_000, "brief"), stage.look(SETTINGS, 4_000, "long")
    assert (brief.target, long.target) == (1_000, 4_000)
    assert brief.done == work(SETTINGS, 500) / work(SETTINGS, 1_000) > long.done
    stage.clock.now += 3
    stage.trainer.step()
    assert stage.look(SETTINGS, 1_000, "brief").status == "finished"
    long = stage.look(SETTINGS, 4_000, "long")
    assert long.seconds_left == pytest.approx(3 * to_go(1_000, 4_000) / to_go(500, 1_000))


def test_more_continues_from_what_is_there(make: Make) -> None:
    stage = make(held=False)
    stage.start(SETTINGS, 1_000, "me")
    until_idle()
    stage.start(SETTINGS, 2_000, "me")
    until_idle()
    later = make(held=False)
    view = later.look(SETTINGS, 3_000)
    assert (view.status, view.images_seen, view.source) == ("stopped", 2_000, "cache")
    later.start(SETTINGS, 3_000, "me")
    until_idle()
    assert stage.trainer.calls == [(0, 1_000), (1_000, 2_000)]
    assert later.trainer.calls == [(2_000, 3_000)]
    assert same(later.look(SETTINGS, 3_000).state, state_at(SETTINGS, 3_000))


def test_more_asked_of_a_run_in_training_goes_on_without_a_break(stage: Stage) -> None:
    stage.start(SETTINGS, 1_000, "me")
    stage.trainer.step()
    stage.start(SETTINGS, 2_000, "other")
    stage.end()
    assert stage.trainer.calls == [(0, 1_000), (1_000, 2_000)]
    assert stage.look(SETTINGS, 2_000).status == "finished"


def test_no_run_goes_beyond_the_longest(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(experiment, "MAX_EPOCHS", 3)
    stage = make(held=False)
    stage.start(SETTINGS, 10**12, "me")
    until_idle()
    assert stage.look(SETTINGS, 10**12).status == "finished"
    assert stage.trainer.calls == [(0, 3_000)]


def test_a_shipped_run_asked_for_more_starts_over(stage: Stage) -> None:
    stage.shipped.write(SETTINGS, as_shipped(state_at(SETTINGS, 2_000), weights=True))
    assert stage.look(SETTINGS, 2_000).source == "shipped"
    stage.start(SETTINGS, 3_000, "me")
    stage.trainer.step()
    training = stage.look(SETTINGS, 3_000, "me")
    assert (training.images_seen, training.source) == (500, "shipped")
    assert training.state is not None
    assert training.state.images_seen == 2_000  # what is shown does not go backwards
    assert stage.look(SETTINGS, 2_000).status == "finished"
    stage.end()
    assert stage.trainer.calls == [(0, 3_000)]
    view = stage.look(SETTINGS, 2_000)
    assert (view.source, view.images_seen) == ("trained", 3_000)


def test_what_another_process_has_trained_is_not_trained_again(make: Make) -> None:
    ours, theirs = make(workers=1), make(held=False)
    ours.start(seeded(1), 1_000, "me")
    ours.start(SETTINGS, 1_000, "me")  # waits
    theirs.start(SETTINGS, 1_000, "them")
    theirs.registry.wait(60)
    ours.end()
    assert ours.look(SETTINGS, 1_000).status == "finished"
    assert ours.trainer.calls == [(0, 1_000)]


def test_while_a_test_is_under_way_it_is_told_how_far_it_is(tmp_path: Path) -> None:
    tested, looked = threading.Event(), threading.Event()

    def train(
        settings: Settings, state: Any, until: int, report: Any, stop: Callable[[], bool]
    ) -> State:
        report(state_at(settings, 1_000), testing=0.25)
        tested.set()
        assert looked.wait(60)
        report(state_at(settings, 1_000))
        return state_at(settings, until)

    with closing(Registry(train, Store(Folder(tmp_path)))) as registry:
        registry.start(SETTINGS, 2_000, "me")
        assert tested.wait(60)
        view = registry.look(SETTINGS, 2_000, "me")
        assert (view.images_seen, view.testing) == (1_000, 0.25)
        assert view.done == work(SETTINGS, 1_000, 0.25) / work(SETTINGS, 2_000)
        looked.set()
        until_idle()
        assert registry.look(SETTINGS, 2_000).testing is None


# --- Single flight and the queue ----------------------------------------------------------------


def test_many_visitors_watch_one_training(stage: Stage) -> None:
    ready = threading.Barrier(24)
    seen: list[str] = []

    def visit(name: str) -> None:
        ready.wait(60)
        stage.start(SETTINGS, 1_000, name)
        stage.trainer.let_go()
        until(lambda: not stage.look(SETTINGS, 1_000, name).active)
        seen.append(stage.look(SETTINGS, 1_000, name).status)

    visitors = [threading.Thread(target=visit, args=(f"visitor {i}",)) for i in range(24)]
    for visitor in visitors:
        visitor.start()
    for visitor in visitors:
        visitor.join(60)
    assert seen == ["finished"] * 24
    assert stage.trainer.calls == [(0, 1_000)]
    assert stage.trainer.steps == 2


def test_a_view_counts_who_watches(stage: Stage) -> None:
    for name in ("me", "other", "third"):
        stage.start(SETTINGS, 2_000, name)
    assert stage.look(SETTINGS, 2_000, "me").watchers == 3
    stage.registry.leave(SETTINGS, "other")
    assert stage.look(SETTINGS, 2_000, "me").watchers == 2
    stage.clock.now += PATIENCE - 1
    stage.look(SETTINGS, 2_000, "me")
    stage.clock.now += 2
    assert stage.look(SETTINGS, 2_000).watchers == 1  # the third has not looked for too long
    stage.end()
    assert stage.look(SETTINGS, 2_000).watchers == 0


def test_the_queue_has_places_and_an_end(make: Make) -> None:
    stage = make(workers=1)
    for seed in range(QUEUE + 1):
        stage.start(seeded(seed), 1_000, "me")
        if seed == 0:
            stage.trainer.step()  # it has left the queue
    places = [stage.look(seeded(seed), 1_000, "me").place for seed in range(QUEUE + 1)]
    assert places == list(range(QUEUE + 1))
    with pytest.raises(QueueFullError, match=f"{QUEUE} runs are waiting already"):
        stage.start(seeded(99), 1_000, "me")
    assert stage.look(seeded(99), 1_000).status == "absent"
    stage.start(seeded(QUEUE), 2_000, "other")  # it waits already
    stage.end()
    assert stage.look(seeded(QUEUE), 2_000).status == "finished"


def test_no_more_run_at_once_than_there_are_workers(make: Make) -> None:
    stage = make(workers=2)
    for seed in range(5):
        stage.start(seeded(seed), 1_000, "me")
    stage.trainer.await_calls(2)
    stage.trainer.step()  # one ends no run: two might, and a third run would begin
    assert sum(thread.name == "training" for thread in threading.enumerate()) == 2
    assert len(stage.trainer.calls) == 2
    stage.end()
    assert len(stage.trainer.calls) == 5


def test_one_visitor_leaves_room_for_others(make: Make) -> None:
    stage = make(workers=1)
    for seed in range(4):
        stage.start(seeded(seed), 1_000, "greedy", most=4)
    with pytest.raises(QueueFullError, match=r"^4 of your runs are in training or in the queue"):
        stage.start(seeded(4), 1_000, "greedy", most=4)
    assert stage.look(seeded(4), 1_000).status == "absent"
    stage.start(seeded(3), 2_000, "greedy", most=4)  # it is among the four
    stage.start(seeded(4), 1_000, "other", most=4)
    stage.start(seeded(5), 1_000, "command line")
    stage.registry.leave(seeded(3), "greedy")
    stage.start(seeded(6), 1_000, "greedy", most=4)
    stage.clock.now += PATIENCE + 1  # whoever looks no longer has left
    stage.start(seeded(7), 1_000, "greedy", most=4)
    stage.end()


# --- Watching -----------------------------------------------------------------------------------


def test_an_unwatched_run_stops_and_keeps_what_it_has(stage: Stage) -> None:
    stage.start(SETTINGS, 9_000, "me")
    stage.trainer.step(2)
    stage.clock.now += PATIENCE - 1
    stage.look(SETTINGS, 9_000, "me")
    stage.clock.now += PATIENCE - 1
    stage.look(SETTINGS, 9_000)  # nobody by name: it is no watching
    stage.trainer.step()
    assert stage.look(SETTINGS, 9_000).active
    stage.clock.now += 2
    stage.end()
    view = stage.look(SETTINGS, 9_000, "me")
    assert (view.status, view.images_seen) == ("stopped", 1_500)
    assert same(stage.folder.read(SETTINGS), state_at(SETTINGS, 1_500))
    stage.start(SETTINGS, 2_000, "me")
    until_idle()
    assert stage.trainer.calls == [(0, 9_000), (1_500, 2_000)]


def test_a_waiting_run_that_nobody_watches_is_dropped_untrained(make: Make) -> None:
    stage = make(workers=1)
    for seed in range(3):
        stage.start(seeded(seed), 1_000, "me")
    stage.trainer.step()
    stage.clock.now += PATIENCE - 1
    for seed in (0, 2):
        stage.look(seeded(seed), 1_000, "me")
    stage.clock.now += 2
    assert stage.look(seeded(2), 1_000, "me").place == 1
    assert stage.look(seeded(1), 1_000, "me").status == "absent"
    stage.end()
    assert len(stage.trainer.calls) == 2


def test_who_leaves_stops_the_run_though_the_page_still_looks(stage: Stage) -> None:
    stage.start(SETTINGS, 9_000, "me")
    stage.trainer.step(2)
    stage.registry.leave(SETTINGS, "me")
    stage.look(SETTINGS, 9_000, "me")  # the page is drawn once more before the trainer stops
    stage.end()
    assert stage.trainer.steps == 2
    assert stage.look(SETTINGS, 9_000, "me").status == "stopped"
    assert same(stage.folder.read(SETTINGS), state_at(SETTINGS, 1_000))


def test_who_leaves_does_not_stop_it_for_others(stage: Stage) -> None:
    stage.start(SETTINGS, 1_000, "me")
    stage.look(SETTINGS, 1_000, "other")
    stage.registry.leave(SETTINGS, "me")
    stage.end()
    assert stage.look(SETTINGS, 1_000).status == "finished"


def test_who_leaves_and_starts_again_watches_again(stage: Stage) -> None:
    stage.start(SETTINGS, 1_000, "me")
    stage.trainer.step()
    stage.registry.leave(SETTINGS, "me")
    stage.start(SETTINGS, 1_000, "me")
    stage.end()
    assert stage.look(SETTINGS, 1_000).status == "finished"


def test_who_leaves_a_waiting_run_drops_it(make: Make) -> None:
    stage = make(workers=1)
    for seed in range(2):
        stage.start(seeded(seed), 1_000, "me")
    stage.trainer.step()
    stage.registry.leave(seeded(1), "me")
    assert stage.look(seeded(1), 1_000, "me").status == "absent"
    stage.end()
    assert len(stage.trainer.calls) == 1


def test_who_has_what_they_asked_for_watches_no_longer(stage: Stage) -> None:
    stage.start(SETTINGS, 1_000, "brief")
    stage.start(SETTINGS, 9_000, "long")
    stage.trainer.step(2)
    stage.clock.now += PATIENCE + 1
    assert stage.look(SETTINGS, 1_000, "brief").status == "finished"
    stage.end()
    assert stage.trainer.steps == 2


def test_nothing_trained_is_nothing_kept(stage: Stage) -> None:
    stage.start(SETTINGS, 9_000, "me")
    stage.registry.leave(SETTINGS, "me")
    stage.end()
    assert stage.look(SETTINGS, 9_000).status == "absent"


# --- Errors -------------------------------------------------------------------------------------


def test_an_error_reaches_every_watcher_and_no_other_run(
    make: Make, caplog: pytest.LogCaptureFixture
) -> None:
    stage = make(workers=1)
    for seed in range(2):
        for watcher in ("me", "other"):
            stage.start(seeded(seed), 2_000, watcher)
    stage.trainer.step()
    stage.trainer.error = InputError("learning_rate must be lower")
    stage.trainer.permit()
    until(lambda: not stage.look(seeded(0), 2_000, "me").active)
    stage.trainer.error = None
    for watcher in ("me", "other"):
        view = stage.look(seeded(0), 2_000, watcher)
        assert (view.status, view.images_seen) == ("failed", 500)
        assert isinstance(view.error, InputError)
        assert str(view.error) == "learning_rate must be lower"
    stage.end()
    assert stage.look(seeded(1), 2_000).status == "finished"
    # Whoever asked for it has been told.
    assert not [record for record in caplog.records if record.levelno > logging.INFO]


def test_a_surprise_is_told_in_one_line_and_logged_in_full(
    make: Make, caplog: pytest.LogCaptureFixture
) -> None:
    stage = make(held=False)
    stage.trainer.error = KeyError("weights")
    stage.start(SETTINGS, 1_000, "me")
    until_idle()
    error = stage.look(SETTINGS, 1_000).error
    assert str(error) == "Training failed (KeyError: 'weights'); the log says more"
    assert error is not None
    assert error.__traceback__ is None  # it would hold what the trainer held
    (record,) = (record for record in caplog.records if record.levelno > logging.INFO)
    assert record.levelno == logging.ERROR
    assert record.exc_info is not None


def test_a_failed_run_can_be_started_again(make: Make) -> None:
    stage = make(held=False)
    stage.trainer.error = InputError("no data")
    stage.start(SETTINGS, 1_000, "me")
    until_idle()
    assert stage.look(SETTINGS, 1_000).status == "failed"
    stage.trainer.error = None
    stage.start(SETTINGS, 1_000, "me")
    until_idle()
    view = stage.look(SETTINGS, 1_000)
    assert (view.status, view.error) == ("finished", None)


def test_no_thread_no_job(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", fail)
        with pytest.raises(RuntimeError):
            stage.start(SETTINGS, 1_000, "me")
    assert stage.look(SETTINGS, 1_000).status == "absent"
    stage.start(SETTINGS, 1_000, "me")
    stage.end()
    assert stage.look(SETTINGS, 1_000).status == "finished"


# --- The end ------------------------------------------------------------------------------------


def test_a_run_is_kept_at_every_checkpoint(stage: Stage) -> None:
    """Whatever ends the process then: it need not be asked."""
    stage.start(SETTINGS, 9_000, "me")
    for seen in (1_000, 2_000):
        stage.trainer.step(2)
        assert same(stage.folder.read(SETTINGS), state_at(SETTINGS, seen))
    stage.trainer.step()
    stage.registry.leave(SETTINGS, "me")
    stage.end()
    assert same(stage.folder.read(SETTINGS), state_at(SETTINGS, 2_500))


def test_closing_stops_and_keeps(stage: Stage) -> None:
    for seed in range(3):
        stage.start(seeded(seed), 9_000, "me")
    stage.trainer.step(8)
    stage.registry.close(patience=0)
    stage.trainer.let_go()
    stage.registry.wait(60)
    kept = [stage.folder.read(seeded(seed)) for seed in range(3)]
    assert sum(state.images_seen for state in kept if state is not None) >= 3_000
    assert stage.trainer.steps == 8


def test_finish_trains_what_is_missing(make: Make) -> None:
    stage = make(held=False)
    stage.shipped.write(SETTINGS, as_shipped(state_at(SETTINGS, 2_000), weights=True))
    wanted = [Run(seeded(seed), 2_000) for seed in range(2 * QUEUE)]
    heard: list[float] = []
    views = finish(
        stage.registry, wanted, lambda views: heard.append(sum(v.images_seen for v in views))
    )
    assert [view.status for view in views] == ["finished"] * len(wanted)
    assert [view.source for view in views] == ["shipped"] + ["trained"] * (len(wanted) - 1)
    assert sorted(heard) == heard
    assert heard[-1] == len(wanted) * 2_000
    assert len(stage.trainer.calls) == len(wanted) - 1


def test_finish_raises_what_a_run_raised_but_not_what_one_raised_before(make: Make) -> None:
    stage = make(held=False)
    wanted = [Run(SETTINGS, 1_000)]
    stage.trainer.error = InputError("no data")
    with pytest.raises(InputError, match="no data"):
        finish(stage.registry, wanted)
    stage.trainer.error = None
    (view,) = finish(stage.registry, wanted)
    assert view.status == "finished"


def test_an_interrupted_finish_leaves_its_runs(stage: Stage) -> None:
    def interrupt(views: object) -> None:
        stage.trainer.step(2)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        finish(stage.registry, [Run(SETTINGS, 9_000)], interrupt)
    stage.end()
    assert stage.trainer.steps == 2
    assert same(stage.folder.read(SETTINGS), state_at(SETTINGS, 1_000))


def test_shipping_trains_anew_and_replaces_all(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    trainer = Trainer()
    monkeypatch.setattr(runs, "train", trainer)
    monkeypatch.setattr(runs, "SHIPPED", tmp_path / "shipped")
    monkeypatch.setenv("PADDING_LAB_CACHE", str(tmp_path))
    shipped = Folder(runs.SHIPPED)
    for settings in (SETTINGS, seeded(7)):
        shipped.write(settings, as_shipped(state_at(settings, 2_000), weights=False))
    runs.ship([Run(SETTINGS, 2_000), Run(seeded(1), 2_000)])
    assert sorted(trainer.calls) == [(0, 2_000), (0, 2_000)]
    assert shipped.read(seeded(7)) is None
    for settings in (SETTINGS, seeded(1)):
        state = shipped.read(settings)
        assert state is not None
        assert not state.continuable
        assert [c.weights is not None for c in state.checkpoints] == [False, settings.seed == 0]


# --- The log ------------------------------------------------------------------------------------


def test_a_run_leaves_one_line_in_the_log(make: Make, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "padding_lab.runs")
    stage = make(held=False)
    for seen in (1_000, 2_000):
        stage.start(SETTINGS, seen, "me")
        until_idle()
    key, device = identity(SETTINGS), state_at(SETTINGS, 1_000).device
    assert caplog.messages == [
        f"run={key} source=trained device={device!r} images_seen={seen} "
        f"seconds={seconds} images_per_second={speed}"
        # The stand-in's runs always take 1.5 seconds.
        for seen, seconds, speed in ((1_000, "1.5", 667), (2_000, "0.0", 0))
    ]


def test_the_line_of_a_run_that_went_on_counts_what_it_added() -> None:
    begun = replace(state_at(SETTINGS, 1_000), seconds=2.0)
    ended = replace(state_at(SETTINGS, 4_000), seconds=4.0)
    line = runs.log_line(SETTINGS, Kept(ended, "trained"), begun)
    assert line.endswith("images_seen=4000 seconds=2.0 images_per_second=1500")
    line = runs.log_line(SETTINGS, Kept(ended, "cache"), begun)
    assert "source=cache" in line
    assert line.endswith("images_seen=4000 seconds=0.0 images_per_second=0")


# --- The process's own registry -----------------------------------------------------------------

RELOAD = """
import sys
import streamlit as st
from core.autoencoder import runs
from core.autoencoder import Settings

first, found = runs.registry(), runs.registry
assert first is found()
st.cache_data.clear()
st.cache_resource.clear()
for name in [name for name in sys.modules if name.partition(".")[0] in ("core", "pages")]:
    del sys.modules[name]
del runs
from core.autoencoder import runs
from core.autoencoder import Settings as Again

assert runs.registry is not found
assert Again is not Settings
assert runs.registry() is first
assert runs.registry().look(Again(seed=99), 5).status == "absent"
assert "torch" not in sys.modules
"""


def test_the_registry_outlives_reload_and_clear_cache(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", RELOAD], cwd=ROOT, check=True)


def test_a_longer_budget_is_one_long_run_to_the_bit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Real training, stopped, kept on disk and continued by another registry."""
    monkeypatch.setattr(images, "TEST_SIZE", 300)
    # A size of its own: a process loads a data set once.
    settings = Settings(dataset="digits", train_size=1_100, batch_size=96, device="cpu")

    def trained(folder: str, images: int) -> State:
        store = Store(Folder(tmp_path / folder))
        with closing(Registry(runs.train, store)) as registry:
            (view,) = finish(registry, [Run(settings, images)])
        assert view.state is not None
        return replace(view.state, seconds=0.0)

    trained("parts", 1_100)
    in_parts, whole = trained("parts", 2_200), trained("whole", 2_200)
    assert [c.images_seen for c in in_parts.checkpoints] == [1_100, 2_200]
    assert same(in_parts, whole)


# --- Many runs, of which some fail --------------------------------------------------------------


class Failing(Trainer):
    """Fails for some seeds."""

    errors: ClassVar[dict[int, Exception]] = {3: RunFailed("it broke"), 7: MissingData("no MNIST")}

    def __call__(self, settings: Settings, state: State | None, *rest: Any) -> State | None:
        if settings.seed in self.errors:
            raise self.errors[settings.seed]
        return super().__call__(settings, state, *rest)


@pytest.fixture
def failing(tmp_path: Path) -> Iterator[Registry]:
    with closing(Registry(Failing(), Store(Folder(tmp_path)))) as registry:
        yield registry


def seeds(count: int) -> list[Run]:
    return [Run(replace(SETTINGS, seed=seed), 1_000) for seed in range(count)]


def test_a_run_that_fails_is_no_others_end(failing: Registry) -> None:
    wanted, ended, heard = seeds(40), dict[Run, View](), list[int]()
    finish_each(
        failing,
        [*wanted, wanted[0]],
        lambda views: heard.append(sum(view.status == "finished" for view in views)),
        ended.__setitem__,
    )
    assert ended.keys() == set(wanted)
    failed = {run.settings.seed: str(view.error) for run, view in ended.items() if view.error}
    assert failed == {3: "it broke", 7: "no MNIST"}
    assert all(view.state is not None for view in ended.values() if view.error is None)
    assert heard[-1] == 38
    assert heard == sorted(heard)


def test_what_would_fail_in_every_run_ends_them_all(failing: Registry) -> None:
    with pytest.raises(MissingData, match="no MNIST"):
        finish_each(failing, seeds(9), fatal=(MissingData,))


def test_nothing_is_shipped_where_a_run_failed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(runs, "SHIPPED", tmp_path / "shipped")
    monkeypatch.setenv("PADDING_LAB_CACHE", str(tmp_path))
    kept = Folder(runs.SHIPPED)
    kept.write(SETTINGS, state_at(SETTINGS, 2_000))
    with pytest.raises(InputError, match=r"1 of 4 runs failed, and nothing .* first: it broke"):
        runs.ship(seeds(4), trainer=Failing())
    assert kept.read(SETTINGS) is not None
    assert len(list((tmp_path / "ship").glob("*.npz"))) == 3
