"""A step of the training: the loss, its gradient, and Adam.

On the CPU a batch is cut into parts, by the settings alone, and each part has a gradient of its
own. They are computed one after the other or side by side, on as many cores as are free, and summed
in their order: the bits do not depend on who computed what.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from core import machine
from core.autoencoder import network
from core.autoencoder.experiment import Settings, parameter_count
from core.autoencoder.gradient import Gradient, WrittenOut
from core.autoencoder.record import State

CPU = torch.device("cpu")


class Batch(NamedTuple):
    """Images (batch, 1, height, width), channels last."""

    noisy: Tensor
    clean: Tensor


def blank(count: int, size: int, device: torch.device) -> Batch:
    """A batch of nothing."""
    zeros = (torch.zeros(count, size, size, device=device) for _ in range(2))
    return Batch(*(network.channels_last(images) for images in zeros))


def at_once(settings: Settings) -> int:
    """How many images go through the network together, on the CPU.

    The widest maps of so many are near the size of a core's cache.
    """
    return 32 * 32 // settings.channels


def part_size(settings: Settings) -> int:
    """How many images a part of a batch has; the last part may have fewer.

    There are two at least, for two cores, unless the work of dividing would outweigh them.
    """
    batch = settings.batch_size
    parts = max(math.ceil(batch / at_once(settings)), min(2, batch // 8))
    return math.ceil(batch / parts)


class AdamStep:
    """One step of Keras's Adam on the binary cross-entropy, on flat vectors (parameters,)."""

    def __init__(
        self, settings: Settings, state: State | None = None, device: torch.device = CPU
    ) -> None:
        self.settings = settings
        zeros = np.zeros(parameter_count(settings), np.float32)
        held = (
            (network.initial_weights(settings), zeros, zeros)
            if state is None
            else (state.weights, state.mean, state.variance)
        )
        self.weights, self.mean, self.variance = (
            torch.from_numpy(vector.copy()).to(device) for vector in held
        )
        self.part = part_size(settings) if device.type == "cpu" else settings.batch_size
        count = math.ceil(settings.batch_size / self.part)
        exact = torch.float32 if device.type == "mps" else torch.float64
        self.gradients = torch.zeros(count, len(zeros), device=device)
        self.losses = torch.zeros(count, dtype=exact, device=device)
        kind = WrittenOut if WrittenOut.serves(settings, device) else Gradient
        self.parts = [
            kind(settings, self.weights, flat, loss)
            for flat, loss in zip(self.gradients, self.losses, strict=True)
        ]
        # Loss per pixel, summed over images: of this epoch, and since the curve's last point.
        sums = (0.0, 0.0) if state is None else (state.epoch_loss, state.point_loss)
        self.sums = torch.tensor(sums, dtype=exact, device=device)
        self.rate = torch.zeros((), device=device)

    def __call__(self, batch: Batch, steps: int) -> None:
        """Step number `steps`, counted from 1."""
        correction = math.sqrt(1 - self.settings.beta2**steps) / (1 - 0.9**steps)
        self.rate.fill_(self.settings.learning_rate * correction)
        self.move(*batch)

    def move(self, noisy: Tensor, clean: Tensor) -> None:
        cut = (torch.split(images, self.part) for images in (noisy, clean))
        parts = list(zip(*cut, strict=True))

        def compute(part: int) -> None:
            some_noisy, some_clean = parts[part]
            self.parts[part].compute(some_noisy, some_clean, len(noisy))

        machine.spread(compute, range(len(parts)))
        with torch.no_grad():
            gradient = self.gradients[: len(parts)].sum(0)
            self.sums += self.losses[: len(parts)].sum()
            self.mean.lerp_(gradient, 0.1)
            beta2 = self.settings.beta2
            rest = round(1 - beta2, 12)  # 0.001, as Keras has it, and not 0.0010000000000000009
            self.variance.mul_(beta2).addcmul_(gradient, gradient, value=rest)
            # Keras adds ε to the root before the bias correction, torch.optim.Adam after it.
            move = self.mean / self.variance.sqrt().add_(1e-7)
            self.weights.sub_(move.mul_(self.rate))


class CapturedStep(AdamStep):
    """The step as one CUDA graph: a launch instead of a hundred. Not yet run on a GPU."""

    def __init__(self, settings: Settings, state: State | None, device: torch.device) -> None:
        super().__init__(settings, state, device)
        torch.backends.cudnn.deterministic = True
        torch.backends.cudnn.allow_tf32 = False  # fp32 is to mean fp32
        self.static = blank(settings.batch_size, settings.size, device)
        moving = (self.weights, self.mean, self.variance, self.sums)
        before = [vector.clone() for vector in moving]
        for _ in range(3):  # libraries choose their algorithms and workspaces before the capture
            self.move(*self.static)
        self.graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self.graph, capture_error_mode="thread_local"):
            self.move(*self.static)
        for vector, value in zip(moving, before, strict=True):
            vector.copy_(value)

    def move(self, noisy: Tensor, clean: Tensor) -> None:
        if not hasattr(self, "graph") or len(noisy) != len(self.static.noisy):
            super().move(noisy, clean)
            return
        self.static.noisy.copy_(noisy)
        self.static.clean.copy_(clean)
        self.graph.replay()
