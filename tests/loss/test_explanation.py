"""The law and the trials, judged: the explanation is right only where both its claims are."""

import math
from collections.abc import Mapping

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.autoencoder import Checkpoint, presets
from core.judgement import judge
from core.loss import finding, law_of, trial_of, widths
from core.loss.conversion import law
from tests.made_up import checkpoint, live

Both = dict[int, tuple[Checkpoint, Checkpoint]]

NOISE = (-0.001, 0.001, 0.0, 0.0005, -0.0005)


def pairs(
    shared: float, excess: float = 0.0, *, pad_width: int = 2, seeds: range = range(5)
) -> Both:
    """Pairs whose shared pixels change by about `shared` and whose border costs `excess` too much.

    Both are shares of the unpadded loss, 80 nats; the border is black, and costs nothing by itself.
    """
    return {
        seed: (
            checkpoint(0, 80.0, 0.0),
            checkpoint(pad_width, 80 * (1 + shared + NOISE[seed % 5]), 80 * excess),
        )
        for seed in seeds
    }


@pytest.mark.parametrize(
    ("shared", "excess", "said"),
    [
        (0.0, 0.001, "holds"),
        (0.005, 0.005, "holds"),
        (0.03, 0.001, "fails"),  # the shared pixels alone
        (-0.03, 0.001, "fails"),
        (0.0, 0.03, "fails"),  # the border alone
        (0.03, -0.03, "fails"),  # the loss per pixel is as predicted, and yet
        (0.0095, 0.0, "fails"),  # a difference is there, be it one of less than 1 %
    ],
)
def test_the_explanation_is_judged_by_both_claims(shared: float, excess: float, said: str) -> None:
    found = trial_of(live(pad_width=2), pairs(shared, excess), range(5))
    assert found.finding == said
    assert found.shared.interval is not None
    assert found.excess.interval is not None
    assert found.shared.interval.mean == pytest.approx(shared, abs=1e-6)
    assert found.excess.interval.mean == pytest.approx(excess, abs=1e-6)


def test_a_border_of_grey_hides_nothing() -> None:
    """At 5 % of the whole loss the shared pixels could have moved by 15 %, and nobody had seen."""
    grey = live(pad_width=2, pad_mode="constant", pad_level=0.5)
    cost = trial_of(grey, pairs(0.0), range(5)).mean("predicted_border")
    assert cost == pytest.approx(240 * math.log(2), rel=1e-4)
    found = trial_of(grey, pairs(0.1, cost / 80), range(5))
    assert abs(found.mean("per_pixel") / found.mean("predicted_per_pixel") - 1) < 0.05
    assert found.excess.outcome == "equivalent"
    assert found.shared.outcome == "different"
    assert found.finding == "fails"


def test_wide_spread_is_undecided() -> None:
    both = pairs(0.0)
    for seed, change in enumerate((-0.04, 0.04, 0.01, 0.03, -0.02)):
        both[seed] = both[seed][0], checkpoint(2, 80 * (1 + change), 0.0)
    assert trial_of(live(pad_width=2), both, range(5)).finding == "undecided"


THIRTEEN = pairs(0.03, seeds=range(13))
FIVE = trial_of(live(pad_width=2), pairs(0.03), range(5))


@given(st.sets(st.integers(0, 12)))
def test_only_pre_set_seeds_are_judged_and_only_all_of_them(there: set[int]) -> None:
    some = {seed: both for seed, both in THIRTEEN.items() if seed in there}
    found = trial_of(live(pad_width=2), some, range(5))
    assert [run.seed for run in found.runs] == sorted(there & set(range(5)))
    assert found.shared.runs == len(found.runs)
    assert found.finding == ("fails" if there >= set(range(5)) else "not judged yet")
    if there >= set(range(5)):
        assert found == FIVE


def test_without_runs_a_trial_has_no_figures() -> None:
    found = trial_of(live(pad_width=2), {}, range(5))
    assert found.runs == ()
    assert math.isnan(found.mean("border"))
    assert found.finding == "not judged yet"


changes = st.lists(st.floats(-0.05, 0.05), min_size=5, max_size=5)


