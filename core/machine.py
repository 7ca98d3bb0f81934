"""The C library's heap in a server that trains: quick to give again, slow to pile up.

All of it is glibc's; with another C library nothing happens.
"""

from __future__ import annotations

import ctypes
import platform

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
        # Every thread would have a heap of its own, and a page is drawn in a new thread each time.
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
