"""The two stacks that are compared, with their maps."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import NamedTuple

import streamlit as st

from core.impact import Impact, impact
from core.layers import Stack, parse_stack


@st.cache_resource(max_entries=64, show_spinner=False)
def impact_of(text: str, height: int, width: int) -> Impact:
    """The impact map of a stack's text, computed once."""
    return impact(parse_stack(text), height, width)


class Asked(NamedTuple):
    """What a side follows from, small and hashable: the layers as text, and the image's size."""

    name: str
    layers: str
    height: int
    width: int

    @property
    def side(self) -> Side:
        return Side.of(self.name, parse_stack(self.layers), self.height, self.width)


@dataclass(frozen=True)
class Side:
    """One of the two stacks that are compared, its image's size, and its map.

    name: "left" or "right".
    """

    name: str
    stack: Stack
    height: int
    width: int
    impact: Impact

    @classmethod
    def of(cls, name: str, stack: Stack, height: int, width: int) -> Side:
        """The side with its map; InputError where the stack does not fit."""
        return cls(name, stack, height, width, impact_of(str(stack), height, width))

    @property
    def asked(self) -> Asked:
        return Asked(self.name, str(self.stack), self.height, self.width)

    @property
    def label(self) -> str:
        return label(self.stack)

    @property
    def pixels(self) -> int:
        return self.height * self.width

    @property
    def uniform(self) -> bool:
        """Whether every pixel counts alike; where no pixel is seen, none counts."""
        return self.impact.maximum > 0 and self.impact.at_full == 1


def label(stack: Stack) -> str:
    """A stack, runs of equal layers counted: "5 × conv3:same"."""
    groups = [(word, len(list(same))) for word, same in itertools.groupby(map(str, stack))]
    return " ".join(f"{n} × {word}" if n > 1 else word for word, n in groups)
