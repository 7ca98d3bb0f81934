"""Guess first: a page asks its question and holds its answer back until somebody has guessed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

import streamlit as st

from pages.shared import controls
from pages.shared.words import TEXT

SHOW_ME = "just show me"  # for who would rather not guess

LINKED = "_linked"  # in the session, until the page is left


@dataclass(frozen=True)
class Opening:
    """What was guessed, None as long as nothing is, and whether a link asked for settings."""

    guess: str | None
    linked: bool = False

    @property
    def revealed(self) -> bool:
        """Whether the question has been answered, by a guess or by wanting none."""
        return self.guess is not None

    @property
    def held_back(self) -> bool:
        """Whether what follows the question waits: who came by a link sees what it is about."""
        return not (self.revealed or self.linked)

    def reply(self, comment: str = "") -> str:
        """What was guessed and a `comment` on it, as a sentence; nothing where nobody guessed."""
        if self.guess in (None, SHOW_ME):
            return ""
        return f"You guessed *{self.guess}*{comment and f': {comment}'}."


def ask(
    question: str,
    guesses: Iterable[str],
    *,
    settings: Collection[str] = (),
    on_guess: Callable[[], None] | None = None,
    key: str = "guess",
) -> Opening:
    """Ask, the guess bound to the address; `on_guess` is called once it is made, not for a link.

    An address that has any of `settings` is a link to a result: nothing is held back on this visit,
    not even where a control takes its default out of the address again. To be called before them.
    A page that asks twice gives the second question a `key` of its own, the address's word for it.
    """
    mark = f"{LINKED} {key}"
    linked = st.session_state.get(mark, False) or any(s in st.query_params for s in settings)
    st.session_state[mark] = linked
    controls.remember(key, kept=True)
    controls.remember(mark)

    def changed() -> None:
        if on_guess is not None and st.session_state[key] is not None:  # not taken back
            on_guess()

    guess = st.segmented_control(
        f"Your guess: {question}",
        (*guesses, SHOW_ME),
        key=key,
        bind="query-params",
        on_change=changed,
    )
    return Opening(guess, linked)


def invite(then: str) -> None:
    """What to do first, where an answer is held back, and what comes of it."""
    st.markdown(f"*Choose a guess above, then {then}.*", width=TEXT)
