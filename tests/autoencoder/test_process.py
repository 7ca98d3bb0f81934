"""A process of its own that trains: the same bits, and no harm where it ends."""

import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from core.autoencoder import Settings, runs
from core.autoencoder.process import Process, RunFailed
from core.autoencoder.record import State
from core.autoencoder.runs import Registry, View
from core.autoencoder.store import Folder, Store
from core.data import MissingData
from core.settings import InputError
from tests.stand_in import SETTINGS, same, until

ROOT = Path(__file__).parents[2]

SMALL = Settings(
    dataset="digits", train_size=1_000, batch_size=100, channels=8, depth=1, device="cpu"
)

POSIX = pytest.mark.skipif(os.name != "posix", reason="needs POSIX signals")


def ignore(*report: Any, **more: Any) -> None:
    """Hear of no progress."""


def never() -> bool:
    return False


@pytest.fixture(scope="module")
def process() -> Iterator[Process]:
    """The real one."""
    with closing(Process()) as process:
        yield process


STAND_IN = """
import sys, threading
sys.modules["torch"] = None  # it takes a second to import
from core.autoencoder import runs, wire, worker
from core.data import MissingData
from core.settings import InputError
from tests.stand_in import state_at

def train(settings, state, until, report, stop):
    {}

runs.train = train
worker.main()
"""


def stand_in(*lines: str, **how: float) -> Process:
    """A process whose `train` has this body."""
    code = STAND_IN.format("\n    ".join(lines))
    return Process((sys.executable, "-P", "-c", code), **how)


class Steps:
    """Hears of progress; `moving` is set by the first step."""

    def __init__(self) -> None:
        self.moving = threading.Event()
        self.activities: list[str] = []

    def __call__(self, state: State | None, activity: str = "", *rest: Any, **more: Any) -> None:
        self.activities.append(activity)
        if state is not None:
            self.moving.set()


def signal_once(moving: threading.Event, process: Process, *numbers: signal.Signals) -> None:
    """Send the process these signals once `moving` is set."""
    assert moving.wait(120)
    assert process.id is not None
    for number in numbers:
        os.kill(process.id, number)


# --- The same as without it ---------------------------------------------------------------------


def test_it_trains_to_the_same_bits(process: Process) -> None:
    padded = replace(SMALL, pad_width=2)
    ends = []
    for train in (runs.train, process.train):
        half = train(padded, None, 1_000, ignore, never)
        end = train(padded, half, 1_500, ignore, never)
        assert half is not None
        assert end is not None
        assert end.images_seen == 1_500
        ends.append([replace(state, seconds=0.0, by_now=None) for state in (half, end)])
    assert all(same(here, there) for here, there in zip(*ends, strict=True))


def test_two_arms_are_told_apart(process: Process) -> None:
    arms = [SMALL, replace(SMALL, pad_width=1)]
    found: dict[int, State | None] = {}

    def train(arm: Settings) -> None:
        found[arm.pad_width] = process.train(arm, None, 1_000, ignore, never)

    threads = [threading.Thread(target=train, args=(arm,)) for arm in arms]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(300)
    for arm in arms:
        state = found[arm.pad_width]
        assert state is not None
        assert state.checkpoints[-1].pad_width == arm.pad_width


def test_it_stops_where_it_stands(process: Process) -> None:
    steps = Steps()
    state = process.train(SMALL, None, 100_000, steps, steps.moving.is_set)
    assert state is not None
    assert state.continuable
    assert 0 < state.images_seen < 100_000


def test_a_stop_before_the_first_step_waits_for_nothing() -> None:
    steps = Steps()
    with closing(stand_in("threading.Event().wait()")) as process:
        assert process.train(SMALL, None, 1_000, steps, lambda: bool(steps.activities)) is None
    assert steps.activities == ["Getting ready"]


def test_stopped_before_its_first_step_a_run_leaves_nothing() -> None:
    assert runs.train(SMALL, None, 1_000, ignore, lambda: True) is None


def test_whether_bf16_pays_is_tried_there_and_once(process: Process) -> None:
    pays = process.bf16_pays()
    assert pays in (True, False)
    assert process.bf16_pays() is pays
    with closing(stand_in("pass")) as without_torch:
        assert without_torch.bf16_pays() is None


# --- Errors -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "kind", "said"),
    [
        ("InputError('a rate too high')", InputError, "a rate too high"),
        ("MissingData('no mirror')", MissingData, "no mirror"),
        (
            "KeyError('weights')",
            RunFailed,
            r"Training failed \(KeyError: 'weights'\); the log",
        ),
        ("MemoryError()", RunFailed, r"Training failed \(MemoryError: \); the log says more"),
    ],
)
def test_an_error_is_told_as_from_here(error: str, kind: type[Exception], said: str) -> None:
    with closing(stand_in(f"raise {error}")) as process:
        with pytest.raises(kind, match=said) as raised:
            process.train(SMALL, None, 1_000, ignore, never)
        assert type(raised.value) is kind
        first = process.id
        with pytest.raises(kind):  # it lives on
            process.train(SMALL, None, 1_000, ignore, never)
        assert process.id == first


def test_a_process_that_cannot_start_is_told() -> None:
    with (
        closing(Process((sys.executable, "-c", "raise SystemExit(3)"))) as process,
        pytest.raises(RunFailed, match=r"exit code 3; the log may say more"),
    ):
        process.train(SMALL, None, 1_000, ignore, never)


