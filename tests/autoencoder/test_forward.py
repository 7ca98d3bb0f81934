"""Without torch the network gives what it gives with torch."""

import numpy as np
import pytest
import torch

from core.arrays import Float32
from core.autoencoder import Settings, forward, network

PADDING_MODES = ("zeros", "reflect", "replicate", "circular")


def outputs(settings: Settings, count: int = 2) -> tuple[Float32, Float32]:
    """Logits of random images through random weights: without torch, and by torch's definition."""
    random = np.random.default_rng(settings.size)
    weights = network.initial_weights(settings)
    weights += random.normal(0, 0.1, weights.shape).astype(np.float32)
    images = random.random((count, settings.size, settings.size), np.float32)
    with torch.inference_mode():
        defined = network.module(weights, settings).logits(torch.from_numpy(images)[:, None])
    return forward.logits(weights, settings, images), defined[:, 0].numpy()


@pytest.mark.parametrize("padding_mode", PADDING_MODES)
@pytest.mark.parametrize("pad_width", range(9))
@pytest.mark.parametrize("depth", range(1, 5))
@pytest.mark.parametrize("outside", ["free", "cleared"])
def test_forward_is_the_definition(
    depth: int, pad_width: int, padding_mode: str, outside: str
) -> None:
    found, defined = outputs(
        Settings(
            pad_width=pad_width,
            depth=depth,
            channels=8,
            padding_mode=padding_mode,
            outside=outside,
        )
    )
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, defined, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("channels", [32, 64])
def test_forward_is_the_definition_at_full_size(channels: int) -> None:
    found, defined = outputs(Settings(pad_width=8, channels=channels), 1)
    np.testing.assert_allclose(found, defined, rtol=1e-4, atol=1e-4)


def test_weights_of_another_network_are_refused() -> None:
    with pytest.raises(ValueError, match="weights must be"):
        forward.logits(np.zeros(3, np.float32), Settings(), np.zeros((1, 28, 28), np.float32))


def test_a_sigmoid_knows_no_overflow() -> None:
    assert forward.sigmoid(np.array([-1e4, 0, 1e4], np.float32)).tolist() == [0, 0.5, 1]
