"""Every sentence of the loss page is true, whatever the numbers are that it is made of."""

import math
import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from core.judgement import Judgement, judge
from core.loss import Finding, Parts, Trial, finding
from core.loss.explanation import TrialRun
from pages.sections.loss import words
from pages.shared import loss_parts
from pages.shared.opening import SHOW_ME, Opening
from pages.shared.words import change, percent, rough

# --- Numbers ------------------------------------------------------------------------------------

shares = st.floats(-0.9, 12)
"""Changes as shares: from 90 % lower to 13 times as high."""


@st.composite
def judgements(draw: st.DrawFn) -> Judgement:
    """What any number of pre-set pairs may say: from none of ten to all of five."""
    of = draw(st.sampled_from([5, 10]))
    runs = draw(st.sampled_from([0, 1, of - 1, of, of, of]))
    middle, spread = draw(st.floats(-0.9, 12)), draw(st.sampled_from([0.0, 1e-4, 0.003, 0.05]))
    middle = draw(st.sampled_from([middle, middle / 100, 0.0]))
    offsets = draw(st.lists(st.floats(-1, 1), min_size=runs, max_size=runs))
    return judge([middle + spread * offset for offset in offsets], of)


by_width = st.dictionaries(st.integers(1, 8), judgements(), min_size=1)
NAMES = [*(f"{p} px" for p in range(1, 9)), "2 px (as asked)", "Grey border", "Digits to the edge"]
by_name = st.dictionaries(st.sampled_from(NAMES), judgements(), min_size=1)


class Shift(NamedTuple):
    """A change as a sentence has it: at least and at most so much."""

    low: float
    high: float


def read(text: str) -> Shift:
    """The change that `text` tells, in the reader's eyes."""
    if found := re.search(r"([\d.e+]+) times as high", text):
        return Shift(float(found[1]) * 0.995 - 1, float(found[1]) * 1.005 - 1)
    if "the same to 0.1 %" in text:
        return Shift(-0.001, 0.001)
    found = re.search(r"([\d.]+) % (lower|higher)", text)
    assert found, text
    share = float(found[1]) / 100 * (1 if found[2] == "higher" else -1)
    return Shift(share - 0.00051, share + 0.00051)


def told(text: str, share: float) -> bool:
    """Whether `text` tells a change by `share`."""
    low, high = read(text)
    return low <= share <= high


def group(findings: dict[str, Finding], what: Finding) -> list[str]:
    return [name for name, found in findings.items() if found == what]


# --- Amounts ------------------------------------------------------------------------------------


@given(st.one_of(shares, st.floats(-1, 1e300), st.floats(-0.002, 0.002)))
def test_a_change_is_told_as_it_is(share: float) -> None:
    assert told(change(share), share)


@given(st.floats(0, 1))
def test_a_percentage_is_told_as_it_is(share: float) -> None:
    assert float(rough(share).removesuffix(" %")) == pytest.approx(
        100 * share, abs=0.5 if share > 0.1 else 0.051 * 100 * share
    )


@given(st.floats(-20, 20), st.integers(0, 4))
def test_a_percentage_has_its_digits_and_its_sign(share: float, digits: int) -> None:
    for signed in (False, True):
        written = percent(share, digits, sign=signed)
        number = float(written.removesuffix(" %").replace("−", "-").replace(",", ""))
        assert number == pytest.approx(round(100 * share, digits), abs=1e-9)
        assert written[0] in ("−+" if signed and number else "−0123456789")
        assert not (written[0] == "−" and number == 0)


# --- The guess ----------------------------------------------------------------------------------


@pytest.mark.parametrize("guess", words.GUESSES)
@given(floor=st.floats(0, 0.7))
def test_a_guess_is_right_where_the_floor_rounds_to_it(guess: str, floor: float) -> None:
    said = words.answer(Opening(guess), floor)
    assert ("right" in said) == (round(floor, 2) == words.GUESSES[guess]) != (": no." in said)
    assert f"**{floor:.4f}**" in said
    assert "MNIST as the post had it" in said


