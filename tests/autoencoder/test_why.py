"""A control is judged by intervals, and every sentence says what they allow."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.autoencoder import LIVE, Run, arms
from core.autoencoder.figures import NAME, Figures, read, write
from core.autoencoder.presets import AS_ASKED, ORIGINAL_PADDED, every_run
from core.autoencoder.why import NARROW, SEEDS, WIDE, Control, ControlFinding, finding, findings
from core.judgement import Judgement, interval, judge
from pages.sections.autoencoder import why as page
from pages.shared.verdict import figures

UNPADDED = 86.0  # nats an image


def figures_of(harms: Mapping[Control, Iterable[float]]) -> dict[Run, Figures]:
    """Runs whose harm, seed by seed, is given."""
    found = {}
    for control, values in harms.items():
        for seed, harm in enumerate(values):
            unpadded, padded = control.pair(seed)
            found[unpadded] = Figures(UNPADDED, 0.0)
            found[padded] = Figures(UNPADDED * (1 + harm), 0.1)
    return found


def by_seed(harms: Iterable[float]) -> dict[int, float]:
    return dict(enumerate(harms))


def test_every_control_is_a_pair_that_is_shipped() -> None:
    every = set(every_run())
    for control in (*WIDE, *NARROW):
        for seed in SEEDS:
            unpadded, padded = control.pair(seed)
            assert {unpadded, padded} <= every
            assert unpadded.settings.pad_width == 0
            assert padded.settings.pad_width == control.pad_width
            assert unpadded.settings == arms(padded.settings)[0]
            assert unpadded.settings.seed == padded.settings.seed == seed


def test_the_first_controls_change_nothing_and_the_last_is_the_original_protocol() -> None:
    assert WIDE[0].pair(3)[1] == Run(replace(LIVE.settings, pad_width=4, seed=3), LIVE.images)
    assert NARROW[0].pair(0)[1] == AS_ASKED
    assert NARROW[-1].pair(0)[1] == ORIGINAL_PADDED
    for controls in (WIDE, NARROW):
        assert len({control.pair(0)[1] for control in controls}) == len(controls)
        assert len({control.name for control in controls}) == len(controls)


@pytest.mark.parametrize(
    ("left", "outcome"),
    [(0.0, "gone"), (0.01, "gone"), (0.025, "undecided"), (0.04, "stays"), (0.08, "stays")],
)
@pytest.mark.parametrize("control", [WIDE[1], WIDE[3]], ids=["taken away", "alone"])
def test_outcome(control: Control, left: float, outcome: str) -> None:
    noise = 0.004 * np.cos(np.arange(len(SEEDS)))
    as_is, after = 0.05 + noise, left - noise
    result = findings((WIDE[0], control), figures_of({WIDE[0]: as_is, control: after}))[1]
    assert result.outcome == outcome
    assert result.harm.interval is not None
    assert result.harm.interval.mean == pytest.approx(np.mean(after))
    assert result.change is not None
    assert result.change.mean == pytest.approx(np.mean(after - as_is))
    verdicts = {"gone": "survives", "stays": "refuted", "undecided": "open"}
    if control.alone:
        verdicts |= {"gone": "refuted", "stays": "survives"}
    assert result.verdict == verdicts[outcome]


def test_nothing_is_judged_before_all_runs_are_there() -> None:
    some = figures_of({WIDE[0]: [0.05] * len(SEEDS), WIDE[1]: [0.0] * (len(SEEDS) - 1)})
    assert [result.outcome for result in findings(WIDE[:2], some)] == ["stays", "missing"]
    assert findings(WIDE[:2], some)[1].verdict == "missing"
    lacking = figures_of({WIDE[0]: [0.05] * (len(SEEDS) - 1), WIDE[1]: [0.0] * len(SEEDS)})
    assert [result.outcome for result in findings(WIDE[:2], lacking)] == ["missing"] * 2
    assert findings(WIDE, {})[1] == ControlFinding(
        WIDE[1], {}, judge([], len(SEEDS)), None, "missing"
    )


def test_where_there_is_no_harm_nothing_is_explained() -> None:
    harms = {WIDE[0]: [0.01, -0.01] * 5, WIDE[1]: [-0.04, -0.05] * 5}
    assert findings(WIDE[:2], figures_of(harms))[1].outcome == "undecided"


def test_false_alarms() -> None:
    """Where exactly half of the harm stays, "gone" and "stays" come in 2.5 % of cases each."""
    random = np.random.default_rng(0)
    outcomes = []
    for _ in range(2_000):
        as_is, after = random.normal((0.05, 0.025), 0.01, (len(SEEDS), 2)).T
        outcomes.append(finding(WIDE[1], by_seed(after), by_seed(as_is)).outcome)
    for outcome in ("gone", "stays"):
        assert outcomes.count(outcome) / len(outcomes) == pytest.approx(0.025, abs=0.011)


# --- What is said -------------------------------------------------------------------------------

LEFT = {"gone": 0.0, "stays": 0.05, "undecided": 0.025}


def controlled(controls: Sequence[Control], outcomes: Sequence[str]) -> list[ControlFinding]:
    """Findings with the given outcomes of all controls but the first, which is a harm of 5 %."""
    noise = 0.004 * np.cos(np.arange(len(SEEDS)))
    as_is = by_seed(0.05 + noise)
    found = [finding(controls[0], as_is, as_is)]
    for control, outcome in zip(controls[1:], outcomes, strict=True):
        harms = {} if outcome == "missing" else by_seed(LEFT[outcome] - noise)
        found.append(finding(control, harms, as_is))
    assert [result.outcome for result in found[1:]] == list(outcomes)
    return found


OUTCOMES = ("gone", "stays", "undecided", "missing")
WIDE_OUTCOMES = st.tuples(*[st.sampled_from(OUTCOMES)] * (len(WIDE) - 1))
NARROW_OUTCOMES = st.tuples(*[st.sampled_from(OUTCOMES)] * (len(NARROW) - 1))


@given(WIDE_OUTCOMES, NARROW_OUTCOMES)
def test_the_conclusion_names_every_suspect_once_and_where_it_belongs(
    wide: Sequence[str], narrow: Sequence[str]
) -> None:
    both = controlled(WIDE, wide), controlled(NARROW, narrow)
    paragraphs = page.conclusion(*both)
    for found, words in zip(both, paragraphs, strict=False):
        parts = dict(re.findall(r"\*\*([^*]+?):?\*\*,?(?: for most of it)?:?([^*]*)", words))
        labels = {
            "survives": "Survived",
            "refuted": "Ruled out as the main cause",
            "open": "Open",
            "missing": "Not all runs are here",
        }
        for result in found[1:]:
            assert result.control.suspect in parts[labels[result.verdict]]
            assert words.count(result.control.suspect) == 1
    said = "\n".join(paragraphs)
    gone = {result.control.name for result in both[0] if result.outcome == "gone"}
    stays = {result.control.name for result in both[0] if result.outcome == "stays"}
    loss, cleared = WIDE[1].name, WIDE[2].name
    assert ("it takes both" in said) == ({loss, cleared} <= gone)
    assert ("that holds on the shared pixels" in said) == (loss in gone)
    assert ("not the main reason" in said) == (loss in stays)
    assert ("division by more pixels" in said) == (loss in gone and WIDE[4].name in stays)
    assert ("fades" in said) == bool(page.trend(both[1][-1]))


@pytest.mark.parametrize("outcome", OUTCOMES)
@pytest.mark.parametrize("control", [*WIDE[1:4], NARROW[-1]], ids=lambda control: control.name)
def test_a_sentence_says_its_outcome_and_no_other(control: Control, outcome: str) -> None:
    controls = (replace(WIDE[0], pad_width=control.pad_width), control)
    said = page.answer(controlled(controls, [outcome])[1])
    claims = {
        "needs": not control.alone and outcome == "gone",
        "does without": not control.alone and outcome == "stays",
        "most of the harm comes from": control.alone and outcome == "stays",
        "does not come from": control.alone and outcome == "gone",
        "undecided": outcome == "undecided",
        "not judged yet": outcome == "missing",
    }
    if outcome == "undecided":
        del claims["needs"]
    assert {claim: claim in said for claim in claims} == claims


@given(
    st.lists(st.floats(-0.1, 0.2), min_size=len(SEEDS), max_size=len(SEEDS)),
    st.lists(st.floats(-0.1, 0.2), min_size=len(SEEDS), max_size=len(SEEDS)),
)
def test_written_figures_keep_what_the_interval_says(
    as_is: list[float], after: list[float]
) -> None:
    change = interval(list(np.subtract(after, as_is)))
    said = page.against(change)
    found = re.fullmatch(r"([\d.]+) points ± ([\d.]+) (less|more) than as it is", said)
    assert found is not None
    mean = float(found[1]) * (-1 if found[3] == "less" else 1)
    ends = mean - float(found[2]), mean + float(found[2])
    if min(abs(change.low), abs(change.high)) > 1e-9:
        assert [end > 0 for end in ends] == [change.low > 0, change.high > 0]
    page.sentence(finding(WIDE[1], by_seed(after), by_seed(as_is)))


def test_without_runs_the_section_says_so() -> None:
    wide, narrow = findings(WIDE, {}), findings(NARROW, {})
    of = len(SEEDS) * (len(WIDE) + len(NARROW))
    assert f"0 of {of} pairs of runs are here" in page.introduction(wide, narrow)
    assert page.conclusion(wide, narrow)[0].startswith("Nothing is concluded")
    assert page.answer(wide[1]) == (f"0 of {len(SEEDS)} pairs of runs are here: not judged yet.")
    assert page.extent(wide)[0] < -1 < 1 < page.extent(wide)[1]


def test_the_picture_holds_every_dot_and_interval() -> None:
    found = controlled(WIDE, OUTCOMES * 2)
    low, high = page.extent(found)
    rows = page.table(found)
    drawn = rows[["harm", "low", "high"]].astype(float)
    assert low < drawn.min().min()
    assert drawn.max().max() < high
    assert set(rows.name) == {control.name for control in WIDE}
    complete = [result for result in found if result.outcome != "missing"]
    assert rows.low.notna().sum() == len(complete)
    assert "dashed" in page.legend(found)
    assert "dashed" not in page.legend(findings(WIDE, {}))


# --- The file -----------------------------------------------------------------------------------


def test_figures_survive_a_file(tmp_path: Path) -> None:
    found = figures_of({WIDE[0]: [0.05, 0.06], NARROW[-1]: [0.1]})
    write(tmp_path, found)
    assert read(tmp_path, found) == found
    shorter = [replace_images(run) for run in found]
    assert read(tmp_path, shorter) == {}
    assert read(tmp_path, WIDE[1].pair(0)) == {Run(*WIDE[1].pair(0)[0]): Figures(UNPADDED, 0.0)}


def replace_images(run: Run) -> Run:
    return Run(run.settings, run.images - 1)


@pytest.mark.parametrize("text", ["", "[]", "{", '{"a": 1}', '{"a": [1, "b", 2]}', '{"a": [1]}'])
def test_a_damaged_file_has_no_figures(text: str, tmp_path: Path) -> None:
    (tmp_path / NAME).write_text(text, encoding="utf-8")
    assert read(tmp_path, WIDE[0].pair(0)) == {}
    assert read(tmp_path / "absent", WIDE[0].pair(0)) == {}


def test_a_judgement_of_none_is_no_figure() -> None:
    assert figures(Judgement("undecided", None, 0, 10)) == "no figure"
