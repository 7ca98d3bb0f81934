"""A picture that plays step by step: by the clock, by buttons or by a slider."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import streamlit as st

from pages.shared.guard import fragment

MEDIUM = "medium"


@dataclass(frozen=True)
class Player:
    """The steps from `first` to `last`, named by `label`, and how fast they play.

    `speeds` gives, by name, the seconds between two pictures and the steps from one to the next.
    """

    label: str
    first: int
    last: int
    speeds: Mapping[str, tuple[float, int]]


def show(player: Player, draw: Callable[[int], None], *, shown: object, play: bool = False) -> None:
    """Draw the chosen step, under what chooses it.

    Anything newly `shown` starts at its end; with `play` it is played from the start.
    """
    if play and player.last > player.first:
        st.session_state.update(_shown=shown, _playing=True, _step=None)
    elif st.session_state.get("_shown") != shown:
        st.session_state["_shown"] = shown
        go(player.last)
    pause = seconds(player)
    fragment(frame, run_every=pause)(player, draw, pause)


def seconds(player: Player) -> float | None:
    """Between two pictures; None while nothing plays."""
    if not st.session_state["_playing"]:
        return None
    return player.speeds[st.session_state.get("speed", MEDIUM)][0]


def frame(player: Player, draw: Callable[[int], None], pause: float | None) -> None:
    """One moment, drawn again every `pause` seconds while it plays."""
    if pause is not None and seconds(player) == pause:
        tick(player)
    if seconds(player) != pause:
        st.rerun()  # only the whole page starts, stops or changes the clock
    step = st.session_state["_step"]
    if player.last > player.first:
        controls(player, step)
    draw(step)


def tick(player: Player) -> None:
    """As far as the clock goes at once; the end stops it."""
    step = st.session_state["_step"]
    _, pace = player.speeds[st.session_state.get("speed", MEDIUM)]
    if step is None:
        st.session_state["_step"] = player.first
    elif step < player.last:
        st.session_state["_step"] = min(step + pace, player.last)
    else:
        go(player.last)


def controls(player: Player, step: int) -> None:
    """Buttons, the speed and the slider; what would lead nowhere is off."""
    playing, first, last = st.session_state["_playing"], step <= player.first, step >= player.last
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.button("Pause" if playing else "Play", on_click=toggle, args=(player,))
        st.button("Back", on_click=go, args=(step - 1,), disabled=first)
        st.button("Forward", on_click=go, args=(step + 1,), disabled=last)
        st.button("Rewind", on_click=go, args=(player.first,), disabled=first)
        st.segmented_control(
            "Speed", tuple(player.speeds), default=MEDIUM, required=True, key="speed"
        )
    if playing:
        # Not the slider below: a tick from a slow browser would bring its last position back.
        st.slider(player.label, player.first, player.last, step, disabled=True)
    else:
        st.session_state["step"] = step
        st.slider(player.label, player.first, player.last, key="step", on_change=take_slider)


def go(step: int) -> None:
    """To one step, and stay there."""
    st.session_state.update(_playing=False, _step=step)


def toggle(player: Player) -> None:
    """Play or pause; from the end it starts again."""
    step = st.session_state["_step"]
    if st.session_state["_playing"]:
        go(player.first if step is None else step)
    else:
        # None: the clock shows the first step first.
        start = None if step >= player.last else step
        st.session_state.update(_playing=True, _step=start)


def take_slider() -> None:
    """Go where the slider was put."""
    st.session_state["_step"] = st.session_state["step"]
