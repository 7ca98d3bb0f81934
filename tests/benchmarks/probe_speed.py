"""How long the probe takes, against the same experiment as the article writes it, in torch.

Run on one core: `taskset -c 0 python -m tests.benchmarks.probe_speed`. The ratio is what to
trust, to training in torch: every image through one Conv2d, its sum, balanced cross-entropy,
Adam, until perfect.
"""

import statistics
import time
from collections.abc import Callable

import torch
import torch.nn.functional as F

from core import machine
from core.shift_probe import Network, Settings, prove, report, train
from core.shift_probe.comparison import EVERY_PADDING, compare_one
from core.shift_probe.readout import readouts
from core.shift_probe.red_green import Settings as RedGreen
from core.shift_probe.red_green import run

ROUNDS = 7


def as_the_article(steps: int = 2000) -> int:
    """Train the default settings in torch; the steps until perfect."""
    torch.manual_seed(0)
    convolution = torch.nn.Conv2d(1, 1, 3, padding="same", bias=False)
    optimiser = torch.optim.Adam(convolution.parameters(), lr=0.1)
    images = torch.eye(100).reshape(100, 1, 10, 10)
    labels = torch.zeros(100)
    labels[0] = 1
    for step in range(steps):
        scores = convolution(images).sum(dim=(1, 2, 3))
        if ((scores > 0) == labels.bool()).all():
            return step
        weights = labels * 98 + 1
        loss = F.binary_cross_entropy_with_logits(scores, labels, weights)
        optimiser.zero_grad()
        torch.autograd.backward(loss)
        optimiser.step()
    raise AssertionError("not perfect")


def milliseconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return 1000 * (time.perf_counter() - start)


@machine.one_thread()
def main() -> None:
    large = Settings(size=32, kernel=7)
    deep = Settings(size=12, layers=5, target=(2, 2))
    works: dict[str, Callable[[], object]] = {
        "torch, until perfect": as_the_article,
        "train": lambda: train(Network(Settings())),
        "train, 32×32, kernel 7": lambda: train(Network(large)),
        "train, 5 layers": lambda: train(Network(deep)),
        "prove": lambda: prove(Network(Settings())),
        "prove, 32×32, kernel 7": lambda: prove(Network(large)),
        "report": lambda: report(Settings()),
        "compare all paddings": lambda: [
            compare_one(Settings(), *padded) for padded in EVERY_PADDING
        ],
        "readouts, depths 1 to 8": lambda: readouts("same"),
        "red-green, one run": lambda: run(RedGreen()),
    }
    times: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(ROUNDS):
        for name, work in works.items():
            times[name].append(milliseconds(work))
    medians = {name: statistics.median(taken) for name, taken in times.items()}
    for name, median in medians.items():
        print(f"{name:26} {median:9.1f} ms {median / medians['torch, until perfect']:8.2f}")


if __name__ == "__main__":
    main()
