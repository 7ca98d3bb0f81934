"""The loss in frames of every width."""

from statistics import fmean

import pytest

from core.autoencoder import figures, runs
from core.autoencoder.figures import Figures
from core.data import PAD_WIDTHS
from core.loss import Framed, framed, framed_run, framed_runs

PLAIN = Framed(0, (80.0, 84.0, 82.0, 86.0, 88.0), (0.0,) * 5)


def test_a_frame_holds_the_means_over_its_seeds() -> None:
    found = {run: Figures(80 + run.settings.seed, run.settings.pad_width) for run in framed_runs()}
    every = framed(found)
    assert [frame.pad_width for frame in every] == list(range(9))
    two = every[2]
    assert (two.size, two.interior, two.border, two.total) == (32, 82, 2, 84)
    assert two.per_pixel == 84 / 1024


def test_a_width_without_one_of_its_runs_is_left_out() -> None:
    found = {run: Figures(80.0, 0.1) for run in framed_runs()}
    del found[framed_run(3, seed=4)]
    assert [frame.pad_width for frame in framed(found)] == [0, 1, 2, 4, 5, 6, 7, 8]


def test_totals_are_compared_seed_by_seed() -> None:
    wider = Framed(2, tuple(1.04 * loss for loss in PLAIN.interiors), (0.0,) * 5)
    judged = wider.change_of_total(PLAIN)
    assert judged.interval is not None
    assert judged.interval.mean == pytest.approx(0.04)
    assert (judged.outcome, judged.sign, judged.runs) == ("different", 1, 5)


def test_in_the_shipped_runs_the_wider_the_frame_the_lower_the_loss_per_pixel() -> None:
    every = framed(figures.read(runs.SHIPPED, framed_runs()))
    assert [frame.pad_width for frame in every] == list(range(PAD_WIDTHS.low, PAD_WIDTHS.high + 1))
    losses = [frame.per_pixel for frame in every]
    assert losses == sorted(losses, reverse=True)
    two = every[2]
    assert two.interior == pytest.approx(fmean(two.interiors))
