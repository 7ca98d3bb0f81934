"""What belongs to the process: things made once, torch's threads, memory kept and given back."""

import os
import platform
import resource
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from core import machine

MB = 2**20


def resident() -> float:
    """MB of this process's memory."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / MB


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="needs glibc")
def test_freed_blocks_are_kept_until_the_heap_is_trimmed() -> None:
    machine.keep()
    machine.trim()
    before = resident()
    blocks = [np.ones(MB, np.uint8) for _ in range(60)]  # below both thresholds
    assert resident() > before + 50
    blocks.clear()
    assert resident() > before + 50
    machine.trim()
    assert resident() < before + 10


def test_what_is_made_once_is_made_once() -> None:
    barrier = threading.Barrier(8)
    made: list[object] = []

    def make() -> object:
        made.append(object())
        return made[-1]

    def ask(_: int) -> object:
        barrier.wait(60)
        return machine.once("test: made once", make)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(ask, range(8)))
    assert len(made) == 1
    assert all(answer is made[0] for answer in answers)


def test_what_could_not_be_made_is_made_when_asked_again() -> None:
    with pytest.raises(ZeroDivisionError):
        machine.once("test: made later", lambda: 1 / 0)
    assert machine.once("test: made later", lambda: 1) == 1


def test_making_may_ask_for_something_else() -> None:
    def outer() -> str:
        return machine.once("test: inner", lambda: "inner") + " in outer"

    assert machine.once("test: outer", outer) == "inner in outer"


ONE_THREAD = """
import threading
from concurrent.futures import ThreadPoolExecutor
import torch
from core import machine

torch.set_num_threads(3)

@machine.one_thread()
def inside():
    return torch.get_num_threads()

assert inside() == inside() == 1
assert torch.get_num_threads() == 3

@machine.one_thread()
def fail():
    raise ZeroDivisionError

try:
    fail()
except ZeroDivisionError:
    pass
assert torch.get_num_threads() == 3

entered, leave = threading.Event(), threading.Event()

@machine.one_thread()
def long():
    entered.set()
    assert leave.wait(60)
    return torch.get_num_threads()

with ThreadPoolExecutor(1) as pool, ThreadPoolExecutor(1) as other:
    longer = pool.submit(long)
    assert entered.wait(60)
    assert inside() == 1
    # A thread that has not asked yet is told the process's number.
    assert other.submit(torch.get_num_threads).result(60) == 1
    leave.set()
    assert longer.result(60) == 1
    assert pool.submit(torch.get_num_threads).result(60) == 3
"""


def test_one_thread_is_put_back_when_the_last_leaves() -> None:
    """In a process of its own: in this one, runs may be in training."""
    root = Path(__file__).parents[1]
    subprocess.run([sys.executable, "-c", ONE_THREAD], cwd=root, check=True, timeout=300)


def test_threads_that_run_are_counted() -> None:
    """This one is always among them; elsewhere than on Linux it is all that is known."""
    assert machine.running() >= 1


def test_what_a_container_grants_bounds_the_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    for text, cores in (("150000 100000", 1), ("max 100000", 8), ("nonsense", 8), ("20000 0", 8)):
        monkeypatch.setattr(Path, "read_text", lambda path, encoding, text=text: text)
        monkeypatch.setattr(os, "sched_getaffinity", lambda process: set(range(8)), raising=False)
        assert machine.core_count.__wrapped__() == cores


FREEZE = """
import gc, sys, threading
from core import machine

def frozen():
    machine.freeze()
    for thread in threading.enumerate():
        if thread is not threading.main_thread():
            thread.join()
    return gc.get_freeze_count()

first = frozen()
assert first > 0
assert frozen() <= first  # once; what is no longer used has gone
import torch
assert frozen() > first
"""


def test_what_is_imported_is_frozen_and_torch_too_when_it_comes() -> None:
    root = Path(__file__).parents[1]
    subprocess.run([sys.executable, "-c", FREEZE], cwd=root, check=True, timeout=300)


def test_the_processor_has_a_name() -> None:
    assert machine.processor().strip()
