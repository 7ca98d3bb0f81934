"""Training on a cluster: the same bits as here, whatever becomes of its workers."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import types
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import cloudpickle
import distributed
import pytest

from core import machine
from core.__main__ import main
from core.autoencoder import Run, Settings, cluster, presets, runs, wire
from core.autoencoder.cluster import Cluster, Lost, PieceTimer, connected, piece
from core.autoencoder.kinds import AUTOENCODER
from core.autoencoder.process import RunFailed
from core.autoencoder.record import State
from core.autoencoder.runs import Registry, View, finish_each
from core.autoencoder.store import Folder, Store, identity
from core.data import mnist
from core.settings import InputError
from tests.stand_in import same, state_at, until

ROOT = Path(__file__).parents[2]
SMALL = Settings(dataset="digits", train_size=1_000, batch_size=100, channels=8)
SWEEP = "dataset=digits train_size=1000 batch_size=100 channels=8 learning_rate=0.001"
IMAGES = 2_000
NOT_MNIST = replace(SMALL, dataset="mnist")
"""A run that fails where MNIST_DIR has files that are none of MNIST's."""

Made = TypeVar("Made")


def apart(make: Callable[[], Made]) -> Made:
    """In a thread of its own, which training gives a low priority for good."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(make).result(600)


def here(settings: Settings, images: int = IMAGES) -> State:
    """The run as it is trained in this process."""
    state = apart(lambda: runs.train(settings, None, images, lambda *a, **b: None, lambda: False))
    assert state is not None
    return state


def asked(settings: Settings, arrays: wire.Arrays | None = None, **changes: Any) -> bytes:
    """A piece of a run, from the state in `arrays` on."""
    given = vars(settings) | changes
    told = {"kind": AUTOENCODER.module, "settings": given, "until": IMAGES}
    return cluster.packed(wire.Message("train", told=told, arrays=arrays or {}))


def answered(message: bytes, seconds: float) -> wire.Message:
    return cluster.unpacked(apart(partial(piece, message, seconds)))


def alike(a: State, b: State) -> bool:
    """Equal to the bit, but for the time that they took."""
    a, b = (replace(state, seconds=0.0, by_now=None) for state in (a, b))
    return same(a, b)


# --- A piece, without a cluster -----------------------------------------------------------------


def test_pieces_put_together_are_the_run_bit_for_bit() -> None:
    arrays: wire.Arrays = {}
    pieces = 0
    while not arrays or int(arrays["images_seen"]) < IMAGES:
        answer = answered(asked(SMALL, arrays), 0.0)  # only to its first report
        assert answer.kind == "done"
        arrays, pieces = answer.arrays, pieces + 1
        assert pieces < 50
    assert pieces > 1
    assert alike(AUTOENCODER.from_arrays(SMALL, arrays), here(SMALL))


@pytest.fixture(scope="module")
def damaged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a file that is none of MNIST's."""
    folder = tmp_path_factory.mktemp("mnist")
    (folder / mnist.TRAIN.name).write_bytes(b"not MNIST")
    return folder


