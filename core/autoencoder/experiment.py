"""The experiment: a denoising autoencoder trained on images padded more or less.

Its settings, its layers and the positions along a run.

Protocol: Cross Validated 454768, "Why does padding affect my results?".
"""

from __future__ import annotations

import math
from bisect import bisect_left
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, NamedTuple

from core import data
from core.data import SIZE
from core.settings import Choice, Real, Steps, Switch, Whole, check, setting

# Part of a stored run's identity: change it with anything that changes a trained weight.
MATHEMATICS = 1

MAX_EPOCHS = 100


@dataclass(frozen=True)
class Settings:
    """Everything that changes a run's result. Its length is no part: that is a position along it.

    `precision` is a setting because bf16 rounds differently: the same network, other weights.
    """

    dataset: str = setting("mnist", data.DATASETS, "MNIST or generated digits")
    variation: str = setting("plain", data.VARIATIONS, "what is done to the images first")
    pad_width: int = setting(0, data.PAD_WIDTHS, "pixels padded on each side of the image")
    pad_mode: str = setting("edge", data.PAD_MODES, "what the image is padded with")
    pad_level: float = setting(0.0, data.PAD_LEVELS, "grey level of constant image padding")
    noise_factor: float = setting(0.5, data.NOISE_FACTORS, "standard deviation of the noise")
    noise_first: bool = setting(False, Switch(), "draw the noise before padding")
    padding_mode: str = setting(
        "zeros", Choice(("zeros", "reflect", "replicate", "circular")), "the layers' padding"
    )
    train_size: int = setting(60_000, data.TRAIN_SIZES, "training images")
    batch_size: int = setting(128, Whole(8, 512), "images in a step")
    learning_rate: float = setting(1e-3, Real(1e-5, 0.1), "Adam's step size")
    seed: int = setting(0, Whole(0, 2**31 - 1), "of weights, order and noise")
    precision: str = setting("fp32", Choice(("fp32", "bf16")), "arithmetic of the convolutions")
    device: str = setting("auto", Choice(("auto", "cpu", "cuda", "mps")), "where to train")
    # Runs were kept, and shipped, before these could be set: they are marked `later`.
    depth: int = setting(2, Whole(1, 4), "poolings, and as many upsamplings", later=True)
    channels: int = setting(
        32, Steps((8, 16, 32, 64)), "channels of every convolution but the last", later=True
    )
    loss_on: str = setting(
        "all", Choice(("all", "original")), "pixels whose loss is minimised", later=True
    )
    reduction: str = setting(
        "mean", Choice(("mean", "sum")), "the loss minimised: over these pixels", later=True
    )
    outside: str = setting(
        "free",
        Choice(("free", "cleared")),
        "input and feature maps in the padded border: as they come, or set to 0",
        later=True,
    )
    output_bias: float = setting(
        0.0, Real(-6.0, 6.0), "the last layer's bias at the start", later=True
    )
    beta2: float = setting(
        0.999, Real(0.9, 0.999), "how long Adam remembers squared gradients", later=True
    )

    def __post_init__(self) -> None:
        check(self)

    @property
    def size(self) -> int:
        """Height and width of a padded image, in pixels."""
        return SIZE + 2 * self.pad_width

    @property
    def pixels(self) -> int:
        """How many pixels a padded image has."""
        return self.size**2

    @property
    def cleared(self) -> int:
        """The ring, in pixels, in which the input and every feature map are set to 0."""
        return self.pad_width if self.outside == "cleared" else 0

    @property
    def max_images(self) -> int:
        """The longest run, in images seen."""
        return MAX_EPOCHS * self.train_size


@dataclass(frozen=True)
class Length:
    """How long a run is; no part of what it is."""

    epochs: int = setting(10, Whole(1, MAX_EPOCHS), "passes over the training images")

    def __post_init__(self) -> None:
        check(self)


class Run(NamedTuple):
    """One arm's run, up to `images` images seen. The padded arm's also names the experiment."""

    settings: Settings
    images: int

    def but(self, **changes: Any) -> Run:
        """A run as long with other settings."""
        return Run(replace(self.settings, **changes), self.images)

    @property
    def arms(self) -> tuple[Run, Run]:
        """The unpadded and the padded arm of the experiment, as long."""
        unpadded, padded = arms(self.settings)
        return Run(unpadded, self.images), Run(padded, self.images)


