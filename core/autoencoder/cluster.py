"""Training on a cluster: a `dask.distributed` scheduler, and the workers that it has.

A run goes there in pieces of 4 to 30 seconds. A piece is given the state to go on from, and gives
back the one that it got to, as plain arrays. So nothing of a run lives on the cluster alone: a
piece whose worker is lost is done again elsewhere, from the last state; whoever stops waits for
nothing; and a command that vanishes leaves the workers no more than a piece to finish. Where a
piece ends changes no bit of the run.

A scheduler runs what it is sent, and so does every worker: they must be trusted, and in reach of
nobody else (https://distributed.dask.org/en/stable/limitations.html#security).
"""

from __future__ import annotations

import contextlib
import io
import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any, cast

from core.autoencoder import runs, wire
from core.autoencoder.experiment import Settings
from core.autoencoder.kinds import kind_of
from core.autoencoder.process import RunFailed, error_of
from core.autoencoder.record import State
from core.autoencoder.runs import Registry
from core.autoencoder.wire import Message
from core.autoencoder.worker import fault_of
from core.data.mnist import Stop
from core.limits import Limits, variable
from core.settings import InputError

if TYPE_CHECKING:
    from distributed import Client, Future, LocalCluster

    from core.autoencoder.runs import OnProgress

# Seconds of training in a run's pieces: each is twice as long as that before. A piece first draws
# its images' noise anew, up to a second of its time.
FIRST_PIECE, LONGEST_PIECE = 4.0, 30.0
POLL = 0.1  # seconds between two looks whether a run is to stop
COUNT_EVERY = 2.0  # seconds between two counts of the workers
TIMEOUT = 10.0  # seconds that a scheduler may take to answer, and to come back
NO_WORKERS_TIMEOUT = 60.0  # seconds that there may be no worker at all

LOCAL = "local"


class Lost(InputError):
    """The cluster cannot be reached, or is of no use; the message says what to do."""


# --- On a worker --------------------------------------------------------------------------------


def version() -> dict[str, Any]:
    """What a worker has of this app."""
    return dict(wire.HELLO)


def bf16_pays() -> bool:
    """`training.bf16_pays`, there."""
    from core.autoencoder import training

    keep_to_threads()
    return training.bf16_pays()


def keep_to_threads() -> None:
    """Have this process compute on as many cores as its worker has threads, unless it is told.

    Beside it there are others like it: eight workers on eight cores would each take all of them.
    """
    with contextlib.suppress(ImportError, ValueError):  # where this is no worker
        from distributed import get_worker

        os.environ.setdefault(variable("cores"), str(get_worker().state.nthreads))


def piece(asked: bytes, seconds: float) -> bytes:
    """Train a run for so many `seconds`, or to its end.

    What goes in and what comes out are messages of `core.autoencoder.wire`: a run with its state,
    and the state that it got to or what failed.
    """
    keep_to_threads()
    try:
        kind, settings, state, until = wire.requested(unpacked(asked))
        # A state of which only the number of images goes over could not be gone on from.
        timer = PieceTimer(state, seconds if kind.seen is None else float("inf"))
        state = kind.train(settings, state, until, timer.on_progress, timer)
        return packed(wire.done(settings, state))
    except Exception as error:
        return packed(Message("failed", told=fault_of(error)))


def packed(message: Message) -> bytes:
    """A message in one piece: neither scheduler nor worker has to unpickle anything."""
    whole = io.BytesIO()
    wire.write(whole, message)
    return whole.getvalue()


def unpacked(whole: bytes) -> Message:
    """The inverse of `packed`; ValueError for half a message."""
    message = wire.read(io.BytesIO(whole))
    if message is None:
        raise ValueError(f"{len(whole):,} bytes are no message")
    return message


class PieceTimer:
    """Stops a piece after so many `seconds`, never within a test, which would be lost."""

    def __init__(self, begun: State | None, seconds: float) -> None:
        self._begun = 0 if begun is None else begun.images_seen
        self._seconds, self._until, self._testing = seconds, float("inf"), False

    def on_progress(
        self,
        state: State | None,
        activity: str = "",
        share: float = 0.0,
        *,
        testing: float | None = None,
    ) -> None:
        """Take in how far the run is: the time counts from the first step that is reported."""
        self._testing = testing is not None
        further = state is not None and state.images_seen > self._begun
        if further and self._until == float("inf"):
            self._until = time.monotonic() + self._seconds

    def __call__(self) -> bool:
        return not self._testing and time.monotonic() >= self._until


def on_worker(name: str) -> Callable[..., Any]:
    """The function of this module called `name`, to be called on a worker.

    A local function is pickled with its code, so a scheduler, which unpickles whatever passes
    through it, needs no copy of this app.
    """

    def call(*given: Any) -> Any:
        from core.autoencoder import cluster

        return getattr(cluster, name)(*given)

    return call


