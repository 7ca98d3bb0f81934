"""What the hall has voted, wherever a slide speaks of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import streamlit as st

from core.votes import is_name, rooms

ROOM = "room"  # in the speaker's address: the room that votes


def counted(votes: Mapping[str, str], choices: Sequence[str]) -> dict[str, int]:
    """How often each choice was made; what is none counts for nothing."""
    made = Counter(votes.values())
    return {choice: made[choice] for choice in choices}


def guessed(question: str, choices: Sequence[str]) -> str:
    """The hall's guesses on the slide called `question`, as a sentence; nothing where none."""
    name = st.query_params.get(ROOM, "")
    return told(counted(rooms().votes(name, question), choices)) if is_name(name) else ""


def told(counts: Mapping[str, int]) -> str:
    """Guesses by choice as a sentence with a space before it; nothing where there are none."""
    if not any(counts.values()):
        return ""
    words = ", ".join(f"{choice} {number}" for choice, number in counts.items())
    return f" The hall guessed: {words}."
