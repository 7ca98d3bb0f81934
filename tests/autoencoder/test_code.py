"""The program to copy runs for every preset, and does what a run of ours does."""

import gzip
import re
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn.utils import parameters_to_vector, vector_to_parameters

from core import data
from core.autoencoder import Run, Settings, arms, network, parameter_count, presets, training
from core.autoencoder.code import program
from core.autoencoder.forward import kernels
from core.autoencoder.runs import image_set
from core.entropy import entropy
from tests.copied import run
from tests.stand_in import OTHER_VALUES

ROOT = Path(__file__).parents[2]
PRESETS = presets.PADDED | {"The original protocol": presets.ORIGINAL_PADDED}
every_preset = pytest.mark.parametrize("name", PRESETS)

SEEN, TESTED = 192, 100  # images


@pytest.fixture(scope="module")
def digits() -> data.Images:
    return data.load("digits", 1_000)


@pytest.fixture(scope="module")
def folder(digits: data.Images, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Generated digits in MNIST's place and format, one file gzipped and one not."""
    folder = tmp_path_factory.mktemp("mnist")
    for split, images in (("train", digits.train), ("t10k", digits.test)):
        file = folder / f"{split}-images-idx3-ubyte"
        content = bytes((0, 0, 8, 3)) + np.array(images.shape, ">i4").tobytes() + images.tobytes()
        if split == "train":
            file.with_suffix(".gz").write_bytes(gzip.compress(content))
        else:
            file.write_bytes(content)
    return folder


def with_constants(code: str, **values: int) -> str:
    """The program with other values at its top."""
    for name, value in values.items():
        code, found = re.subn(rf"(?m)^{name} = \S+", f"{name} = {value}", code)
        assert found == 1, name
    return code


def definitions(code: str) -> dict[str, Any]:
    """What the program defines, before it starts to train."""
    head, start, _ = code.partition("train_images, test_images =")
    assert start
    names: dict[str, Any] = {}
    exec(compile(head, "copied", "exec"), names)
    return names


# --- Run as a visitor runs it -------------------------------------------------------------------


def numbers(line: str) -> list[float]:
    return [float(found.replace(",", "")) for found in re.findall(r"-?\d[\d,]*\.?\d*", line)]


@every_preset
def test_every_preset_s_program_runs(
    name: str, digits: data.Images, folder: Path, tmp_path: Path
) -> None:
    preset = PRESETS[name]
    code = with_constants(program(preset), TRAIN_SIZE=1_000, TEST_SIZE=TESTED, IMAGES=SEEN)
    lines = run(code, tmp_path, MNIST_DIR=str(folder))
    assert len(lines) == 11
    for settings, said in zip(arms(preset.settings), (lines[:5], lines[5:10]), strict=True):
        side, pixels = settings.size, settings.size**2
        assert said[0] == f"Padded by {settings.pad_width}: {side} × {side} pixels"
        assert numbers(said[1])[0] >= SEEN
        assert numbers(said[2]) == [parameter_count(settings)]
        floor, learnable, border = numbers(said[3])
        total, per_pixel = numbers(said[4])
        assert total == pytest.approx(floor + learnable + border, abs=0.02)
        assert per_pixel == pytest.approx(total / pixels, abs=1e-4)
        clean = data.vary(digits.test[:TESTED], settings.variation)
        assert floor == pytest.approx(entropy(clean / 255).sum() / TESTED, abs=0.01)
        assert learnable > 0
        assert (border > 0) == (settings.pad_width > 0)
        # A network of these few steps is better than one that says 0.5, and far from its best.
        assert 0.1 < per_pixel < np.log(2)
    (total_before, before), (total_after, after) = numbers(lines[4]), numbers(lines[9])
    change = numbers(lines[10])
    assert change[0] == pytest.approx(100 * (after / before - 1), abs=0.1)
    assert change[1] == pytest.approx(100 * (total_after / total_before - 1), abs=0.1)


def test_generated_digits_are_padding_lab_s(tmp_path: Path) -> None:
    chosen = Settings(dataset="digits", train_size=1_000, pad_width=1)
    code = with_constants(program(Run(chosen, 64), both=False), TEST_SIZE=50)
    *_, last = run(code, tmp_path, PYTHONPATH=str(ROOT))
    total, per_pixel = numbers(last)
    assert per_pixel == pytest.approx(total / 900, abs=1e-4)
    assert "Padding Lab's: run this in its folder" in code


# --- Against ours -------------------------------------------------------------------------------


LIVE = presets.AS_ASKED.settings
EXPERIMENTS = {name: run.settings for name, run in PRESETS.items()} | {
    "loss on the original pixels, summed": replace(LIVE, loss_on="original", reduction="sum"),
    "loss on the original pixels": replace(LIVE, loss_on="original", beta2=0.95),
    "summed": replace(LIVE, reduction="sum"),
    "cleared": replace(LIVE, pad_width=3, outside="cleared", output_bias=-1.9),
    "cleared, reflect": replace(LIVE, padding_mode="reflect", outside="cleared"),
    "deep and narrow": replace(LIVE, pad_width=6, depth=3, channels=8),
}


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_it_trains_as_we_do(
    name: str, digits: data.Images, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From our initial weights, on our noise, in our order: to our weights and our loss."""
    settings = replace(EXPERIMENTS[name], train_size=1_000, device="cpu")
    theirs = definitions(program(Run(settings, SEEN)))
    train_set = image_set(settings, digits.train, "train")
    test_set = image_set(settings, digits.test[:TESTED], "test")
    ours = training.train(settings, train_set, test_set, SEEN)

    def images(made: data.NoisySet) -> list[torch.Tensor]:
        every = slice(0, len(made))
        parts = made.clean_batch(every), made.noisy_batch(every)
        return [torch.from_numpy(part)[:, None] for part in parts]

    def autoencoder(*width: int, build: Any = theirs["autoencoder"]) -> torch.nn.Module:
        model: torch.nn.Module = build(*width)
        start = torch.from_numpy(network.initial_weights(settings))
        vector_to_parameters(start, model.parameters())
        return model

    order = np.random.default_rng([settings.seed, 1, 0]).permutation(settings.train_size)
    monkeypatch.setattr(torch, "randperm", lambda count: torch.from_numpy(order[:count]))
    theirs["autoencoder"] = autoencoder
    model = theirs["train"](*images(train_set))
    weights = parameters_to_vector(model.parameters()).detach().numpy()
    # Adam's first steps have the size of its rate in each weight, however small its gradient.
    assert np.abs(weights - ours.weights).mean() < 1e-2 * settings.learning_rate

    loss, floor = theirs["measure"](model, *images(test_set))
    kept = network.module(ours.weights, settings)
    clean, noisy = images(test_set)
    with torch.no_grad():
        expected = torch.nn.functional.binary_cross_entropy(kept(noisy), clean)
    assert loss.mean().item() == pytest.approx(expected.item(), rel=1e-3)
    np.testing.assert_allclose(
        floor.numpy(), entropy(clean.double().numpy()).mean((0, 1)), atol=1e-5
    )


@pytest.mark.parametrize("variation", data.VARIATIONS.options)
def test_it_reads_the_images_that_we_train_on(
    variation: str, digits: data.Images, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MNIST_DIR", str(folder))
    theirs = definitions(program(Run(Settings(variation=variation), 1_000)))
    for split, images in (("train", digits.train), ("t10k", digits.test)):
        ours = data.vary(images[:50], variation) / np.float32(255)
        read = theirs["read"](split, 50)
        np.testing.assert_allclose(read, ours, atol=1.01 / 255 if variation == "cropped" else 0)
        assert np.abs(read - ours).mean() < 1e-4  # greys that lie halfway are rounded either way
        assert read.dtype == np.float32


@pytest.mark.parametrize("noise_first", [False, True])
@pytest.mark.parametrize("pad_mode", data.PAD_MODES.options)
def test_it_pads_as_we_do(pad_mode: str, noise_first: bool, digits: data.Images) -> None:
    settings = Settings(
        pad_width=3, pad_mode=pad_mode, pad_level=0.3, noise_first=noise_first, device="cpu"
    )
    theirs = definitions(program(Run(settings, 1_000)))
    images = digits.train / np.float32(255)
    clean, noisy = (part[:, 0].numpy() for part in theirs["pad"](images, 3, [0, 0]))
    ours = image_set(settings, digits.train, "train")
    ring = ours.ring
    if pad_mode == "noise":  # drawn otherwise, and as even
        inside = np.where(ring, 0, clean)
        np.testing.assert_array_equal(inside, np.pad(images, ((0, 0), (3, 3), (3, 3))))
        counts = np.bincount(np.rint(255 * clean[:, ring]).astype(int).ravel(), minlength=256)
        assert len(counts) == 256
        assert counts.min() > 0.8 * counts.mean()
    else:
        np.testing.assert_array_equal(clean, ours.clean_batch(slice(0, 1_000)))
    their_noise = (noisy - clean).std(axis=0)
    every = slice(0, 1_000)
    our_noise = (ours.noisy_batch(every) - ours.clean_batch(every)).std(axis=0)
    np.testing.assert_allclose(their_noise, our_noise, atol=0.05)
    assert (their_noise[ring] == 0).all() == noise_first


def test_both_arms_share_the_noise_of_the_original_pixels(digits: data.Images) -> None:
    theirs = definitions(program(Run(Settings(device="cpu"), 1_000)))
    images = digits.train[:20] / np.float32(255)
    unpadded, padded = (theirs["pad"](images, width, [0, 0])[1] for width in (0, 4))
    assert torch.equal(unpadded, padded[..., 4:-4, 4:-4])


@pytest.mark.parametrize(
    "settings",
    [
        Settings(pad_width=3),
        Settings(padding_mode="reflect"),
        Settings(pad_width=1, padding_mode="replicate"),
        Settings(pad_width=2, padding_mode="circular"),
        Settings(depth=1, channels=8),
        Settings(depth=3, channels=16, pad_width=5),
        Settings(depth=4, channels=8, pad_width=2),
        Settings(depth=3, channels=8, pad_width=3, outside="cleared"),
        Settings(depth=2, channels=8, pad_width=5, outside="cleared", padding_mode="reflect"),
    ],
    ids=lambda s: f"{s.size} px, depth {s.depth}, {s.channels} channels, {s.padding_mode}",
)
def test_its_network_is_ours(settings: Settings) -> None:
    theirs = definitions(program(Run(settings, 1_000)))
    model = theirs["autoencoder"](*([settings.pad_width] if settings.cleared else []))
    assert sum(weights.numel() for weights in model.parameters()) == parameter_count(settings)
    for weights, (outputs, inputs, *_) in zip(
        (weights for weights in model.parameters() if weights.dim() == 4),
        kernels(settings),
        strict=True,
    ):
        glorot = (6 / (9 * (inputs + outputs))) ** 0.5
        assert 0.9 * glorot < weights.abs().max() <= glorot
    assert not any(weights.any() for weights in model.parameters() if weights.dim() == 1)

    start = network.initial_weights(settings)
    vector_to_parameters(torch.from_numpy(start), model.parameters())
    clean, noisy = torch.rand(2, 3, 1, settings.size, settings.size)
    with torch.no_grad():
        loss = theirs["losses"](model, clean, noisy)
        ours = network.module(start, settings)(noisy)
    expected = torch.nn.functional.binary_cross_entropy(ours, clean, reduction="none")
    torch.testing.assert_close(loss, expected)


# --- As text ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [field.name for field in fields(Settings)])
def test_every_setting_changes_the_program(name: str) -> None:
    chosen = Settings(pad_width=2, pad_mode="constant", pad_level=0.5)
    changed = replace(chosen, **{name: OTHER_VALUES[name]})
    assert program(Run(changed, 20_000)) != program(Run(chosen, 20_000))
    assert program(Run(chosen, 60_000)) != program(Run(chosen, 20_000))


def test_a_run_s_own_arm_alone() -> None:
    alone = program(presets.AS_ASKED, both=False)
    assert "PAD_WIDTHS = (2,)" in alone
    assert "By padding" not in alone
    assert program(Run(Settings(), 20_000)) == program(Run(Settings(), 20_000), both=False)


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_lines_fit_a_slide(precision: str) -> None:
    for preset in PRESETS.values():
        code = program(Run(replace(preset.settings, precision=precision), preset.images))
        assert max(map(len, code.splitlines())) <= 100
        assert len(code.splitlines()) < 130
        assert "\n\n\n\n" not in code
