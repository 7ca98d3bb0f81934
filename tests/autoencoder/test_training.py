"""Training is exact, continues to the bit, stops when told, and never ends in silence."""

import itertools
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn.functional import binary_cross_entropy

from core import autoencoder, machine
from core.arrays import Float32
from core.autoencoder import Settings, gradient, network, training
from core.autoencoder.experiment import next_point
from core.autoencoder.record import State
from core.autoencoder.step import AdamStep, part_size
from core.autoencoder.training import Diverged, train
from core.data import SIZE
from tests.stand_in import same


class Shapes:
    """A stand-in for a data set: bright squares on black, padded with black."""

    def __init__(self, count: int, pad_width: int = 0, seed: int = 0) -> None:
        random = np.random.default_rng(seed)
        images = np.zeros((count, SIZE, SIZE), np.float32)
        for image, (row, column) in zip(images, random.integers(4, 14, (count, 2)), strict=True):
            image[row : row + 10, column : column + 8] = random.integers(1, 256) / 255
        widths = ((0, 0), (pad_width, pad_width), (pad_width, pad_width))
        self.clean: Float32 = np.pad(images, widths)
        noise = random.standard_normal(self.clean.shape, np.float32) / 2
        self.noisy: Float32 = np.clip(self.clean + noise, 0, 1)

    def __len__(self) -> int:
        return len(self.clean)

    def clean_batch(self, indices: Any) -> Any:
        return self.clean[indices]

    def noisy_batch(self, indices: Any) -> Any:
        return self.noisy[indices]


SETTINGS = Settings(train_size=1_000, batch_size=96, learning_rate=3e-3, device="cpu")
TRAIN, TEST = Shapes(1_000), Shapes(300, seed=1)


def run(until: int, settings: Settings = SETTINGS, state: State | None = None, **how: Any) -> State:
    return train(settings, TRAIN, TEST, until, state, **how)


def results(state: State) -> State:
    """What a state has to show, however it came there: no times, nothing from between its tests."""
    return replace(state, seconds=0.0, by_now=None)


@pytest.fixture(scope="module")
def whole() -> State:
    return run(2_000)


def test_it_learns(whole: State) -> None:
    first, last = whole.checkpoints[0], whole.checkpoints[-1]
    assert [checkpoint.images_seen for checkpoint in whole.checkpoints] == [1_000, 2_000]
    assert last.entropy_floor < last.total < first.total
    assert last.squared_error_map.mean() < first.squared_error_map.mean()
    assert 0.8 < last.accuracy_map.mean() <= 1


