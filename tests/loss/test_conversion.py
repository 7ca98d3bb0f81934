"""A loss per pixel and in total, there and back, and refused where it is none."""

import json
import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.__main__ import main
from core.loss import Settings, convert
from core.loss.conversion import law
from core.settings import InputError

losses = st.floats(1e-12, 1e30)
sides = st.integers(1, 1_000_000)


@given(losses, sides, sides)
def test_conversion_is_correctly_rounded_both_ways(number: float, height: int, width: int) -> None:
    pixels = height * width
    up = convert(Settings(per_pixel=number, height=height, width=width))
    down = convert(Settings(total=number, height=height, width=width))
    assert up == (number, float(Fraction(number) * pixels), pixels)
    assert down == (float(Fraction(number) / pixels), number, pixels)


@given(st.integers(0, 10**9), st.integers(1, 1000), st.integers(1, 1000))
def test_there_and_back_is_exact(eighths: int, height: int, width: int) -> None:
    size = {"height": height, "width": width}
    per_pixel = eighths / 8
    there = convert(Settings(per_pixel=per_pixel, **size))
    assert convert(Settings(total=there.total, **size)) == there


def test_the_post() -> None:
    assert convert(Settings(per_pixel=0.099, height=28, width=28)) == (0.099, 77.616, 784)
    assert convert(Settings(per_pixel=0.075, height=32, width=32)) == (0.075, 76.8, 1024)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"height": -1}, "height must be a whole number from 1 to 1000000, not '-1'"),
        ({"height": None}, "height must be given: a whole number from 1"),
        ({"width": 2.5}, "width must be a whole number"),
        ({"width": 10**7}, "width must be a whole number"),
        ({"per_pixel": math.nan}, "per_pixel must be a number from 0"),
        ({"per_pixel": -0.1}, "per_pixel must be a number from 0"),
        ({"per_pixel": math.inf}, "per_pixel must be a number from 0"),
        ({"per_pixel": None}, "one of per_pixel and total must be given"),
        ({"total": 1.0}, "one of per_pixel and total must be given, and not both"),
    ],
)
def test_nonsense_is_refused(change: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        Settings(**{"per_pixel": 0.1, "height": 28, "width": 28} | change)


def test_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["loss", "--total", "76.8", "--height", "32", "--width", "32"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "per_pixel": 0.075,
        "total": 76.8,
        "pixels": 1024,
    }
    assert main(["loss", "--total", "nan", "--height", "32", "--width", "32"]) == 2
    assert capsys.readouterr().err == "error: total must be a number from 0 to 1e+30, not 'nan'\n"


def test_law() -> None:
    assert law(77.616, 0) == pytest.approx(0.099)
    assert law(77.616, 2) == pytest.approx(0.075796875)
    assert law(78.4, 8) == pytest.approx(78.4 / 1936)
    assert law(78.4, np.arange(9.0)).tolist() == [law(78.4, p) for p in range(9)]
