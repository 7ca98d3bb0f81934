"""The gradient that is written out is the definition's."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from core.autoencoder import Settings, network
from core.autoencoder.gradient import Gradient, WrittenOut
from core.autoencoder.network import Autoencoder
from core.autoencoder.step import CPU, part_size


@pytest.mark.parametrize("pad_width", range(9))
@pytest.mark.parametrize(("depth", "channels"), [(1, 8), (2, 32), (3, 8), (4, 16)])
def test_written_out_is_the_definition(depth: int, channels: int, pad_width: int) -> None:
    settings = Settings(pad_width=pad_width, depth=depth, channels=channels)
    assert WrittenOut.serves(settings, CPU)
    torch.manual_seed(pad_width)
    weights = torch.from_numpy(network.initial_weights(settings)).double()
    weights += 0.05 * torch.randn_like(weights)  # biases too
    found, loss = torch.full_like(weights, torch.nan), torch.zeros((), dtype=torch.float64)
    written = WrittenOut(settings, weights, found, loss)
    definition = Autoencoder(settings).double()
    for parameter, value in zip(
        definition.parameters(), network.views(weights, settings), strict=True
    ):
        parameter.data = value.clone()

    shape = 3, settings.size, settings.size
    noisy = torch.rand(shape, dtype=torch.float64).clamp(0.3, 0.7)  # ties in the pools
    clean = torch.rand(shape, dtype=torch.float64)
    written.compute(network.channels_last(noisy), network.channels_last(clean), 5)
    logits = definition.logits(noisy[:, None])
    expected = F.binary_cross_entropy_with_logits(logits, clean[:, None], reduction="sum")
    expected /= settings.pixels
    torch.testing.assert_close(loss, expected, rtol=1e-12, atol=0)
    slopes = torch.autograd.grad(expected / 5, list(definition.parameters()))
    for ours, theirs in zip(network.views(found, settings), slopes, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-11, atol=1e-12 * float(theirs.abs().max()))


@pytest.mark.parametrize("loss_on", ["all", "original"])
def test_both_ways_give_the_same_loss_and_gradient(loss_on: str) -> None:
    settings = Settings(pad_width=3, channels=8, loss_on=loss_on)
    weights = torch.from_numpy(network.initial_weights(settings))
    noisy, clean = (
        network.channels_last(torch.rand(5, settings.size, settings.size)) for _ in range(2)
    )
    answers = []
    for kind in (Gradient, WrittenOut):
        flat, loss = torch.zeros_like(weights), torch.zeros((), dtype=torch.float64)
        for _ in range(2):  # a second time nothing of the first is left
            kind(settings, weights, flat, loss).compute(noisy, clean, 20)
        answers.append((flat, loss))
    (expected, expected_loss), (found, found_loss) = answers
    assert found_loss.item() == pytest.approx(expected_loss.item(), rel=1e-6)
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5 * float(expected.abs().max()))


@pytest.mark.parametrize("channels", [8, 16, 32, 64])
@pytest.mark.parametrize("batch_size", [8, 15, 16, 32, 33, 100, 128, 512])
def test_a_batch_is_cut_into_parts_of_a_size(batch_size: int, channels: int) -> None:
    part = part_size(Settings(batch_size=batch_size, channels=channels))
    sizes = [len(some) for some in np.split(np.arange(batch_size), range(part, batch_size, part))]
    assert max(sizes) <= 1024 // channels
    assert len(sizes) > 1 or batch_size < 16
    assert max(sizes) - min(sizes) < len(sizes) or channels == 64
