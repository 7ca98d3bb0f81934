"""A setting's default and range, declared once for the page, the URL and the command line.

A topic declares its settings as the fields of a frozen dataclass:

    @dataclass(frozen=True)
    class Settings:
        size: int = setting(10, Whole(3, 32), "height and width of the image, in pixels")

        def __post_init__(self) -> None:
            check(self)
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol


class InputError(ValueError):
    """Bad input. The message, one line, says what is wrong and what would be right."""


class Domain(Protocol):
    """The values that a setting may take, and how they are written in a URL or a command."""

    def parse(self, text: str) -> Any:
        """The value that `text` spells; ValueError where it spells none.

        An InputError, where the domain knows better what is wrong, is passed on as it is.
        """

    def __contains__(self, value: Any) -> bool: ...

    def __str__(self) -> str:
        """What would be right, to follow "must be"."""


@dataclass(frozen=True)
class Whole:
    """Whole numbers from `low` to `high`, both included."""

    low: int
    high: int

    def parse(self, text: str) -> int:
        return int(text)

    def __contains__(self, value: Any) -> bool:
        return type(value) is int and self.low <= value <= self.high

    def __str__(self) -> str:
        return f"a whole number from {self.low} to {self.high}"


@dataclass(frozen=True)
class Real:
    """Finite numbers from `low` to `high`, both included."""

    low: float
    high: float

    def parse(self, text: str) -> float:
        return float(text)

    def __contains__(self, value: Any) -> bool:
        return (
            type(value) in (int, float) and math.isfinite(value) and self.low <= value <= self.high
        )

    def __str__(self) -> str:
        return f"a number from {self.low:g} to {self.high:g}"


@dataclass(frozen=True)
class Choice:
    """One of the words in `options`."""

    options: tuple[str, ...]

    def parse(self, text: str) -> str:
        return text

    def __contains__(self, value: Any) -> bool:
        return isinstance(value, str) and value in self.options

    def __str__(self) -> str:
        return "one of " + ", ".join(self.options)


@dataclass(frozen=True)
class Steps:
    """One of the whole numbers in `options`, which ascend."""

    options: tuple[int, ...]

    def parse(self, text: str) -> int:
        return int(text)

    def __contains__(self, value: Any) -> bool:
        return type(value) is int and value in self.options

    def __str__(self) -> str:
        return "one of " + ", ".join(map(str, self.options))


@dataclass(frozen=True)
class Pixel:
    """A row and a column, whole numbers from `low` to `high`, both included."""

    low: int
    high: int

    def parse(self, text: str) -> tuple[int, ...]:
        return tuple(int(word) for word in text.split(maxsplit=2))

    def __contains__(self, value: Any) -> bool:
        number = Whole(self.low, self.high)
        return isinstance(value, tuple) and len(value) == 2 and all(v in number for v in value)

    def __str__(self) -> str:
        return f"two whole numbers from {self.low} to {self.high}, such as '{self.low} {self.high}'"


@dataclass(frozen=True)
class Switch:
    """True or false, spelled as Streamlit spells them in a URL."""

    words: ClassVar[Mapping[str, bool]] = {"true": True, "false": False}

    def parse(self, text: str) -> bool:
        if text.lower() not in self.words:
            raise ValueError(text)
        return self.words[text.lower()]

    def __contains__(self, value: Any) -> bool:
        return type(value) is bool

    def __str__(self) -> str:
        return "true or false"


@dataclass(frozen=True)
class Maybe:
    """A value of `inner`, or None where none was given."""

    inner: Domain

    def parse(self, text: str) -> Any:
        return self.inner.parse(text)

    def __contains__(self, value: Any) -> bool:
        return value is None or value in self.inner

    def __str__(self) -> str:
        return str(self.inner)


def setting(default: Any, domain: Domain, help: str, *, later: bool = False) -> Any:
    """A dataclass field with its range and its one-line explanation.

    `later` marks a setting that was declared after results had been kept under names made of the
    others: see `named`.
    """
    metadata = {"domain": domain, "help": help, "later": later}
    return dataclasses.field(default=default, metadata=metadata)


def named(settings: Any) -> dict[str, Any]:
    """What settings are called by, name and value: all, but the later ones at their default.

    A setting that did not exist when a result was kept had its default then. Left out, it leaves
    that result's name as it was; so such a default must never change.
    """
    return {
        field.name: value
        for field in dataclasses.fields(settings)
        if (value := getattr(settings, field.name)) != field.default
        or not field.metadata.get("later")
    }


def domain(settings: Any, name: str) -> Domain:
    """The range of the setting `name` of a settings class or object."""
    found: Domain = settings.__dataclass_fields__[name].metadata["domain"]
    return found


def refusal(name: str, domain: Domain, value: object) -> InputError:
    """The error for a value outside its range; what came is cut to a readable length."""
    return InputError(f"{name} must be {domain}, not {str(value)[:40]!r}")


def check(settings: Any) -> None:
    """Raise InputError for the first field outside its range. For use as `__post_init__`."""
    for field in dataclasses.fields(settings):
        if "domain" not in field.metadata:
            continue
        value = getattr(settings, field.name)
        if value not in field.metadata["domain"]:
            raise refusal(field.name, field.metadata["domain"], value)


def parse(settings: Any, name: str, text: str) -> Any:
    """The value that `text` spells for the setting `name`; InputError names the range."""
    allowed = domain(settings, name)
    try:
        value = allowed.parse(text)
    except InputError:
        raise
    except ValueError:
        raise refusal(name, allowed, text) from None
    if value not in allowed:
        raise refusal(name, allowed, text)
    return value
