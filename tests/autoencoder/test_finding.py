"""What the page says of a pair of runs is what its figures show, whatever the runs are."""

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import loss
from core.autoencoder import Run
from core.autoencoder.presets import ORIGINAL_PADDED, PADDED
from core.autoencoder.runs import View
from core.split import Split, split
from pages.sections.autoencoder.finding import (
    BETTER,
    GUESSES,
    SAME,
    Losses,
    answer,
    change_words,
    headline,
    moved,
    nats,
    part_words,
)
from pages.sections.autoencoder.judgement import which
from pages.sections.autoencoder.live import verdict
from pages.sections.autoencoder.pair import Pair
from tests import shipped

# From a tenth of the loss to far above it, most of them near the unpadded loss: what is barely
# lower or higher, and parts that cancel, are where a sentence goes wrong.
factors = st.floats(0.9, 1.1) | st.floats(0.1, 20.0) | st.sampled_from([1.0, 0.9996, 1.0004])
borders = st.just(0.0) | st.floats(0.0, 0.1) | st.floats(0.0, 20.0)
pad_widths = st.integers(0, 8)


def percent(words: str) -> float:
    """The change that a sentence tells: fell by 22.9 % is −22.9."""
    if "stayed the same to 0.1 %" in words:
        return 0.0
    if times := re.search(r"rose to ([\d.,e+]+) times as much", words):
        return 100 * (float(times[1].replace(",", "")) - 1)
    found = re.search(r"(fell|rose) by ([\d.,]+) %", words)
    assert found, words
    return float(found[2].replace(",", "")) * (-1 if found[1] == "fell" else 1)


def close(told: float, share: float) -> bool:
    """Whether a told percentage is the share, rounded."""
    return abs(told - 100 * share) <= 0.0501 + (0.006 * abs(told) if share > 9 else 0)


def check(parts: Split, losses: Losses, unpadded: float, padded: float) -> None:
    """Every claim of the page about one pair, against its figures."""
    title = headline(parts)
    first = change_words(parts, "seed 0, 20,000 images", unpadded, padded)
    rest = part_words(parts, losses)
    assert "seed 0, 20,000 images" in first
    if parts.pixels == parts.padded_pixels:
        assert title == "Nothing is padded, so there is nothing to explain"
        assert "one and the same run" in first
        assert not re.search("fell|rose|instead", " ".join((title, first, *rest)))
        return
    # What the loss per pixel did, and the same figure wherever it stands.
    told = percent(title)
    assert close(told, padded / unpadded - 1)
    assert percent(first) == told
    assert f"**{unpadded:.4f}**" in first
    assert f"**{padded:.4f}**" in first
    # What made it so.
    if "because it is divided by more pixels" in title:
        assert told < 0
        only = "not only" not in title
        # Nothing else took anything off, or as good as nothing.
        assert only == (parts.shared > -0.0005 or "almost" in title)
        if only:
            assert parts.division <= parts.per_pixel + 0.0005
        else:
            assert parts.shared < 0
            assert close(percent(title.split("pixels: ")[1]), parts.shared)
    elif "cancel out" in title:
        assert told == 0
        assert parts.division < -0.1
    else:
        assert told > 0
        if "border adds more" in title:
            assert parts.border >= -parts.division
        elif "the shared pixels add more" in title:
            assert parts.shared >= -parts.division
        else:
            assert "border and shared pixels together add more" in title
            assert 0 < parts.border < -parts.division > parts.shared > 0
    # The parts, each in its line.
    shared, border, more, total = rest
    assert close(percent(shared), parts.shared)
    assert f"on the {parts.pixels:,} pixels" in shared
    assert f"from {nats(losses.unpadded)} to {nats(losses.shared)}" in shared
    assert f"its {parts.padded_pixels - parts.pixels:,} pixels cost {nats(losses.border)}" in border
    assert f"divided by {parts.padded_pixels:,} instead of {parts.pixels:,}" in more
    taken = re.search(r"takes off ([\d.,]+) %", more)
    assert taken
    assert close(float(taken[1].replace(",", "")), -parts.division)
    assert close(percent(total), parts.total)
    assert nats(losses.shared + losses.border) in total


@given(st.floats(20.0, 700.0), factors, borders, pad_widths)
def test_every_sentence_holds_for_any_losses(
    unpadded: float, factor: float, border: float, pad_width: int
) -> None:
    pixels, padded_pixels = 28**2, (28 + 2 * pad_width) ** 2
    shared = unpadded if pad_width == 0 else unpadded * factor
    ring = 0.0 if pad_width == 0 else unpadded * border
    check(
        split(unpadded, shared, ring, pixels, padded_pixels),
        Losses(unpadded, shared, ring, 0.5 * unpadded),
        unpadded / pixels,
        (shared + ring) / padded_pixels,
    )


@given(st.floats(20.0, 700.0), st.floats(0.9, 1.1), pad_widths)
def test_a_change_next_to_nothing_is_not_called_a_fall(
    unpadded: float, near: float, pad_width: int
) -> None:
    """The parts nearly cancel: the padded total is about as many times larger as the image is."""
    pixels, padded_pixels = 28**2, (28 + 2 * (pad_width or 1)) ** 2
    total = unpadded * padded_pixels / pixels * (1 + (near - 1) / 100)
    ring = total - unpadded
    check(
        split(unpadded, unpadded, ring, pixels, padded_pixels),
        Losses(unpadded, unpadded, ring, 0.5 * unpadded),
        unpadded / pixels,
        total / padded_pixels,
    )


