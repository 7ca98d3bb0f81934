"""The hall votes: on the speaker's screen a code to scan and the bars, on a phone the choices."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from urllib.parse import urlencode, urlsplit

import segno
import streamlit as st

from core.votes import is_name, new_name, rooms
from pages.sections.stage.sequence import STEPS
from pages.shared import charts, runs, slide, svg
from pages.shared.charts import Palette
from pages.shared.controls import escaped
from pages.shared.guard import fragment
from pages.shared.hall import ROOM, counted
from pages.shared.slide import Shot, Step
from pages.shared.words import unbroken

VOTE, STEP = "vote", "step"  # in the address: a voter's room, and the slide
LOOK = 1.0  # seconds between two looks at the votes
LONGEST = 200  # letters of an address that is shown

VOTED = {step.name: step for step in STEPS if step.choices}
"""The slides on which the hall votes, by name."""


# --- The speaker's screen -----------------------------------------------------------------------


def show(step: Step) -> None:
    """The code to scan and the hall's guesses, as they come in."""
    name = st.query_params.get(ROOM, "")
    if not is_name(name):
        name = st.session_state.setdefault("_room", new_name())  # the speaker's, all the while
        st.query_params[ROOM] = name
    fragment(hall, run_every=LOOK)(step, name)


def hall(step: Step, name: str) -> None:
    """One look at the votes."""
    rooms().ask(name, step.name)
    counts = counted(rooms().votes(name, step.name), step.choices)
    address = own_address(st.context.url, {VOTE: name, STEP: step.name})
    typed = own_address(st.context.url, {VOTE: name})
    slide.show(
        [Shot(ballot(counts, address, charts.palette()), invitation(typed))],
        name=step.name,
        alt=spoken(counts),
    )


def own_address(page: str | None, query: Mapping[str, str]) -> str | None:
    """The address of this page, as the speaker's own browser has it, with another query.

    None where that is no web address. It comes from the browser, not from a request's headers, so
    that a proxy does not change it and nobody else can set it.
    """
    parts = urlsplit(page or "")
    if parts.scheme not in ("http", "https") or not parts.netloc or len(page or "") > LONGEST:
        return None
    return f"{parts.scheme}://{parts.netloc}{parts.path}?{urlencode(query)}"


def invitation(address: str | None) -> str:
    """What the hall is to do; where no phone can reach the address, what the speaker is to do."""
    if address is None:
        return "The address of this page is not known here, so nobody can be invited to vote."
    host = urlsplit(address).hostname or ""
    if host == "localhost" or host.startswith("127.") or host == "::1":
        return (
            f"To rehearse: {bare(address)}. For phones to reach it, open the talk under this "
            "computer’s name or address in the network."
        )
    return f"Scan and choose, or open {bare(address)}"


def bare(address: str) -> str:
    """An address as one types it."""
    return address.split("://", 1)[1]


def spoken(counts: Mapping[str, int]) -> str:
    """The bars in words."""
    told = ", ".join(f"{choice}: {number}" for choice, number in counts.items())
    return f"A code to scan with a phone, and the hall’s guesses: {told}"


QR = 372.0  # units
BARS, ROW, LONG = 430.0, 110.0, 410.0


def ballot(counts: Mapping[str, int], address: str | None, colours: Palette) -> str:
    """The code on the left, a bar for each choice on the right."""
    most = max(*counts.values(), 10)
    parts = []
    if address is not None:
        parts.append(svg.image(0, 0, QR, code(address)))
    for number, (choice, votes) in enumerate(counts.items()):
        y = 14 + ROW * number
        length = LONG * votes / most
        parts += [
            svg.text(BARS, y + 32, choice, colours.ink),
            svg.rectangle(BARS, y + 48, LONG, 36, colours.faint),
            svg.rectangle(BARS, y + 48, length, 36, colours.ink),
            svg.text(BARS + LONG + 16, y + 77, str(votes), colours.ink),
        ]
    total = sum(counts.values())
    parts.append(svg.text(BARS, 392, f"{total:,} vote{'' if total == 1 else 's'}", colours.muted))
    return svg.picture(*parts)


@lru_cache(64)  # it takes 5 ms, and is asked for at every look
def code(address: str) -> str:
    """The QR code of an address as an address that holds it, black on white."""
    made = segno.make(address, error="m", micro=False)
    return made.svg_data_uri(dark="#000", light="#fff", border=3, encode_minimal=True)


# --- A voter's phone ----------------------------------------------------------------------------


def voter(name: str) -> None:
    """The question and the choices, and what was chosen."""
    asked = rooms().asked(name) if is_name(name) else None
    if asked is None:
        st.markdown("This vote is not open. Scan the code on the screen again.")
        return
    step = VOTED.get(st.query_params.get(STEP, "")) or VOTED.get(asked)
    if step is None:
        st.markdown("Nothing is asked at the moment.")
        return
    st.title(unbroken(step.question), anchor=False)
    chosen = rooms().choice(name, step.name, runs.visitor())
    for choice in step.choices:
        st.button(
            choice,
            key=f"choose {choice}",
            type="primary" if choice == chosen else "secondary",
            width="stretch",
            on_click=choose,
            args=(name, step.name, choice),
        )
    st.markdown(answered(chosen, refused=st.session_state.pop("_full", False)))
    if asked != step.name and asked in VOTED:
        st.button("To the question on the screen", on_click=follow, args=(asked,))


def choose(name: str, question: str, choice: str) -> None:
    """Count this visitor's vote."""
    st.session_state["_full"] = not rooms().vote(name, question, runs.visitor(), choice)


def answered(chosen: str | None, *, refused: bool) -> str:
    """What became of the vote."""
    if refused:
        return "This vote is full, or not open any more: yours was not counted."
    if chosen is None:
        return "Your guess counts once, and you can change it. Nothing else is kept of you."
    return f"You guessed **{escaped(chosen)}**. You can still change it."


def follow(asked: str) -> None:
    """On to the question that the hall is asked now."""
    st.query_params[STEP] = asked
