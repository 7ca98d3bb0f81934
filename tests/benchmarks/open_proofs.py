"""Which settings of the probe are left open: neither weights found nor a proof that there are none.

Run: `python -m tests.benchmarks.open_proofs --sizes 3 4 5 --kernels 2 --layers 2 3`. Targets that
differ by the order of row and column are counted once. Prints each open case, then how many there
are of how many, by what proves the others, and the seconds of processor time the slowest took.
"""

import argparse
import itertools
import time
from collections import Counter
from collections.abc import Iterator, Sequence

from core.layers import PADDING_MODES, PADDINGS
from core.settings import InputError
from core.shift_probe import Network, Settings, prove


def grid(sizes: Sequence[int], kernels: Sequence[int], layers: Sequence[int]) -> Iterator[Settings]:
    """Every padding, mode and target that fits, with and without a bias."""
    shapes = itertools.product(layers, kernels, sizes, PADDINGS, PADDING_MODES, (False, True))
    for depth, kernel, size, padding, mode, bias in shapes:
        if padding == "valid" and mode != "zeros":
            continue
        for target in itertools.combinations_with_replacement(range(size), 2):
            try:
                yield Settings(size, kernel, depth, padding, mode, bias, target)
            except InputError:
                break


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for name, default in (("sizes", [3, 4, 5]), ("kernels", [2]), ("layers", [2, 3])):
        parser.add_argument(f"--{name}", type=int, nargs="+", default=default)
    arguments = parser.parse_args()
    kinds: Counter[str] = Counter()
    slowest = 0.0
    for settings in grid(arguments.sizes, arguments.kernels, arguments.layers):
        start = time.process_time()
        proof = prove(Network(settings))
        slowest = max(slowest, time.process_time() - start)
        kinds[proof.kind or "open"] += 1
        if proof.separable is None:
            print(settings, flush=True)
    print(f"{kinds['open']} of {kinds.total()} open; {dict(kinds)}; slowest {slowest:.2f} s")


if __name__ == "__main__":
    main()
