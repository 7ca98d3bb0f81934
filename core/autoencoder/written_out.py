"""The gradient of the usual network, layer by layer, without autograd.

One call takes a part of a batch from its images to all slopes. TorchScript makes it one: Python's
lock is let go once for all of it, so that threads do not wait for each other, and no time goes into
calling a hundred operations from Python. The operations are the same as without it, and so are the
bits. PyTorch calls TorchScript deprecated; what it recommends instead needs a C++ compiler. Should
it go, the functions are Python like any other, and only slower.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import TypeVar

import torch
import torch.nn.functional as F
from torch import Tensor

from core.autoencoder.network import from_transposed, to_one_channel, transposed_kernel

Compiled = TypeVar("Compiled", bound=Callable[..., Tensor])


def compiled(function: Compiled) -> Compiled:
    """`function`, and what it calls, by TorchScript."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        script: Compiled = torch.jit.script(function)
    return script


def loss_and_slope(
    z: Tensor, clean: Tensor, weighing: Tensor | None, pixels: int, images: int
) -> tuple[Tensor, Tensor]:
    """Of the network's output z before its sigmoid; see `written_out`."""
    loss = F.binary_cross_entropy_with_logits(z, clean, reduction="sum") / pixels
    slope = torch.sigmoid(z).sub_(clean).mul_(1 / (images * pixels))
    if weighing is not None:
        slope *= weighing
    return loss, slope


def pool(x: Tensor) -> tuple[Tensor, Tensor]:
    """Keras's 2×2 pool with 'same', and where the maxima were."""
    y, places = torch.ops.aten.max_pool2d_with_indices(x, [2, 2], [2, 2], [0, 0], [1, 1], True)
    return y, places


def unpool(slope: Tensor, x: Tensor, places: Tensor) -> Tensor:
    """The slope before a pool of x, which is overwritten: of it only the shape is read."""
    found: Tensor = torch.ops.aten.max_pool2d_with_indices_backward(
        slope, x, [2, 2], [2, 2], [0, 0], [1, 1], True, places, grad_input=x
    )
    return found


def slopes(slope: Tensor, x: Tensor, kernel: Tensor, stride: int) -> tuple[Tensor, Tensor]:
    """The slopes of x and of the kernel; with a stride of 2 the convolution is a transposed one."""
    of_x, of_kernel, _ = torch.ops.aten.convolution_backward(
        slope, x, kernel, None, [stride, stride], [1, 1], [1, 1], stride > 1, [0, 0], 1,
        [x.shape[1] > 1, True, False],
    )  # fmt: skip
    return of_x, of_kernel  # of the image there is none, nor is it used


def last_slopes(
    slope: Tensor,
    x: Tensor,
    taps: Tensor,
    transposed: Tensor,
    kernel_slope: Tensor,
    bias_slope: Tensor,
) -> Tensor:
    """The slope before the convolution to one channel; see `network.to_one_channel`."""
    batch, inputs, height, width = x.shape[0], x.shape[1], x.shape[2], x.shape[3]
    slope = F.pad(slope, [0, 2 * width - slope.shape[3], 0, 2 * height - slope.shape[2]])
    torch.sum(slope, [0, 2, 3], out=bias_slope)
    of_taps = F.unfold(slope, 4, padding=1, stride=2).transpose(1, 2).reshape(-1, 16)
    cells = x.permute(0, 2, 3, 1).reshape(-1, inputs)
    of_kernel = (cells.t() @ of_taps).view(inputs, 1, 4, 4)
    kernel_slope.copy_(from_transposed(of_kernel, transposed))
    return (of_taps @ taps.t()).view(batch, height, width, inputs).permute(0, 3, 1, 2)


@compiled
def written_out(
    noisy: Tensor,
    clean: Tensor,
    kernels: list[Tensor],
    biases: list[Tensor],
    kernel_slopes: list[Tensor],
    bias_slopes: list[Tensor],
    transposed: Tensor,
    weighing: Tensor | None,
    pixels: int,
    images: int,
) -> Tensor:
    """The loss per pixel of some of a batch's `images`, summed over them: (). It writes the slopes.

    noisy, clean: (n, 1, height, width), channels last. kernels, biases: as the network has them,
    and so their slopes. transposed: `network.TRANSPOSED`. weighing: what the slope of the mean loss
    over all `pixels` is multiplied by, (height, width); None where that is 1.
    """
    depth = len(kernels) // 2  # layers before a pool; as many come after an upsampling
    height, width = noisy.shape[2], noisy.shape[3]

    maps = [noisy]  # what goes into each layer, and comes out of the one before
    wide: list[Tensor] = []
    places: list[Tensor] = []
    for layer in range(depth):
        before_pool = torch.conv2d(maps[-1], kernels[layer], biases[layer], padding=[1, 1])
        pooled, where = pool(before_pool)
        maps.append(pooled.relu_())  # after the pool it comes to the same
        wide.append(before_pool)
        places.append(where)
    maps.append(torch.conv2d(maps[-1], kernels[depth], biases[depth], padding=[1, 1]).relu_())
    spread = [transposed_kernel(kernel, transposed) for kernel in kernels[depth + 1 :]]
    for layer in range(depth - 1):
        bias = biases[depth + 1 + layer]
        maps.append(torch.conv_transpose2d(maps[-1], spread[layer], bias, [2, 2], [1, 1]).relu_())
    taps = spread[-1].view(-1, 16)
    z = (to_one_channel(maps[-1], taps) + biases[-1])[:, :, :height, :width]

    loss, slope = loss_and_slope(z, clean, weighing, pixels, images)
    slope = last_slopes(slope, maps[-1], taps, transposed, kernel_slopes[-1], bias_slopes[-1])
    for layer in range(2 * depth - 1, -1, -1):
        slope = torch.ops.aten.threshold_backward(slope, maps[layer + 1], 0)
        torch.sum(slope, [0, 2, 3], out=bias_slopes[layer])  # before or after a pool
        if layer < depth:
            slope = unpool(slope, wide[layer], places[layer])
        if layer > depth:
            slope, of_spread = slopes(slope, maps[layer], spread[layer - depth - 1], 2)
            kernel_slopes[layer].copy_(from_transposed(of_spread, transposed))
        else:
            slope, of_kernel = slopes(slope, maps[layer], kernels[layer], 1)
            kernel_slopes[layer].copy_(of_kernel)
    return loss
