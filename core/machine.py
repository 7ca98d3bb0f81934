"""What belongs to the machine or to the whole process: threads, heap, and what is made once."""

from __future__ import annotations

import ctypes
import gc
import math
import os
import platform
import sys
import threading
import types
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from core.limits import limits

Made = TypeVar("Made")


def processor() -> str:
    """The processor's name."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


# --- Made once a process ------------------------------------------------------------------------


def once(name: str, make: Callable[[], Made]) -> Made:
    """What `make` returns: made when `name` is first asked for, and from then on the same object.

    It outlives Streamlit's reload of changed sources, which evicts modules that belong to a source
    file, and their globals with them. Should `make` raise, the next to ask makes it.
    """
    # A module that belongs to no file. The lock lives there, too; `make` may itself ask.
    home = vars(sys.modules.setdefault("padding_lab", types.ModuleType("padding_lab")))
    lock = home.setdefault("lock", threading.RLock())
    made: dict[str, Any] = home.setdefault("made", {})
    with lock:
        if name not in made:
            made[name] = make()
        found: Made = made[name]
        return found


# --- Torch's threads ----------------------------------------------------------------------------

_counting = threading.Lock()
_inside = 0
_before = 1


@contextmanager
def one_thread() -> Iterator[None]:
    """Torch on one thread. Also a decorator.

    For images this small several threads on a busy machine cost far more than they bring, and two
    arms side by side use two cores anyway.

    Part of torch's setting is the calling thread's (OpenMP), part the whole process's (MKL). So it
    is put back when the last of those inside leaves, whichever thread that is: put back earlier, it
    would change under a run in training.
    """
    global _inside, _before
    import torch

    with _counting:
        if _inside == 0:
            _before = torch.get_num_threads()
        _inside += 1
        torch.set_num_threads(1)
    try:
        yield
    finally:
        with _counting:
            _inside -= 1
            if _inside == 0:
                torch.set_num_threads(_before)


# --- Cores --------------------------------------------------------------------------------------


def lower_priority() -> None:
    """Have whoever else is at work on this machine come before this thread, on Linux."""
    with suppress(AttributeError, OSError):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 10)


_helping = 0


@cache
def core_count() -> int:
    """How many cores may compute: those of this process, PADDING_LAB_CORES at most."""
    has = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return max(1, min(has or 1, math.floor(_quota()), limits().cores))


def _quota() -> float:
    """The cores' worth of time that a container grants; no bound where none is known."""
    try:
        time, period = Path("/sys/fs/cgroup/cpu.max").read_text(encoding="ascii").split()
        return int(time) / int(period)
    except (OSError, ValueError, ZeroDivisionError):  # no cgroup of version 2, or "max"
        return sys.maxsize


def running() -> int:
    """How many threads of the machine run or wait to, this one among them; 1 where not known."""
    try:
        return int(Path("/proc/loadavg").read_text(encoding="ascii").split()[3].split("/")[0])
    except (OSError, ValueError, IndexError):
        return 1


def spread(work: Callable[[int], None], numbers: Sequence[int]) -> None:
    """Call `work` with each number: here, and at the same time on cores that nobody computes on.

    On a busy machine all is done here: who helped would have to be waited for. To be called by who
    is in `one_thread`. Raises what one call raised, once all have ended.
    """
    left = iter(numbers)  # whoever is free takes the next; the interpreter's lock keeps the order

    def some() -> None:
        for number in left:
            work(number)

    helpers = [_pool().submit(some) for _ in range(_take(len(numbers) - 1))]
    try:
        some()
    finally:
        wait(helpers)
        _give_back(len(helpers))
    for helper in helpers:
        helper.result()


def _take(wanted: int) -> int:
    """Take as many of the `wanted` cores as are free."""
    global _helping
    if wanted <= 0:
        return 0
    busy = running()
    with _counting:
        taken = min(wanted, max(0, core_count() - max(busy, _inside + _helping)))
        _helping += taken
    return taken


def _give_back(taken: int) -> None:
    global _helping
    with _counting:
        _helping -= taken


def _pool() -> ThreadPoolExecutor:
    def alone() -> None:
        import torch

        torch.set_num_threads(1)

    return once("helpers", lambda: ThreadPoolExecutor(256, "helper", alone))


# --- What the garbage collector sees ------------------------------------------------------------


def freeze() -> None:
    """Keep what has been imported by now out of the garbage collector's sight, in the background.

    With the libraries loaded a full collection takes about 140 ms. Done once a process, and once
    more when torch has joined them.
    """
    once(f"frozen, torch {'torch' in sys.modules}", threading.Thread(target=_freeze).start)


def _freeze() -> None:
    gc.collect()
    gc.freeze()
    trim()


# --- The C library's heap -----------------------------------------------------------------------
# Where it trains: quick to give again, slow to pile up; where pages are drawn: shared, to stay
# small. All of it is glibc's; with another C library nothing happens.

# Of <malloc.h>.
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8


def keep() -> None:
    """Keep what a step frees for the next one.

    Else 20 MB would go back to the system and be fetched again, page by page, at every step: a
    quarter of the time.
    """
    if libc := _glibc():
        libc.mallopt(_M_MMAP_THRESHOLD, 32 * 2**20)
        libc.mallopt(_M_TRIM_THRESHOLD, 64 * 2**20)


def share() -> None:
    """Let all threads share two heaps.

    Else each had its own, and a page is drawn in a new thread each time. Not where it trains: two
    threads that compute one step would wait for each other's heap some thirty times in it.
    """
    if libc := _glibc():
        libc.mallopt(_M_ARENA_MAX, 2)


def trim() -> None:
    """Give back what is free now.

    An epoch's last batch is a smaller one: it cuts up what was kept for the others, which then
    take new memory. From epoch to epoch that adds up to hundreds of megabytes.
    """
    if libc := _glibc():
        libc.malloc_trim(0)


def _glibc() -> ctypes.CDLL | None:
    return ctypes.CDLL(None) if platform.libc_ver()[0] == "glibc" else None
