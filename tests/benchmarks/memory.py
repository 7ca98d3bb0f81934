"""The server's resident memory: `python -m tests.benchmarks.memory [--live]` (Linux).

Before the first visit, idle with a page drawn, and while it trains both arms of the original
protocol, or of the live preset, on the CPU, until they are done or the seconds are over. With
MNIST where it is at hand.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from pathlib import Path
from urllib.parse import urlencode

from core import data
from core.autoencoder import LIVE, ORIGINAL
from tests.benchmarks.visitors import chromium, visit
from tests.browser.conftest import serving


def server() -> int:
    """The process that `serving` has started."""
    own = os.getpid()
    children = Path(f"/proc/{own}/task/{own}/children").read_text().split()
    commands = {int(child): Path(f"/proc/{child}/cmdline").read_text() for child in children}
    return next(child for child, command in commands.items() if "streamlit" in command)


def megabytes(process: int, name: str) -> int:
    """VmRSS, what is resident now, or VmHWM, the most that has been."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return next(int(line.split()[1]) // 1024 for line in lines if line.startswith(name))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--live", action="store_true")
    parser.add_argument("--seconds", type=float, default=900)
    given = parser.parse_args()
    settings, images = LIVE if given.live else ORIGINAL
    wanted = {
        "dataset": "mnist" if data.available() else "digits",
        "train_size": settings.train_size,
        "batch_size": settings.batch_size,
        "learning_rate": settings.learning_rate,
        "images": images,
        "device": "cpu",
        "seed": 1234,  # kept nowhere
    }
    with (
        tempfile.TemporaryDirectory() as folder,
        serving(Path(folder), PADDING_LAB_CACHE=folder) as address,
        chromium() as browser,
    ):
        process = server()
        print(f"started        {megabytes(process, 'VmRSS'):5} MB", flush=True)
        page = visit(browser, f"{address}/autoencoder?{urlencode(wanted)}")
        page.wait_for_timeout(5_000)  # what trains is imported in the background
        print(f"idle           {megabytes(process, 'VmRSS'):5} MB", flush=True)
        page.get_by_role("button", name="Train", exact=True).click()
        stop = page.get_by_test_id("stMain").get_by_role("button", name="Stop")
        stop.wait_for()
        seen, end = [], time.monotonic() + given.seconds
        while stop.count() and time.monotonic() < end:
            page.wait_for_timeout(500)
            seen.append(megabytes(process, "VmRSS"))
        how_far = "done" if not stop.count() else page.get_by_test_id("stProgress").inner_text()
        print(f"training       {sorted(seen)[len(seen) // 2]:5} MB, median ({how_far})")
        print(f"               {megabytes(process, 'VmHWM'):5} MB at most")


if __name__ == "__main__":
    main()