@pytest.mark.parametrize("floor", [None, 0.0, 0.03, 0.06, 0.0581])
def test_who_guesses_nothing_is_neither_right_nor_wrong(floor: float | None) -> None:
    said = words.answer(Opening(SHOW_ME), floor)
    assert "guessed" not in said
    assert "right" not in said
    assert said[0].isupper()


@pytest.mark.parametrize("guess", words.GUESSES)
def test_a_guess_without_a_run_is_answered_by_no_figure(guess: str) -> None:
    said = words.answer(Opening(guess), None)
    assert "right" not in said
    assert "none is here yet" in said


# --- Where the loss lies ------------------------------------------------------------------------

nats = st.floats(1e-3, 1e4)
made_of = st.builds(Parts, nats, nats, st.one_of(st.just(0.0), nats))


@given(made_of, made_of)
def test_where_the_loss_lies(unpadded: Parts, padded: Parts) -> None:
    floor, border = re.findall(r"[\d.e-]+(?= %)", words.where_title(unpadded, padded))
    for written, true in (
        (floor, unpadded.floor / sum(unpadded)),
        (border, padded.border / sum(padded)),
    ):
        assert float(written) <= 100
        assert float(written) == pytest.approx(100 * true, abs=0.5, rel=0.06)


@given(made_of, made_of)
def test_the_parts_in_words(unpadded: Parts, padded: Parts) -> None:
    said = loss_parts.words({"unpadded": unpadded, "padded": padded})
    numbers = [float(number) for number in re.findall(r"(?<=[a-z] )[\d.e+-]+", said)]
    assert numbers == pytest.approx([*unpadded, *padded], rel=0.006, abs=0.051)


@given(made_of, st.booleans())
def test_the_floor_is_a_share_of_this_pair_and_the_post_is_named_for_its_own_images(
    unpadded: Parts, plain: bool
) -> None:
    said = words.floor_words(unpadded, 784, plain=plain)
    assert f"**{unpadded.floor / 784:.5f}** per pixel" in said
    assert f": {rough(unpadded.floor / sum(unpadded))} of the unpadded loss" in said
    assert ("0.099" in said) == ("the post's" in said) == plain
    assert "famous" not in said


# --- Lists --------------------------------------------------------------------------------------


def widths_in(text: str) -> set[int]:
    """The pad widths that a list in words names."""
    found: set[int] = set()
    for low, high in re.findall(r"(\d+)(?: to (\d+))?", text):
        found |= set(range(int(low), int(high or low) + 1))
    return found


@given(st.sets(st.integers(1, 8), min_size=1))
def test_spans_name_every_width_and_no_other(widths: set[int]) -> None:
    said = words.spans(widths)
    assert widths_in(said) == widths
    assert said.endswith(" px")


def test_spans_as_they_are_written() -> None:
    assert words.spans([1]) == "1 px"
    assert words.spans([2, 1]) == "1 and 2 px"
    assert words.spans([8, 2, 3, 4]) == "2 to 4 and 8 px"
    assert words.paddings(["1 px", "2 px (as asked)", "3 px", "4 px", "5 px", "Grey border"]) == (
        "1 and 3 to 5 px, 2 px (as asked) and grey border"
    )


@given(st.lists(judgements(), min_size=1))
def test_reach_spans_all_means(judged: list[Judgement]) -> None:
    means = [100 * each.interval.mean for each in judged if each.interval is not None]
    assume(means)
    said = words.reach(judged)
    ends = [float(end) for end in re.findall(r"[+-][\d.]+", said.replace("−", "-"))]
    assert ends[0] == pytest.approx(min(means), abs=0.051)
    assert ends[-1] == pytest.approx(max(means), abs=0.051)
    assert "-0.0" not in said.replace("−", "-")


# --- The law ------------------------------------------------------------------------------------

