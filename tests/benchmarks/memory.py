"""What a server holds in memory: `python tests/benchmarks/memory.py [--seconds 20]`.

Resident megabytes of one process, step by step: Python with Streamlit, with MNIST, with torch,
and at most while both arms of the original protocol train on the CPU in two threads.
"""

from __future__ import annotations

import argparse
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))


def resident() -> float:
    """Megabytes; Linux."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return next(int(line.split()[1]) for line in status.splitlines() if "VmRSS" in line) / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=20, help="how long to train")
    seconds = parser.parse_args().seconds
    print("| | resident, MB |\n| --- | --- |")

    def show(what: str, size: float | None = None) -> None:
        print(f"| {what} | {resident() if size is None else size:.0f} |", flush=True)

    import streamlit.web.bootstrap  # noqa: F401 - what `streamlit run` imports

    show("Streamlit")
    from core import data
    from core.autoencoder import ORIGINAL

    images = data.load("mnist" if data.available() else "digits")
    show(f"and {images.origin}")
    from core import training

    show("and torch")
    done = threading.Event()

    def arm(pad_width: int) -> None:
        sets = [
            data.noisy_set(part, pad_width=pad_width, split=split)
            for part, split in ((images.train, "train"), (images.test, "test"))
        ]
        settings = replace(ORIGINAL.settings, pad_width=pad_width, device="cpu")
        training.train(settings, *sets, ORIGINAL.images, stop=done.is_set)

    threads = [threading.Thread(target=arm, args=(pad_width,)) for pad_width in (0, 2)]
    for thread in threads:
        thread.start()
    most, until = 0.0, time.monotonic() + seconds
    while time.monotonic() < until:
        most = max(most, resident())
        time.sleep(0.05)
    show("while both arms train, at most", most)
    done.set()
    for thread in threads:
        thread.join()
    show("afterwards")


if __name__ == "__main__":
    main()
