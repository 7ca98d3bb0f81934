"""Does it matter that a network knows places? The red-green experiment, in miniature.

After Kayhan and van Gemert (On Translation Invariance in CNNs, CVPR 2020). Two small
squares lie side by side on black. The class is their order: red left of green, or green left of
red. In training the first class always lies at the top and the second at the bottom, so the place
gives the class away too. Two tests tell what was learnt: *similar* keeps the places, *dissimilar*
swaps them. A network that went by the order is right in both; one that went by the place is wrong
in every dissimilar image.

The network is theirs, smaller: four 3×3 convolutions without bias, each with a ReLU, global max
pooling and a linear readout. Unlike theirs it has no strides, so that circular padding (one pixel
here, two there) is exactly invariant. Each run trains on this machine, on one seed: claims need
several. Evidence on the other side: Lin et al. (arXiv 2206.01202), for whom position information
is primarily a learning artifact.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from core.arrays import Float32, Int64
from core.settings import Choice, Whole, check, setting

if TYPE_CHECKING:
    import torch

SIZE = 16
SQUARE = 2
CHANNELS = 8
TRAIN_IMAGES = TEST_IMAGES = 256
STEPS, BATCH_SIZE, LEARNING_RATE = 150, 64, 1e-2

# PyTorch's pixels of padding and padding mode.
PADDINGS: dict[str, tuple[int, Literal["zeros", "circular"]]] = {
    "valid": (0, "zeros"),
    "same": (1, "zeros"),
    "circular": (1, "circular"),
    "full": (2, "zeros"),
}

# Kayhan and van Gemert 2020: accuracy in percent, similar and dissimilar.
PUBLISHED = {
    "valid": (100.0, 0.2),
    "same": (99.8, 8.4),
    "circular": (73.7, 73.7),
    "full": (89.7, 89.7),
}


@dataclass(frozen=True)
class Settings:
    """One run."""

    padding: str = setting("same", Choice(tuple(PADDINGS)), "padding of the convolutions")
    margin: int = setting(
        0, Whole(0, SIZE // 2 - SQUARE), "largest distance of the squares from top or bottom"
    )
    seed: int = setting(0, Whole(0, 2**31 - 1), "seed of weights, images and batches")

    def __post_init__(self) -> None:
        check(self)


@dataclass(frozen=True)
class Result:
    """Share of images classified rightly, from 0 to 1, in each of the two tests."""

    similar: float
    dissimilar: float


def draw(
    rng: np.random.Generator, images: int, margin: int, swapped: bool
) -> tuple[Float32, Int64]:
    """Images of both classes in turn; `swapped` exchanges the classes' places.

    margin: rows between the squares and the top or bottom, at most.
    Returns shapes (images, 2, SIZE, SIZE), red and green channel, and (images,).
    """
    pixels = np.zeros((images, 2, SIZE, SIZE), np.float32)
    classes = np.arange(images) % 2
    for image, first in zip(pixels, classes, strict=True):
        away = rng.integers(margin + 1)
        at_bottom = bool(first) != swapped
        top = SIZE - SQUARE - away if at_bottom else away
        left = rng.integers(SIZE - 2 * SQUARE + 1)
        rows = slice(top, top + SQUARE)
        image[first, rows, left : left + SQUARE] = 1
        image[1 - first, rows, left + SQUARE : left + 2 * SQUARE] = 1
    return pixels, classes


def run(settings: Settings) -> Result:
    """Train the network on one seed, and test it both ways."""
    import torch
    from torch.nn import functional as F

    rng = np.random.default_rng(settings.seed)
    generator = torch.Generator().manual_seed(settings.seed)
    network = build(settings.padding, generator)
    optimiser = torch.optim.Adam(network.parameters(), LEARNING_RATE)
    images, classes = map(torch.from_numpy, draw(rng, TRAIN_IMAGES, settings.margin, False))
    for _ in range(STEPS):
        batch = torch.randint(TRAIN_IMAGES, (BATCH_SIZE,), generator=generator)
        loss = F.cross_entropy(network(images[batch]), classes[batch])
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
    return Result(
        similar=accuracy(network, *draw(rng, TEST_IMAGES, settings.margin, False)),
        dissimilar=accuracy(network, *draw(rng, TEST_IMAGES, settings.margin, True)),
    )


def build(padding: str, generator: torch.Generator) -> torch.nn.Sequential:
    """The network, its weights drawn from `generator`."""
    from torch import nn

    pixels, mode = PADDINGS[padding]
    layers: list[nn.Module] = []
    for channels in (2, CHANNELS, CHANNELS, CHANNELS):
        layers += [
            nn.Conv2d(channels, CHANNELS, 3, padding=pixels, padding_mode=mode, bias=False),
            nn.ReLU(),
        ]
    readout = nn.Linear(CHANNELS, 2, bias=False)
    network = nn.Sequential(*layers, nn.AdaptiveMaxPool2d(1), nn.Flatten(), readout)
    for weights in network.parameters():
        nn.init.kaiming_uniform_(weights, nonlinearity="relu", generator=generator)
    return network


def accuracy(network: torch.nn.Module, images: Float32, classes: Int64) -> float:
    """The share of images that the network classifies rightly."""
    import torch

    with torch.no_grad():
        answers = network(torch.from_numpy(images)).argmax(dim=1).numpy()
    return float((answers == classes).mean())
