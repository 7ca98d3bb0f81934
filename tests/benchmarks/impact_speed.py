"""How long the exact impact map takes, against summing the same map with autograd in float64.

Run on one core: `taskset -c 0 python -m tests.benchmarks.impact_speed`. The ratio is what to
trust; autograd's floats are only correct up to 2⁵³ paths.
"""

import statistics
import time
from collections.abc import Callable
from functools import partial

import torch
import torch.nn.functional as F

from core import machine
from core.impact import Settings, report
from core.layers import parse_stack

CASES = (("conv3:same", 50), ("conv3", 50), ("conv3:same/partial", 50), ("conv3:full", 50))
SIZE, ROUNDS = 224, 5


def by_autograd(word: str, depth: int) -> None:
    """The same map in floats: zeros of the right width around, then all-ones kernels."""
    pixels = torch.zeros(1, 1, SIZE, SIZE, dtype=torch.float64, requires_grad=True)
    ones = torch.ones(1, 1, 3, 3, dtype=torch.float64)
    padding = {"same": 1, "full": 2}.get(word.partition(":")[2].partition("/")[0], 0)
    activity = pixels
    for _ in range(depth):
        activity = F.conv2d(activity, ones, padding=padding)
    torch.autograd.grad(activity.sum(), pixels)


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


@machine.one_thread()
def main() -> None:
    print(f"{SIZE}×{SIZE}, median of {ROUNDS} interleaved rounds, one core")
    print(f"{'stack':>24} {'exact, s':>9} {'autograd, s':>12} {'ratio':>6}")
    for word, depth in CASES:
        settings = Settings(size=SIZE, layers=parse_stack(" ".join([word] * depth)))
        exact, floats = [], []
        for _ in range(ROUNDS):
            exact.append(seconds(partial(report, settings)))
            floats.append(seconds(partial(by_autograd, word, depth)))
        ours, theirs = statistics.median(exact), statistics.median(floats)
        print(f"{depth:>3} × {word:<18} {ours:>9.3f} {theirs:>12.3f} {theirs / ours:>6.1f}")


if __name__ == "__main__":
    main()
