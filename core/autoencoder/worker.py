"""The process that trains: `python -m core.autoencoder.worker`, started by `process.Process`.

It reads messages from stdin and answers on stdout; what it prints goes to the server's log. It ends
when stdin does, which is also when its server ends, however that happens.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from core.autoencoder import runs, wire
from core.autoencoder.experiment import Settings
from core.autoencoder.kinds import kind_of
from core.autoencoder.record import State
from core.autoencoder.wire import Message
from core.data import MissingData
from core.settings import InputError

FIGURES_EVERY = 0.2  # seconds
PICTURES_EVERY = 1.0  # seconds

Send = Callable[[Message], None]


def main() -> None:
    """Serve until stdin ends."""
    # Ctrl-C and a service's end reach every process. The server's own end is what ends this one,
    # which is to hand over its runs before.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    replies = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # for whatever prints
    sending = threading.Lock()

    def send(message: Message) -> None:
        with sending:
            try:
                wire.write(replies, message)
            except OSError:  # nobody is there any more
                os._exit(0)

    with contextlib.suppress(OSError):  # on Linux: the first to go where memory runs out
        Path("/proc/self/oom_score_adj").write_text("500")
    send(Message("hello", told=wire.HELLO))
    _import_all()
    stops: dict[int, threading.Event] = {}
    while (message := wire.read(sys.stdin.buffer)) is not None:
        if message.kind == "prepare":
            threading.Thread(target=_prepare, args=(message,), daemon=True).start()
        elif message.kind == "bf16":
            threading.Thread(target=_try_bf16, args=(message, send), daemon=True).start()
        elif message.kind == "train":
            stops[message.run] = threading.Event()
            threading.Thread(target=_train, args=(message, send, stops), daemon=True).start()
        elif stop := stops.get(message.run):
            stop.set()
    # Without ado: torch aborts where an interpreter ends under a thread that trains.
    os._exit(0)


def _import_all() -> None:
    """All that any kind of run needs: sources that change later are not looked at again."""
    for file in Path(__file__).parents[1].glob("*/runs.py"):
        for name in ("runs", "training"):
            with contextlib.suppress(ImportError):  # each run will say so
                importlib.import_module(f"core.{file.parent.name}.{name}")


def _prepare(message: Message) -> None:
    runs.prepare(Settings(**settings) for settings in message.told["settings"])


def _try_bf16(message: Message, send: Send) -> None:
    pays = None
    with contextlib.suppress(ImportError):
        from core.autoencoder import training

        pays = training.bf16_pays()
    send(Message("bf16", message.run, {"pays": pays}))


def _train(message: Message, send: Send, stops: dict[int, threading.Event]) -> None:
    """Train a run, and say how it ended."""
    run = message.run
    try:
        kind, settings, state, until = wire.requested(message)
        reports = Reports(settings, state, run, send)
        state = kind.train(settings, state, until, reports, stops[run].is_set)
        send(wire.done(settings, state, run))
    except Exception as error:
        send(Message("failed", run, fault_of(error)))
    finally:
        del stops[run]


def fault_of(error: Exception) -> dict[str, str]:
    """What ended a run, to be told elsewhere; `process.error_of` makes an error of it again."""
    error = runs.run_error(error)
    kind = "input" if isinstance(error, InputError) else "surprise"
    kind = "missing" if isinstance(error, MissingData) else kind
    return {"kind": kind, "words": str(error)}


class Reports:
    """Tells of a run: its figures several times a second, all of it where it has been tested.

    Weights and moments are up to megabytes; in between only how the network does on a few images
    goes over, about once a second.
    """

    def __init__(self, settings: Settings, state: State | None, run: int, send: Send) -> None:
        self._kind, self._settings, self._run, self._send = kind_of(settings), settings, run, send
        self._points = 0 if state is None else len(state.points)  # that the server has
        self._checkpoints = 0 if state is None else len(state.checkpoints)
        self._activity = ""
        self._by_now = None if state is None else state.by_now
        self._due = self._pictures_due = 0.0

    def __call__(
        self,
        state: State | None,
        activity: str = "",
        share: float = 0.0,
        *,
        testing: float | None = None,
    ) -> None:
        now = time.monotonic()
        tested = state is not None and len(state.checkpoints) > self._checkpoints
        if now < self._due and not tested and activity == self._activity:
            return
        self._due, self._activity = now + FIGURES_EVERY, activity
        told: dict[str, Any] = {"activity": activity, "share": share, "testing": testing}
        arrays: wire.Arrays = {}
        if state is None:
            pass
        elif self._kind.seen is not None:
            told["images_seen"] = state.images_seen
        elif tested:
            arrays = self._kind.to_arrays(self._settings, state)
            self._checkpoints, self._points = len(state.checkpoints), len(state.points)
        else:
            told |= wire.figures(state, since=self._points)
            self._points = len(state.points)
            if state.by_now not in (None, self._by_now) and now >= self._pictures_due:
                self._by_now, self._pictures_due = state.by_now, now + PICTURES_EVERY
                told["by_now"], arrays = wire.by_now(self._by_now)
        self._send(Message("progress", self._run, told, arrays))


if __name__ == "__main__":
    main()
