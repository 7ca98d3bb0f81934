"""How fast both arms train: `python -m tests.benchmarks.training_speed [--rounds 5]`.

Every contender trains the same network on the same images, both arms (28×28 and 32×32, as many
images each), with every core that the machine gives this process, in interleaved rounds by the
clock. All shuffle anew each round, and all read their batches from the same set, as the app does:
bytes, padded and made noisy when they are asked for. Figures are medians over the rounds.

There are two ways for two arms to share the cores: side by side, a thread each, and in turn, each
with all threads. Every contender goes both ways and is shown in its better one; the app trains side
by side, in two threads of one process, and the others in two processes, which is no worse. Threads
are ours to give as anybody's: the app's own count follows from who else is in training.

`--threads` measures one arm of the app on 1, 2, 4, … cores instead.

*Plain* is what a PyTorch tutorial writes: eager, NCHW, sigmoid and BCELoss, torch.optim.Adam.
bf16 means autocast for PyTorch, `mixed_bfloat16` for Keras; ×  columns compare like with like.
torch.compile takes minutes to start and a C++ compiler: it is asked for by `--compile`.

`--avx2` keeps every contender to AVX2, in fp32, where the processor has AVX-512 too: the libraries
that compute, oneDNN, MKL and PyTorch's own, are told so. TensorFlow's other code knows no such
order, and keeps what it was compiled for.
"""

from __future__ import annotations

import argparse
import importlib.util
import multiprocessing
import os
import shutil
import statistics
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from unittest.mock import patch

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parents[2]))
from core import data
from core.autoencoder import Settings

IMAGES = 4096  # per round and arm: the first steps, with nothing in the caches, count little
FLOP = {28: 20.6e6, 32: 20.6e6 * 32**2 / 28**2}  # forward and backward, upsampling left out
SIZES = (28, 32)
CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1

AVX2 = {
    "ONEDNN_MAX_CPU_ISA": "AVX2",
    "MKL_ENABLE_INSTRUCTIONS": "AVX2",
    "ATEN_CPU_CAPABILITY": "avx2",
}
"""What keeps a process, and those that it starts, to AVX2; read when a library is loaded."""

Batches = Iterator[tuple[NDArray[np.float32], NDArray[np.float32]]]
Round = Callable[[], object]


@dataclass(frozen=True)
class Contender:
    """Who trains: a name, the function that makes a round of training, and its arithmetic."""

    name: str
    make: Callable[[data.NoisySet, Settings, int], Round]
    precision: str = "fp32"
    needs: str = ""  # a package


