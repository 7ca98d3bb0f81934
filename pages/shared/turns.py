"""Whose turn it is to be drawn: two at a time, first come, first served, clicks before ticks.

One interpreter draws all pages. Drawn at once, thirty pages each take thirty times as long, and
hand the interpreter to each other at every message: a third of the server's time went into that.
In turn most are there by the time when else the first would be.
"""

from __future__ import annotations

import heapq
import itertools
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from core import machine

PLACES = 2  # while one waits for its socket, the other goes on
SOON = 0.25  # seconds; what takes longer to draw keeps nobody waiting any more
TICK = 1.0  # seconds' worth of clicks that a look at a run lets go first


class Turns:
    """At most `places` threads at once are within `turn`, not counting those there for long."""

    def __init__(
        self, places: int = PLACES, soon: float = SOON, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._places = places
        self._soon = soon
        self._clock = clock
        self._lock = threading.Lock()
        self._waiting: list[tuple[float, int, threading.Event]] = []
        self._within: dict[threading.Event, float] = {}  # since when
        self._number = itertools.count()  # of equals the first to come is the first
        self._mine = threading.local()

    @property
    def waiting(self) -> int:
        """How many threads wait for their turn."""
        return len(self._waiting)

    @contextmanager
    def turn(self, late: float = 0.0) -> Iterator[None]:
        """Within, it is this thread's turn; whoever comes up to `late` seconds later goes first.

        A thread whose turn it is already goes on.
        """
        if getattr(self._mine, "turn", False):
            yield
            return
        called = threading.Event()
        with self._lock:
            place = self._clock() + late, next(self._number), called
            heapq.heappush(self._waiting, place)
            self._call()
        while not called.wait(self._soon):
            with self._lock:
                self._call()
        self._mine.turn = True
        try:
            yield
        finally:
            self._mine.turn = False
            with self._lock:
                self._within.pop(called, None)
                self._call()

    def _call(self) -> None:
        """Call whoever is next to every place that is free, or has been taken for long."""
        now = self._clock()
        self._within = {
            who: since for who, since in self._within.items() if now - since < self._soon
        }
        while self._waiting and len(self._within) < self._places:
            *_, called = heapq.heappop(self._waiting)
            self._within[called] = now
            called.set()


def turn(*, tick: bool = False) -> AbstractContextManager[None]:
    """This process's turns: a click's, or that of a look at a run that nobody asked for."""
    return machine.once("turns", Turns).turn(TICK if tick else 0.0)
