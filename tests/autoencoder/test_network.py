"""The network is the published one, and its fast form is the same function."""

import hashlib
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from core.autoencoder import Settings, layers, network
from core.autoencoder.network import Autoencoder
from core.data import SIZE

PADDING_MODES = ("zeros", "reflect", "replicate", "circular")


def test_parameters_layer_by_layer() -> None:
    counts = [
        sum(parameter.numel() for parameter in convolution.parameters())
        for convolution in Autoencoder(Settings()).convolutions
    ]
    assert counts == [320, 9248, 9248, 9248, 289]


@pytest.mark.parametrize("pad_width", range(9))
@pytest.mark.parametrize(("depth", "channels"), [(1, 8), (2, 32), (3, 16), (4, 64)])
def test_layer_table_is_the_networks(depth: int, channels: int, pad_width: int) -> None:
    settings = Settings(pad_width=pad_width, depth=depth, channels=channels)
    size = settings.size
    sizes: list[tuple[int, ...]] = []

    def note(module: object, inputs: object, output: Tensor) -> None:
        channels, height, width = output.shape[1:]
        sizes.append((height, width, channels))

    definition = Autoencoder(settings)
    x = torch.zeros(1, 1, size, size)
    for part in definition.modules():
        if not list(part.children()):
            part.register_forward_hook(note)
    sizes.append((size, size, 1))
    final = definition(x)
    rows = [layer for layer in layers(settings) if layer.name != "Crop"]
    assert [layer.output for layer in rows] == sizes
    assert final.shape == x.shape
    assert layers(settings)[-1].output == (size, size, 1)
    counts = [sum(p.numel() for p in part.parameters()) for part in definition.convolutions]
    assert [layer.parameters for layer in rows if layer.parameters] == counts


@pytest.mark.parametrize("padding_mode", PADDING_MODES)
@pytest.mark.parametrize("pad_width", range(9))
@pytest.mark.parametrize("depth", range(1, 5))
def test_fast_form_is_the_definition(
    depth: int, pad_width: int, padding_mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The number of channels is no matter of form: the default's at one depth, few at the others.
    channels = 32 if depth == 2 else 8
    check_fast_form(
        Settings(pad_width=pad_width, depth=depth, channels=channels, padding_mode=padding_mode),
        monkeypatch,
    )


@pytest.mark.parametrize("padding_mode", PADDING_MODES)
@pytest.mark.parametrize("pad_width", range(1, 9))
@pytest.mark.parametrize("depth", range(1, 5))
def test_fast_form_is_the_definition_with_a_cleared_border(
    depth: int, pad_width: int, padding_mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(pad_width=pad_width, depth=depth, channels=8, padding_mode=padding_mode)
    check_fast_form(replace(settings, outside="cleared"), monkeypatch)


def check_fast_form(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    size = settings.size
    torch.manual_seed(size)
    flat = torch.from_numpy(network.initial_weights(settings)).double()
    flat += 0.05 * torch.randn_like(flat)  # biases too
    definition = Autoencoder(settings).double()
    slow = list(definition.parameters())
    for parameter, value in zip(slow, network.views(flat, settings), strict=True):
        parameter.data = value.clone()
    fast = [part.clone().requires_grad_() for part in network.views(flat, settings)]

    images = torch.rand(3, size, size, dtype=torch.float64).clamp(0.3, 0.7)  # ties in the pools
    expected = definition.logits(images[:, None])
    computed = network.logits(
        fast, network.channels_last(images), settings.padding_mode, settings.cleared
    )
    torch.testing.assert_close(computed, expected, rtol=1e-12, atol=1e-13)

    direction = torch.randn_like(expected)
    for ours, theirs in zip(
        torch.autograd.grad(computed, fast, direction),
        torch.autograd.grad(expected, slow, direction),
        strict=True,
    ):
        torch.testing.assert_close(ours, theirs, rtol=1e-11, atol=1e-12 * float(theirs.abs().max()))


def original(images: Tensor, pad_width: int) -> Tensor:
    return images[..., pad_width : pad_width + SIZE, pad_width : pad_width + SIZE]


@pytest.mark.parametrize(("pad_width", "depth"), [(2, 1), (4, 1), (4, 2), (8, 2)])
def test_a_cleared_border_on_the_unpadded_grid_is_no_border(pad_width: int, depth: int) -> None:
    settings = Settings(pad_width=pad_width, depth=depth, outside="cleared", output_bias=-1.5)
    weights = network.initial_weights(settings)
    images = torch.rand(2, 1, settings.size, settings.size)
    padded = network.module(weights, settings).logits(images)
    unpadded = network.module(weights, replace(settings, pad_width=0))
    expected = unpadded.logits(original(images, pad_width))
    torch.testing.assert_close(original(padded, pad_width), expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("pad_width", range(1, 9))
def test_nothing_outside_the_original_image_passes_a_cleared_border(pad_width: int) -> None:
    settings = Settings(pad_width=pad_width, outside="cleared")
    definition = network.module(network.initial_weights(settings), settings)
    seen: list[Tensor] = []
    for convolution in definition.convolutions:
        convolution.register_forward_pre_hook(lambda module, inputs: seen.append(inputs[0]))
    images = torch.rand(2, 1, settings.size, settings.size)
    changed = torch.rand_like(images)
    original(changed, pad_width)[:] = original(images, pad_width)
    assert torch.equal(definition.logits(images), definition.logits(changed))
    for x, scale in zip(seen, 2 * (1, 2, 4, 2, 1), strict=True):
        columns = x.abs().amax((0, 1, 2)) > 0
        first, last = pad_width // scale, (pad_width + SIZE - 1) // scale
        assert columns[first : last + 1].all()
        assert not columns[:first].any()
        assert not columns[last + 1 :].any()


@pytest.mark.parametrize(("depth", "channels"), [(2, 32), (3, 8)])
def test_initial_weights_are_keras_s(depth: int, channels: int) -> None:
    settings = Settings(seed=3, depth=depth, channels=channels)
    views = network.views(torch.from_numpy(network.initial_weights(settings)), settings)
    kernels, biases = views[::2], views[1::2]
    limits = [np.sqrt(6 / (9 * sum(kernel.shape[:2]))) for kernel in kernels]
    for kernel, limit in zip(kernels, limits, strict=True):
        assert 0.95 * limit < float(kernel.abs().max()) <= limit * (1 + 1e-6)
    assert not any(bias.any() for bias in biases)
    again, other = settings, replace(settings, seed=4)
    weights = network.initial_weights(settings)
    assert np.array_equal(network.initial_weights(again), weights)
    assert not np.array_equal(network.initial_weights(other), weights)


def test_initial_weights_stay() -> None:
    """Runs are kept by their settings: those of the default network are what they always were."""
    weights = network.initial_weights(Settings(seed=7))
    assert hashlib.sha256(weights.astype("<f4").tobytes()).hexdigest() == (
        "0daa3a6b762baa98a117e0f524eb18af9d9a4436eb3d467afe0fdc065c25cbf5"
    )


def test_module_has_the_given_weights() -> None:
    settings = Settings(depth=3, channels=16)
    weights = network.initial_weights(settings)
    held = torch.cat([p.detach().flatten() for p in network.module(weights, settings).parameters()])
    assert np.array_equal(held.numpy(), weights)
    with pytest.raises(ValueError, match=r"must be \(28353,\)"):
        network.module(weights, Settings())
