"""How fast training is: `python tests/benchmarks/training_speed.py [--rounds 10]`.

Every contender trains the same network on the same images in one thread of a process of its own,
as an arm does beside the other one, in interleaved rounds. Figures are medians over the rounds,
in images per second of processor time, so that other programs on the machine disturb little. The
last table is by the clock: two arms at once, in two threads of one process.

The plain network is what a PyTorch tutorial writes: eager, NCHW, a DataLoader, sigmoid and
BCELoss, torch.optim.Adam. The ceiling is a 2048×2048 matrix product.
"""

from __future__ import annotations

import argparse
import importlib.util
import multiprocessing
import os
import statistics
import sys
import threading
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))
from core.autoencoder import Settings

IMAGES = 4096  # per round and arm: the first steps, with nothing in the caches, count little
FLOP = 20.6e6  # of a 28×28 image: forward and backward, upsampled convolutions on the small one

CONTENDERS = ("ours, fp32", "ours, bf16", "plain torch", "Keras")
CASES = ((28, 128), (28, 32), (32, 128), (32, 32))  # size, batch

Round = Callable[[], object]


def ours(settings: Settings) -> Round:
    import torch

    from core import machine
    from core.autoencoder import network, training

    machine.keep()
    step = training.Step(settings)
    x = network.channels_last(torch.rand(IMAGES, settings.size, settings.size))
    count = 0

    def run() -> None:
        nonlocal count
        torch.set_num_threads(1)
        for part in x.split(settings.batch_size):
            count += 1
            step(training.Batch(part, part), count)
            step.sums.tolist()

    return run


def plain(settings: Settings) -> Round:
    import torch
    from torch.utils.data import DataLoader, TensorDataset

    from core.autoencoder import network

    model = network.Autoencoder(settings)
    optimizer = torch.optim.Adam(model.parameters(), settings.learning_rate, eps=1e-7)
    criterion = torch.nn.BCELoss()
    x = torch.rand(IMAGES, 1, settings.size, settings.size)
    loader = DataLoader(TensorDataset(x, x), settings.batch_size, shuffle=True)

    def run() -> None:
        torch.set_num_threads(1)
        for noisy, clean in loader:
            optimizer.zero_grad()
            loss = criterion(model(noisy), clean)
            loss.backward()
            optimizer.step()
            loss.item()

    return run


def keras(settings: Settings) -> Round:
    os.environ.update(TF_NUM_INTRAOP_THREADS="1", TF_NUM_INTEROP_THREADS="1")
    import numpy as np
    from keras import Input, Sequential
    from keras.layers import Conv2D, MaxPooling2D, UpSampling2D

    model = Sequential([Input((settings.size, settings.size, 1))])
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
    x = np.random.default_rng(0).random((IMAGES, settings.size, settings.size, 1), np.float32)
    return lambda: model.fit(x, x, settings.batch_size, verbose=0)


def matrix_product(precision: str) -> Round:
    import torch

    torch.set_num_threads(1)
    a = torch.rand(2048, 2048).to({"fp32": torch.float32, "bf16": torch.bfloat16}[precision])
    return lambda: a @ a


def contender(name: str, size: int, batch: int) -> Round:
    settings = Settings(
        pad_width=(size - 28) // 2, batch_size=batch, precision="bf16" if "bf16" in name else "fp32"
    )
    if name.startswith("ours"):
        return ours(settings)
    return keras(settings) if name == "Keras" else plain(settings)


def serve(connection: Connection, name: str) -> None:
    """Run what is asked for, a case or "both" arms, and answer with its seconds."""
    rounds = {case: contender(name, *case) for case in CASES}
    products = {precision: matrix_product(precision) for precision in ("fp32", "bf16")}
    connection.send(None)
    while (order := connection.recv()) is not None:
        if isinstance(order, int):
            start = time.perf_counter()
            threads = [threading.Thread(target=rounds[size, order]) for size in (28, 32)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            connection.send(time.perf_counter() - start)
        else:
            start = time.process_time()
            (products | rounds)[order]()
            connection.send(time.process_time() - start)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=10)
    rounds = parser.parse_args().rounds
    spawn = multiprocessing.get_context("spawn")
    lines: dict[str, Connection] = {}
    for name in CONTENDERS:
        if name == "Keras" and importlib.util.find_spec("keras") is None:
            print("Keras is not installed: it is left out")
            continue
        lines[name], theirs = spawn.Pipe()
        spawn.Process(target=serve, args=(theirs, name), daemon=True).start()
        theirs.close()
        lines[name].recv()

    def median(seconds: list[float]) -> float:
        return statistics.median(seconds[1:])  # the first round warms up

    def ask(name: str, order: object) -> float:
        lines[name].send(order)
        return float(lines[name].recv())

    took = {(name, case): [] for case in CASES for name in lines}
    products = {"fp32": [], "bf16": []}
    both = {(name, batch): [] for batch in (128, 32) for name in lines}
    for _ in range(rounds + 1):
        for (name, case), seconds in took.items():
            seconds.append(ask(name, case))
        for precision, seconds in products.items():
            seconds.append(ask("ours, fp32", precision))
        for (name, batch), seconds in both.items():
            seconds.append(ask(name, batch))

    ceilings = {precision: 2 * 2048**3 / median(s) for precision, s in products.items()}
    print(f"One thread, medians of {rounds} rounds; matrix product: ", end="")
    print(", ".join(f"{precision} {c / 1e9:.0f} GFLOP/s" for precision, c in ceilings.items()))
    print("| size | batch | | images/s | × plain | of the ceiling |")
    print("| --- | --- | --- | --- | --- | --- |")
    for (name, (size, batch)), seconds in took.items():
        ratio = median(took["plain torch", (size, batch)]) / median(seconds)
        speed = IMAGES / median(seconds)
        ceiling = ceilings["bf16" if "bf16" in name else "fp32"] / (FLOP * (size / 28) ** 2)
        row = f"| {size} | {batch} | {name} | {speed:.0f} | {ratio:.2f} |"
        print(f"{row} {speed / ceiling:.0%} |")
    print("\nTwo arms at once, 28×28 and 32×32, by the clock")
    print("| batch | | images/s, both | × plain |")
    print("| --- | --- | --- | --- |")
    for (name, batch), seconds in both.items():
        ratio = median(both["plain torch", batch]) / median(seconds)
        print(f"| {batch} | {name} | {2 * IMAGES / median(seconds):.0f} | {ratio:.2f} |")
    for line in lines.values():
        line.send(None)


if __name__ == "__main__":
    main()
