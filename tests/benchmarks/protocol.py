"""The README's figures on the original protocol: `python -m tests.benchmarks.protocol`.

They are those of the runs that the repository ships; nothing is trained.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from statistics import mean

from core.autoencoder import Checkpoint, Run
from core.autoencoder.presets import AS_ASKED, ORIGINAL_PADDED, judged_seeds
from core.judgement import interval
from core.loss.comparison import Pairs, changes
from pages.shared.verdict import sentence, weigh
from tests import shipped

ROWS: dict[str, tuple[int, Callable[[Checkpoint], float]]] = {
    "training loss per pixel, epoch 10": (4, lambda last: last.train_loss),
    "test loss per pixel": (4, lambda last: last.per_pixel),
    "test loss per image": (2, lambda last: last.total),
    "of it entropy floor": (2, lambda last: last.entropy_floor),
    "of it original 28×28 pixels": (2, lambda last: last.interior),
    "of it border": (3, lambda last: last.border),
}
"""What the table shows of a network: decimals, and the figure."""


def lines() -> Iterator[str]:
    """The table and the sentences, in the README's order."""
    pairs = pairs_of(ORIGINAL_PADDED)
    yield from ("| | unpadded | padded by 2 (edge) |", "| --- | --- | --- |")
    for name, (decimals, figure) in ROWS.items():
        cells = [
            cell([figure(network) for network in networks], decimals)
            for networks in zip(*pairs.values(), strict=True)
        ]
        yield f"| {name} | {' | '.join(cells)} |"
    found = changes(pairs).values()
    per_pixel = change([-one.per_pixel for one in found], 1)
    total = change([one.total for one in found], 2)
    yield f"the loss *per pixel* falls by {per_pixel.partition(' ±')[0]}"
    yield f"Padding lowers the loss per pixel by {per_pixel} and raises the total by {total}."
    yield from map(verdict, (ORIGINAL_PADDED, AS_ASKED))


def pairs_of(padded: Run) -> Pairs:
    """Both arms of a shipped experiment, for every seed that is judged."""
    return {seed: shipped.pair(padded.but(seed=seed)) for seed in judged_seeds(padded)}


def verdict(padded: Run) -> str:
    """What the page says of all these runs."""
    found = {seed: one.shared for seed, one in changes(pairs_of(padded)).items()}
    return sentence(weigh(found, judged_seeds(padded)))


def cell(figures: Sequence[float], decimals: int) -> str:
    """A mean with its range; of what is always the same only that, and a dash for nothing."""
    shown, *ends = (f"{one:.{decimals}f}" for one in (mean(figures), min(figures), max(figures)))
    if not any(figures):
        return "–"
    return shown if {*ends} == {shown} else f"{shown} [{', '.join(ends)}]"


def change(shares: Sequence[float], decimals: int) -> str:
    """A mean change with its 95 % interval."""
    found = interval(shares)
    return f"{100 * found.mean:.{decimals}f} % ± {100 * found.margin:.{decimals}f}"


if __name__ == "__main__":
    print(*lines(), sep="\n")
