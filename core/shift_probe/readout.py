"""Does a network know where it is, on images that say nothing about place?

Noise has no top-left. Yet from the features of a frozen random stack, a linear readout at every
pixel recovers part of the pixel's row and column when the padding is zeros: the border betrays
itself, and deeper layers carry the news inwards. The question is Islam et al.'s (How Much Position
Information Do Convolutional Neural Networks Encode?, ICLR 2020; zero padding drives it). Evidence
on the other side: Lin et al. (arXiv 2206.01202), who find it primarily a learning artifact; the
stack here has learnt nothing, only the readout has.

The stack: 3×3 convolutions with 32 channels, no bias, a ReLU after each, weights normal with
variance 2 / fan-in (He et al. 2015). Images: 28×28 pixels, uniform in 0–1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.arrays import Floats
from core.layers import OUTSIDE, Layer, fit
from core.shift_probe.seeds import Spread, spread

SIZE = 28
CHANNELS = 32
KERNEL = 3
TRAIN_IMAGES, TEST_IMAGES = 16, 8
RIDGE = 1.0
DEPTHS = (1, 3, 5, 8)


@dataclass(frozen=True)
class Readout:
    """What a linear readout of row and column finds at one depth of the stack.

    depth: convolutions before the readout.
    r2: its R² on held-out images, the mean of the row's and the column's: 1 knows its place, 0
        knows nothing.
    true, read: row and column at every pixel, both from −1 to 1 across the map; `read` is the mean
        over the held-out images. Shape (2, height, width), rows first.
    """

    depth: int
    r2: float
    true: Floats
    read: Floats


def readouts(
    padding: str, padding_mode: str = "zeros", seed: int = 0, depths: Sequence[int] = DEPTHS
) -> list[Readout]:
    """The readout at each depth of one random stack; `seed` draws its weights and the images."""
    rng = np.random.default_rng(seed)
    images = rng.random((TRAIN_IMAGES + TEST_IMAGES, SIZE, SIZE, 1), np.float32)
    found = []
    for depth in range(1, max(depths) + 1):
        layer = Layer("conv", KERNEL, padding=padding, padding_mode=padding_mode)
        fan_in = KERNEL**2 * images.shape[-1]
        weights = rng.standard_normal((KERNEL, KERNEL, images.shape[-1], CHANNELS), np.float32)
        images = np.maximum(convolve_images(images, weights * np.sqrt(2 / fan_in), layer), 0)
        if depth in depths:
            found.append(read_position(images, depth))
    return found


def r2_by_depth(seeds: Sequence[Sequence[Readout]]) -> dict[int, Spread]:
    """The spread of R² over seeds, for each depth at which all of them were read out."""
    return {
        found[0].depth: spread([readout.r2 for readout in found])
        for found in zip(*seeds, strict=True)
    }


def convolve_images(images: Floats, weights: Floats, layer: Layer) -> Floats:
    """One convolution, padded as `layer` says.

    images: shape (images, height, width, channels), square. weights: shape (kernel, kernel,
    channels, channels out). Returns shape (images, output, output, channels out).
    """
    axis = fit(layer, images.shape[1])
    shown = axis.cells != OUTSIDE
    padded = images[:, axis.cells][:, :, axis.cells] * np.outer(shown, shown)[:, :, None]
    windows = np.lib.stride_tricks.sliding_window_view(padded, weights.shape[:2], (1, 2))
    outputs = np.tensordot(windows, weights, ((4, 5, 3), (0, 1, 2)))
    ratios = np.array(axis.ratios, np.float32)
    return np.asarray(outputs * np.outer(ratios, ratios)[:, :, None])


def read_position(features: Floats, depth: int) -> Readout:
    """Fit row and column linearly to the features at every pixel, and test on held-out images.

    features: shape (images, size, size, channels), the training images first.
    """
    size = features.shape[1]
    along = np.linspace(-1, 1, size)
    true = np.stack(np.meshgrid(along, along, indexing="ij"))
    train, test = features[:TRAIN_IMAGES], features[TRAIN_IMAGES:]
    flat = train.reshape(-1, train.shape[-1])
    mean, spread = flat.mean(axis=0), flat.std(axis=0) + 1e-6  # a channel may be dead
    design = (flat - mean) / spread
    # The coordinates have mean 0 and the features too: no intercept is needed.
    places = np.tile(true.reshape(2, -1), len(train)).T
    ridge = RIDGE * np.eye(design.shape[1])
    weights = np.linalg.solve(design.T @ design + ridge, design.T @ places)
    read = np.moveaxis((test - mean) / spread @ weights, -1, 1)  # (images, 2, size, size)
    return Readout(
        depth, float(1 - ((true - read) ** 2).mean() / (true**2).mean()), true, read.mean(axis=0)
    )