EVERY = PADDED | {"The original protocol": ORIGINAL_PADDED}


@pytest.mark.parametrize("name", EVERY)
def test_every_sentence_holds_for_every_preset(name: str) -> None:
    for seed in range(3):
        run = Run(replace(EVERY[name].settings, seed=seed), EVERY[name].images)
        unpadded, padded = shipped.pair(run)
        parts = loss.split_of(unpadded, padded)
        losses = Losses(unpadded.total, padded.interior, padded.border, unpadded.entropy_floor)
        check(parts, losses, unpadded.per_pixel, padded.per_pixel)


@pytest.mark.parametrize(
    ("parts", "title"),
    [
        # 2 px, edge: the original protocol's means.
        ((76.41, 76.89, 0.091, 784, 1024), "fell by 22.9 % because it is divided by more pixels"),
        # Inverted digits with a black border: the shared pixels fell, too.
        (
            (200.0, 181.8, 6.0, 784, 1024),
            "fell by 28.1 %, not only because it is divided by more pixels: on the shared pixels "
            "it fell by 9.1 %",
        ),
        ((100.0, 99.97, 0.1, 784, 1024), "fell by 23.4 % almost only because it is divided by"),
        # A noise border.
        (
            (80.0, 85.0, 160.0, 784, 1024),
            "rose by 134.5 %: the border adds more than dividing by more pixels takes off",
        ),
        (
            (80.0, 300.0, 1.0, 784, 1024),
            "rose by 188.1 %: the shared pixels add more than dividing by more pixels takes off",
        ),
        (
            (80.0, 95.0, 14.0, 784, 1024),
            "rose by 4.3 %: border and shared pixels together add more than dividing by more "
            "pixels takes off",
        ),
        ((80.0, 80.0, 80 * 240 / 784, 784, 1024), "stayed the same to 0.1 %: its three parts"),
    ],
)
def test_headline(parts: tuple[float, float, float, int, int], title: str) -> None:
    assert headline(split(*parts)).startswith(f"In this run the loss per pixel {title}")


def test_without_padding_there_is_nothing_to_explain() -> None:
    parts = split(80.0, 80.0, 0.0, 784, 784)
    assert headline(parts) == "Nothing is padded, so there is nothing to explain"
    assert part_words(parts, Losses(80.0, 80.0, 0.0, 40.0)) == [
        "In total that is 80.0 nats an image.",
        "50 % of the unpadded loss is entropy floor, which no network can go below.",
    ]


def test_moved() -> None:
    assert moved(-0.2292) == "fell by 22.9 %"
    assert moved(0.00049) == moved(-0.00049) == "stayed the same to 0.1 %"
    assert moved(5.2) == "rose by 520.0 %"
    assert moved(11.53) == "rose to 12.5 times as much"


@given(
    guess=st.sampled_from(GUESSES),
    shared=st.floats(-0.5, 0.5),
    border=st.floats(0, 0.5),
    width=st.integers(0, 8),
)
def test_a_guess_is_answered_in_its_own_terms(
    guess: str, shared: float, border: float, width: int
) -> None:
    parts = split(80.0, 80 * (1 + shared), 80 * border * (width > 0), 784, (28 + 2 * width) ** 2)
    said = answer(guess, parts)
    if not width:
        assert said == "nothing is padded, so both are one and the same"
        return
    number, pixels = round(100 * parts.per_pixel, 1), round(100 * parts.shared, 1)
    assert moved(parts.shared) in said
    if guess == BETTER:
        assert said.startswith("the number says so") == (number < 0)
        assert ("so do the pixels" in said) == (number < 0 and pixels < 0)
    else:
        assert said.startswith("this run agrees") == (pixels == 0 if guess == SAME else pixels > 0)


def test_what_is_said_so_far_holds_for_the_run_it_stands_beside() -> None:
    run = PADDED["4 px"]
    views = [View(arm.settings, "training", run.images, shipped.state(arm)) for arm in run.arms]
    pair = Pair(run, *views)
    assert pair.latest is not None
    assert pair.tested is not None
    unpadded, padded = (point.test_loss for point in pair.latest)
    said = verdict(pair)
    seen = f"{pair.latest[0].images_seen:,}"
    assert said.startswith(f"So far, after {seen} images, on the first 256 test images: ")
    assert moved(padded / unpadded - 1) in said
    assert moved(padded * 36**2 / (unpadded * 28**2) - 1) in said
    parts = loss.split_of(*pair.tested)
    ended = verdict(Pair(run, *(replace(view, status="finished") for view in views)))
    assert ended.startswith("This run: ")
    assert moved(parts.per_pixel) in ended
    assert moved(parts.total) in ended


def test_which_seeds_are_judged() -> None:
    assert which(range(10), 3) == (
        "Judged are seeds 0 to 9 and no others; this run, seed 3, is one of them."
    )
    assert which(range(5), 7).endswith(
        "seeds 0 to 4 and no others; this run, seed 7, is not one of them."
    )
