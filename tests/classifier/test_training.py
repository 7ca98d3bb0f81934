"""Training: it learns, equal settings give equal results, and it stops when asked."""

import numpy as np
import pytest
import torch

from core import data
from core.classifier import DISTANCES, Settings, training
from core.classifier.experiment import BATCH, RATE
from core.classifier.training import Adam, Stopped, rate, train

SMALL = Settings(dataset="digits", train_size=2_000)


@pytest.fixture(scope="module")
def images() -> data.Images:
    return data.load("digits", SMALL.train_size)


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "TESTED", 100)


@pytest.mark.usefixtures("few")
def test_it_learns_drawn_digits_in_two_thousand_images(images: data.Images) -> None:
    heard: list[tuple[int, float]] = []
    _, test = train(SMALL, images, on_progress=lambda seen, tested: heard.append((seen, tested)))
    assert test.of == 100
    assert test.accuracy > 0.8
    assert test.at(DISTANCES[0]) < test.accuracy
    seen = [number for number, _ in heard]
    assert seen == sorted(seen)
    assert seen[-1] == SMALL.train_size
    assert 0 < heard[-1][1] < 1


@pytest.mark.usefixtures("few")
def test_equal_settings_give_equal_results(images: data.Images) -> None:
    first, again = (train(SMALL, images) for _ in range(2))
    assert first[1] == again[1]
    for ours, theirs in zip(first[0].parameters(), again[0].parameters(), strict=True):
        assert torch.equal(ours, theirs)


def test_it_stops_at_a_step_and_in_the_test(images: data.Images) -> None:
    seen: list[int] = []
    with pytest.raises(Stopped):
        train(
            SMALL, images, on_progress=lambda now, _: seen.append(now), stop=lambda: len(seen) == 2
        )
    assert seen == [BATCH, 2 * BATCH]
    steps = -(-SMALL.train_size // BATCH)
    seen.clear()
    with pytest.raises(Stopped):
        train(
            SMALL,
            images,
            on_progress=lambda now, _: seen.append(now),
            stop=lambda: len(seen) == steps,
        )
    assert seen[-1] == SMALL.train_size


def test_the_rate_rises_then_falls_to_nothing() -> None:
    rates = [rate(share) for share in np.linspace(0.01, 1, 100)]
    top = int(np.argmax(rates))
    assert max(rates) == pytest.approx(RATE)
    assert rates[:top] == sorted(rates[:top])
    assert rates[top:] == sorted(rates[top:], reverse=True)
    assert rates[-1] == pytest.approx(0, abs=1e-9)


def test_adam_is_torchs() -> None:
    start = torch.randn(5, 3, generator=torch.Generator().manual_seed(0))
    ours, theirs = (torch.nn.Parameter(start.clone()) for _ in range(2))
    step, reference = Adam([ours]), torch.optim.Adam([theirs], lr=1e-2, betas=(0.9, 0.99))
    for number in range(1, 20):
        for parameter in (ours, theirs):
            (parameter**2).sum().backward()  # type: ignore[no-untyped-call]
        step(number, 1e-2)
        reference.step()
        reference.zero_grad()
    torch.testing.assert_close(ours, theirs)
    assert ours.grad is None