CLAUSES = {
    "holds": r"holds for ([^;,]*(?:, [^;,]*)*? px)",
    "fails": r"fails for ([^;]*? px), by ",
    "undecided": r"is undecided for ([^;]*? px)",
}


@given(by_width)
def test_the_laws_title_says_of_each_width_what_was_found(judged: dict[int, Judgement]) -> None:
    said = words.law_title(judged)
    findings = {width: finding(judgement) for width, judgement in judged.items()}
    for what, clause in CLAUSES.items():
        found = re.search(clause, said)
        widths = {width for width, each in findings.items() if each == what}
        assert (widths_in(found[1]) if found else set()) == widths
    if set(findings.values()) == {"not judged yet"} and any(
        judgement.runs for judgement in judged.values()
    ):
        assert said.endswith("not judged yet")


def test_the_laws_title() -> None:
    holds, fails = judge([0.001] * 5, 5), judge([0.02, 0.021, 0.022, 0.023, 0.024], 5)
    undecided = judge([0.02, -0.02, 0.0, 0.01, 0.03], 5)
    none, few = judge([], 10), judge([0.02, 0.03], 5)
    assert words.law_title({1: holds, 2: fails, 3: fails, 4: fails, 5: undecided}) == (
        "T / (28 + 2p)² holds for 1 px; fails for 2 to 4 px, by +2.2 %; is undecided for 5 px"
    )
    assert words.law_title({1: none, 2: few}) == (
        "So far the loss per pixel is +2.5 % off T / (28 + 2p)²: not judged yet"
    )
    assert words.law_title({1: none}) == "The loss per pixel against the pad width"
    assert words.waiting({1: few, 2: none, 3: few, 4: few, 5: few}) == (
        "A width is judged once all its pre-set seeds are here: 2 of 5 for 1 and 3 to 5 px; "
        "0 of 10 for 2 px."
    )


@given(by_width, st.one_of(st.just(math.nan), nats), st.one_of(st.none(), nats))
def test_what_is_said_of_the_law(
    judged: dict[int, Judgement], border: float, total: float | None
) -> None:
    said = words.law_words(judged, border, total)
    free = total is None or not border > 0.01 * total
    assert ("is not free" in said) == (not free)
    assert ("No run of a pre-set seed" in said) == (total is None) != ("dashed line" in said)
    waiting = {width for width, judgement in judged.items() if not judgement.complete}
    counted = re.findall(r"\d+ of \d+ for ([^;]*?) px", said)
    assert set().union(*map(widths_in, counted)) == waiting


# --- Three ways, and other metrics --------------------------------------------------------------


@pytest.mark.parametrize("title", [words.ways_title, words.metrics_title])
@given(whole=judgements(), shared=judgements())
def test_a_title_tells_both_means(
    title: Callable[[Judgement, Judgement], str], whole: Judgement, shared: Judgement
) -> None:
    said = title(whole, shared)
    if whole.interval is None or shared.interval is None:
        assert not re.search(r"\d", said)
        return
    first, second = said.split(", ")
    assert told(first, whole.interval.mean)
    assert told(second, shared.interval.mean)


@given(judgements())
def test_a_judged_error_is_called_better_worse_or_neither(judged: Judgement) -> None:
    said = words.metric_words(judged)
    assert ("better" in said) == (judged.sign < 0)
    assert ("worse" in said) == (judged.sign > 0)
    assert ("not judged yet" in said) == (judged.runs < judged.of)
    assert ("within 1 %" in said) == (judged.outcome == "equivalent")
    assert ("different" in said) == (judged.outcome == "different")


# --- The test that could fail ---------------------------------------------------------------------

losses = st.floats(0.01, 10)
runs = st.builds(TrialRun, st.integers(0, 9), nats, losses, losses, nats, losses, shares, shares)
trials = st.builds(Trial, st.lists(runs, max_size=5).map(tuple), judgements(), judgements())