def noisy_set(size: int) -> data.NoisySet:
    """Random bytes as images, padded to `size` and made noisy once, as every run is."""
    images = np.random.default_rng(0).integers(256, size=(IMAGES, 28, 28), dtype=np.uint8)
    return data.noisy_set(images, pad_width=(size - 28) // 2)


def shuffled(images: data.NoisySet, batch: int, rng: np.random.Generator) -> Batches:
    """All images once, in random order: (noisy, clean), each (batch, height, width)."""
    order = rng.permutation(len(images))
    for start in range(0, len(order), batch):
        indices = order[start : start + batch]
        yield images.noisy_batch(indices), images.clean_batch(indices)


def ours(images: data.NoisySet, settings: Settings, threads: int) -> Round:
    import torch

    from core import machine
    from core.autoencoder import network
    from core.autoencoder.step import AdamStep, Batch

    machine.keep()
    step = AdamStep(settings)
    rng = np.random.default_rng(0)
    count = 0

    @machine.one_thread()
    def run() -> None:
        nonlocal count
        for both in shuffled(images, settings.batch_size, rng):
            count += 1
            parts = (network.channels_last(torch.from_numpy(part)) for part in both)
            step(Batch(*parts), count)
            step.sums.tolist()

    return run


def plain(
    images: data.NoisySet,
    settings: Settings,
    threads: int,
    *,
    channels_last: bool = False,
    compiled: bool = False,
) -> Round:
    import torch

    from core.autoencoder import network

    torch.set_num_threads(threads)
    memory = torch.channels_last if channels_last else torch.contiguous_format
    model = network.Autoencoder(settings)
    model.to(memory_format=memory)  # type: ignore[call-overload]
    optimizer = torch.optim.Adam(model.parameters(), settings.learning_rate, eps=1e-7)
    criterion = torch.nn.BCELoss()
    forward = torch.compile(model) if compiled else model
    rng = np.random.default_rng(0)

    def run() -> None:
        torch.set_num_threads(threads)
        for both in shuffled(images, settings.batch_size, rng):
            noisy, clean = (
                torch.from_numpy(part)[:, None].contiguous(memory_format=memory) for part in both
            )
            optimizer.zero_grad()
            with torch.autocast("cpu", torch.bfloat16, enabled=settings.precision == "bf16"):
                output = forward(noisy)
            loss = criterion(output.float(), clean)
            loss.backward()
            optimizer.step()
            loss.item()

    return run


def channels_last(images: data.NoisySet, settings: Settings, threads: int) -> Round:
    return plain(images, settings, threads, channels_last=True)


def compiled(images: data.NoisySet, settings: Settings, threads: int) -> Round:
    return plain(images, settings, threads, channels_last=True, compiled=True)


def keras(images: data.NoisySet, settings: Settings, threads: int) -> Round:
    os.environ["KERAS_BACKEND"] = "tensorflow"
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(threads)
    import keras
    from keras.layers import Conv2D, MaxPooling2D, UpSampling2D

    keras.mixed_precision.set_global_policy(
        "mixed_bfloat16" if settings.precision == "bf16" else "float32"
    )
    model = keras.Sequential([keras.Input((settings.size, settings.size, 1))])
    for channels, activation, after in (
        (32, "relu", MaxPooling2D(2, padding="same")),
        (32, "relu", MaxPooling2D(2, padding="same")),
        (32, "relu", UpSampling2D(2)),
        (32, "relu", UpSampling2D(2)),
        (1, "sigmoid", None),
    ):
        model.add(Conv2D(channels, 3, activation=activation, padding="same"))
        if after is not None:
            model.add(after)
    model.compile("adam", "binary_crossentropy")

    class Feed(keras.utils.PyDataset):  # type: ignore[misc]
        """The same batches as everybody's, by their number."""

        def __init__(self) -> None:
            super().__init__()
            self.rng = np.random.default_rng(0)
            self.on_epoch_end()

        def __len__(self) -> int:
            return -(-len(images) // settings.batch_size)

        def on_epoch_end(self) -> None:
            self.order = self.rng.permutation(len(images))

        def __getitem__(self, number: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
            start = number * settings.batch_size
            indices = self.order[start : start + settings.batch_size]
            return images.noisy_batch(indices)[..., None], images.clean_batch(indices)[..., None]

    feed = Feed()
    return lambda: model.fit(feed, shuffle=False, verbose=0)


CONTENDERS = (
    Contender("plain PyTorch", plain),
    Contender("PyTorch, channels last", channels_last),
    Contender("PyTorch, channels last, torch.compile", compiled, needs="compiler"),
    Contender("Keras on TensorFlow", keras, needs="tensorflow"),
    Contender("Padding Lab", ours),
    Contender("plain PyTorch, bf16", plain, "bf16"),
    Contender("PyTorch, channels last, bf16", channels_last, "bf16"),
    Contender("Keras on TensorFlow, bf16", keras, "bf16", needs="tensorflow"),
    Contender("Padding Lab, bf16", ours, "bf16"),
)


def available(contender: Contender) -> bool:
    if contender.needs == "compiler":
        return "--compile" in sys.argv and shutil.which("g++") is not None
    return not contender.needs or importlib.util.find_spec(contender.needs) is not None


def rounds_of(
    contender: Contender, batch: int, sizes: tuple[int, ...], threads: int
) -> list[Round]:
    return [
        contender.make(
            noisy_set(size),
            Settings(pad_width=(size - 28) // 2, batch_size=batch, precision=contender.precision),
            threads,
        )
        for size in sizes
    ]


def serve(
    connection: Connection, contender: Contender, batch: int, sizes: tuple[int, ...], threads: int
) -> None:
    """Train the arms of `sizes`, side by side if `threads` is 1, whenever asked to."""
    rounds = rounds_of(contender, batch, sizes, threads)
    connection.send(None)
    while connection.recv():
        if threads == 1:
            workers = [threading.Thread(target=run) for run in rounds]
            for worker in workers:
                worker.start()
            for worker in workers:
                worker.join()
        else:
            for run in rounds:
                run()
        connection.send(None)


class Team:
    """The processes that train one contender's two arms one way."""

    def __init__(self, contender: Contender, batch: int, way: str) -> None:
        groups: list[tuple[int, ...]] = [SIZES]
        threads = CORES if way == "in turn" else 1
        if way == "side by side" and contender.make is not ours:
            groups = [(size,) for size in SIZES]
        self.lines = []
        spawn = multiprocessing.get_context("spawn")
        for sizes in groups:
            mine, theirs = spawn.Pipe()
            arguments = (theirs, contender, batch, sizes, threads)
            spawn.Process(target=serve, args=arguments, daemon=True).start()
            theirs.close()
            self.lines.append(mine)
        for line in self.lines:
            line.recv()

    def train(self) -> float:
        """Seconds for one round of both arms."""
        start = time.perf_counter()
        for line in self.lines:
            line.send(True)
        for line in self.lines:
            line.recv()
        return time.perf_counter() - start

    def end(self) -> None:
        for line in self.lines:
            line.send(False)


def matrix_product(precision: str, threads: int = CORES, seconds: float = 2.0) -> float:
    """What a 2048 × 2048 matrix product reaches on so many cores: FLOP a second."""
    import torch

    torch.set_num_threads(threads)
    a = torch.rand(2048, 2048).to({"fp32": torch.float32, "bf16": torch.bfloat16}[precision])
    took: list[float] = []
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or len(took) < 3:
        start = time.perf_counter()
        a @ a
        took.append(time.perf_counter() - start)
    return 2 * 2048**3 / statistics.median(took)


def one_arm(batch: int, rounds: int) -> None:
    """Print how fast one arm of the app is on 1, 2, 4, … cores, in interleaved rounds.

    Beside it stands a matrix product: cores of a virtual machine may share what they compute with.
    """
    from core import machine

    counts = [2**power for power in range(CORES.bit_length()) if 2**power <= CORES]
    run = ours(noisy_set(28), Settings(batch_size=batch), CORES)
    images: dict[int, list[float]] = {count: [] for count in counts}
    flop: dict[int, list[float]] = {count: [] for count in counts}
    for _ in range(rounds + 1):
        for count in counts:
            with patch.object(machine, "core_count", return_value=count):
                start = time.perf_counter()
                run()
                images[count].append(IMAGES / (time.perf_counter() - start))
            flop[count].append(matrix_product("fp32", count, seconds=1.0))
    print(f"\nOne arm, 28×28, batch {batch}, medians of {rounds} rounds")
    print("| cores | images/s | × one core | matrix product, GFLOP/s | × one core | share of it |")
    print("| --- | --- | --- | --- | --- | --- |")
    speed, product = (
        {count: statistics.median(seen[1:]) for count, seen in found.items()}
        for found in (images, flop)
    )
    for count in counts:
        print(
            f"| {count} | {speed[count]:,.0f} | {speed[count] / speed[1]:.2f} "
            f"| {product[count] / 1e9:.0f} | {product[count] / product[1]:.2f} "
            f"| {speed[count] * FLOP[28] / product[count]:.0%} |"
        )


def main() -> None:
    from core.machine import processor

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--batch", type=int, action="append", choices=(32, 128))
    parser.add_argument("--compile", action="store_true")
    parser.add_argument("--threads", action="store_true", help="one arm on 1, 2, 4, … cores")
    parser.add_argument("--avx2", action="store_true", help="as without AVX-512, in fp32")
    asked = parser.parse_args()
    here = f"{processor()}{' kept to AVX2' if asked.avx2 else ''}, {CORES} cores"
    if asked.avx2:
        os.environ.update(AVX2)
    if asked.threads:
        print(here)
        for batch in asked.batch or (128, 32):
            one_arm(batch, asked.rounds)
        return
    precisions = ("fp32",) if asked.avx2 else ("fp32", "bf16")
    wanted = [contender for contender in CONTENDERS if contender.precision in precisions]
    contenders = [contender for contender in wanted if available(contender)]
    for contender in wanted:
        if contender not in contenders:
            print(f"{contender.name} is left out: {contender.needs} was not found")
    ceilings = {precision: matrix_product(precision) for precision in precisions}
    print(f"{here}; matrix product ", end="")
    print(", ".join(f"{name} {flop / 1e9:.0f} GFLOP/s" for name, flop in ceilings.items()))
    work = sum(FLOP[size] for size in SIZES) / len(SIZES)
    for batch in asked.batch or (128, 32):
        teams = {
            (contender, way): Team(contender, batch, way)
            for contender in contenders
            for way in ("side by side", "in turn")
        }
        took: dict[tuple[Contender, str], list[float]] = {key: [] for key in teams}
        for _ in range(asked.rounds + 1):
            for (contender, way), team in teams.items():
                took[contender, way].append(team.train())
                seconds = took[contender, way][-1]
                print(f"{contender.name}, {way}: {seconds:.1f} s", file=sys.stderr, flush=True)
        for team in teams.values():
            team.end()
        # The first round warms up.
        speed = {
            key: len(SIZES) * IMAGES / statistics.median(seconds[1:])
            for key, seconds in took.items()
        }
        best = {
            contender: max((speed[contender, way], way) for way in ("side by side", "in turn"))
            for contender in contenders
        }
        by_name = {contender.name: found for contender, (found, _) in best.items()}
        print(f"\nBoth arms, batch {batch}, medians of {asked.rounds} rounds")
        print("| | images/s | arms | × plain | × Keras | of a matrix product |")
        print("| --- | --- | --- | --- | --- | --- |")
        for contender, (found, way) in best.items():
            suffix = ", bf16" if contender.precision == "bf16" else ""
            ratios = [
                f"{found / by_name[name + suffix]:.2f}" if name + suffix in by_name else "–"
                for name in ("plain PyTorch", "Keras on TensorFlow")
            ]
            share = found * work / ceilings[contender.precision]
            print(
                f"| {contender.name} | {found:,.0f} | {way} | {' | '.join(ratios)} | {share:.0%} |"
            )


if __name__ == "__main__":
    main()