# --- On the computer that asks ------------------------------------------------------------------


class Cluster:
    """A cluster to train on: `train` is another `runs.train`, called by one thread a run.

    As many runs are on their way as the workers have threads, and one more, which waits for whoever
    is free, and has a cluster that grows with its work grow. First come, first served.
    """

    def __init__(self, client: Client, address: str) -> None:
        self._client, self._address = client, address
        self._lock = threading.Lock()
        self._turns: list[object] = []
        self._closed = threading.Event()
        self._threads, self._seen = 0, time.monotonic()
        self._lost: Lost | None = None
        self._count()
        self._counting = threading.Thread(target=self._keep_counting, daemon=True)
        self._counting.start()

    @property
    def threads(self) -> int:
        """How many pieces are trained at once."""
        return self._threads

    @property
    def bounds(self) -> Limits:
        """For a registry that trains here: a thread of it waits for every run on its way."""
        return Limits(workers=min(max(16, 2 * self._threads), 64))

    def train(
        self,
        settings: Settings,
        state: State | None,
        until: int,
        on_progress: OnProgress,
        stop: Stop,
    ) -> State | None:
        """`runs.train`, there. Raises RunFailed where a worker does, Lost where the cluster is."""
        on_progress(state, "Waiting for a worker")
        with self._turn(stop) as mine:
            seconds = FIRST_PIECE
            while mine and not stop():
                before = state
                state = self._piece(settings, state, until, seconds, stop)
                seconds = min(2 * seconds, LONGEST_PIECE)
                on_progress(state, "")
                if state is not None and state.images_seen >= until:
                    break
                if state is before and not stop():
                    raise RunFailed("A worker of the cluster came back without having trained")
        return state

    def bf16_pays(self) -> bool | None:
        """Whether bf16 is fast on some worker; None where it cannot be tried."""
        with contextlib.suppress(Exception):
            return bool(self._client.submit(on_worker("bf16_pays"), pure=False).result(3 * TIMEOUT))
        return None

    def close(self) -> None:
        """Leave the cluster. What is being trained there ends with its piece."""
        self._closed.set()
        self._counting.join(TIMEOUT)
        with contextlib.suppress(Exception):  # it may be gone
            self._client.close(timeout=TIMEOUT)

    def _piece(
        self, settings: Settings, state: State | None, until: int, seconds: float, stop: Stop
    ) -> State | None:
        """The state after one more piece; that before it, where the run is to stop."""
        asked = packed(wire.request(settings, state, until))
        while (answer := self._answer(asked, seconds, stop)) is None:
            if stop():
                return state
        if answer.kind == "failed":
            raise error_of(answer.told)
        if not answer.arrays:
            return state
        return cast(State, kind_of(settings).from_arrays(settings, answer.arrays))

    def _answer(self, asked: bytes, seconds: float, stop: Stop) -> Message | None:
        """What becomes of a piece; None where it is to be asked for again, or the run to stop."""
        from distributed import CancelledError, KilledWorker

        self._check()
        future = self._client.submit(on_worker("piece"), asked, seconds, pure=False)
        try:
            if not self._wait_for(future, stop):
                return None
            return unpacked(future.result(TIMEOUT))
        except (CancelledError, TimeoutError):  # the scheduler is away, and may come back
            self._wait_for_scheduler(stop)
            return None
        except Lost:
            raise
        except KilledWorker as error:
            raise RunFailed(
                f"Several workers of the cluster ended in training this run (the last: "
                f"{error.last_worker.address}), as where memory runs out. Train again: the run "
                "goes on from where it was last kept"
            ) from None
        except Exception as error:
            raise RunFailed(f"A worker of the cluster failed ({_words(error)})") from None
        finally:
            future.release()

    def _wait_for(self, future: Future, stop: Stop) -> bool:
        """Wait until it has come to an end; False where the run is to stop before."""
        ended = threading.Event()
        future.add_done_callback(lambda _: ended.set())
        while not ended.wait(POLL):
            self._check()
            if stop():
                with contextlib.suppress(Exception):
                    future.cancel()
                return False
        return True

    def _wait_for_scheduler(self, stop: Stop) -> None:
        while self._client.status == "connecting" and not stop():
            time.sleep(POLL)
        self._check()

    def _check(self) -> None:
        """Raise Lost where there is no cluster any more."""
        if self._lost is not None:
            raise self._lost
        if self._client.status not in ("running", "connecting"):
            raise Lost(
                f"The scheduler at {self._address} cannot be reached any more. What has been "
                "trained is kept: run the command again once it is back"
            )

    # --- The workers ---

    @contextmanager
    def _turn(self, stop: Stop) -> Iterator[bool]:
        """Wait until there is a thread for one more run; False where it is to stop before."""
        me = object()
        with self._lock:
            self._turns.append(me)
        try:
            while self._turns.index(me) > self._threads:
                self._check()
                if stop():
                    break
                time.sleep(POLL)
            yield not stop()
        finally:
            with self._lock:
                self._turns.remove(me)

    def _keep_counting(self) -> None:
        while not self._closed.wait(COUNT_EVERY):
            self._count()

    def _count(self) -> None:
        with contextlib.suppress(Exception):  # `_check` hears of it
            self._threads = sum(self._client.nthreads().values())
        if self._threads:
            self._seen = time.monotonic()
        elif time.monotonic() - self._seen > NO_WORKERS_TIMEOUT:
            self._lost = Lost(no_workers(self._address))


