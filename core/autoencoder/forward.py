"""The network forward, without torch: what trained weights make of a few images.

`core.autoencoder.network` trains. For ten images on one core NumPy is as quick, and importing it
costs nothing.
"""

from __future__ import annotations

import math

import numpy as np

from core.arrays import Float32, Floats
from core.autoencoder.experiment import Settings, parameter_count
from core.data import SIZE

Shape = tuple[int, int, int, int]  # of a kernel: (out, in, rows, columns)

PADS = {"zeros": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}
"""NumPy's names for the layers' padding modes."""


def kernels(settings: Settings) -> list[Shape]:
    """The shapes of the convolutions' kernels, in order."""
    channels = settings.channels
    inner: Shape = (channels, channels, 3, 3)
    return [(channels, 1, 3, 3), *[inner] * (2 * settings.depth - 1), (1, channels, 3, 3)]


def sigmoid(z: Floats) -> Floats:
    """1 / (1 + exp(−z)), elementwise, for any z."""
    found: Floats = np.exp(-np.logaddexp(0, -z))
    return found


def logits(weights: Float32, settings: Settings, images: Float32) -> Float32:
    """The network's output before its sigmoid, for images (n, size, size) in [0, 1].

    weights: flat, as a checkpoint keeps them. Computed in float32, whatever the `precision` of the
    training. Raises ValueError where the weights are another network's.
    """
    count = parameter_count(settings)
    if weights.shape != (count,):
        raise ValueError(f"weights must be ({count},), not {weights.shape}")
    layers = _layers(weights, settings)
    return np.stack([_logits(layers, settings, image) for image in images])


Layers = list[tuple[Float32, Float32]]  # kernels (9 · in, out) and biases (out,)


def _layers(weights: Float32, settings: Settings) -> Layers:
    parts, start = [], 0
    for shape in kernels(settings):
        outputs, size = shape[0], math.prod(shape)
        kernel = weights[start : start + size].reshape(shape).transpose(2, 3, 1, 0)
        start += size
        parts.append((kernel.reshape(-1, outputs), weights[start : start + outputs]))
        start += outputs
    return parts


def _logits(layers: Layers, settings: Settings, image: Float32) -> Float32:
    ring, mode = settings.cleared, PADS[settings.padding_mode]
    *inner, last = layers
    x, scale = _clear(image[..., None], ring, 1), 1  # pixels of the image to a cell, each way
    for place, layer in enumerate(inner):
        x = _clear(np.maximum(_convolve(x, *layer, mode), 0), ring, scale)
        if place < settings.depth:
            x, scale = _pool(x), 2 * scale
        else:
            x, scale = x.repeat(2, axis=0).repeat(2, axis=1), scale // 2
        x = _clear(x, ring, scale)
    return _convolve(x, *last, mode)[: settings.size, : settings.size, 0]


def _convolve(x: Float32, kernel: Float32, bias: Float32, mode: str) -> Float32:
    """x (h, w, in) through a 3×3 convolution of the same size: (h, w, out)."""
    height, width, channels = x.shape
    padded = np.pad(x, ((1, 1), (1, 1), (0, 0)), mode)  # type: ignore[call-overload]
    seen = np.empty((height, width, 3, 3, channels), np.float32)
    for row, column in np.ndindex(3, 3):
        seen[:, :, row, column] = padded[row : row + height, column : column + width]
    found: Float32 = seen.reshape(height * width, -1) @ kernel + bias
    return found.reshape(height, width, -1)


def _pool(x: Float32) -> Float32:
    """The maximum of 2×2 cells; an odd last row or column is pooled alone, as Keras's 'same' does.

    x has been through a ReLU: zeros in place of what is missing never win.
    """
    height, width, channels = x.shape
    even = np.pad(x, ((0, height % 2), (0, width % 2), (0, 0)))
    cells = even.reshape(-(-height // 2), 2, -(-width // 2), 2, channels)
    found: Float32 = cells.max(axis=(1, 3))
    return found


def _clear(x: Float32, ring: int, scale: int) -> Float32:
    """x (h, w, channels) with 0 in every cell that lies wholly in the image's outer `ring`."""
    if not ring:
        return x
    inside = np.zeros(len(x), np.float32)
    inside[ring // scale : -(-(ring + SIZE) // scale)] = 1
    return x * (inside[:, None] * inside)[..., None]