def test_checkpoint_is_the_definition_measured(whole: State) -> None:
    checkpoint = whole.checkpoints[-1]
    with torch.inference_mode():
        output = network.module(whole.weights, SETTINGS)(torch.from_numpy(TEST.noisy)[:, None])[
            :, 0
        ]
        expected = binary_cross_entropy(output, torch.from_numpy(TEST.clean), reduction="none")
    assert checkpoint.per_pixel == pytest.approx(float(expected.mean()), rel=1e-5)
    np.testing.assert_allclose(checkpoint.loss_map, expected.mean(0), rtol=1e-3, atol=1e-6)
    accuracy = ((output >= 0.5).numpy() == (TEST.clean >= 0.5)).mean(0)
    np.testing.assert_allclose(checkpoint.accuracy_map, accuracy, atol=0.011)
    grey = TEST.clean.astype(np.float64).clip(1e-300, 1 - 1e-16)
    entropy = -grey * np.log(grey) - (1 - grey) * np.log1p(-grey)
    assert checkpoint.entropy_floor == pytest.approx(entropy.sum() / len(TEST), rel=1e-4)
    assert np.abs(checkpoint.denoised - output[:10].numpy() * 255).max() < 0.6
    maps = training.evaluate(SETTINGS, whole.weights, TEST)
    assert np.array_equal(maps.loss, checkpoint.loss_map)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"beta2": 0.95, "output_bias": -1.9},
        {"reduction": "sum", "pad_width": 1},
        {"loss_on": "original", "pad_width": 3},
        {"loss_on": "original", "reduction": "sum", "pad_width": 4},
        {"outside": "cleared", "pad_width": 2},
        {"outside": "cleared", "loss_on": "original", "pad_width": 4, "padding_mode": "reflect"},
    ],
    ids=lambda changes: " ".join(map(str, changes.values())) or "default",
)
def test_steps_are_keras_s(changes: dict[str, Any]) -> None:
    """Four steps of the plain network in float64, Adam spelled as Keras spells it."""
    steps = 4
    settings = replace(SETTINGS, **changes)
    train_set, test_set = (framed(images, settings.pad_width) for images in (TRAIN, TEST))
    plain = network.module(network.initial_weights(settings), settings).double()
    moments = [(torch.zeros_like(p), torch.zeros_like(p)) for p in plain.parameters()]
    used = slice(settings.pad_width, -settings.pad_width or None)
    order = np.random.default_rng([0, 1, 0]).permutation(1_000)
    losses = []
    for step in range(1, steps + 1):
        indices = order[(step - 1) * 96 : step * 96]
        noisy, clean = (
            torch.from_numpy(part[indices])[:, None].double()
            for part in (train_set.noisy, train_set.clean)
        )
        output = plain(noisy)
        losses.append(binary_cross_entropy(output, clean).item())
        if settings.loss_on == "original":
            output, clean = output[..., used, used], clean[..., used, used]
        loss = binary_cross_entropy(output, clean)
        if settings.reduction == "sum":
            loss *= clean[0].numel()
        gradients = torch.autograd.grad(loss, list(plain.parameters()))
        beta2 = settings.beta2
        rate = 3e-3 * np.sqrt(1 - beta2**step) / (1 - 0.9**step)
        with torch.no_grad():
            for p, g, (m, v) in zip(plain.parameters(), gradients, moments, strict=True):
                m += (g - m) * (1 - 0.9)
                v += (g * g - v) * (1 - beta2)
                p.sub_(rate * m / (v.sqrt() + 1e-7))
    expected = torch.cat([p.detach().flatten() for p in plain.parameters()])
    ours = train(settings, train_set, test_set, steps * 96)
    np.testing.assert_allclose(ours.weights, expected, atol=2e-5)
    assert ours.epoch_loss / (steps * 96) == pytest.approx(np.mean(losses), rel=1e-5)


def framed(images: Shapes, pad_width: int) -> Shapes:
    """The same images and noise, padded with pixels that no network can predict."""
    padded = Shapes(len(images), pad_width)
    inside = np.s_[:, pad_width : pad_width + SIZE, pad_width : pad_width + SIZE]
    ring = np.random.default_rng(3).random((2, *padded.clean.shape), np.float32)
    for part, given, border in zip(
        (padded.clean, padded.noisy), (images.clean, images.noisy), ring, strict=True
    ):
        part[:] = border
        part[inside] = given
    return padded


@pytest.mark.parametrize("pad_width", [4, 8])
def test_a_border_without_a_say_leaves_the_unpadded_run(pad_width: int, whole: State) -> None:
    """Cleared, and out of the loss, it changes nothing where the pooling grid stays the same."""
    settings = replace(SETTINGS, pad_width=pad_width, outside="cleared", loss_on="original")
    padded = train(settings, framed(TRAIN, pad_width), framed(TEST, pad_width), 1_000)
    expected_weights = whole.checkpoints[0].weights
    assert expected_weights is not None
    np.testing.assert_allclose(padded.weights, expected_weights, atol=1e-4)
    found, expected = padded.checkpoints[0].interior, whole.checkpoints[0].interior
    assert found == pytest.approx(expected, rel=1e-4)


def test_at_their_defaults_the_controls_change_no_bit() -> None:
    """What would weigh pixels is not there at all, and the rest is the number that it was."""
    assert gradient.loss_weights(replace(SETTINGS, pad_width=2)) is None
    assert round(1 - SETTINGS.beta2, 12) == 0.001
    assert network.clear(torch.ones(1, 1, 28, 28), SETTINGS.cleared).all()