def no_workers(address: str) -> str:
    return (
        f"The scheduler at {address} has no workers: start some with `python -m dask worker "
        f"{address}`, in a copy of this repository, and run the command again"
    )


@contextmanager
def connected(address: str) -> Iterator[Cluster]:
    """The cluster whose scheduler is at `address`; `local`, one of this computer's cores.

    Raises Lost where there is none, or none of the same version; InputError without the library.
    """
    try:
        import distributed
    except ImportError:
        raise InputError(
            "cluster: that takes Dask, which is not installed: pip install distributed"
        ) from None
    for name in list(logging.root.manager.loggerDict):  # what matters is said in words
        if name.split(".")[0] == "distributed":
            logging.getLogger(name).setLevel(logging.CRITICAL)
    with contextlib.ExitStack() as closing_all:
        if address == LOCAL:
            started = local()
            closing_all.callback(started.close, timeout=TIMEOUT)
            at = started.scheduler_address
        else:
            at = address
        client = _client(at)
        cluster = Cluster(client, address)
        closing_all.callback(cluster.close)
        _compare(client, address, distributed.__version__)
        yield cluster


@contextmanager
def registry_at(address: str) -> Iterator[tuple[Cluster, Registry]]:
    """The cluster at `address`, and a registry of the runs kept here that trains them there.

    Raises as `connected` does.
    """
    with (
        connected(address) as cluster,
        closing(Registry(cluster.train, runs.store(), bounds=cluster.bounds)) as registry,
    ):
        yield cluster, registry


def local(workers: int | None = None, **environment: str) -> LocalCluster:
    """A cluster on this computer, out of reach from elsewhere: a process a core, or `workers`.

    What memory they may take, the system decides.
    """
    from dask.system import CPU_COUNT
    from distributed import LocalCluster

    return LocalCluster(
        n_workers=CPU_COUNT if workers is None else workers,
        threads_per_worker=1,
        processes=True,
        memory_limit=0,
        host="127.0.0.1",
        dashboard_address="127.0.0.1:0",
        worker_dashboard_address="127.0.0.1:0",
        silence_logs=logging.CRITICAL,
        env=environment,
    )


def _client(address: str) -> Client:
    import dask
    from distributed import Client

    # A run of a hundred epochs has 16 MB, and is no mistake.
    dask.config.set({"distributed.admin.large-graph-warning-threshold": "64MB"})
    try:
        return Client(address, timeout=TIMEOUT, set_as_default=False)
    except Exception as error:  # a wrong word, a closed port, a server of another kind
        raise Lost(
            f"cluster: no Dask scheduler answers at {address!r} ({_words(error)}); it must be an "
            "address such as tcp://10.0.0.1:8786, or local"
        ) from None


def _words(error: Exception) -> str:
    """Its kind and the first line of what it says, which may be nothing."""
    return ": ".join([type(error).__name__, *str(error).splitlines()[:1]])[:200]


def _compare(client: Client, address: str, mine: str) -> None:
    """Raise Lost where scheduler or workers have another version of Dask or of this app."""
    theirs = client.get_versions()
    every = {f"the scheduler at {address}": theirs["scheduler"]}
    every |= {f"the worker at {worker}": found for worker, found in theirs["workers"].items()}
    for who, found in every.items():
        dask = found["packages"]["distributed"]
        if dask != mine:
            raise Lost(
                f"cluster: {who} has distributed {dask}, and this is {mine}: install the same"
            )
    deadline = time.monotonic() + NO_WORKERS_TIMEOUT
    while not client.nthreads():
        if time.monotonic() > deadline:
            raise Lost(no_workers(address))
        time.sleep(POLL)
    for worker, found in client.run(version, on_error="return").items():
        gone = isinstance(found, OSError)  # just now, as workers may at any time
        if found != wire.HELLO and not gone:
            raise Lost(
                f"cluster: the worker at {worker} cannot train these runs, for it has "
                f"{'no' if isinstance(found, Exception) else 'another'} version of this app: start "
                "it in a copy of this repository, the same as this one"
            )
