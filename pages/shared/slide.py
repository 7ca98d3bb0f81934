"""A slide: one question, one picture, one sentence, as large as the window allows.

Pictures are SVG text, made in Python. The component only shows them: one, or several that
play or are dragged through, each with its sentence, without asking the server.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from pages.shared.component import component
from pages.shared.words import unbroken

FAST, SLOW = 150, 600  # milliseconds between two pictures that play


class Shot(NamedTuple):
    """One picture, SVG text, and its sentence."""

    picture: str
    sentence: str


@dataclass(frozen=True)
class Step:
    """One slide of the talk, at `/stage?step=` and its `name`.

    topic: the page that it belongs to; show: draws picture and sentence. Where the hall votes,
    there are `choices` instead.
    """

    name: str
    topic: str
    question: str
    show: Callable[[], None] | None = None
    choices: tuple[str, ...] = ()


_component = component("slide", __file__)


def show(shots: Sequence[Shot], *, name: str, alt: str, pace: int = 0, drags: bool = False) -> None:
    """Draw the first of `shots`; arrow keys go through them, B and "." blank all.

    With a `pace`, milliseconds, they play once, whenever another `name` was shown before; who
    wants no motion sees the last. `drags` lets a pointer go through them. `alt` describes them all.
    """
    _component(
        data={
            "shots": [(shot.picture, unbroken(shot.sentence)) for shot in shots],
            "name": name,
            "alt": alt,
            "pace": pace,
            "drags": drags,
        },
        key="shot",
    )
