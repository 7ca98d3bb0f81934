"""Whose turn it is: few at once, in order, clicks before ticks, and nobody is kept out for long."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from pages.shared.turns import TICK, Turns
from tests.stand_in import until


def stands_still() -> float:
    """A clock by which nothing takes long."""
    return 0.0


def queue_up(turns: Turns, visits: Sequence[tuple[str, float]]) -> str:
    """Who is let in after who, where all `visits` (a letter, how late) came during another's."""
    seen: list[str] = []

    def visit(name: str, late: float) -> None:
        with turns.turn(late):
            seen.append(name)

    with ThreadPoolExecutor(len(visits)) as pool, turns.turn():
        for number, (name, late) in enumerate(visits, 1):
            pool.submit(visit, name, late)
            until(lambda number=number: turns.waiting == number, 10)  # type: ignore[misc]
    return "".join(seen)


def test_who_comes_first_is_first() -> None:
    turns = Turns(1, clock=stands_still)
    assert queue_up(turns, [(name, 0.0) for name in "abcdef"]) == "abcdef"
    assert turns.waiting == 0


def test_a_tick_lets_clicks_go_first_but_not_for_ever() -> None:
    moments = itertools.count()  # a second from each to the next
    turns = Turns(1, soon=1e9, clock=lambda: float(next(moments)))
    visits = [("t", 100.0), ("a", 0.0), ("b", 0.0)]
    assert queue_up(turns, visits) == "abt"
    assert queue_up(turns, [("t", 1.5), ("a", 0.0), ("b", 0.0)])[-1] == "b"
    assert TICK > 0


def test_only_so_many_at_once() -> None:
    turns = Turns(3, clock=stands_still)
    within, most = 0, 0
    counting = threading.Lock()
    together = threading.Barrier(3, timeout=10)

    def visit(_: int) -> None:
        nonlocal within, most
        with turns.turn():
            with counting:
                within += 1
                most = max(most, within)
            together.wait()
            with counting:
                within -= 1

    with ThreadPoolExecutor(12) as pool:
        list(pool.map(visit, range(12), timeout=30))
    assert most == 3


def test_what_takes_long_keeps_nobody_out() -> None:
    turns = Turns(1, soon=0.01)
    done = threading.Event()

    def draw() -> None:
        with turns.turn():
            assert done.wait(10)

    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(draw)
        with turns.turn():
            done.set()
        slow.result(10)


def test_within_a_turn_there_is_no_waiting() -> None:
    turns = Turns(1, clock=stands_still)
    with turns.turn(), turns.turn(TICK):
        assert turns.waiting == 0
    assert queue_up(turns, [("a", 0.0)]) == "a"


def test_an_error_gives_the_place_back() -> None:
    turns = Turns(1, clock=stands_still)
    with pytest.raises(RuntimeError, match="broken"), turns.turn():
        raise RuntimeError("broken")
    assert queue_up(turns, [("a", 0.0)]) == "a"
