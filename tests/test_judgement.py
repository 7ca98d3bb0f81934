"""The rule keeps its promises, however often somebody looks."""

import math

import numpy as np
import pytest

from core.judgement import MARGIN, interval, judge

TRIALS = 4_000
# Four standard errors of a share of 5 % in so many trials.
SLACK = 4 * math.sqrt(0.05 * 0.95 / TRIALS)


def outcomes(change: float, spread: float, of: int) -> list[str]:
    """The judgement that each of many visitors ends with, who look after every run."""
    rng = np.random.default_rng(of)
    ends = []
    for runs in rng.normal(change, spread, (TRIALS, of)):
        looks = [judge(runs[:n].tolist(), of).outcome for n in range(1, of + 1)]
        # Who looks again and again would stop at the first that says something.
        ends.append(next((look for look in looks if look != "undecided"), "undecided"))
    return ends


@pytest.mark.parametrize("of", [5, 10])
@pytest.mark.parametrize("spread", [0.004, 0.02])
def test_false_alarms_are_rare_with_repeated_looks(of: int, spread: float) -> None:
    share = outcomes(0.0, spread, of).count("different") / TRIALS
    assert share <= 0.05 + SLACK


@pytest.mark.parametrize("of", [5, 10])
@pytest.mark.parametrize("spread", [0.001, 0.004])
@pytest.mark.parametrize("side", [-1, 1])
def test_equivalent_is_rare_at_the_margin(of: int, spread: float, side: int) -> None:
    share = outcomes(side * MARGIN, spread, of).count("equivalent") / TRIALS
    assert share <= 0.05 + SLACK


def test_what_is_there_is_found() -> None:
    assert outcomes(0.025, 0.009, 10).count("different") / TRIALS > 0.9
    assert outcomes(0.0, 0.004, 10).count("equivalent") / TRIALS > 0.9


def test_nothing_is_judged_before_all_runs_are_there() -> None:
    changes = [0.05, 0.051, 0.049, 0.05]
    early = judge(changes, of=5)
    assert (early.outcome, early.complete, early.sign) == ("undecided", False, 0)
    whole = judge([*changes, 0.05], of=5)
    assert (whole.outcome, whole.complete, whole.sign) == ("different", True, 1)


def test_a_small_difference_may_be_there_and_be_equivalent() -> None:
    judged = judge([0.006, 0.0062, 0.0058, 0.006, 0.0061], of=5)
    assert (judged.outcome, judged.sign) == ("equivalent", 1)


def test_interval_is_students() -> None:
    found = interval([1.0, 2.0, 3.0])
    assert found.mean == 2.0
    assert found.margin == pytest.approx(4.303 / math.sqrt(3))
    assert interval([0.5]).margin == math.inf
    with pytest.raises(ValueError, match="no values"):
        interval([])


def test_how_many_pairs_would_decide() -> None:
    undecided = judge([0.002 + 0.03 * (-1) ** n for n in range(10)], of=10)
    assert undecided.decisive == 69
    # So many with that mean and spread do decide, and so many as there are now do not.
    for n, decided in ((10, False), (70, True)):
        spread = 0.03 * math.sqrt(10 / 9 * (n - 1) / n)
        again = judge([0.002 + spread * (-1) ** i for i in range(n)], of=n)
        assert (again.outcome != "undecided") == decided
    assert judge([0.05] * 4, of=5).decisive is None
    assert judge([0.05], of=1).decisive is None
    assert judge([0.05, 0.051], of=2).decisive is None
    hopeless = judge([-1e6, 1e6], of=2).decisive
    assert hopeless is not None
    assert hopeless > 10**10
