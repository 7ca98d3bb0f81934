"""Training a classifier on one core, and testing it at every distance from every side.

Equal settings give equal results on one machine.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from core import machine
from core.arrays import Bytes, Float32, Int64
from core.classifier.experiment import (
    BATCH,
    DISTANCES,
    RATE,
    SIDES,
    TESTED,
    WARM_UP,
    Measured,
    Settings,
    anywhere,
    in_the_middle,
    near,
)
from core.classifier.network import Classifier
from core.data import Images

OnProgress = Callable[[int, float], None]
"""Hears how many images were seen in training, and the share done of the test after it."""

CHUNK = 125  # canvases tested together


class Stopped(Exception):
    """Somebody stopped the run."""


@machine.one_thread()
def train(
    settings: Settings,
    images: Images,
    *,
    on_progress: OnProgress = lambda seen, tested: None,
    stop: Callable[[], bool] = lambda: False,
) -> tuple[Classifier, Measured]:
    """Train on the first `train_size` images, each seen once, and test.

    `on_progress` hears of every step, `stop` is asked before each. Raises Stopped.
    """
    machine.keep()
    network = Classifier(settings)
    fit(network, images, on_progress, stop)
    network.eval()

    def tested(share: float) -> None:
        if stop():
            raise Stopped
        on_progress(settings.train_size, share)

    return network, measure(network, images.test[:TESTED], images.test_labels[:TESTED], tested)


def fit(
    network: Classifier, images: Images, on_progress: OnProgress, stop: Callable[[], bool]
) -> None:
    """One pass over the training images, in the seed's order, by Adam on the cross-entropy."""
    settings = network.settings
    order = np.random.default_rng([settings.seed, 1]).permutation(settings.train_size)
    places = np.random.default_rng([settings.seed, 2])
    step = Adam(list(network.parameters()))
    steps = math.ceil(settings.train_size / BATCH)
    network.train()
    for number in range(steps):
        if stop():
            raise Stopped
        some = order[number * BATCH : (number + 1) * BATCH]
        pictures = images.train[some]
        canvases = anywhere(pictures, places) if settings.shifted else in_the_middle(pictures)
        labels = torch.from_numpy(images.train_labels[some].astype(np.int64))
        loss = F.cross_entropy(network(channels_last(canvases)), labels)
        loss.backward()  # type: ignore[no-untyped-call]
        step(number + 1, rate((number + 1) / steps))
        on_progress(min((number + 1) * BATCH, settings.train_size), 0.0)


def rate(share: float) -> float:
    """The learning rate after a share of the steps: a linear rise, then a cosine down to 0."""
    if share < WARM_UP:
        return RATE * share / WARM_UP
    return RATE * (1 + math.cos(math.pi * (share - WARM_UP) / (1 - WARM_UP))) / 2


class Adam:
    """Adam (Kingma and Ba 2015) with a shorter memory of squares, for so few steps: 0.99.

    torch.optim would do; importing it costs 59 MB.
    """

    def __init__(self, parameters: list[torch.nn.Parameter]) -> None:
        self.parameters = parameters
        self.moments = [(torch.zeros_like(p), torch.zeros_like(p)) for p in parameters]

    @torch.no_grad()
    def __call__(self, number: int, rate: float) -> None:
        """Step `number`, counted from 1, by the gradients, which it clears."""
        rate /= 1 - 0.9**number
        correction = math.sqrt(1 - 0.99**number)
        for parameter, (mean, variance) in zip(self.parameters, self.moments, strict=True):
            gradient = parameter.grad
            assert gradient is not None
            mean.lerp_(gradient, 0.1)
            variance.mul_(0.99).addcmul_(gradient, gradient, value=0.01)
            parameter.addcdiv_(mean, variance.sqrt().div_(correction).add_(1e-8), value=-rate)
            parameter.grad = None


def measure(
    network: Classifier,
    digits: Bytes,
    labels: Bytes,
    on_progress: Callable[[float], None] = lambda share: None,
) -> Measured:
    """Test a network: digits (n, 28, 28) unmoved, and at all distances from all sides."""
    middle = classify(network, in_the_middle(digits))
    right, alike = [], []
    for done, side in enumerate(SIDES):
        given = []
        for distance in DISTANCES:
            on_progress((done + distance / len(DISTANCES)) / len(SIDES))
            given.append(classify(network, near(digits, side, distance)))
        classes = np.array(given)  # (distances, digits)
        right.append(count(classes == labels))
        alike.append(count(classes[:-1] == classes[1:]))
    return Measured(int((middle == labels).sum()), tuple(right), tuple(alike), len(digits))


def count(found: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> tuple[int, ...]:
    return tuple(int(n) for n in found.sum(axis=1))


@torch.inference_mode()
def classify(network: Classifier, canvases: Float32) -> Int64:
    """The class of each canvas (n, CANVAS, CANVAS): (n,)."""
    parts = [
        network(channels_last(canvases[start : start + CHUNK])).argmax(dim=1)
        for start in range(0, len(canvases), CHUNK)
    ]
    classes: Int64 = torch.cat(parts).numpy()
    return classes


def channels_last(canvases: Float32) -> Tensor:
    """Canvases (n, height, width) as (n, 1, height, width), the channel innermost."""
    return torch.from_numpy(np.ascontiguousarray(canvases)).unsqueeze(-1).permute(0, 3, 1, 2)
