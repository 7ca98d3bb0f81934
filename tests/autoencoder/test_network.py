"""The network is the published one, and its fast form is the same function."""

import numpy as np
import pytest
import torch
from torch import Tensor

from core.autoencoder import layers, network
from core.autoencoder.network import Autoencoder

PADDING_MODES = ("zeros", "reflect", "replicate", "circular")


def test_parameters_layer_by_layer() -> None:
    counts = [
        sum(parameter.numel() for parameter in convolution.parameters())
        for convolution in Autoencoder().convolutions
    ]
    assert counts == [320, 9248, 9248, 9248, 289]


@pytest.mark.parametrize("size", range(28, 45, 2))
def test_layer_table_is_the_networks(size: int) -> None:
    sizes: list[tuple[int, ...]] = []

    def note(module: object, inputs: object, output: Tensor) -> None:
        channels, height, width = output.shape[1:]
        sizes.append((height, width, channels))

    definition = Autoencoder()
    x = torch.zeros(1, 1, size, size)
    for part in definition.modules():
        if not list(part.children()):
            part.register_forward_hook(note)
    sizes.append((size, size, 1))
    final = definition(x)
    rows = [layer for layer in layers(size) if layer.name != "Crop"]
    assert [layer.output for layer in rows] == sizes
    assert final.shape == x.shape
    assert layers(size)[-1].output == (size, size, 1)


def double(seed: int = 0) -> Tensor:
    return torch.from_numpy(network.initial_weights(seed)).double()


@pytest.mark.parametrize("padding_mode", PADDING_MODES)
@pytest.mark.parametrize("size", range(28, 45, 2))
def test_fast_form_is_the_definition(
    size: int, padding_mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(network, "BLOCK", 2)
    torch.manual_seed(size)
    flat = double()
    flat += 0.05 * torch.randn_like(flat)  # biases too
    definition = Autoencoder(padding_mode).double()
    slow = list(definition.parameters())
    for parameter, value in zip(slow, network.parameters(flat), strict=True):
        parameter.data = value.clone()
    fast = [part.clone().requires_grad_() for part in network.parameters(flat)]

    images = torch.rand(3, size, size, dtype=torch.float64).clamp(0.3, 0.7)  # ties in the pools
    expected = definition.logits(images[:, None])
    computed = network.logits(fast, network.channels_last(images), padding_mode)
    torch.testing.assert_close(computed, expected, rtol=1e-12, atol=1e-13)

    direction = torch.randn_like(expected)
    for ours, theirs in zip(
        torch.autograd.grad(computed, fast, direction),
        torch.autograd.grad(expected, slow, direction),
        strict=True,
    ):
        torch.testing.assert_close(ours, theirs, rtol=1e-11, atol=1e-12 * float(theirs.abs().max()))


def test_initial_weights_are_keras_s() -> None:
    weights = torch.from_numpy(network.initial_weights(3))
    kernels, biases = network.parameters(weights)[::2], network.parameters(weights)[1::2]
    limits = [np.sqrt(6 / (9 * sum(kernel.shape[:2]))) for kernel in kernels]
    for kernel, limit in zip(kernels, limits, strict=True):
        assert 0.95 * limit < float(kernel.abs().max()) <= limit * (1 + 1e-6)
    assert not any(bias.any() for bias in biases)
    assert np.array_equal(network.initial_weights(3), network.initial_weights(3))
    assert not np.array_equal(network.initial_weights(3), network.initial_weights(4))


def test_module_has_the_given_weights() -> None:
    weights = network.initial_weights(0)
    held = torch.cat([p.detach().flatten() for p in network.module(weights).parameters()])
    assert np.array_equal(held.numpy(), weights)
