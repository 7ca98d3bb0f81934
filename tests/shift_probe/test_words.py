"""Every sentence of the page is true at every setting: checked by brute force over many."""

import itertools
import re
from typing import Any

import numpy as np
import pytest

from core.layers import PADDING_MODES, PADDINGS
from core.shift_probe import Network, Proof, Settings, prove, train, windows_met
from core.shift_probe.classes import convolutions, leak
from core.shift_probe.comparison import EVERY_PADDING, compare_one
from core.shift_probe.equivariance import room, shift
from core.shift_probe.seeds import Spread, spread
from core.shift_probe.touching import signs, signs_in_the_end, signs_when_perfect, untouched_ends
from pages.sections.shift_probe import words
from tests.shift_probe.networks import fits, network
from tests.shift_probe.test_network import torch_scores

COMBINED = list(
    itertools.product(
        (3, 4, 5, 7, 10), (1, 2, 3, 4, 5), (1, 2, 3), PADDINGS, PADDING_MODES, (False, True)
    )
)


def networks(stride: int, offset: int = 0, **only: Any) -> list[Network]:
    """A sample of all combinations that fit, each with another target."""
    found = []
    for index, combined in enumerate(COMBINED[offset::stride]):
        size = combined[0]
        target = divmod(index * 7 % size**2, size)
        names = ("size", "kernel", "layers", "padding", "padding_mode", "bias")
        values: dict[str, Any] = dict(zip(names, combined, strict=True)) | only
        if fits(**values):
            found.append(network(**values, target=target))
    return found


def told_apart(network: Network) -> np.ndarray:
    """Which positions real convolutions with random kernels give the target's score."""
    settings = network.settings
    kernels = np.random.default_rng(0).uniform(
        0.5, 1, (settings.layers, settings.kernel, settings.kernel)
    )
    scores = torch_scores(settings, kernels, 0.0)
    return np.asarray(np.isclose(scores, scores[settings.target], rtol=1e-9))


@pytest.mark.parametrize("network", networks(31), ids=lambda n: str(n.settings))
def test_what_is_said_of_classes_is_what_convolutions_show(network: Network) -> None:
    settings = network.settings
    alike = told_apart(network)
    run = train(network, 30)
    proof = prove(network, run)
    said = words.headline(network, run, proof)
    text = " ".join(words.classes_text(network))
    if alike.all():
        assert said.startswith("No: on this image every position always has the same score")
        assert words.classes_headline(network) == "All positions of this image are one class"
        assert ("on an image of any size" in text) == settings.always_invariant
        assert ("only because the image is small" in text) != settings.always_invariant
    elif alike.sum() > 1:
        others = int(alike.sum()) - 1
        assert f"Not this position: {words.some(others, 'other position')} always get" in said
    else:
        assert "same score" not in said
        assert not said.startswith("No:")
        assert said.startswith("Yes") == (run.perfect and proof.separable is True)
    assert "invariant" not in text or settings.always_invariant


@pytest.mark.parametrize("padding", PADDINGS)
@pytest.mark.parametrize("mode", PADDING_MODES)
@pytest.mark.parametrize("kernel", [1, 2, 3, 4, 5])
def test_invariant_means_on_every_size_and_to_every_depth(
    padding: str, mode: str, kernel: int
) -> None:
    always = Settings(size=32, kernel=kernel, padding=padding, padding_mode=mode).always_invariant
    leaks = {n: leak(convolutions(kernel, n, padding, mode)) for n in (1, 2, 3)}
    assert always == (not any(each.depth for each in leaks.values()))
    assert ("nowhere" in words.depth_headline(leaks)) == always
    common: dict[str, Any] = {
        "kernel": kernel,
        "layers": 2,
        "padding": padding,
        "padding_mode": mode,
    }
    fitting = [size for size in (3, 4, 5, 8) if fits(size=size, **common)]
    assert 8 in fitting or (padding, kernel) == ("valid", 5)
    for probe in (network(size=size, **common) for size in fitting):
        text = " ".join(words.depth_text(probe, leaks))
        assert ("too small to show it" in text) == (not always and probe.distinct_scores == 1)
        assert ("the same paths lead from every position" in text) == always
        assert probe.distinct_scores == 1 or not always


