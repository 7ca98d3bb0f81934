"""Training in a process of its own, as the server sees it.

Pages and training steps then share no interpreter, a run that is killed for want of memory takes no
page with it, and the memory goes back when the process ends. `core/autoencoder/worker.py` is what
runs there, for all runs: a second process would need 350 MB more to train 4 % faster.
"""

from __future__ import annotations

import contextlib
import itertools
import logging
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from core.autoencoder import wire
from core.autoencoder.experiment import Settings
from core.autoencoder.record import State
from core.autoencoder.wire import Message
from core.data import MissingData
from core.data.mnist import Stop
from core.settings import InputError

if TYPE_CHECKING:
    from core.autoencoder.runs import OnProgress

LOG = logging.getLogger("padding_lab.runs")

ROOT = Path(__file__).parents[2]
# -P: the folder that the server was started in may have a "core" of its own.
COMMAND = (sys.executable, "-P", "-m", "core.autoencoder.worker")
IDLE = 300.0  # seconds without a run, and without a visitor who might start one
POLL = 0.1  # seconds between two looks whether a run is to stop
ANSWER_TIMEOUT = 30.0  # seconds


class RunFailed(RuntimeError):
    """A run has failed. The message, one line, says why; the trace, if any, has been logged."""


class Process:
    """The process that trains: started when it is needed, ended when it is not."""

    def __init__(self, command: Sequence[str] = COMMAND, *, idle: float = IDLE) -> None:
        self._command, self._idle = command, idle
        self._lock = threading.Lock()
        self._child: _Child | None = None
        self._failed = False  # the last one ended by itself
        self._bf16_pays: list[bool | None] = []  # once it has been tried
        self._wanted_at = 0.0

    def prepare(self, wanted: Iterable[Settings]) -> None:
        """Have the process at hand, and what the first of the `wanted` runs would wait for.

        Does not wait for it; does nothing where the last process ended by itself.
        """
        with self._lock:
            self._wanted_at = time.monotonic()
            if self._failed or self._child is not None:
                return
            try:
                child = self._start()
            except OSError as error:  # whoever trains will be told
                LOG.warning("The process that trains could not be started: %s", error)
                return
        child.send(Message("prepare", told={"settings": [vars(settings) for settings in wanted]}))

    def train(
        self,
        settings: Settings,
        state: State | None,
        until: int,
        on_progress: OnProgress,
        stop: Stop,
    ) -> State | None:
        """`runs.train`, there. Raises RunFailed where it fails, or the process ends before it."""
        on_progress(state, "Getting ready")
        before = 0 if state is None else state.images_seen
        stopping = False
        with self._run() as (child, run, inbox):
            child.send(wire.request(settings, state, until, run))
            while True:
                if not stopping and stop():
                    child.send(Message("stop", run))
                    if state is None or state.images_seen == before:
                        return state  # there is nothing to wait for
                    stopping = True
                try:
                    message = inbox.get(timeout=POLL)
                except queue.Empty:
                    continue
                if message is None:
                    raise RunFailed(child.exit_words())
                if message.kind == "failed":
                    raise error_of(message.told)
                state = wire.followed(settings, state, message)
                if message.kind == "done":
                    return state
                on_progress(
                    state,
                    message.told["activity"],
                    message.told["share"],
                    testing=message.told["testing"],
                )

    def bf16_pays(self) -> bool | None:
        """`training.bf16_pays`, there: tried once. None where it could not be tried."""
        if not self._bf16_pays:
            pays = None
            with contextlib.suppress(OSError, queue.Empty), self._run() as (child, run, inbox):
                child.send(Message("bf16", run))
                answer = inbox.get(timeout=ANSWER_TIMEOUT)
                pays = answer.told["pays"] if answer is not None else None
            self._bf16_pays.append(pays)
        return self._bf16_pays[0]

    def close(self) -> None:
        """End the process."""
        with self._lock:
            child, self._child = self._child, None
        if child is not None:
            child.end()

    @property
    def id(self) -> int | None:
        """The process's number; None where there is none now."""
        with self._lock:
            return None if self._child is None else self._child.popen.pid

    @contextmanager
    def _run(self) -> Iterator[tuple[_Child, int, _Inbox]]:
        """A number for a run and what is said of it, with a process that lives, or did just now."""
        with self._lock:
            child = self._child or self._start()
            run, inbox = child.open()
        try:
            yield child, run, inbox
        finally:
            child.close(run)
            with self._lock:
                self._wanted_at = time.monotonic()

    def _start(self) -> _Child:
        """A new process. The lock is held."""
        self._child = child = _Child(self._command, self._ended)
        self._failed = False
        self._check_later(child, self._idle)
        return child

    def _ended(self, child: _Child) -> None:
        """Called for a process that has ended by itself."""
        with self._lock:
            if self._child is child:
                self._child, self._failed = None, True
                LOG.error("%s", child.exit_words())

    def _check_later(self, child: _Child, seconds: float) -> None:
        """Check after so many `seconds` whether `child` is still wanted."""
        timer = threading.Timer(seconds, self._end_if_idle, (child,))
        timer.daemon = True
        timer.start()

    def _end_if_idle(self, child: _Child) -> None:
        with self._lock:
            if self._child is not child:
                return
            left = self._wanted_at + self._idle - time.monotonic()
            if child.busy or left > 0:
                self._check_later(child, self._idle if child.busy else left)
                return
            self._child = None
        child.end()


