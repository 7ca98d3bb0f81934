"""Runs of the classifier in the registry: one queue with the autoencoder's, kept as those are."""

import json
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.__main__ import main
from core.autoencoder import runs as registry_of_runs
from core.autoencoder.process import Process
from core.autoencoder.runs import Registry
from core.autoencoder.store import Folder, Store, identity
from core.classifier import Measured, Settings, runs
from core.classifier.runs import PLACES, State, from_arrays, to_arrays
from core.limits import Limits
from core.settings import InputError
from tests.stand_in import SETTINGS, Trainer

SMALL = Settings(dataset="digits", train_size=1_000)
FULL = SMALL.max_images


def state(settings: Settings = SMALL) -> State:
    counts = np.arange(PLACES) % 500
    arrays = {
        "images_seen": np.array(settings.train_size),
        "counts": counts,
        "seconds": np.array(1.5),
        "device": np.array("a device"),
    }
    return from_arrays(settings, arrays)


def test_a_state_goes_through_arrays() -> None:
    kept = state()
    again = from_arrays(SMALL, to_arrays(SMALL, kept))
    assert vars(again) == vars(kept)
    assert kept.measured is not None
    assert isinstance(kept.measured, Measured)
    assert len(np.ravel(kept.measured.right)) + len(np.ravel(kept.measured.alike)) == PLACES - 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"counts": np.zeros(PLACES - 1, np.int64)},
        {"counts": np.zeros(PLACES)},
        {"counts": np.full(PLACES, -1)},
        {"counts": np.full(PLACES, 501)},
        {"images_seen": np.array(999)},
        {"seconds": np.array(0.0)},
        {"seconds": np.array(np.nan)},
    ],
)
def test_arrays_that_no_run_left_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        from_arrays(SMALL, to_arrays(SMALL, state()) | wrong)


def test_work_grows_to_the_end_of_the_test() -> None:
    steps = [runs.work(SMALL, images) for images in range(0, FULL, 100)]
    steps += [runs.work(SMALL, FULL - 1, share) for share in (0.0, 0.5, 0.9)]
    assert steps == sorted(steps)
    assert steps[-1] < runs.work(SMALL, FULL)


def test_its_name_is_its_own() -> None:
    assert identity(SMALL) != identity(SETTINGS)
    assert len({identity(Settings(seed=seed)) for seed in range(5)}) == 5


class Short:
    """A stand-in for `train`."""

    def __init__(self) -> None:
        self.asked: list[Settings] = []

    def __call__(self, settings: Any, before: Any, until: int, report: Any, stop: Any) -> Any:
        self.asked.append(settings)
        report(State(500))
        report(State(999), testing=0.5)
        return state(settings)


@pytest.fixture
def short(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Short]:
    """The registry's only trainer, and a folder of its own."""
    short = Short()
    with closing(Registry(short, Store(Folder(tmp_path)))) as registry:
        monkeypatch.setattr(registry_of_runs, "registry", lambda: registry)
        yield short


def test_a_run_is_trained_once_and_kept(short: Short, tmp_path: Path) -> None:
    assert runs.look(SMALL).status == "absent"
    assert runs.found(SMALL) is None
    assert runs.measured(SMALL) == (state().measured, "trained")
    assert runs.measured(SMALL) == (state().measured, "trained")
    assert runs.found(SMALL) == state().measured
    assert short.asked == [SMALL]
    with closing(Registry(short, Store(Folder(tmp_path)))) as another:
        view = another.look(SMALL, FULL)  # type: ignore[arg-type]
        assert (view.status, view.source, runs.tested(view)) == (
            "finished", "cache", state().measured,
        )  # fmt: skip


def test_it_waits_in_one_queue_with_the_autoencoders(tmp_path: Path) -> None:
    trainer = Trainer(held=True)
    bounds = Limits(workers=1)
    with closing(Registry(trainer, Store(Folder(tmp_path)), bounds=bounds)) as registry:
        registry.start(SETTINGS, 1_000, "somebody")
        trainer.await_calls(1)
        registry.start(SMALL, FULL, "somebody")  # type: ignore[arg-type]
        view = registry.look(SMALL, FULL, "somebody")  # type: ignore[arg-type]
        assert (view.status, view.done) == ("waiting", 0)
        registry.leave(SMALL, "somebody")  # type: ignore[arg-type]
        registry.leave(SETTINGS, "somebody")
        trainer.permit()


STAND_IN = """
import sys, time
sys.modules["torch"] = None  # it takes a second to import
from dataclasses import replace
from core.autoencoder import kinds, worker
from core.classifier import runs
from tests.classifier.test_runs import state

def train(settings, before, until, report, stop):
    report(runs.State(500), testing=0.5)
    while settings.seed and not stop():
        time.sleep(0.01)
    return None if settings.seed else state(settings)

kinds.declare(replace(kinds.declared_by(runs.__name__), train=train))
worker.main()
"""


def test_the_process_that_trains_knows_this_kind() -> None:
    """It tells how far a run is and what it found; one that is stopped leaves nothing."""
    heard: list[tuple[int, float | None]] = []

    def hear(state: Any, activity: str = "", share: float = 0.0, *, testing: Any = None) -> None:
        heard.append((0 if state is None else state.images_seen, testing))

    with closing(Process((sys.executable, "-P", "-c", STAND_IN))) as process:
        train: Any = process.train
        trained = train(SMALL, None, FULL, hear, lambda: False)
        assert vars(trained) == vars(state())
        assert heard == [(0, None), (500, 0.5)]
        heard.clear()
        endless = replace(SMALL, seed=1)
        assert train(endless, None, FULL, hear, lambda: (500, 0.5) in heard) is None


@pytest.mark.usefixtures("short")
def test_the_command_prints_a_run(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["classifier", "--dataset", "digits", "--train-size", "1000"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    answer = json.loads(out)
    test = state().measured
    assert test is not None
    assert answer["source"] == "trained"
    assert answer["by_distance"] == list(test.by_distance)
    assert answer["config"]["train_size"] == 1_000


def test_the_command_names_what_is_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["classifier", "--padding", "full"]) == 2
    assert "padding must be one of valid, same, circular, image" in capsys.readouterr().err
