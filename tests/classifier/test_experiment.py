"""Digits on the canvas: exactly as far from a side as is said, and whole."""

import numpy as np
import pytest

from core.classifier import DISTANCES, SIDES, Settings, cells
from core.classifier.experiment import (
    CANVAS,
    PLACE,
    Measured,
    anywhere,
    in_the_middle,
    ink,
    near,
    place,
)
from core.data import digits
from core.settings import InputError

PICTURES, _ = digits.draw(40, seed=3)


def margins(canvases: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> dict[str, list[int]]:
    """Black rows or columns on each side of each canvas, counted one by one."""
    found: dict[str, list[int]] = {side: [] for side in SIDES}
    for canvas in canvases:
        rows = [bool(row.any()) for row in canvas]
        columns = [bool(column.any()) for column in canvas.T]
        for side, seen in zip(SIDES, (rows, rows[::-1], columns, columns[::-1]), strict=True):
            found[side].append(seen.index(True))
    return found


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("distance", DISTANCES)
def test_a_digit_is_as_far_from_a_side_as_is_said(side: str, distance: int) -> None:
    moved = near(PICTURES, side, distance)
    assert margins(moved)[side] == [distance] * len(PICTURES)


@pytest.mark.parametrize("side", SIDES)
def test_nothing_is_cut_off_and_the_other_axis_stays(side: str) -> None:
    middle, moved = in_the_middle(PICTURES), near(PICTURES, side, 0)
    assert moved.sum() == pytest.approx(middle.sum())
    along = 2 if side in ("top", "bottom") else 1
    np.testing.assert_array_equal(moved.any(axis=3 - along), middle.any(axis=3 - along))


def test_the_middle_is_where_place_puts_it() -> None:
    where = np.full(len(PICTURES), PLACE)
    np.testing.assert_array_equal(place(PICTURES, where, where), in_the_middle(PICTURES))


def test_anywhere_reaches_every_border_and_cuts_nothing() -> None:
    many = np.repeat(PICTURES[:1], 2_000, axis=0)
    moved = anywhere(many, np.random.default_rng(0))
    assert moved.shape == (2_000, CANVAS, CANVAS)
    totals = moved.sum(axis=(1, 2))
    np.testing.assert_allclose(totals, totals[0], rtol=1e-5)
    assert all(min(found) == 0 for found in margins(moved).values())


def test_ink_is_every_pixel_that_is_not_black() -> None:
    image = np.zeros((1, 28, 28), np.uint8)
    image[0, 5, 7] = image[0, 9, 20] = 1
    found = ink(image)
    assert [int(end[0]) for end in (found.top, found.bottom, found.left, found.right)] == [
        5, 10, 7, 21,
    ]  # fmt: skip


def test_figures_are_shares_of_the_digits_tested() -> None:
    right = tuple((count,) * len(DISTANCES) for count in (0, 10, 20, 30))
    alike = ((40,) * (len(DISTANCES) - 1),) * 4
    test = Measured(36, right, alike, of=40)
    assert test.accuracy == 0.9
    assert test.by_distance == (0.375,) * len(DISTANCES)
    assert test.at(0) == 0.375
    assert test.consistency == 1
    assert test.report()["by_side"]["right"] == [0.75] * len(DISTANCES)


def test_the_design_has_every_cell_once() -> None:
    assert len({cell.cell for cell in cells()}) == len(cells()) == 32
    assert cells()[0] == Settings()


def test_a_padding_that_there_is_not_is_refused() -> None:
    with pytest.raises(InputError, match="padding must be one of valid, same, circular, image"):
        Settings(padding="full")