def error_of(fault: Mapping[str, str]) -> Exception:
    """What ended a run in another process; see `worker.fault_of`."""
    kinds = {"missing": MissingData, "input": InputError, "surprise": RunFailed}
    error: Exception = kinds[fault["kind"]](fault["words"])
    return error


_Inbox = queue.SimpleQueue[Message | None]  # None: the process has ended


class _Child:
    """One process, from its start to its end, and the runs that it trains."""

    def __init__(self, command: Sequence[str], on_end: Callable[[_Child], None]) -> None:
        path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
        self.popen = subprocess.Popen(
            command,
            env=os.environ | {"PYTHONPATH": path},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self._on_end = on_end
        self._sending, self._lock = threading.Lock(), threading.Lock()
        self._numbers = itertools.count(1)
        self._inboxes: dict[int, _Inbox] = {}
        self._ended = self._foreign = False
        threading.Thread(target=self._listen, name="training messages", daemon=True).start()

    @property
    def busy(self) -> bool:
        return bool(self._inboxes)

    def open(self) -> tuple[int, _Inbox]:
        """A number for a new run, and where what is said of it will lie."""
        with self._lock:
            run, inbox = next(self._numbers), _Inbox()
            self._inboxes[run] = inbox
            if self._ended:
                inbox.put(None)
            return run, inbox

    def close(self, run: int) -> None:
        with self._lock:
            del self._inboxes[run]

    def send(self, message: Message) -> None:
        """Write a message, unless the process has ended: then its inboxes say so."""
        assert self.popen.stdin is not None
        with self._sending, contextlib.suppress(OSError, ValueError):
            wire.write(self.popen.stdin, message)

    def end(self) -> None:
        """End the process, and wait for it."""
        if self._sending.acquire(timeout=1):
            self._close_stdin()
            self._sending.release()
        try:
            self.popen.wait(1)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            self.popen.wait()

    def _close_stdin(self) -> None:
        assert self.popen.stdin is not None
        with contextlib.suppress(OSError):  # of what has not been sent
            self.popen.stdin.close()

    def exit_words(self) -> str:
        """How it ended, and what that means for a run."""
        if self._foreign:
            return (
                "The files of this app have changed since it was started, and nothing can be "
                "trained until it is started again"
            )
        code = self.popen.wait()
        how = f"exit code {code}; the log may say more"
        if code < 0:
            how = f"signal {-code}" + (", as where memory runs out" if code == -9 else "")
        return (
            f"The process that trains has ended before the run did ({how}). Train again: the run "
            "goes on from where it was last kept, else from its start"
        )

    def _listen(self) -> None:
        """Put every message of the process into its run's inbox, until the process ends."""
        try:
            self._dispatch()
        finally:
            self.popen.kill()  # where its messages cannot be read
            self.popen.wait()
            self._close_stdin()
            self._on_end(self)
            with self._lock:
                self._ended = True
                for inbox in self._inboxes.values():
                    inbox.put(None)

    def _dispatch(self) -> None:
        assert self.popen.stdout is not None
        with self.popen.stdout as said:
            hello = wire.read(said)
            if hello is not None and hello.told != wire.HELLO:
                self._foreign = True
                return
            while (message := wire.read(said)) is not None:
                with self._lock:
                    # Else it is about a run that was left before it began.
                    if message.run in self._inboxes:
                        self._inboxes[message.run].put(message)
