"""Settings refuse what is outside their range and say what would be right."""

from dataclasses import dataclass

import pytest

from core import settings
from core.settings import Choice, InputError, Maybe, Real, Switch, Whole, setting


@dataclass(frozen=True)
class Example:
    size: int = setting(10, Whole(3, 32), "height and width")
    rate: float = setting(1e-3, Real(1e-5, 0.1), "step size")
    padding: str = setting("same", Choice(("same", "valid")), "padding")
    width: int | None = setting(None, Maybe(Whole(3, 32)), "width")
    bias: bool = setting(True, Switch(), "bias")

    def __post_init__(self) -> None:
        settings.check(self)


def test_defaults_are_accepted() -> None:
    assert Example() == Example(10, 1e-3, "same", None, True)


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("size", "32", 32),
        ("rate", "1e-3", 1e-3),
        ("padding", "valid", "valid"),
        ("width", "3", 3),
        ("bias", "false", False),
    ],
)
def test_parse(name: str, text: str, value: object) -> None:
    assert settings.parse(Example, name, text) == value


@pytest.mark.parametrize(
    ("name", "text", "right"),
    [
        ("size", "33", "a whole number from 3 to 32, not '33'"),
        ("size", "3.5", "a whole number from 3 to 32"),
        ("size", "", "a whole number from 3 to 32"),
        ("size", "9" * 5000, "a whole number from 3 to 32"),
        ("rate", "nan", "a number from 1e-05 to 0.1"),
        ("rate", "inf", "a number from 1e-05 to 0.1"),
        ("padding", "SAME", "one of same, valid"),
        ("width", "33", "a whole number from 3 to 32, not '33'"),
        ("bias", "yes", "true or false"),
    ],
)
def test_parse_names_the_range(name: str, text: str, right: str) -> None:
    with pytest.raises(InputError, match=f"^{name} must be {right}"):
        settings.parse(Example, name, text)


@pytest.mark.parametrize("size", [2, 33, True, 10.0, "10", None])
def test_construction_checks_too(size: object) -> None:
    with pytest.raises(InputError, match="size must be a whole number from 3 to 32"):
        Example(size=size)  # type: ignore[arg-type]


def test_a_domain_may_explain_itself() -> None:
    class Odd(Whole):
        def parse(self, text: str) -> int:
            raise InputError("odd: 4 is even")

    @dataclass(frozen=True)
    class Picky:
        odd: int = setting(3, Odd(1, 9), "an odd number")

    with pytest.raises(InputError, match="odd: 4 is even"):
        settings.parse(Picky, "odd", "4")


def test_steps() -> None:
    steps = settings.Steps((5, 20))
    assert steps.parse("20") == 20
    assert all(value not in steps for value in [6, True, 5.0, "5", None])
    assert str(steps) == "one of 5, 20"


def test_pair() -> None:
    pair = settings.Pixel(0, 9)
    assert pair.parse("3 4") == (3, 4)
    assert all(value not in pair for value in [(0, 10), (3,), (1, 2, 3), [1, 2], (True, 1), "1 2"])
    assert str(pair) == "two whole numbers from 0 to 9, such as '0 9'"
