"""What a screen reader is to say of itself: a page's answer, and how far a training is.

A live region speaks when its text changes, and only if it stood there before. Streamlit draws its
own texts anew; so this is a component that stays, and changes no more than the words.
"""

from __future__ import annotations

import streamlit as st

HTML = '<p class="announced" role="status"></p>'

CSS = """
.announced {
  position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); margin: 0;
  white-space: nowrap;
}
"""

JS = """
export default function ({ parentElement, data }) {
  const region = parentElement.querySelector(".announced");
  if (region.textContent !== data) region.textContent = data;
}
"""

_component = st.components.v2.component(
    "announced", html=HTML, css=CSS, js=JS, isolate_styles=False
)

ANSWER = "_answer"  # in the session, while a page is drawn


def region(words: str, *, key: str) -> None:
    """A live region that holds `words` now; to be drawn at every run, even without any."""
    with st.container(key=f"announced_{key}"):
        _component(data=words, key=f"announced_{key}_region")


def say(words: str) -> None:
    """Have `words`, Markdown's stars left out, spoken once the page is drawn."""
    st.session_state[ANSWER] = words.replace("*", "")


def answered() -> None:
    """Speak the answer that the page has given, if it has."""
    region(st.session_state.pop(ANSWER, ""), key="answer")
