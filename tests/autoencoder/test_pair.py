"""Both arms' curves, and the part of them that is looked at."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pages.sections.autoencoder.pair import seen, window

LOSSES = st.floats(1e-4, 2_000)


@given(st.lists(LOSSES, min_size=1, max_size=20))
def test_the_lowest_loss_is_seen_and_twice_as_much(losses: list[float]) -> None:
    bottom, top = window(min(losses))
    assert bottom < min(losses) <= top / 2 < 1.3 * min(losses)


@given(LOSSES, st.floats(0, 0.01))
def test_it_stays_where_it_is_while_a_loss_hardly_falls(loss: float, share: float) -> None:
    windows = {window(loss * (1 - share * step / 50)) for step in range(50)}
    assert len(windows) <= 2


def test_totals_and_means_are_looked_at_alike() -> None:
    assert window(97.5) == pytest.approx([1_000 * end for end in window(0.0975)])


def test_before_the_first_point_there_is_a_window() -> None:
    bottom, top = window(None)
    assert 0 < bottom < top < 1


@given(st.lists(LOSSES, min_size=2, max_size=9), st.floats(0.1, 20))
def test_what_is_compared_is_seen(losses: list[float], times: float) -> None:
    # Padded by 8 px the loss per pixel is less than half of the unpadded one.
    arms = {"unpadded": losses, "padded": [times * loss for loss in losses]}
    rows = [(x, y, arm, "solid") for arm, ys in arms.items() for x, y in enumerate(ys)]
    bottom, top = seen(pd.DataFrame(rows, columns=["x", "y", "line", "style"]))
    assert all(bottom < ys[-1] <= top for ys in arms.values())


def test_who_is_behind_does_not_stretch_the_window() -> None:
    rows = [(0, 0.69, "unpadded"), (500, 0.3, "unpadded"), (9_000, 0.1, "unpadded")]
    rows += [(0, 0.69, "padded"), (500, 0.2, "padded")]
    curves = pd.DataFrame(rows, columns=["x", "y", "line"]).assign(style="solid")
    assert seen(curves)[1] < 0.4