def test_the_issue_s_two_settings() -> None:
    """ "Invariant" beside a border that shows, and "fewer windows" where all have one."""
    full = Network(Settings(3, 4, 1, "full", "circular"))
    leaks = {n: leak(convolutions(4, n, "full", "circular")) for n in range(1, 3)}
    assert leaks[1].depth == 3
    assert "invariant" not in " ".join(words.classes_text(full))
    assert "too small to show it" in " ".join(words.depth_text(full, leaks))
    verdicts = {
        padded: words.row_verdict(compare_one(full.settings, *padded)) for padded in EVERY_PADDING
    }
    assert "on a large one it does" in verdicts["full", "circular"]
    assert verdicts["same", "circular"] == "invariant: tells no position from another"
    valid = Settings(3, 3, 1, "valid")
    assert windows_met(valid) == (1, 1)
    assert "each by another weight" in words.valid_text((1, 1), valid)


@pytest.mark.parametrize("size", [3, 4, 5, 8])
@pytest.mark.parametrize("kernel", [1, 2, 3, 4, 5])
def test_windows_are_counted_as_they_lie(size: int, kernel: int) -> None:
    met = windows_met(Settings(size, kernel))
    if kernel > size:
        assert met is None
        return
    counts = np.zeros((size, size), int)
    for row, column in itertools.product(range(size - kernel + 1), repeat=2):
        counts[row : row + kernel, column : column + kernel] += 1
    assert met == (counts[0, 0], counts.max())
    said = words.valid_text(met, Settings(size, kernel))
    assert ("each by another weight" in said) == (counts.min() == counts.max())


@pytest.mark.parametrize("kernel", [2, 3, 4])
@pytest.mark.parametrize("size", [3, 4, 6])
def test_the_text_on_all_paddings_fits_the_table(size: int, kernel: int) -> None:
    settings = Settings(size, kernel)
    rows = [compare_one(settings, *padded) for padded in EVERY_PADDING]
    text = words.padding_text(rows, windows_met(settings), settings)
    for row in rows:
        if row.padding != "full" or row.refusal or row.padding_mode in ("zeros", "partial"):
            continue
        copying = re.search(r"\*copies\* pixels \(([a-z, ]+)\)", text)
        assert (row.padding_mode in (copying[1] if copying else "")) == row.leaks
    safe = [row for row in rows if not row.refusal and not row.leaks]
    headline = words.padding_headline(rows, settings)
    fitting = sum(not row.refusal for row in rows)
    assert headline.startswith(f"{len(safe)} of {fitting} are safe")
    assert all(f"{row.padding} with {row.padding_mode}" in headline for row in safe)


@pytest.mark.parametrize("size", [3, 4, 9, 32])
def test_replicate_meets_every_pixel_nine_times(size: int) -> None:
    network = Network(Settings(size, 3, 1, "same", "replicate"))
    counts = {network.touches((r, c)).sum() for r in range(size) for c in range(size)}
    assert counts == {9}
    assert network.distinct_scores > 1


@pytest.mark.parametrize("network", networks(29, layers=1), ids=lambda n: str(n.settings))
def test_what_is_said_of_touching_weights(network: Network) -> None:
    settings = network.settings
    touches = network.touches(settings.target) > 0
    run = train(network, 30)
    now = signs(network, run.final.kernels[0])
    assert now.touching == touches.sum()
    assert now.touching_above == (run.final.kernels[0][touches] > 0).sum()
    text = " ".join(words.touching_text(network, now, now, [], 0))
    if now.touching > 1:
        assert f"{now.touching_above} of the {now.touching} weights" in text
    else:
        assert ("touches it is positive" in text) == bool(now.touching_above)
    ends = untouched_ends(network)
    if ends:
        (top, bottom), (left, right) = ends
        kept = touches[top : settings.kernel - bottom, left : settings.kernel - right]
        assert kept.all()
        assert kept.size == touches.sum()
    said = words.sum_in_words(network, run.final, settings.target)
    often = (network.touches(settings.target)[touches] != 1).any()
    assert ("as often as it touches" in said) == bool(often)


def test_a_single_weight_is_no_1_of_1_weights() -> None:
    network = Network(Settings(kernel=1))
    assert words.touching_headline(network) == "The only weight touches the target"
    now = signs(network, train(network).final.kernels[0])
    (said,) = words.touching_text(network, now, now, [], 0)
    assert "the only weight that touches it is " in said
    corner = Network(Settings(padding="valid"))
    assert words.touching_headline(corner) == "1 of the 9 weights touches the target"
    run = train(corner)
    said = words.sum_in_words(corner, run.final, (0, 0))
    assert said.startswith("1 of the 9 weights touches it. That weight makes its score: ")
    seeds = signs_when_perfect(corner.settings, range(2))
    text = " ".join(words.touching_text(corner, seeds[0], seeds[0], seeds, 2))
    assert "2 of them with this weight positive" in text
    assert "it is positive, as in the article's figure, and " in text


