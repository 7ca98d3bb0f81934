"""Whether a visitor has asked their system for less motion: what plays unasked then stands still.

Styles can ask for that by themselves; what the server plays has to be told.
"""

from __future__ import annotations

import streamlit as st

JS = """
export default function ({ data, setStateValue }) {
  const reduced = matchMedia("(prefers-reduced-motion: reduce)").matches;
  if (reduced !== data) setStateValue("reduced", reduced);
}
"""

_component = st.components.v2.component("motion", html="<i hidden></i>", js=JS)

REDUCED = "_reduced_motion"  # in the session, for all pages


def listen() -> None:
    """Hear from the browser whether it asks for reduced motion, for `reduced`."""
    with st.container(key="announced_motion"):
        found = _component(data=reduced(), key="motion", on_reduced_change=lambda: None)
    # A browser that asks for nothing says nothing, and costs no second run.
    if found["reduced"] is not None:
        st.session_state[REDUCED] = found["reduced"] is True


def reduced() -> bool:
    """Whether the browser asks for reduced motion; False until it has said so."""
    return bool(st.session_state.get(REDUCED, False))
