"""What the converter shows of a loss that follows from another."""

import re

import numpy as np
import pandas as pd
import pytest

from pages.sections.loss.converter import COLUMNS, POST, SIDE, areas, converted, written


def shown(*rows: tuple[float, ...]) -> pd.DataFrame:
    given = pd.DataFrame(rows, columns=COLUMNS, dtype=float)
    return written(given, pd.DataFrame([converted(row) for row in given.to_dict("records")]))


def test_the_post_s_totals_have_the_digits_of_its_losses() -> None:
    assert shown(*POST.to_numpy())["total"].tolist() == [77.6, 76.8]


@pytest.mark.parametrize(
    ("per_pixel", "total", "said"),
    [
        (0.0866, np.nan, 88.68),
        (np.nan, 102.4, 0.1),
        (np.nan, 100.3, 0.097949),
        (100, np.nan, 102_400),
        (0, np.nan, 0),
        (np.nan, 5e-5, 4.88e-8),
    ],
)
def test_what_follows_has_one_digit_more_than_was_typed(
    per_pixel: float, total: float, said: float
) -> None:
    row = shown((32, 32, per_pixel, total)).iloc[0]
    typed, other = ("total", "per pixel") if np.isnan(per_pixel) else ("per pixel", "total")
    assert row[other] == said
    assert row[typed] == (total if np.isnan(per_pixel) else per_pixel)


def test_what_is_wrong_and_what_is_blank_stays_so() -> None:
    table = shown((32.5, 32, 0.1, np.nan), (np.nan,) * 4)
    assert table["total"].isna().all()
    assert table["check"].astype(bool).tolist() == [True, False]


def test_ink_is_area_times_loss() -> None:
    drawn = areas([(28, 28, 0.099), (32, 16, 0.075)], "#000000")
    found = re.findall(
        r'width="([\d.]+)" height="([\d.]+)" fill="#000000" fill-opacity="(.*?)"', drawn
    )
    first, second = (np.prod([float(number) for number in rect]) for rect in found)
    assert first / second == pytest.approx(28 * 28 * 0.099 / (32 * 16 * 0.075), rel=0.01)
    assert max(float(height) for _, height, _ in found) == SIDE


@pytest.mark.parametrize(
    "images",
    [[], [(28, 28, 0.1)], [(28, 28, 0), (32, 32, 0)], [(28, 28, 0.1), (32, 32, np.inf)]],
)
def test_nothing_is_drawn_of_one_image_or_of_no_loss(
    images: list[tuple[float, float, float]],
) -> None:
    assert areas(images, "#000000") == ""
