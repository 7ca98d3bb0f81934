"""What is said of a run while it trains, and of how long it is."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.autoencoder import MAX_EPOCHS, Settings, next_checkpoint
from core.autoencoder.presets import AS_ASKED
from core.autoencoder.runs import View
from core.loss.comparison import compare
from pages.sections.autoencoder.progress import SEED, doing, duration, length, progress
from tests import shipped

TRAINING = View(Settings(), "training", 20_000, images_seen=5_000, done=0.25)
FINISHED = View(Settings(pad_width=2), "finished", 20_000, images_seen=20_000)


@pytest.mark.parametrize(
    ("view", "words", "share"),
    [
        (TRAINING, "5,000 of 20,000 images", 0.25),
        (replace(TRAINING, testing=0.4), "5,000 images, tested on 40 % of 10,000", 0.25),
        (
            replace(TRAINING, activity="Downloading MNIST from host", share=0.5),
            "downloading MNIST from host, 50 %",
            0.5,
        ),
        (replace(TRAINING, activity="Getting ready", share=0.0), "getting ready", 0.0),
        (replace(TRAINING, status="waiting", place=3), "waiting, place 3 in the queue", 0.25),
        (replace(TRAINING, stopping=True, seconds_left=9.0), "stopping", 0.25),
        (replace(TRAINING, status="stopped"), "5,000 images, stopped", 1.0),
        (FINISHED, "20,000 images, finished", 1.0),
    ],
)
def test_what_a_run_does(view: View, words: str, share: float) -> None:
    both = {"unpadded": FINISHED, "padded": view}
    assert doing(both) == f"unpadded: 20,000 images, finished · padded: {words}"
    assert progress(both) == share


def test_the_time_left_is_that_of_the_slower_run_and_said_when_both_are_known() -> None:
    quick, slow = replace(TRAINING, seconds_left=12.0), replace(TRAINING, seconds_left=41.0)
    assert doing({"unpadded": quick, "padded": slow}).endswith(" · about 45 s left")
    assert doing({"unpadded": FINISHED, "padded": quick}).endswith(" · about 15 s left")
    assert "left" not in doing({"unpadded": quick, "padded": TRAINING})
    assert "left" not in doing({"unpadded": FINISHED, "padded": FINISHED})


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.0, "a few seconds left"),
        (9.9, "a few seconds left"),
        (10, "about 10 s left"),
        (10.1, "about 15 s left"),
        (60, "about 60 s left"),
        (61, "about 2 min left"),
        (3600, "about 60 min left"),
        (3601, "about 2 h left"),
    ],
)
def test_duration(seconds: float, words: str) -> None:
    assert duration(seconds) == words


@pytest.mark.parametrize(
    ("settings", "asked", "words"),
    [
        (Settings(), 60_000, ""),
        (
            Settings(train_size=20_000, batch_size=32),
            5_000,
            "Asked for 5,000 images; no batch of 32 is split, so the run ends with the batch that "
            "reaches them, at 5,024.",
        ),
        (
            Settings(train_size=7_000),
            60_000,
            "Asked for 60,000 images; so far along a run is tested only where an epoch of 7,000 "
            "images ends, so this one ends at 63,000.",
        ),
        (
            Settings(train_size=1_000),
            600_000,
            "Asked for 600,000 images; of 1,000 training images 100 epochs, 100,000 images, are "
            "the longest run.",
        ),
    ],
)
def test_length(settings: Settings, asked: int, words: str) -> None:
    assert length(settings, asked) == words


@given(
    st.integers(1_000, 60_000),
    st.integers(8, 512),
    st.sampled_from([5_000, 20_000, 60_000, 120_000, 240_000, 600_000]),
)
def test_a_length_other_than_asked_for_always_has_its_reason(
    train_size: int, batch_size: int, asked: int
) -> None:
    settings = Settings(train_size=train_size, batch_size=batch_size)
    images, words = next_checkpoint(settings, asked), length(settings, asked)
    assert (images == asked) == (words == "")
    if images == asked:
        return
    assert f"Asked for {asked:,} images" in words
    assert f"{images:,}" in words
    if "batch" in words:
        assert 0 < images - asked < batch_size
    elif "longest" in words:
        assert images == MAX_EPOCHS * train_size < asked
    else:
        assert images % train_size == 0
        assert 0 < images - asked < train_size
        assert asked > 20_000


def test_the_example_of_what_a_seed_does_not_fix_is_the_shipped_run() -> None:
    change = compare(*shipped.pair(AS_ASKED)).shared
    assert f"seed 0: {100 * change:+.1f} % on the shared pixels" in SEED
