"""A small hall: nobody is left out. The large one is `python -m tests.benchmarks.hall`."""

from pathlib import Path

from tests.benchmarks.hall import TOGGLES, hall
from tests.browser.conftest import serving


def test_every_session_is_answered_and_sees_the_run_to_its_end(tmp_path: Path) -> None:
    with serving(tmp_path, PADDING_LAB_CACHE=str(tmp_path / "cache")) as address:
        every = hall(address, 12, arrive=3.0, images=5_000)
    assert not [seen.error for seen in every if seen.error]
    assert all(seen.page is not None and len(seen.toggles) == len(TOGGLES) for seen in every)
    assert all(seen.ended for seen in every)
