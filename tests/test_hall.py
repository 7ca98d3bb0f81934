"""A small hall: nobody is left out. The large one is `python -m tests.benchmarks.hall`."""

from pathlib import Path

from tests.benchmarks.hall import TOGGLES, hall
from tests.servers import serving

SMALL = "images=5000&train_size=5000&batch_size=256&channels=8"


def test_every_session_is_answered_and_sees_the_run_to_its_end(tmp_path: Path) -> None:
    with serving(tmp_path, PADDING_LAB_CACHE=str(tmp_path / "cache")) as address:
        every = hall(address, 12, arrive=3.0, run="images=5000")
    assert not [seen.error for seen in every if seen.error]
    assert all(seen.page is not None and len(seen.toggles) == len(TOGGLES) for seen in every)
    assert all(seen.ended for seen in every)


def test_who_is_turned_away_is_told_so_and_sees_the_nearest_result(tmp_path: Path) -> None:
    bounds = {"PADDING_LAB_WORKERS": "1", "PADDING_LAB_QUEUE": "2"}
    with serving(tmp_path, PADDING_LAB_CACHE=str(tmp_path / "cache"), **bounds) as address:
        every = hall(address, 6, arrive=1.0, different=True, run=SMALL)
    assert not [seen.error for seen in every if seen.error]
    assert all(seen.ended or seen.refused for seen in every)
    turned_away = [seen for seen in every if seen.refused]
    assert turned_away
    assert all(seen.nearest for seen in turned_away)
