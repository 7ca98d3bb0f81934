"""The experiment as one short PyTorch program to copy and run: it takes the steps shown here."""

from __future__ import annotations

from core.shift_probe import training
from core.shift_probe.network import Network, Settings


def program(settings: Settings) -> str:
    """Train the network, and print its kernels, the score of each position and its answers."""
    s = settings
    weights = "weights[:-1]" if s.bias else "weights"
    constant = "weights[-1] + " if s.bias else ""
    note = "    # The last weight is what the bias adds up to over the last output.\n"
    start = "torch.from_numpy(start).flatten()"
    if s.bias:
        start = "torch.from_numpy(np.append(start, 0))"
    bias = f'print("bias", weights[-1].item() / {Network(s).outputs})\n' if s.bias else ""
    return f'''\
"""Can convolutions and a sum tell where a pixel is? Trained to single out one position.

The experiment is Harald Scheidl's, "Does padding matter in deep learning models?" (2021).
"""

import numpy as np
import torch
import torch.nn.functional as F
from torch.func import grad, vmap

SIZE, TARGET = {s.size}, {s.target}  # of the image; the row and column to single out
LAYERS, KERNEL = {s.layers}, {s.kernel}
SEED = {s.seed}


{layer_definition(s)}

def score(weights, image):
    """The sum over the last output. Above 0 it answers: this is the target."""
{note if s.bias else ""}\
    for kernel in {weights}.reshape(LAYERS, 1, 1, KERNEL, KERNEL):
        image = convolve(image, kernel)
    return {constant}image.sum()


scores = vmap(score, (None, 0))  # of all images
slopes = vmap(grad(score), (None, 0))  # their derivatives, (images, weights)

images = torch.eye(SIZE**2).double().reshape(-1, 1, SIZE, SIZE)  # one white pixel each
target = images[TARGET[0] * SIZE + TARGET[1]].flatten()  # 1 for one image, 0 for all others
share = target / 2 + (1 - target) / 2 / (SIZE**2 - 1)  # both answers weigh the same


def loss(weights):
    found = scores(weights, images)
    return F.binary_cross_entropy_with_logits(found, target, share, reduction="sum")


start = np.random.default_rng(SEED).uniform(-1, 1, (LAYERS, KERNEL, KERNEL)) / KERNEL
weights = {start}
damping, steps = {training.START_DAMPING}, 0
while steps < {training.STEP_LIMIT} and ((scores(weights, images) > 0) != (target > 0)).any():
    # A Newton step, damped until it lowers the loss (Levenberg and Marquardt).
    chance, slope = scores(weights, images).sigmoid(), slopes(weights, images)
    gradient = slope.T @ (share * (chance - target))
    curvature = slope.T * (share * chance * (1 - chance)) @ slope
    while damping <= {short(training.MOST_DAMPING)}:
        damped = curvature + torch.full_like(weights, damping).diag()
        step = torch.linalg.solve(damped, gradient)
        if loss(weights - step) < loss(weights) - {short(training.STALLED)}:
            break
        damping *= 4
    else:
        break  # no step helps any more
    weights, steps = weights - step, steps + 1
    damping = max(damping * {training.DAMPING_DECAY}, {short(training.LEAST_DAMPING)})

found = scores(weights, images)
right = ((found > 0) == (target > 0)).float().mean().item()
torch.set_printoptions(linewidth=200)
print({weights}.reshape(LAYERS, KERNEL, KERNEL))
{bias}\
print(found.reshape(SIZE, SIZE))
print(f"{{steps}} steps, {{len(found.round(decimals=9).unique())}} different scores")
print(f"{{right:.2%}} of the positions are answered rightly")
'''


def short(value: float) -> str:
    """A power of ten: 1e9, where Python writes 1000000000.0."""
    return f"{value:.0e}".replace("e+0", "e").replace("e-0", "e-")


def layer_definition(settings: Settings) -> str:
    """One layer, its padding in PyTorch's words where it has them."""
    (axis, *_) = Network(settings).axes
    before, after, mode = axis.before, axis.after, settings.padding_mode
    if before == after == 0:
        return """\
def convolve(image, kernel):
    return F.conv2d(image, kernel)
"""
    pads = f"({before}, {after}, {before}, {after})"
    if mode == "symmetric":
        return f"""\
def convolve(image, kernel):
    cells = np.pad(np.arange(image.shape[-1]), ({before}, {after}), "symmetric")
    return F.conv2d(image[:, cells][:, :, cells], kernel)
"""
    if mode == "partial":
        return f'''\
def convolve(image, kernel):
    """Zeros around, the output rescaled by kernel area / covered area (Liu et al. 2018)."""
    covered = F.conv2d(F.pad(torch.ones_like(image), {pads}), torch.ones_like(kernel))
    return F.conv2d(F.pad(image, {pads}), kernel) * KERNEL**2 / covered
'''
    options = "" if mode == "zeros" else f', mode="{mode}"'
    return f"""\
def convolve(image, kernel):
    return F.conv2d(F.pad(image, {pads}{options}), kernel)
"""
