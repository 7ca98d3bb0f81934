"""What is freed stays for the next step, and goes back when it is told to."""

import platform
import resource
from pathlib import Path

import numpy as np
import pytest

from core import machine

pytestmark = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="needs glibc")

MB = 2**20


def resident() -> float:
    """MB of this process's memory."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / MB


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