@pytest.mark.parametrize("stop_at", [96, 1_000, 1_384])
def test_continuing_is_one_long_run(stop_at: int, whole: State) -> None:
    steps = itertools.count()
    stopped = run(2_000, stop=lambda: next(steps) * 96 >= stop_at)
    assert 0 < stopped.images_seen < 2_000
    assert same(results(run(2_000, state=stopped)), results(whole))


def test_who_stops_within_a_test_goes_on_before_it(
    whole: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A state at a checkpoint's position has been tested there: else it would never be."""
    monkeypatch.setattr(training, "ROUND", 4)
    heard: list[float] = []

    def on_progress(state: State, *, testing: float | None = None) -> None:
        if testing is not None and state.images_seen == 2_000:
            heard.append(testing)

    stopped = run(2_000, on_progress=on_progress, stop=lambda: bool(heard))
    assert heard == [0]
    assert 1_900 < stopped.images_seen < 2_000
    assert len(stopped.checkpoints) == 1
    assert same(results(run(2_000, state=stopped)), results(whole))


def test_two_threads_give_the_bits_of_one(whole: State) -> None:
    with ThreadPoolExecutor(2) as pool:
        answers = [answer.result(300) for answer in [pool.submit(run, 2_000) for _ in range(2)]]
    assert all(same(results(answer), results(whole)) for answer in answers)


class Crowd:
    """Counts who computes gradients at the same time."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, cores: int) -> None:
        self.now = self.most = 0
        self.lock = threading.Lock()
        compute = gradient.WrittenOut.compute

        def counted(part: Any, *given: Any) -> None:
            self.enter(1)
            compute(part, *given)
            self.enter(-1)

        monkeypatch.setattr(gradient.WrittenOut, "compute", counted)
        monkeypatch.setattr(machine, "core_count", lambda: cores)
        monkeypatch.setattr(machine, "running", lambda: 1)  # whatever else is tested beside

    def enter(self, more: int) -> None:
        with self.lock:
            self.now += more
            self.most = max(self.most, self.now)


@pytest.mark.parametrize("batch_size", [8, 100, 512])
def test_the_number_of_cores_changes_no_bit(batch_size: int) -> None:
    settings = replace(SETTINGS, batch_size=batch_size)
    parts = -(-batch_size // part_size(settings))
    answers = {}
    for cores in (1, 2, 16):
        with pytest.MonkeyPatch.context() as monkeypatch:
            crowd = Crowd(monkeypatch, cores)
            answers[cores] = run(1_000, settings)
        assert crowd.most <= min(cores, parts)
        assert crowd.most > 1 or cores == 1 or parts == 1
    assert same(results(answers[1]), results(answers[2]))
    assert same(results(answers[1]), results(answers[16]))


@pytest.mark.parametrize("cores", [1, 2, 3])
def test_two_arms_share_the_cores(cores: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each has a core of its own, and only what is left helps."""
    crowd = Crowd(monkeypatch, cores)
    both = threading.Barrier(2)

    @machine.one_thread()
    def arm() -> None:
        both.wait(60)
        run(1_000, replace(SETTINGS, batch_size=512))
        both.wait(60)

    with ThreadPoolExecutor(2) as pool:
        for answer in [pool.submit(arm) for _ in range(2)]:
            answer.result(300)
    assert crowd.most <= max(cores, 2)


def test_a_busy_machine_helps_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    crowd = Crowd(monkeypatch, 4)
    monkeypatch.setattr(machine, "running", lambda: 4)
    run(1_000, replace(SETTINGS, batch_size=512))
    assert crowd.most == 1


def test_train_loss_is_the_mean_while_the_weights_move(whole: State) -> None:
    end = whole.checkpoints[0]
    points = [point for point in whole.points if point.images_seen <= 1_000]
    assert end.train_loss > end.per_pixel  # the epoch's start weighs in
    assert points[0].images_seen == 96 == -(-next_point(0) // 96) * 96
    assert points[0].train_loss > end.train_loss


def test_reports(whole: State) -> None:
    heard: list[State] = []
    tests: list[tuple[int, float]] = []

    def report(state: State, testing: float | None = None) -> None:
        if testing is None:
            heard.append(state)
        else:
            tests.append((state.images_seen, testing))

    last = run(2_000, on_progress=report)
    assert {1_000, 2_000} <= {state.images_seen for state in heard}
    assert [state.images_seen for state in heard] == sorted({s.images_seen for s in heard})
    assert same(results(heard[-1]), results(last))
    assert tests == sorted(tests)
    assert {seen for seen, _ in tests} == {1_000, 2_000}
    assert all(0 <= share < 1 for _, share in tests)
    assert (1_000, 0.0) in tests


def test_diverged() -> None:
    noisy = Shapes(1_000)
    noisy.noisy[:] = np.inf
    with pytest.raises(Diverged, match=r"image 96: .* Lower the learning rate"):
        train(SETTINGS, noisy, TEST, 1_000)


def test_a_weight_that_is_no_number_is_no_result(whole: State) -> None:
    weights = whole.weights.copy()
    weights[-1] = np.nan
    with pytest.raises(Diverged, match="a weight"):
        run(2_000, state=replace(whole, weights=weights))


@pytest.mark.parametrize(
    "settings",
    [
        replace(SETTINGS, pad_width=1),
        replace(SETTINGS, pad_width=3, padding_mode="reflect"),
        replace(SETTINGS, precision="bf16"),
        replace(SETTINGS, depth=1, channels=8),
        replace(SETTINGS, depth=3, channels=16, pad_width=1, padding_mode="circular"),
        replace(SETTINGS, depth=4, channels=64, precision="bf16"),
    ],
    ids=["odd", "reflect", "bf16", "shallow", "deeper", "deepest"],
)
def test_every_kind_of_run_learns(settings: Settings) -> None:
    pad = settings.pad_width
    state = train(settings, Shapes(1_000, pad), Shapes(300, pad, seed=1), 2_000)
    checkpoint = state.checkpoints[-1]
    assert checkpoint.loss_map.shape == checkpoint.denoised.shape[1:] == (SIZE + 2 * pad,) * 2
    assert checkpoint.total < state.checkpoints[0].total
    assert checkpoint.weights is not None
    assert checkpoint.weights.shape == (autoencoder.parameter_count(settings),)
    assert settings.precision in state.device


def test_arms_share_order_and_weights() -> None:
    assert np.array_equal(run(0).weights, run(0, replace(SETTINGS, pad_width=2)).weights)


def test_missing_device_falls_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    state = run(96, replace(SETTINGS, device="cuda"))
    assert state.images_seen == 96
    assert state.device.startswith("CPU")
    assert "No cuda device" in state.note


def test_failing_device_falls_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "device_named", lambda wanted: torch.device("meta"))
    state = run(96, replace(SETTINGS, device="mps"))
    assert state.images_seen == 96
    assert "meta device failed" in state.note


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs CUDA")
def test_cuda_learns_what_the_cpu_learns(whole: State) -> None:
    state = run(2_000, replace(SETTINGS, device="cuda"))
    assert state.note == ""
    assert state.checkpoints[-1].total == pytest.approx(whole.checkpoints[-1].total, rel=0.05)


@pytest.mark.parametrize(("fp32", "bf16", "pays"), [(2.0, 1.0, True), (1.0, 1.5, False)])
def test_bf16_pays(fp32: float, bf16: float, pays: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = 0.0

    def step(self: Any, batch: object, steps: int) -> None:
        nonlocal clock
        clock += bf16 if self.settings.precision == "bf16" else fp32

    monkeypatch.setattr(AdamStep, "__call__", step)
    monkeypatch.setattr("time.thread_time", lambda: clock)
    assert training.bf16_pays.__wrapped__() is pays
