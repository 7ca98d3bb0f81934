"""The memory of the app: `python -m tests.benchmarks.memory [--live]` (Linux).

What is resident of the server, of its process that trains, and what both take together: pages that
they share are counted once (PSS), as a limit on both counts them. Before the first visit, idle with
a page drawn, and while they train both arms of the original protocol, or of the live preset, on the
CPU, until they are done or the seconds are over. With MNIST where it is at hand.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

from core.autoencoder import LIVE, ORIGINAL
from tests.benchmarks.data import dataset
from tests.benchmarks.visitors import chromium, visit
from tests.servers import serving


def server() -> int:
    """The process that `serving` has started; of several, the first."""
    return servers()[0]


def servers() -> list[int]:
    """The processes that `serving` has started."""
    commands = {
        child: Path(f"/proc/{child}/cmdline").read_text() for child in children(os.getpid())
    }
    return [child for child, command in commands.items() if "streamlit" in command]


def processes() -> list[int]:
    """The servers, and the processes that train, where there are any."""
    return [process for parent in servers() for process in (parent, *children(parent))]


def children(parent: int) -> list[int]:
    """The processes that this one has started, by any of its threads."""
    files = Path(f"/proc/{parent}/task").glob("*/children")
    return [int(child) for file in files for child in file.read_text().split()]


def megabytes(process: int, name: str) -> int:
    """VmRSS, what is resident now, VmHWM, the most that has been, or Pss, shared pages in part."""
    file = "smaps_rollup" if name == "Pss" else "status"
    lines = Path(f"/proc/{process}/{file}").read_text().splitlines()
    return next(int(line.split()[1]) // 1024 for line in lines if line.startswith(name))


def together() -> int:
    """What all processes take, in MB; one that is just ending, nothing."""
    taken = 0
    for process in processes():
        with contextlib.suppress(OSError):
            taken += megabytes(process, "Pss")
    return taken


@contextmanager
def watched() -> Iterator[list[int]]:
    """What all processes take together, looked at twice a second from here on."""
    seen, end = [together()], threading.Event()

    def look() -> None:
        while not end.wait(0.5):
            seen.append(together())

    looking = threading.Thread(target=look, daemon=True)
    looking.start()
    try:
        yield seen
    finally:
        end.set()
        looking.join(10)


def tell(when: str) -> None:
    each = " + ".join(f"{megabytes(process, 'VmRSS')} MB" for process in processes())
    print(f"{when:14}{each}, together {together()} MB", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--live", action="store_true")
    parser.add_argument("--seconds", type=float, default=900)
    given = parser.parse_args()
    settings, images = LIVE if given.live else ORIGINAL
    wanted = {
        "dataset": dataset(),
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
        tell("started")
        page = visit(browser, f"{address}/autoencoder?{urlencode(wanted)}")
        page.wait_for_timeout(5_000)  # what trains is imported in the background
        tell("idle")
        page.get_by_role("button", name="Train", exact=True).click()
        stop = page.get_by_test_id("stMain").get_by_role("button", name="Stop")
        stop.wait_for()
        end = time.monotonic() + given.seconds
        with watched() as seen:
            while stop.count() and time.monotonic() < end:
                page.wait_for_timeout(500)
        how_far = "done" if not stop.count() else page.get_by_test_id("stProgress").inner_text()
        tell("at the end")
        median, most = sorted(seen)[len(seen) // 2], max(seen)
        print(f"training      together {median} MB, median, and {most} MB at most ({how_far})")


if __name__ == "__main__":
    main()