def test_other_sources_than_the_servers_are_told() -> None:
    code = "from core.autoencoder import wire, worker; wire.HELLO['mathematics'] = 0; worker.main()"
    with (
        closing(Process((sys.executable, "-P", "-c", code))) as process,
        pytest.raises(RunFailed, match="have changed since it was started"),
    ):
        process.train(SMALL, None, 1_000, ignore, never)


# --- Its end ------------------------------------------------------------------------------------


def is_tested(view: View) -> bool:
    return view.state is not None and len(view.state.checkpoints) > 0


@POSIX
def test_a_killed_process_is_told_and_the_next_run_works(tmp_path: Path) -> None:
    """Through the registry: kept at the last test, told in one line, and gone on with."""
    folder = Folder(tmp_path)
    with closing(Process()) as process, closing(Registry(process.train, Store(folder))) as registry:
        registry.start(SMALL, 100_000, "me")
        until(lambda: is_tested(registry.look(SMALL, 100_000, "me")), 300)
        assert process.id is not None
        os.kill(process.id, signal.SIGKILL)
        until(lambda: registry.look(SMALL, 100_000, "me").status == "failed")
        view = registry.look(SMALL, 100_000)
        assert "signal 9, as where memory runs out" in str(view.error)
        kept = folder.read(SMALL)
        assert kept is not None
        registry.start(SMALL, kept.images_seen + 1_000, "me")
        until(lambda: not registry.look(SMALL, kept.images_seen + 1_000, "me").active, 300)
        view = registry.look(SMALL, kept.images_seen + 1_000)
        assert view.status == "finished"
        assert view.state is not None
        assert view.state.continuable


@POSIX
def test_a_process_that_ended_by_itself_is_not_prepared_again() -> None:
    steps = Steps()
    waits = "report(state_at(settings, 500)); threading.Event().wait()"
    with closing(stand_in(waits)) as process, ThreadPoolExecutor(1) as other:
        other.submit(signal_once, steps.moving, process, signal.SIGKILL)
        with pytest.raises(RunFailed, match="signal 9"):
            process.train(SETTINGS, None, 1_000, steps, never)
        process.prepare([SMALL])
        assert process.id is None


def test_left_alone_it_ends_and_the_next_run_starts_another() -> None:
    with closing(stand_in("return state_at(settings, until)", idle=0.05)) as process:
        for _ in range(2):
            assert process.train(SETTINGS, None, 500, ignore, never) is not None
            until(lambda: process.id is None)


def test_between_two_runs_it_is_at_hand() -> None:
    with closing(stand_in("return state_at(settings, until)")) as process:
        process.prepare([])
        first = process.id
        assert first is not None
        for _ in range(2):
            process.train(SETTINGS, None, 500, ignore, never)
            assert process.id == first


PARENT = """
import sys, threading
from core.autoencoder.process import Process
from tests.autoencoder.test_process import SMALL, never

def report(state, *rest, **more):
    if state is not None:
        print("moving", flush=True)

Process().train(SMALL, None, 100_000, report, never)
"""


@POSIX
def test_it_ends_with_the_process_that_started_it_however_that_ends() -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    with parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == b"moving\n"
        parent.kill()
        # Both have the pipe that is stderr: it ends with the last of them.
        _, said = parent.communicate(timeout=60)
        assert said == b""


@POSIX
def test_what_asks_a_whole_group_to_end_is_left_to_the_server() -> None:
    steps = Steps()
    body = (
        "report(state_at(settings, 500))",
        "while not stop():",
        "    threading.Event().wait(0.01)",
        "return state_at(settings, 1_000)",
    )
    with closing(stand_in(*body)) as process, ThreadPoolExecutor(1) as other:
        asked = other.submit(signal_once, steps.moving, process, signal.SIGTERM, signal.SIGINT)
        state = process.train(SETTINGS, None, 1_000, steps, asked.done)
        asked.result()
    assert state is not None
    assert state.images_seen == 1_000


# --- Where it is started ------------------------------------------------------------------------

ELSEWHERE = """
import shutil, sys
from dataclasses import replace
sys.path.insert(0, sys.argv[1])
from core.autoencoder import Settings
from core.autoencoder.process import Process

assert "torch" not in sys.modules
small = Settings(dataset="digits", train_size=1_000, channels=8, depth=1, device="cpu")
process = Process()

def train(settings):
    state = process.train(settings, None, 100, lambda *_, **more: None, lambda: False)
    assert state.images_seen == 128

train(small)
shutil.rmtree(sys.argv[1] + "/core")
train(replace(small, seed=1, pad_width=2, pad_mode="noise", variation="cropped", precision="bf16"))
process.close()
"""


def test_it_is_found_from_any_folder_and_outlives_changed_sources(tmp_path: Path) -> None:
    app, start = tmp_path / "app", tmp_path / "start"
    shutil.copytree(ROOT / "core", app / "core", ignore=shutil.ignore_patterns("shipped"))
    (start / "core").mkdir(parents=True)
    (start / "core" / "__init__.py").write_text("raise SystemExit('the wrong core')")
    subprocess.run(
        [sys.executable, "-P", "-c", ELSEWHERE, str(app)], cwd=start, check=True, timeout=300
    )
