"""What data costs: `python -m tests.benchmarks.data`. Each time as a multiple of one noise draw.

The draw of 60,000 × 28 × 28 normals cannot be avoided, so it is the yardstick.
"""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from core import data
from core.arrays import Bytes
from core.data import digits


def dataset() -> str:
    """MNIST where it is at hand."""
    return "mnist" if data.available() else "digits"


def seconds(work: Callable[[], Any], times: int = 1) -> float:
    """The least time of three rounds, for one call."""
    rounds = []
    for _ in range(3):
        start = time.perf_counter()
        for _ in range(times):
            work()
        rounds.append((time.perf_counter() - start) / times)
    return min(rounds)


def memory() -> str:
    """Resident memory of this process, now and at most (Linux)."""
    lines = Path("/proc/self/status").read_text().splitlines()
    found = {line.split()[0]: int(line.split()[1]) // 1024 for line in lines if "kB" in line}
    return f"{found['VmRSS:']} MB now, {found['VmHWM:']} MB at most"


def main() -> None:
    images = data.load(dataset())
    tasks: dict[str, tuple[Callable[[], Any], int]] = {
        "draw 60,000 × 28 × 28 normals": (lambda: _normals(60_000), 1),
        "load 60,000 of " + dataset(): (lambda: data.load(dataset()), 1),
        "draw 1,000 digits": (lambda: digits.draw(1_000), 1),
        "crop 60,000": (lambda: data.vary(images.train, "cropped"), 1),
        "noisy set, unpadded": (lambda: _noisy(images.train, 0), 1),
        "noisy set, padded by 2": (lambda: _noisy(images.train, 2), 1),
    }
    times = {name: seconds(*task) for name, task in tasks.items()}
    padded = _noisy(images.train, 2)
    order = np.random.default_rng(0).permutation(60_000)[:128]
    times["noisy batch of 128, padded by 2"] = seconds(lambda: padded.noisy_batch(order), 200)
    times["clean batch of 128, padded by 2"] = seconds(lambda: padded.clean_batch(order), 200)
    yardstick = next(iter(times.values()))
    for name, taken in times.items():
        print(f"{name:34} {taken * 1e3:9.2f} ms {taken / yardstick:9.4f}")
    print("so far:", memory())
    with ThreadPoolExecutor(2) as pool:
        arms = list(pool.map(lambda width: _noisy(images.train, width, seed=1), (0, 2)))
    print(f"one more pair of arms ({len(arms)} sets):", memory())


def _noisy(images: Bytes, pad_width: int, seed: int = 0) -> data.NoisySet:
    """A set whose noise has all been drawn."""
    made = data.noisy_set(images, pad_width=pad_width, seed=seed)
    made.noisy_batch(slice(-1, None))
    return made


def _normals(n: int) -> None:
    generator = np.random.default_rng(0)
    for _ in range(0, n, data.BLOCK):
        generator.standard_normal((data.BLOCK, 28, 28), np.float32)


if __name__ == "__main__":
    main()
