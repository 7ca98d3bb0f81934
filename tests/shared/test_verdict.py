"""The sentence about a change claims what its own figures show, whatever the runs are."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from core.judgement import MARGIN
from pages.shared.verdict import PER_PIXEL, SHARED, Evidence, picture, sentence, weigh

FIGURES = re.compile(r"by ([+−]?[\d.]+) % ± ([\d.]+) \(95 % interval\)")

spreads = st.sampled_from([0.0, 1e-6, 1e-4, 0.003, 0.02, 0.3])
means = st.floats(-0.03, 0.03) | st.floats(-0.9, 5.0) | st.sampled_from([0.0, MARGIN, -MARGIN])


@st.composite
def evidence(draw: st.DrawFn) -> Evidence:
    of = draw(st.sampled_from([2, 5, 10, 25]))
    mean, spread = draw(means), draw(spreads)
    offsets = draw(st.lists(st.floats(-1, 1), min_size=of, max_size=of))
    # A change that no figure could show is none.
    changes = {seed: round(mean + spread * offset, 7) for seed, offset in enumerate(offsets)}
    return weigh(changes, range(of))


def shown(words: str) -> tuple[float, float]:
    """The ends of the interval as a reader works them out, in percent."""
    found = FIGURES.search(words)
    assert found, words
    mean, half = (float(number.replace("−", "-")) for number in found.groups())
    return round(mean - half, 9), round(mean + half, 9)


@given(evidence())
def test_every_claim_follows_from_the_figures_beside_it(given_runs: Evidence) -> None:
    words = sentence(given_runs)
    low, high = shown(words)
    margin = 100 * MARGIN
    within = -margin < low and high < margin
    assert ("equivalent" in words) == within
    assert ("undecided" in words) == (low <= 0 <= high and not within)
    assert ("worse" in words) == (low > 0)
    assert ("better" in words) == (high < 0)
    assert (", by more than the margin" in words) == (low > margin or high < -margin)
    assert ("measurably" in words) == (within and not low <= 0 <= high)
    assert f"Over {given_runs.judgement.of} pre-set seeds the loss on the shared" in words
    assert "margin of" in words
    assert "1 %" in words


def around(mean: float, half: float, of: int) -> Evidence:
    """Changes that spread by ±`half` round their mean."""
    return weigh({seed: mean + half * (-1) ** seed for seed in range(of)}, range(of))


@pytest.mark.parametrize(
    ("runs", "words"),
    [
        (
            around(0.0249, 0.007, 10),
            "Over 10 pre-set seeds the loss on the shared pixels changes by +2.5 % ± 0.5 "
            "(95 % interval): the padded network is worse, by more than the margin of 1 %.",
        ),
        (
            around(-0.012, 0.007, 10),
            "Over 10 pre-set seeds the loss on the shared pixels changes by −1.2 % ± 0.5 "
            "(95 % interval): the padded network is better; it stays open whether by more than "
            "the margin of 1 %.",
        ),
        (
            around(0.0063, 0.0015, 10),
            "Over 10 pre-set seeds the loss on the shared pixels changes by +0.6 % ± 0.1 "
            "(95 % interval): equivalent, for the whole interval lies within the margin of ±1 %; "
            "within it the padded network is measurably worse.",
        ),
        (
            around(0.0, 0.007, 10),
            "Over 10 pre-set seeds the loss on the shared pixels changes by 0.0 % ± 0.5 "
            "(95 % interval): equivalent, for the whole interval lies within the margin of ±1 %.",
        ),
        (
            around(0.002, 0.03, 10),
            "Over 10 pre-set seeds the loss on the shared pixels changes by +0.2 % ± 2.3 "
            "(95 % interval): undecided. The interval holds 0 and reaches beyond the margin of "
            "±1 %: no difference was found, which is not to say that there is none. If mean and "
            "spread stayed as they are, 69 seeds, fixed beforehand, would decide.",
        ),
        (
            weigh({0: 0.044, 1: 0.012, 2: 0.031, 77: -0.5}, range(10)),
            "3 of 10 pre-set seeds are here: the loss on the shared pixels changes by +1.2 % to "
            "+4.4 %. Nothing is judged before all 10 are.",
        ),
        (
            weigh({4: -0.012}, range(5)),
            "1 of 5 pre-set seeds is here: the loss on the shared pixels changes by −1.2 %. "
            "Nothing is judged before all 5 are.",
        ),
        (
            weigh({77: 0.1}, range(5)),
            "None of the 5 pre-set seeds is here: nothing is judged yet.",
        ),
    ],
)
def test_the_sentence(runs: Evidence, words: str) -> None:
    assert sentence(runs) == words


def test_another_quantity_has_its_own_words() -> None:
    assert sentence(around(-0.229, 0.001, 5), PER_PIXEL) == (
        "Over 5 pre-set seeds the loss per pixel changes by −22.9 % ± 0.1 (95 % interval): it is "
        "lower, by more than the margin of 1 %."
    )


def test_figures_are_written_with_the_digits_that_their_claim_needs() -> None:
    # Half the width of an interval over ten seeds is 0.754 times this spread.
    assert "+0.54 % ± 0.51 " in sentence(around(0.0054, 0.0068, 10))  # not 0.5 ± 0.5
    assert "+0.04 % ± 0.03 " in sentence(around(0.0004, 0.0004, 10))  # not 0.0 ± 0.0
    assert "+0.5 % ± 0.4 " in sentence(around(0.0054, 0.0053, 10))


@given(evidence(), st.dictionaries(st.integers(100, 200), st.floats(-1, 1), max_size=9))
def test_what_visitors_train_changes_nothing_that_was_judged(
    given_runs: Evidence, own: dict[int, float]
) -> None:
    more = weigh({**given_runs.preset, **own}, range(given_runs.judgement.of))
    assert more.judgement == given_runs.judgement
    assert sentence(more) == sentence(given_runs)
    assert more.own == own


@pytest.mark.parametrize(
    "runs",
    [
        around(0.02, 0.01, 10),
        weigh({0: 0.044, 77: -0.5}, range(10)),
        weigh({77: -0.5}, range(5)),
    ],
)
def test_the_picture_says_what_it_draws(runs: Evidence) -> None:
    def page(draw: "Any", rows: "Any") -> None:  # its source runs alone, without imports
        draw(rows)

    app = AppTest.from_function(page, args=(picture, {SHARED: runs}), default_timeout=30).run()
    assert not app.exception
    (caption,) = app.caption
    assert ("hollow" in caption.value) == bool(runs.own)
    assert ("interval" in caption.value) == runs.judgement.complete


def test_without_runs_there_is_no_picture() -> None:
    def page(draw: "Any", rows: "Any") -> None:
        draw(rows)

    nothing = {SHARED: weigh({}, range(5))}
    app = AppTest.from_function(page, args=(picture, nothing), default_timeout=30).run()
    assert not app.exception
    assert not app.caption