def test_a_piece_tells_what_failed(damaged: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MNIST_DIR", str(damaged))
    answer = answered(asked(NOT_MNIST), 60.0)
    assert (answer.kind, answer.told["kind"]) == ("failed", "input")
    assert "is not an IDX file" in answer.told["words"]
    assert answered(asked(SMALL, pad_width=99), 1.0).told == {
        "kind": "input",
        "words": "pad_width must be a whole number from 0 to 8, not '99'",
    }
    assert answered(b"half a message", 1.0).kind == "failed"


def test_what_is_sent_needs_no_copy_of_the_app_to_pass() -> None:
    """A scheduler unpickles it, and has none."""
    sent = cloudpickle.dumps(cluster.on_worker("piece"))
    code = (
        "import pickle, sys; print(callable(pickle.load(sys.stdin.buffer)), 'core' in sys.modules)"
    )
    passed = subprocess.run(
        [sys.executable, "-P", "-c", code], input=sent, cwd="/", capture_output=True, check=True
    )
    done, *modules = passed.stdout.split()
    assert done == b"True"
    assert b"core" not in modules


def test_a_piece_has_lasted_long_enough_once_it_got_further_and_tests_nothing() -> None:
    begun, further = state_at(SMALL, 1_000), state_at(SMALL, 1_100)
    timer = PieceTimer(begun, 0.0)
    assert not timer()
    timer.on_progress(begun, "Getting ready")
    assert not timer()
    timer.on_progress(further, testing=0.5)
    assert not timer()
    timer.on_progress(further)
    assert timer()


# --- A cluster of two ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def two(damaged: Path) -> Iterator[distributed.LocalCluster]:
    """Two workers, a process each."""
    with pytest.MonkeyPatch.context() as patch:
        # A page's test before may have left one that would be run again in each process.
        patch.setitem(sys.modules, "__main__", types.ModuleType("__main__"))
        with cluster.local(2, MNIST_DIR=str(damaged)) as started:
            yield started


@pytest.fixture
def there(two: distributed.LocalCluster, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cluster]:
    monkeypatch.setattr(cluster, "FIRST_PIECE", 0.1)
    monkeypatch.setattr(cluster, "LONGEST_PIECE", 0.1)
    with connected(two.scheduler_address) as found:
        yield found


@pytest.fixture
def registry(there: Cluster, tmp_path: Path) -> Iterator[Registry]:
    with closing(Registry(there.train, Store(Folder(tmp_path)), bounds=there.bounds)) as made:
        yield made


def busy(client: distributed.Client) -> list[str]:
    """The workers that train now."""
    return [worker for worker, keys in client.processing().items() if keys]


def test_a_killed_workers_run_is_taken_up_elsewhere_and_has_the_same_bits(
    two: distributed.LocalCluster, registry: Registry
) -> None:
    wanted = [Run(replace(SMALL, seed=seed), IMAGES) for seed in range(2)]
    ended: dict[Run, View] = {}
    killed: list[int] = []

    with distributed.Client(two, set_as_default=False) as client:

        def kill_once(views: Any) -> None:
            """Kill a worker that trains, once every run of the first two has got somewhere."""
            if not killed and sum(view.images_seen > 0 for view in views) > 1:
                for worker in busy(client)[:1]:
                    killed.append(client.run(os.getpid, workers=[worker])[worker])
                    os.kill(killed[0], signal.SIGKILL)

        finish_each(registry, wanted, kill_once, ended.__setitem__)
    assert killed
    with contextlib.suppress(ProcessLookupError):
        os.kill(killed[0], 0)
        pytest.fail("the worker lives")
    for run in wanted:
        view = ended[run]
        assert view.error is None
        assert view.state is not None
        assert alike(view.state, here(run.settings))
        assert "CPU" in view.state.device


def test_workers_keep_to_their_threads(there: Cluster, two: distributed.LocalCluster) -> None:
    apart(lambda: there.train(SMALL, None, 100, lambda *a, **b: None, lambda: False))
    with distributed.Client(two, set_as_default=False) as client:
        assert 1 in client.run(machine.core_count).values()


def test_one_failure_is_one_runs_message(registry: Registry) -> None:
    good, bad = Run(replace(SMALL, seed=9), 1_000), Run(NOT_MNIST, 1_000)
    ended: dict[Run, View] = {}
    finish_each(registry, [bad, good], on_end=ended.__setitem__, fatal=(Lost,))
    assert "is not an IDX file" in str(ended[bad].error)
    assert ended[good].status == "finished"


def test_a_run_that_ends_its_workers_is_told_of(
    two: distributed.LocalCluster, there: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(two.scheduler, "allowed_failures", 0)  # the first is enough

    def kill(state: State | None, *rest: Any, **more: Any) -> None:
        if state is not None:
            with distributed.Client(two, set_as_default=False) as client:
                for pid in client.run(os.getpid).values():
                    os.kill(pid, signal.SIGKILL)

    with pytest.raises(RunFailed, match="Several workers of the cluster ended in training"):
        apart(lambda: there.train(SMALL, None, 100_000, kill, lambda: False))


def test_who_stops_waits_for_nothing_and_keeps_what_there_is(there: Cluster) -> None:
    stop, heard = threading.Event(), list[State | None]()

    def on_progress(state: State | None, *rest: Any, **more: Any) -> None:
        heard.append(state)
        if state is not None:
            stop.set()

    state = apart(lambda: there.train(SMALL, None, 100_000, on_progress, stop.is_set))
    assert state is not None
    assert state is heard[-1]
    assert 0 < state.images_seen < 100_000
    assert there.train(SMALL, state, 100_000, on_progress, lambda: True) is state


def test_warm_and_ship_train_there(
    two: distributed.LocalCluster,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    wanted = [Run(SMALL, 1_000), Run(NOT_MNIST, 1_000)]
    monkeypatch.setattr(presets, "every_run", lambda: iter(wanted))
    monkeypatch.setattr(runs, "SHIPPED", tmp_path / "shipped")
    monkeypatch.setenv("PADDING_LAB_CACHE", str(tmp_path))
    words = ["--cluster", two.scheduler_address]
    assert main(["warm", *words]) == 1
    good, bad = json.loads(capsys.readouterr().out)["runs"]
    assert (good["status"], bad["status"]) == ("finished", "failed")
    assert "is not an IDX file" in bad["message"]
    assert main(["warm", *words, "--sweep", SWEEP]) == 0
    out, err = capsys.readouterr()
    assert err == "1 run, all of them here already.\n"
    (row,) = json.loads(out)["runs"]
    assert row["run"] == identity(SMALL)
    wanted.pop()
    assert main(["ship", *words]) == 0
    shipped = Folder(tmp_path / "shipped").read(SMALL)
    trained = Folder(tmp_path / "runs").read(SMALL)
    assert shipped is not None
    assert trained is not None
    assert same(shipped.checkpoints[-1].loss_map, trained.checkpoints[-1].loss_map)


def test_a_worker_of_another_version_is_refused(
    two: distributed.LocalCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "HELLO", wire.HELLO | {"mathematics": -1})
    with (
        pytest.raises(Lost, match="for it has another version of this app: start it in a copy"),
        connected(two.scheduler_address),
    ):
        pass
    monkeypatch.setattr(distributed, "__version__", "1.0")
    with (
        pytest.raises(Lost, match=r"the scheduler at tcp://\S+ has distributed 2\S+, and this is"),
        connected(two.scheduler_address),
    ):
        pass


def test_a_worker_that_ends_meanwhile_is_not_taken_for_one_without_the_app(
    two: distributed.LocalCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(*_: Any, **__: Any) -> dict[str, object]:
        return {"tcp://1.2.3.4:5": distributed.comm.CommClosedError("in connect"), "b": wire.HELLO}

    monkeypatch.setattr(distributed.Client, "run", run)
    with connected(two.scheduler_address):
        pass
    monkeypatch.setattr(distributed.Client, "run", lambda *a, **b: {"c": ModuleNotFoundError()})
    with (
        pytest.raises(Lost, match="at c cannot train these runs, for it has no version of this"),
        connected(two.scheduler_address),
    ):
        pass


# --- What may be wrong with it ------------------------------------------------------------------


@pytest.fixture
def nobody() -> Iterator[distributed.LocalCluster]:
    """A scheduler without workers."""
    with cluster.local(0) as started:
        yield started


def test_a_scheduler_without_workers_is_told_apart(
    nobody: distributed.LocalCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "NO_WORKERS_TIMEOUT", 0.2)
    with (
        pytest.raises(Lost, match="has no workers: start some with `python -m dask worker tcp"),
        connected(nobody.scheduler_address),
    ):
        pass


def test_a_cluster_that_loses_all_its_workers_is_told_of(
    nobody: distributed.LocalCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "NO_WORKERS_TIMEOUT", 0.3)
    monkeypatch.setattr(cluster, "COUNT_EVERY", 0.1)
    client = distributed.Client(nobody.scheduler_address, timeout=5, set_as_default=False)
    with (
        closing(Cluster(client, "tcp://there")) as found,
        pytest.raises(Lost, match="The scheduler at tcp://there has no workers"),
    ):
        found.train(SMALL, None, 1_000, lambda *a, **b: None, lambda: False)


def test_a_scheduler_that_vanishes_is_told_of(
    nobody: distributed.LocalCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "TIMEOUT", 1.0)
    client = distributed.Client(nobody.scheduler_address, timeout=1, set_as_default=False)
    with closing(Cluster(client, nobody.scheduler_address)) as found:
        raised: list[Exception] = []

        def train() -> None:
            try:
                found.train(SMALL, None, 1_000, lambda *a, **b: None, lambda: False)
            except Exception as error:
                raised.append(error)

        thread = threading.Thread(target=train)
        thread.start()
        until(lambda: bool(client.futures))
        nobody.close()
        thread.join(60)
        assert not thread.is_alive()
    (error,) = raised
    assert isinstance(error, Lost)
    assert "cannot be reached any more. What has been trained is kept" in str(error)


@pytest.mark.parametrize(
    "address", ["tcp://127.0.0.1:{port}", "nonsense", "udp://1.2.3.4:5", "", ":"]
)
def test_an_address_without_a_scheduler_is_named(
    address: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cluster, "TIMEOUT", 0.5)
    with socket.socket() as bound:  # and listens to nobody
        bound.bind(("127.0.0.1", 0))
        address = address.format(port=bound.getsockname()[1])
        assert main(["warm", "--cluster", address, "--sweep", "seed=0"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    (line,) = err.splitlines()
    assert line.startswith(f"error: cluster: no Dask scheduler answers at {address!r} (")
    assert line.endswith("it must be an address such as tcp://10.0.0.1:8786, or local")


def test_without_the_library_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    for topic in ("warm", "ship"):
        assert main([topic, "--cluster", "local"]) == 2
        assert capsys.readouterr().err == (
            "error: cluster: that takes Dask, which is not installed: pip install distributed\n"
        )
    with pytest.raises(InputError), connected("local"):
        pass


def test_the_library_is_imported_only_then() -> None:
    code = "import sys, core.autoencoder.cluster, core.__main__ as m; m.main(['warm', '--list']); "
    code += "print([name for name in ('distributed', 'dask', 'torch') if name in sys.modules])"
    found = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert found.stdout.splitlines()[-1] == "[]"