def test_the_article_s_corner() -> None:
    """The kernel's right column and bottom row never touch; trained on, all that touch are > 0."""
    network = Network(Settings())
    ended = signs_in_the_end(network.settings)
    perfect = signs_when_perfect(network.settings, range(10))
    now = signs(network, train(network).final.kernels[0])
    text = " ".join(words.touching_text(network, now, ended, perfect, 10))
    assert "the right column and the bottom row never touch the pixel in the upper left" in text
    assert "4 of 4 are positive, as in the article's figure, and 5 of the 5 others negative" in text
    assert f"{sum(s.as_in_the_article for s in perfect)} of them with all" in text
    replicate = signs_in_the_end(Settings(padding_mode="replicate"))
    assert replicate.touching_above == 1


@pytest.mark.parametrize("network", networks(37, layers=1), ids=lambda n: str(n.settings))
def test_what_is_said_of_a_shift(network: Network) -> None:
    kernel = train(network, 5).final.kernels[0]
    least, most = room(network.settings.size)
    for down, right in itertools.product((least, 0, most), repeat=2):
        moved = shift(network, kernel, down, right)
        text = " ".join(words.shift_text(network, moved))
        differing = re.search(r"differ at (\d+) of", text)
        assert bool(differing) == (moved.differing > 0 and (down, right) != (0, 0))
        if differing:
            assert int(differing[1]) == np.count_nonzero(moved.difference)
            assert not network.settings.always_invariant
            changed = float(moved.output.sum() - moved.expected.sum())
            assert ("add up to zero" in text) == (abs(changed) < 1e-6 * abs(moved.output).max())
        assert ("never differ" in text) == network.settings.always_invariant


@pytest.mark.parametrize("network", networks(43, layers=2), ids=lambda n: str(n.settings))
def test_proof_and_agreement_say_what_was_proved(network: Network) -> None:
    run = train(network, 40)
    proof = prove(network, run)
    header, said = words.proof_headline(proof), " ".join(words.reasons(network, proof))
    assert header.startswith("Open") == (proof.separable is None)
    assert ("does not know" in said) == (proof.separable is None)
    assert ("Whatever the weights" in said) == (proof.kind == "mixture")
    assert ("agrees" in words.agreement(run, proof)) == (
        proof.separable is not None and run.perfect == proof.separable
    )


def test_open_and_corners_have_words_of_their_own() -> None:
    network = Network(Settings(3, 2, 2, "valid", target=(0, 1)))
    run = train(network, 5)
    assert "only a corner" in " ".join(words.reasons(network, prove(network, run)))
    assert words.headline(network, run, Proof(None)).startswith("Open")
    assert "does not know" in " ".join(words.reasons(network, Proof(None)))


def test_numbers_never_round_to_all_or_nothing() -> None:
    assert [words.capped_percent(share) for share in (0, 0.00001, 0.5, 0.99999, 1)] == [
        "0 %",
        "0.1 %",
        "50.0 %",
        "99.9 %",
        "100 %",
    ]
    assert words.some(1, "step") == "1 step"
    assert words.some(2, "class") == "2 classes"


def test_what_is_said_of_a_readout() -> None:
    deepest = {"zeros": Spread(0.3, 0.25, 0.35), "valid": Spread(-0.01, -0.021, 0.0)}
    assert words.readout_headline(deepest, 8, 5) == (
        "With zeros, 0.30 of the coordinates' variance can be read after 8 layers (0.25 to 0.35 "
        "over 5 seeds); with any other padding the R² of no seed is larger in size than 0.03"
    )
    assert words.r2_range(*deepest["valid"]) == "−0.010 (−0.021 to 0.000)"


def test_what_is_said_of_red_and_green() -> None:
    none, half, all_right = (spread([share]) for share in (0.0, 0.5, 1.0))
    swapped = {"valid": none, "same": half, "circular": all_right, "full": all_right}
    assert words.red_green_headline(swapped) == (
        "On swapped places circular and full: right in 100 % of the images; valid: in 0 %"
    )
    assert words.red_green_headline({"valid": half, "same": half}) == (
        "On swapped places every padding is right in 50 % of the images"
    )
    assert words.accuracy([]) == "not trained yet"
    assert words.accuracy([0.5]) == "50.0 %"
    assert words.accuracy([0.5, 1.0]) == "75.0 % (50.0 to 100.0)"


def test_a_sample_in_words() -> None:
    start = "A white pixel in row 2, column 0, and the output image: "
    assert words.sample((2, 0), np.array([[-1.25, 3.0]])) == f"{start}−1.2 to 3"
    assert words.sample((2, 0), np.zeros((2, 2))) == f"{start}0"