ORIGINAL = Run(Settings(), 600_000)
LIVE = Run(Settings(train_size=20_000, batch_size=32, learning_rate=3e-3), 20_000)


def canonical(chosen: Settings) -> Settings:
    """The same run with what changes nothing at its default: equal runs, equal settings."""
    plain = Settings()
    if chosen.pad_width == 0:
        chosen = replace(
            chosen,
            pad_mode=plain.pad_mode,
            noise_first=plain.noise_first,
            loss_on=plain.loss_on,
            outside=plain.outside,
        )
    if chosen.pad_mode != "constant":
        chosen = replace(chosen, pad_level=plain.pad_level)
    return chosen


def arms(chosen: Settings) -> tuple[Settings, Settings]:
    """The unpadded and the padded arm of one experiment: they differ in image padding alone."""
    return canonical(replace(chosen, pad_width=0)), canonical(chosen)


class LayerRow(NamedTuple):
    """A row of the layer table; `output` is (height, width, channels)."""

    name: str
    output: tuple[int, int, int]
    parameters: int


def layers(settings: Settings) -> tuple[LayerRow, ...]:
    """The network's layers, for the images of `settings`.

    A pool keeps the odd last row and column, as Keras's 'same' does; what the upsampling then
    adds is cropped.
    """
    sizes, channels = sizes_along(settings.size, settings.depth), settings.channels
    inner = 9 * channels * channels + channels
    pool, up = "Max pool 2×2", "Upsample 2×2"
    table = [LayerRow("Input", (settings.size, settings.size, 1), 0)]
    for size, after in pairwise(sizes):
        parameters = inner if len(table) > 1 else 9 * channels + channels
        table.append(LayerRow("Conv 3×3, ReLU", (size, size, channels), parameters))
        table.append(LayerRow(pool if after < size else up, (after, after, channels), 0))
    end = sizes[-1]
    table.append(LayerRow("Conv 3×3, sigmoid", (end, end, 1), 9 * channels + 1))
    if end != settings.size:
        table.append(LayerRow("Crop", (settings.size, settings.size, 1), 0))
    return tuple(table)


def sizes_along(size: int, depth: int) -> tuple[int, ...]:
    """The image's size at the start, after each of `depth` poolings and after each upsampling.

    The last is `size` again only where 2 ** depth divides it; else it is the next multiple.
    """
    pooled = [size]
    for _ in range(depth):
        pooled.append(math.ceil(pooled[-1] / 2))
    return *pooled, *(pooled[-1] * 2**times for times in range(1, depth + 1))


def parameter_count(settings: Settings) -> int:
    """How many weights and biases the network has, whatever the size of its images."""
    return sum(layer.parameters for layer in layers(settings))


EARLY = (5_000, 20_000)


def steps_taken(settings: Settings, images_seen: int) -> int:
    """How many batches the first `images_seen` images are; an epoch's last batch may be short."""
    epochs, rest = divmod(images_seen, settings.train_size)
    return epochs * math.ceil(settings.train_size / settings.batch_size) + math.ceil(
        rest / settings.batch_size
    )


def after_batch(settings: Settings, images: int) -> int:
    """The end of the batch that reaches `images`: no batch is split."""
    epochs, rest = divmod(images, settings.train_size)
    batches = math.ceil(rest / settings.batch_size)
    return epochs * settings.train_size + min(batches * settings.batch_size, settings.train_size)


def checkpoint_positions(settings: Settings, until: int) -> list[int]:
    """Where a run takes its checkpoints: 5k and 20k images, and every epoch's end."""
    ends = range(settings.train_size, settings.max_images + 1, settings.train_size)
    positions = {after_batch(settings, early) for early in EARLY} | set(ends)
    return sorted(position for position in positions if position <= until)


def next_checkpoint(settings: Settings, images: int) -> int:
    """The first checkpoint at or after `images`, the last one if there is none.

    Every length that is asked for is rounded to one, so that a longer run holds its result.
    """
    positions = checkpoint_positions(settings, settings.max_images)
    return positions[min(bisect_left(positions, images), len(positions) - 1)]


def next_point(images_seen: int) -> int:
    """Where the curve's next point is due: dense at first, under 300 points in the longest run."""
    if images_seen < 1_000:  # a curve in training moves within the first second
        return images_seen + max(32, min(images_seen, 125))
    return images_seen + max(500, images_seen // 40)
