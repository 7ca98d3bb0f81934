"""The probe's scores are PyTorch's, its proofs hold on real images, its training finds them."""

import itertools
import json
import subprocess
import sys
from dataclasses import replace
from fractions import Fraction
from functools import lru_cache
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from core.__main__ import main
from core.layers import PADDING_MODES
from core.shift_probe import Network, Proof, Settings, prove, touch_rank, train
from core.shift_probe.comparison import EVERY_PADDING, compare_one
from core.shift_probe.network import carry_forward
from core.shift_probe.training import initial_kernels
from tests.shift_probe.networks import fits, network


def pads(kernel: int, padding: str) -> tuple[int, int]:
    return {
        "same": ((kernel - 1) // 2, kernel // 2),
        "valid": (0, 0),
        "full": (kernel - 1, kernel - 1),
    }[padding]


def pad(images: torch.Tensor, kernel: int, padding: str, mode: str) -> torch.Tensor:
    before, after = pads(kernel, padding)
    if mode == "symmetric":  # NumPy's word: PyTorch has none
        width = ((0, 0), (0, 0), (before, after), (before, after))
        return torch.from_numpy(np.pad(images.numpy(), width, "symmetric"))
    modes = {"zeros": "constant", "partial": "constant"}
    return F.pad(images, (before, after, before, after), modes.get(mode, mode))


def torch_scores(settings: Settings, kernels: np.ndarray, bias: float) -> np.ndarray:
    """The experiment as the article writes it: every image through the network, then its sum."""
    kernel, padding, mode = settings.kernel, settings.padding, settings.padding_mode
    size = settings.size
    maps = torch.eye(size**2, dtype=torch.float64).reshape(-1, 1, size, size)
    for weights in torch.from_numpy(kernels):
        covered = F.conv2d(
            pad(torch.ones_like(maps[:1]), kernel, padding, "zeros"),
            torch.ones(1, 1, kernel, kernel, dtype=torch.float64),
        )
        maps = F.conv2d(pad(maps, kernel, padding, mode), weights[None, None])
        if mode == "partial":
            maps = maps * kernel**2 / covered
    return (maps + bias).sum(dim=(1, 2, 3)).reshape(size, size).numpy()


@pytest.mark.parametrize(("padding", "mode"), EVERY_PADDING)
@pytest.mark.parametrize(("kernel", "layers"), [(1, 1), (2, 1), (3, 1), (7, 1), (3, 2), (4, 3)])
def test_scores_are_those_of_torch(padding: str, mode: str, kernel: int, layers: int) -> None:
    settings = Settings(
        size=20, kernel=kernel, layers=layers, padding=padding, padding_mode=mode, seed=3
    )
    kernels = initial_kernels(settings)
    expected = torch_scores(settings, kernels, 0.25)
    assert Network(settings).scores(kernels, 0.25) == pytest.approx(expected, abs=1e-10)


def test_a_trained_kernel_scores_the_same_in_a_torch_network() -> None:
    final = train(Network(Settings(bias=True))).final
    convolution = torch.nn.Conv2d(1, 1, 3, padding="same", dtype=torch.float64)
    with torch.no_grad():
        convolution.weight.copy_(torch.from_numpy(final.kernels[None]))
        convolution.bias.fill_(final.bias)  # type: ignore[union-attr]
        images = torch.eye(100, dtype=torch.float64).reshape(100, 1, 10, 10)
        scores = torch.sum(convolution(images), dim=(2, 3)).reshape(10, 10)
    assert final.scores == pytest.approx(scores.numpy())


@pytest.mark.parametrize("mode", PADDING_MODES)
def test_the_images_on_the_way_add_up_to_the_score(mode: str) -> None:
    probe = Network(Settings(layers=2, padding_mode=mode, seed=1))
    kernels = initial_kernels(probe.settings)
    image, first, last = probe.images(kernels, 0.5, (1, 4))
    assert (image.sum(), image[1, 4]) == (1, 1)
    assert first == pytest.approx(carry_forward(image, kernels[0], probe.maps[0]))
    assert last.sum() == pytest.approx(probe.scores(kernels, 0.5)[1, 4])


@pytest.mark.parametrize("mode", PADDING_MODES)
def test_the_score_is_the_sum_of_the_touching_weights(mode: str) -> None:
    probe = Network(Settings(padding_mode=mode))
    kernels = initial_kernels(probe.settings)
    scores = probe.scores(kernels)
    for position in itertools.product(range(10), range(10)):
        expected = (kernels[0] * probe.touches(position)).sum()
        assert scores[position] == pytest.approx(expected)


def test_the_right_column_and_bottom_row_never_touch_the_upper_left_pixel() -> None:
    touches = Network(Settings()).touches((0, 0))
    assert touches.tolist() == [[1, 1, 0], [1, 1, 0], [0, 0, 0]]


@pytest.mark.parametrize(("layers", "padding"), [(1, "same"), (3, "same"), (2, "valid")])
def test_derivatives_are_those_of_autograd(layers: int, padding: str) -> None:
    probe = Network(Settings(size=7, layers=layers, padding=padding, seed=2))
    kernels = initial_kernels(probe.settings)
    weights = torch.from_numpy(kernels).requires_grad_()
    images = torch.eye(49, dtype=torch.float64).reshape(-1, 1, 7, 7)
    for kernel in weights:
        images = F.conv2d(images, kernel[None, None], padding=padding)
    found = probe.derivatives(kernels)
    for score, row in zip(images.sum(dim=(1, 2, 3))[probe.first_members], found, strict=True):
        (expected,) = torch.autograd.grad(score, weights, retain_graph=True)
        assert row == pytest.approx(expected.numpy().ravel())


# --- Proof ------------------------------------------------------------------------------------


@lru_cache
def whole_touches(size: int, kernel: int, padding: str, mode: str) -> np.ndarray:
    """How often each weight meets each pixel, by brute force: shape (size, size, kernel²).

    Python integers; with 'partial', in units of kernel² / 60².
    """
    images = torch.eye(size**2, dtype=torch.float64).reshape(-1, 1, size, size)
    windows = F.unfold(pad(images, kernel, padding, mode), kernel)  # (positions, taps, outputs)
    if mode == "partial":
        full = pad(torch.ones_like(images[:1]), kernel, padding, "zeros")
        windows = windows * 60**2 / F.unfold(full, kernel).sum(dim=1, keepdim=True)
    counts = windows.sum(dim=2).round().long().numpy().astype(object)
    return counts.reshape(size, size, kernel**2)


def holds(proof: Proof, settings: Settings) -> bool:
    """Whether a one-layer proof holds in exact arithmetic on brute-force touches."""
    size, kernel, target = settings.size, settings.kernel, settings.target
    touches = whole_touches(size, kernel, settings.padding, settings.padding_mode)
    if proof.separable:
        assert proof.kernels is not None
        unit = Fraction(kernel**2, 60**2) if settings.padding_mode == "partial" else Fraction(1)
        whole = np.array([int(weight) for weight in proof.kernels.ravel()], object)
        constant = Fraction(proof.bias) * Network(settings).outputs / unit
        scores = touches @ whole + constant
        return all(
            (score > 0) if position == target else (score < 0)
            for position, score in np.ndenumerate(scores)
        )
    assert proof.mixture is not None
    mixed = sum(amount * touches[position] for position, amount in proof.mixture.items())
    sums_to_one = not settings.bias or sum(proof.mixture.values()) == 1
    positive = all(amount > 0 for amount in proof.mixture.values())
    return bool((mixed == touches[target]).all()) and sums_to_one and positive


@pytest.mark.parametrize(("padding", "mode"), EVERY_PADDING)
@pytest.mark.parametrize("bias", [False, True])
def test_every_target_of_small_sizes_is_decided_and_the_training_agrees(
    padding: str, mode: str, bias: bool
) -> None:
    for size, kernel in itertools.product((3, 5), (1, 2, 3, 4)):
        if not fits(size=size, kernel=kernel, padding=padding, padding_mode=mode):
            continue
        for target in itertools.product(range(size), range(size)):
            probe = Network(Settings(size, kernel, 1, padding, mode, bias, target))
            proof = prove(probe)
            assert holds(proof, probe.settings), probe.settings
            alone = (probe.classes == probe.classes[target]).sum() == 1
            assert (alone and train(probe).perfect) == proof.separable, probe.settings


@pytest.mark.parametrize(
    ("settings", "separable", "rank"),
    [
        ({}, True, 9),
        ({"target": (5, 5)}, False, 9),  # 64 positions look alike
        ({"padding": "valid", "target": (1, 1)}, True, 9),
        ({"padding": "full"}, False, 1),
        ({"padding_mode": "circular"}, False, 1),
        ({"padding_mode": "replicate"}, True, 4),  # a uniform impact map, and yet
        # 35 inner positions look like the corner: it is the rows next to it that are doubled.
        ({"padding": "full", "padding_mode": "reflect"}, False, 9),
    ],
)
def test_known_cases(settings: dict[str, Any], separable: bool, rank: int) -> None:
    probe = network(**settings)
    assert prove(probe).separable == separable
    assert touch_rank(probe) == rank


def test_a_bias_can_make_the_difference() -> None:
    mixture = Settings(kernel=2, padding_mode="partial", target=(9, 9))
    assert not prove(Network(mixture)).separable
    assert prove(Network(replace(mixture, bias=True))).separable


def test_the_margin_is_that_of_the_kernel_shown() -> None:
    proof = prove(Network(Settings()))
    assert proof.kernels is not None
    scores = Network(Settings()).scores(proof.kernels)
    assert proof.margin == pytest.approx(abs(scores).min() / np.linalg.norm(proof.kernels))
    assert (proof.kernels == proof.kernels.round()).all()


@pytest.mark.parametrize("target", [(1, 1), (2, 2), (0, 2)])
def test_deep_stacks_are_proved_by_example(target: tuple[int, int]) -> None:
    settings = Settings(size=12, layers=3, target=target)
    proof = prove(Network(settings))
    assert proof.separable
    assert proof.kernels is not None
    scores = torch_scores(settings, proof.kernels, proof.bias)
    assert np.argwhere(scores > 0).tolist() == [list(target)]


def test_deep_stacks_are_refuted_by_a_mixture_that_holds_for_any_kernels() -> None:
    settings = Settings(size=5, layers=2, padding_mode="replicate", target=(2, 2), bias=True)
    probe = Network(settings)
    proof = prove(probe)
    assert proof.separable is False
    assert proof.mixture is not None
    assert (probe.classes == probe.classes[2, 2]).sum() == 1
    scores = torch_scores(settings, initial_kernels(settings), 0.7)
    mixed = sum(float(amount) * scores[position] for position, amount in proof.mixture.items())
    assert scores[2, 2] == pytest.approx(mixed)


def test_what_is_not_proved_is_left_open() -> None:
    open_case = Settings(size=3, kernel=2, layers=2, padding_mode="replicate", target=(0, 1))
    assert prove(Network(open_case)) == Proof(None)


# --- Training ---------------------------------------------------------------------------------


def test_accuracy_is_what_the_scores_say() -> None:
    for snapshot in train(Network(Settings(target=(0, 5)))).history:
        label = np.zeros((10, 10), bool)
        label[0, 5] = True
        right = (snapshot.scores > 0) == label
        assert snapshot.accuracy == right.mean()
        assert snapshot.balanced_accuracy == (right[label].mean() + right[~label].mean()) / 2
        assert snapshot.scores == pytest.approx(
            torch_scores(Settings(), snapshot.kernels, snapshot.bias), abs=1e-9
        )


@pytest.mark.parametrize("layers", [1, 3])
def test_training_descends_from_the_same_initial_weights(layers: int) -> None:
    probe = Network(Settings(layers=layers, seed=5))
    first, second = train(probe), train(probe)
    losses = [snapshot.loss for snapshot in first.history]
    assert losses == sorted(losses, reverse=True)
    assert (first.history[0].kernels == initial_kernels(probe.settings)).all()
    for state, other in zip(first.history, second.history, strict=True):
        assert (state.kernels == other.kernels).all()


def test_initial_weights_follow_the_seed_and_pytorchs_range() -> None:
    kernels = initial_kernels(Settings(kernel=7, layers=5))
    assert 0.9 / 7 < abs(kernels).max() <= 1 / 7
    assert (kernels != initial_kernels(Settings(kernel=7, layers=5, seed=1))).all()


@pytest.mark.parametrize("padding", [{"padding_mode": "circular"}, {"padding": "full"}])
def test_invariant_networks_stay_at_chance(padding: dict[str, str]) -> None:
    run = train(network(**padding, bias=True))
    assert not run.perfect
    assert {snapshot.balanced_accuracy for snapshot in run.history} == {0.5}


def test_a_budget_too_small_is_said() -> None:
    run = train(Network(Settings()), step_limit=1)
    assert (run.steps, run.perfect) == (1, False)


def test_only_circular_and_full_with_zeros_are_safe() -> None:
    rows = [compare_one(Settings(), *padded) for padded in EVERY_PADDING]
    assert [(row.padding, row.padding_mode) for row in rows if not row.leaks] == [
        ("same", "circular"),
        ("full", "zeros"),
    ]
    assert len(rows) == 13
    assert all((row.steps is not None) == row.separable for row in rows)


def test_the_comparison_says_what_does_not_fit() -> None:
    small = Settings(size=3, kernel=5)
    refused = {padded: compare_one(small, *padded).refusal for padded in EVERY_PADDING}
    assert "its window spans 5" in refused["valid", "zeros"]
    assert "reflect padding of 4 on an input of 3" in refused["full", "reflect"]
    assert refused["same", "zeros"] == ""


# --- The command line -------------------------------------------------------------------------


def test_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["shift_probe"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer.keys() == {
        "separable",
        "proof",
        "accuracy",
        "balanced_accuracy",
        "steps",
        "kernel",
        "bias",
        "scores",
        "distinct_scores",
    }
    scores = np.array(answer["scores"])
    assert (answer["separable"], answer["accuracy"], answer["distinct_scores"]) == (True, 1, 9)
    assert np.argwhere(scores > 0).tolist() == [[0, 0]]
    kernels = np.array([answer["kernel"]])
    assert scores == pytest.approx(torch_scores(Settings(), kernels, answer["bias"]))


def test_command_line_with_every_option(capsys: pytest.CaptureFixture[str]) -> None:
    words = "--size 6 --kernel 2 --layers 2 --padding full --padding-mode replicate --bias"
    assert main(["shift_probe", *words.split(), "--target", "0", "5", "--seed", "7"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert np.array(answer["kernel"]).shape == (2, 2, 2)
    assert np.array(answer["scores"]).shape == (6, 6)
    assert answer["bias"] != 0


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            "--target 10 0",
            "target must be two whole numbers from 0 to 9, such as '0 9', not '10 0'",
        ),
        ("--target -1 0", "target must be two whole numbers from 0 to 31"),
        ("--target 0 x", "target must be two whole numbers from 0 to 31"),
        ("--target 3", "argument --target: expected 2 arguments"),
        ("--size 33", "size must be a whole number from 3 to 32, not '33'"),
        ("--kernel 0", "kernel must be a whole number from 1 to 7"),
        ("--layers 6", "layers must be a whole number from 1 to 5"),
        ("--padding 1", "padding must be one of same, valid, full"),
        ("--padding-mode wrap", "padding_mode must be one of zeros, reflect"),
        ("--size 3 --kernel 7 --padding-mode reflect", "reflect padding of 3 on an input of 3"),
        ("--size 10 --layers 5 --padding valid", "its window spans 3 pixels"),
        ("--seed -1", "seed must be a whole number from 0"),
    ],
)
def test_bad_input(words: str, message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["shift_probe", *words.split()]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert message in captured.err


def test_runs_without_torch() -> None:
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "import core.shift_probe.readout, core.shift_probe.red_green\n"
        "from core.__main__ import main; sys.exit(main(['shift_probe']))"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def test_the_target_s_class_and_the_weights_that_are_free() -> None:
    corner, middle = Network(Settings()), Network(Settings(target=(5, 5)))
    assert (corner.others_alike, corner.free_weights) == (0, 5)
    assert (middle.others_alike, middle.free_weights) == (63, 0)
    # Of a wide kernel 25 of 49 weights touch some pixel, 9 of them the corner.
    wide = Network(Settings(size=3, kernel=7))
    assert wide.free_weights == 25 - 9