@given(changes, changes)
def test_a_claim_that_holds_and_another_that_fails(some: list[float], others: list[float]) -> None:
    first, second = judge(some, 5), judge(others, 5)
    alone = {finding(first), finding(second)}
    together = finding(first, second)
    assert (together == "fails") == ("fails" in alone)
    assert (together == "holds") == (alone == {"holds"})
    assert finding(first, judge(others[:4], 5)) == "not judged yet"


# --- The law ------------------------------------------------------------------------------------

SEEDS: Mapping[int, range] = {1: range(5), 2: range(10), 3: range(5)}


def test_the_law_is_judged_by_the_total() -> None:
    measured = {
        1: pairs(0.001, pad_width=1),
        2: pairs(0.02, pad_width=2, seeds=range(10)),
    }
    found = law_of(measured, SEEDS)
    assert found.total == pytest.approx(80)
    assert found.floor == pytest.approx(45.53)
    judged = dict(found.judged)
    assert finding(judged[1]) == "holds"
    assert finding(judged[2]) == "fails"
    assert (judged[3].runs, judged[3].of, judged[3].interval) == (0, 5, None)
    for width, judgement in judged.items():
        if judgement.interval is not None:  # how far the total is off, the law is
            ours = [run.per_pixel for run in found.runs if run.pad_width == width]
            missed = np.mean(ours) / law(80.0, float(width)) - 1
            assert judgement.interval.mean == pytest.approx(missed, abs=1e-6)


def test_the_law_shows_other_seeds_and_judges_none_of_them() -> None:
    seeds = {2: range(5)}
    found = law_of({2: pairs(0.02, seeds=range(7))}, seeds)
    assert [run.seed for run in found.runs if run.pad_width == 2] == list(range(7))
    assert [run.seed for run in found.runs if not run.judged] == [5, 6, 5, 6]
    assert dict(found.judged) == dict(law_of({2: pairs(0.02)}, seeds).judged)


def test_the_law_without_runs_has_no_line() -> None:
    found = law_of({}, SEEDS)
    assert found.total is None
    assert found.floor is None
    assert not found.runs
    assert [finding(judgement) for _, judgement in found.judged] == ["not judged yet"] * 3
    _, judgement = found.judged[1]
    assert judgement.of == len(presets.judged_seeds(presets.AS_ASKED))


def test_the_lines_of_the_law_and_of_the_floor() -> None:
    """In total they are flat; per pixel the law goes through the unpadded runs' mean."""
    both = {2: pairs(0.02)}
    found = law_of(both, {2: range(5)})
    total, per_pixel = found.lines(total=True), found.lines(total=False)
    assert found.total == pytest.approx(80.0)
    assert set(total["law"][1]) == {found.total}
    assert set(total["floor"][1]) == {found.floor}
    p, nats = per_pixel["law"]
    assert p[[0, -1]].tolist() == [0, 8]
    assert nats[[0, -1]] == pytest.approx([80 / 784, 80 / 44**2])
    assert (np.diff(nats) < 0).all()
    assert law_of({}, {2: range(5)}).lines(total=False) == {}
    own = law_of({2: pairs(0.02, seeds=range(7, 9))}, {2: range(5)})
    assert list(own.lines(total=True)) == ["floor"]  # no run of a pre-set seed


def test_a_run_beside_the_law_says_its_arm_and_its_loss_both_ways() -> None:
    for run in law_of({2: pairs(0.02)}, {2: range(5)}).runs:
        assert run.arm == ("unpadded" if run.pad_width == 0 else "padded")
        pixels = (28 + 2 * run.pad_width) ** 2
        assert run.loss(total=True) == pytest.approx(run.loss(total=False) * pixels)


def test_the_same_runs_have_the_very_same_law_and_trial() -> None:
    both = pairs(0.01)
    assert law_of({2: both}, {2: range(5)}) is law_of({2: dict(both)}, {2: range(5)})
    settings = live(pad_width=2)
    assert trial_of(settings, both, range(5)) is trial_of(settings, dict(both), range(5))


def test_the_widths_of_an_experiment_change_nothing_else() -> None:
    experiment = presets.PADDED["Grey border"]
    every = widths(experiment)
    assert list(every) == list(range(1, 9))
    assert every[2] == experiment
    assert {run.but(pad_width=2) for run in every.values()} == {experiment}
