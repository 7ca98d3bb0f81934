"""Both arms' curves, and the part of them that is looked at."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pages.sections.autoencoder.pair import window

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
