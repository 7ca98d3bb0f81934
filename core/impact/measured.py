"""How much each input pixel counts in a network with real weights: its gradient, measured.

`core.impact` counts paths, as if every weight were 1. Here the weights are random draws or a
trained network's, and the gradient of an output with respect to each pixel says what is left of
those paths. For the centre output that is the effective receptive field of Luo et al. 2016
(arXiv 1701.04128). Torch is imported when a function is called.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from core import machine
from core.layers import (
    CONVOLUTION,
    MAX_POOL,
    UPSAMPLING,
    Axis,
    Convention,
    Layer,
    Stack,
    fit,
    fit_stack,
)
from core.limits import MB, limits
from core.settings import Choice, InputError, Whole, check, setting

if TYPE_CHECKING:
    from torch import Generator, Tensor

    Forward = Callable[[Tensor], Tensor]
    Weights = tuple[Tensor, Tensor | None]  # (out, in, kernel, kernel) and (out,)


@dataclass(frozen=True)
class Settings:
    draws: int = setting(16, Whole(1, 256), "how many networks are drawn")
    seed: int = setting(0, Whole(0, 2**31 - 1), "seed of the draws")
    activation: str = setting("relu", Choice(("relu", "none")), "between the layers")
    target: str = setting("sum", Choice(("sum", "centre")), "output whose gradient is taken")

    def __post_init__(self) -> None:
        check(self)


@dataclass(frozen=True)
class Measured:
    """Gradients of several draws (networks or images), each scaled to a mean of 1 over pixels.

    The scale differs from draw to draw by chance; without it the largest would decide alone.
    gradients: absolute values, shape (draws, height, width).
    """

    gradients: npt.NDArray[np.float64]

    @property
    def mean(self) -> npt.NDArray[np.float64]:
        """Mean over draws: shape (height, width); 1 is an average pixel."""
        return np.asarray(self.gradients.mean(axis=0))

    @property
    def spread(self) -> npt.NDArray[np.float64]:
        """Standard deviation over draws, of the draws themselves: shape (height, width)."""
        return np.asarray(self.gradients.std(axis=0))

    @property
    def shares(self) -> npt.NDArray[np.float64]:
        """`mean` as shares of its maximum: shape (height, width)."""
        top = self.mean.max()
        return self.mean / top if top else self.mean

    @property
    def corner_to_centre(self) -> float:
        """The top left pixel's `mean` over the middle one's (of four, the lower right)."""
        height, width = self.mean.shape
        centre = float(self.mean[height // 2, width // 2])
        return float(self.mean[0, 0]) / centre if centre else 0.0


@dataclass(frozen=True)
class Beside:
    """One pixel's impact in average pixels: as the paths say, and as measured.

    error: the standard error of `measured`, from the draws' spread; None of a single draw.
    """

    paths: float
    measured: float
    error: float | None


def beside_paths(
    shares: npt.NDArray[np.float64], found: Measured, pixel: tuple[int, int]
) -> Beside:
    """What the paths say of `pixel`, (row, column), beside what was measured.

    shares: the paths on any scale, shape (height, width), as `Impact.shares`.
    """
    values = found.gradients[:, *pixel]
    draws = len(values)
    error = float(values.std(ddof=1)) / math.sqrt(draws) if draws > 1 else None
    mean = float(shares.mean())
    return Beside(float(shares[pixel]) / mean if mean else 0.0, float(values.mean()), error)


def random_impact(
    stack: Stack,
    height: int,
    width: int,
    settings: Settings,
    convention: Convention = "either",
) -> Measured:
    """All draws of `random_draws` together. Raises InputError as it does.

    A process does this for whoever asks, one after the other: memory is bounded for one.
    """
    with machine.once("measuring", threading.Lock):
        return Measured(np.stack(list(random_draws(stack, height, width, settings, convention))))


def random_draws(
    stack: Stack,
    height: int,
    width: int,
    settings: Settings,
    convention: Convention = "either",
) -> Iterator[npt.NDArray[np.float64]]:
    """The impact of each pixel in networks with random weights, one (height, width) a draw.

    Weights are normal with He et al.'s variance (arXiv 1502.01852), biases 0; each network sees a
    normal noise image of one channel and has no activation after its last convolution. Raises
    InputError where the stack does not fit or costs too much.
    """
    import torch

    refuse_work(stack, height, width, settings.draws, convention)
    generator = torch.Generator().manual_seed(settings.seed)
    for _ in range(settings.draws):
        with machine.one_thread():
            weights = list(random_weights(stack, generator, settings.activation == "relu"))
            forward = network(stack, weights, settings.activation, convention)
            image = torch.randn(1, 1, height, width, generator=generator)
            gradient = measure(forward, image, settings.target).gradients[0]
        yield gradient


def measure(forward: Forward, images: Any, target: str = "sum") -> Measured:
    """The impact of each pixel in one network, image by image.

    forward: from (n, channels, height, width) to (n, …, h, w), such as a trained network's
        logits; each image must not touch another's output.
    images: array or tensor of shape (n, channels, height, width).
    target: "sum" of the output, or its "centre" pixel (of four, the lower right).
    """
    import torch

    pixels = torch.as_tensor(images).detach().clone().requires_grad_()
    output = forward(pixels)
    if target == "centre":
        output = output[..., output.shape[-2] // 2, output.shape[-1] // 2]
    (gradient,) = torch.autograd.grad(output.sum(), pixels)
    found = gradient.abs().sum(dim=1).double().cpu().numpy()  # (n, height, width)
    mean = found.mean(axis=(1, 2), keepdims=True)
    return Measured(found / np.where(mean > 0, mean, 1))


def network(
    stack: Stack,
    weights: Sequence[Weights],
    activation: str = "relu",
    convention: Convention = "either",
) -> Forward:
    """The stack as a function in torch, with `activation` after each convolution but the last.

    weights: (weight, bias or None) for each convolution, in order.
    """
    import torch

    last = max((i for i, layer in enumerate(stack) if layer.kind == CONVOLUTION), default=-1)

    def forward(x: Tensor) -> Tensor:
        left = iter(weights)
        for place, layer in enumerate(stack):
            if layer.kind == CONVOLUTION:
                x = convolve(layer, x, next(left), convention)
                if activation == "relu" and place != last:
                    x = torch.relu(x)
            else:
                x = resize(layer, x, convention)
        return x

    return forward


def convolve(layer: Layer, x: Tensor, weights: Weights, convention: Convention) -> Tensor:
    """A convolution with any padding mode: (n, in, h, w) to (n, out, h', w')."""
    import torch
    from torch.nn import functional as F

    weight, bias = weights
    rows, columns = both_axes(layer, x, convention)
    y = F.conv2d(
        surround(x, rows, columns, 0), weight, stride=layer.stride, dilation=layer.dilation
    )
    if layer.padding_mode == "partial":
        factors = np.multiply.outer(np.array(rows.ratios, float), np.array(columns.ratios, float))
        y = y * torch.as_tensor(factors, dtype=x.dtype, device=x.device)
    return y if bias is None else y + bias[:, None, None]


def resize(layer: Layer, x: Tensor, convention: Convention) -> Tensor:
    """A pool or nearest-neighbour upsampling."""
    import torch
    from torch.nn import functional as F

    if layer.kind == UPSAMPLING:
        return F.interpolate(x, scale_factor=layer.kernel, mode="nearest")
    rows, columns = both_axes(layer, x, convention)
    if layer.kind == MAX_POOL:
        return F.max_pool2d(surround(x, rows, columns, -torch.inf), layer.kernel, layer.stride)
    sums = F.avg_pool2d(
        surround(x, rows, columns, 0), layer.kernel, layer.stride, divisor_override=1
    )
    counts = np.multiply.outer(rows.mean_counts, columns.mean_counts)
    return sums / torch.as_tensor(counts, dtype=x.dtype, device=x.device)


def both_axes(layer: Layer, x: Tensor, convention: Convention) -> tuple[Axis, Axis]:
    return fit(layer, x.shape[-2], convention), fit(layer, x.shape[-1], convention)


def surround(x: Tensor, rows: Axis, columns: Axis, fill: float) -> Tensor:
    """`x` with its padded cells: copies of pixels, and `fill` where there is none to copy."""
    import torch

    row, column = (torch.as_tensor(axis.cells, device=x.device) for axis in (rows, columns))
    padded = x[:, :, row.clamp(min=0)][..., column.clamp(min=0)]
    return padded.masked_fill((row < 0)[:, None] | (column < 0), fill)


def random_weights(stack: Stack, generator: Generator, relu: bool) -> Iterator[Weights]:
    """Weights for each convolution of `stack` on one channel, without biases."""
    import torch

    channels = 1
    for layer in stack:
        if layer.kind == CONVOLUTION:
            shape = (layer.channels, channels, layer.kernel, layer.kernel)
            scale = ((2 if relu else 1) / (channels * layer.kernel**2)) ** 0.5
            yield scale * torch.randn(shape, generator=generator), None
            channels = layer.channels


@dataclass(frozen=True)
class Cost:
    """What drawing networks takes.

    work: multiplications in all draws' forward passes.
    bytes: of memory at the most, an estimate that is rather too high than too low.
    """

    work: int
    bytes: int


KEPT, PASSING = 2, 4  # arrays of a layer's size, as measured: until the gradient's end, and at once
SCRATCH = 8 * MB  # of the convolutions, whatever the layers; it differs between processors
COPIES = 6  # of the draws' gradients: two while they are stacked, four kept for the page


def cost(stack: Stack, height: int, width: int, draws: int, convention: Convention) -> Cost:
    """What it takes to draw this many networks for images of one channel. No torch."""
    work, channels = 0, 1
    every, largest, weights, heaviest = 0, 0, 0, 0  # values
    rows, columns = (fit_stack(stack, length, convention) for length in (height, width))
    for layer, row, column in zip(stack, rows, columns, strict=True):
        before = channels
        mixed = channels
        if layer.kind == CONVOLUTION:
            channels = layer.channels
            mixed = before * channels
            weights += layer.kernel**2 * mixed
            heaviest = max(heaviest, layer.kernel**2 * mixed)
        area = row.output * column.output
        values = max(area * channels, len(row.cells) * len(column.cells) * before)
        every, largest = every + values, max(largest, values)
        work += area * layer.kernel**2 * mixed
    single = KEPT * every + PASSING * largest + weights + heaviest  # float32
    return Cost(work * draws, SCRATCH + 4 * single + 8 * COPIES * draws * height * width)


def refuse_work(stack: Stack, height: int, width: int, draws: int, convention: Convention) -> None:
    """Raise InputError where drawing this many networks would take minutes or fill the memory."""
    asked = cost(stack, height, width, draws, convention)
    if asked.bytes > limits().measure_mb * MB:
        raise InputError(
            f"layers: measuring them takes about {asked.bytes // MB:,} MB of memory: expected at "
            f"most {limits().measure_mb:,} MB; use fewer pixels, channels or draws"
        )
    if asked.work > limits().measure_billions * 10**9:
        raise InputError(
            f"draws: {draws} draws take {asked.work / 1e9:.0f} billion multiplications: expected "
            f"at most {limits().measure_billions:,}; use fewer draws, channels or pixels"
        )
