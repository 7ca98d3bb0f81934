"""The talk on screen: one slide, the keys that lead through all, and how far it is."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from core.votes import is_name, rooms
from pages.sections.stage import vote
from pages.sections.stage.sequence import STEPS, find
from pages.shared.frame import START
from pages.shared.hall import ROOM
from pages.shared.slide import Step
from pages.shared.words import unbroken

LOOK = Path(__file__).with_name("slide.css")

KEYS = {"Left": -1, "PageUp": -1, "Right": 1, "PageDown": 1, "Home": -len(STEPS), "End": len(STEPS)}
"""By how many slides a key leads on; clickers send Page Up and Page Down."""


def show() -> None:
    """The slide that the address names, in the whole window."""
    step = find(st.query_params.get(vote.STEP))
    st.query_params[vote.STEP] = step.name
    st.html(LOOK)
    with st.container(key="slide"):
        st.title(unbroken(step.question), anchor=False)
        with st.container(key="picture"):
            if step.choices:
                vote.show(step)
            elif step.show is not None:
                step.show()
        foot(step)
    if is_name(name := st.query_params.get(ROOM, "")):
        rooms().asked(name)  # a room that its talk goes on in is not forgotten


def foot(step: Step) -> None:
    """How far the talk is, and the ways on, back and out."""
    at = STEPS.index(step)
    with st.container(key="foot", horizontal=True, vertical_alignment="center"):
        st.html(progress(at))
        first, last = at == 0, at == len(STEPS) - 1
        st.button("Back", key="back", type="tertiary", disabled=first, on_click=turn, args=(-1,))
        st.button("Next", key="next", type="tertiary", disabled=last, on_click=turn, args=(1,))
        st.button("Leave the stage", key="leave", type="tertiary", on_click=leave, args=(step,))
    # Of keys nobody sees anything: a button takes one key, and there are several for each way.
    with st.container(key="keys"):
        for key, by in KEYS.items():
            st.button(key, shortcut=key, on_click=turn, args=(by,))
        st.button("Escape", shortcut="Escape", on_click=leave, args=(step,))
    if topic := st.session_state.pop("_leave", None):
        st.switch_page("streamlit_app.py" if topic == START else f"pages/{topic}.py")


def turn(by: int) -> None:
    """So many slides on, as far as there are any."""
    at = STEPS.index(find(st.query_params.get(vote.STEP))) + by
    st.query_params[vote.STEP] = STEPS[max(0, min(at, len(STEPS) - 1))].name


def leave(step: Step) -> None:
    """To the page that the slide belongs to."""
    st.session_state["_leave"] = step.topic


def progress(at: int) -> str:
    """A mark for each slide, those up to now darker."""
    marks = "".join(f'<i class="{"done" if n <= at else ""}"></i>' for n in range(len(STEPS)))
    said = f"Slide {at + 1} of {len(STEPS)}"
    return f'<div class="progress" role="img" aria-label="{said}">{marks}</div>'