@given(st.dictionaries(st.sampled_from(NAMES), trials, min_size=1))
def test_the_title_counts_the_paddings(tried: dict[str, Trial]) -> None:
    said = words.trials_title(tried)
    findings = [trial.finding for trial in tried.values()]
    judged = [found for found in findings if found != "not judged yet"]
    if not judged:
        assert said.endswith("not judged yet")
        return
    held = re.search(r"holds for (\d+) of (\d+) paddings", said)
    failed = re.search(r"fails for (\d+)", said)
    assert held
    assert int(held[1]) == findings.count("holds")
    assert int(held[2]) == len(judged)
    assert (int(failed[1]) if failed else 0) == findings.count("fails")


SENTENCES: dict[str, Finding] = {
    "Holds for ": "holds",
    "Fails for ": "fails",
    "Undecided for ": "undecided",
    "Not judged yet": "not judged yet",
}


@given(by_name)
def test_each_padding_stands_in_the_sentence_of_what_was_found(
    judged: dict[str, Judgement],
) -> None:
    findings = {name: finding(judgement) for name, judgement in judged.items()}
    said = words.claim_words(judged)
    sentences = {
        what: sentence
        for sentence in re.split(r"(?<=[.%]) (?=[HFUN])", said)
        for start, what in SENTENCES.items()
        if sentence.startswith(start)
    }
    assert set(sentences) == set(findings.values())
    for what, sentence in sentences.items():
        names = group(findings, what)
        if what == "not judged yet" and len(sentences) == 1:
            continue  # all of them
        for name in NAMES:
            if not name.endswith(" px"):
                assert (name[:1].lower() + name[1:] in sentence) == (name in names)
        plain = sentence.replace("2 px (as asked)", "").split(": ")[0]
        assert widths_in(plain) == {int(n[0]) for n in names if n.endswith(" px")}


@given(st.lists(judgements()))
def test_chance_counts_what_was_judged(judged: list[Judgement]) -> None:
    made = sum(judgement.runs == judgement.of for judgement in judged)
    said = words.chance_words(judged)
    assert said == "" if made == 0 else f"of these {made}, expect up to {0.05 * made:.1f}" in said


@given(judgements())
def test_a_cell_tells_the_finding(judged: Judgement) -> None:
    assert words.finding_words(judged).endswith(f": {finding(judged)}")


@given(st.sampled_from(NAMES), trials)
def test_the_prediction_stands_beside_what_was_measured(name: str, found: Trial) -> None:
    said = words.predicted_words(name, found)
    if not found.runs:
        assert said == ""
        return
    predicted, measured = re.findall(r"\*\*([\d.]+)\*\*[^(]*(\([^)]*\))", said)
    unpadded = found.mean("unpadded_per_pixel")
    for (written, changed), field in (
        (predicted, "predicted_per_pixel"),
        (measured, "per_pixel"),
    ):
        assert float(written) == pytest.approx(found.mean(field), abs=0.51e-4)
        assert told(changed, found.mean(field) / unpadded - 1)


# --- The converter ------------------------------------------------------------------------------

amounts = st.one_of(st.just(0.0), st.floats(1e-300, 1e30))


@given(st.tuples(amounts, amounts), st.tuples(amounts, amounts), st.booleans())
def test_two_losses_are_compared_both_ways(
    first: tuple[float, float], second: tuple[float, float], post: bool
) -> None:
    said = words.converter_title(first, second, post=post)
    if not min(first) > 0 or not all(
        math.isfinite(b / a) for a, b in zip(first, second, strict=True)
    ):
        assert said == "One loss, two numbers"
        return
    assert said.startswith("The post's") == post
    per_pixel, total = said.split(": per pixel ")[1].split(", in total ")
    assert told(per_pixel, second[0] / first[0] - 1)
    assert told(total, second[1] / first[1] - 1)


@pytest.mark.parametrize("given_", [(None, None), ((0.1, 78.4), None)])
def test_one_loss_is_compared_with_nothing(given_: Sequence[tuple[float, float] | None]) -> None:
    assert words.converter_title(given_[0], given_[1], post=False) == "One loss, two numbers"
