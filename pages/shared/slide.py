"""A slide: one question, one picture, one sentence, as large as the window allows.

Pictures are SVG text, made in Python. The component below only shows them: one, or several that
play or are dragged through, each with its sentence, without asking the server.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import streamlit as st

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


HTML = '<div class="shot"><figure role="img"></figure><p></p></div>'

CSS = """
.shot {
  position: absolute; inset: 0; display: flex; flex-direction: column; gap: 1rem;
  font-family: var(--st-font); color: var(--st-text-color);

  figure { flex: 1; min-height: 0; margin: 0; }
  figure.drags { cursor: ew-resize; touch-action: pan-y; user-select: none; }
  figure svg { display: block; width: 100%; height: 100%; font-variant-numeric: tabular-nums; }
  figure rect { transition: width 0.3s, height 0.3s, y 0.3s; }
  p { margin: 0; font-size: 1.1rem; line-height: 1.35; min-height: 2.7em; text-wrap: pretty; }
  @media (prefers-reduced-motion: reduce) { figure rect { transition: none; } }
}
"""

JS = """
const screen = document.documentElement.classList;
const still = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

function morph(old, fresh) {  // what stays in place can move instead of being replaced
  if (old.nodeName !== fresh.nodeName || old.childNodes.length !== fresh.childNodes.length) {
    return old.replaceWith(fresh);
  }
  if (old.nodeType === Node.TEXT_NODE) {
    if (old.data !== fresh.data) old.data = fresh.data;
    return;
  }
  for (const { name, value } of fresh.attributes) {
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  [...fresh.childNodes].forEach((child, i) => morph(old.childNodes[i], child));
}

export default function ({ parentElement, data }) {
  const figure = parentElement.querySelector("figure");
  const said = parentElement.querySelector("p");
  const last = data.shots.length - 1;
  figure.end?.();
  let timer = null;

  function draw(at) {
    figure.at = Math.max(0, Math.min(at, last));
    const [picture, sentence] = data.shots[figure.at];
    const fresh = document.createElement("figure");
    fresh.innerHTML = picture;
    if (figure.name === data.name && figure.firstChild) {
      morph(figure.firstChild, fresh.firstChild);
    } else {
      figure.replaceChildren(...fresh.childNodes);
    }
    figure.name = data.name;
    if (said.textContent !== sentence) said.textContent = sentence;
  }

  function stop() {
    clearInterval(timer);
    timer = null;
    said.ariaLive = "polite";
  }

  const begun = figure.name === data.name;
  if (!begun) screen.remove("blank");
  if (data.pace && !begun && !still()) {
    said.ariaLive = "off";
    timer = setInterval(() => (figure.at < last ? draw(figure.at + 1) : stop()), data.pace);
    draw(0);
  } else {
    stop();
    draw(begun ? figure.at : data.pace ? last : 0);
  }

  figure.ariaLabel = data.alt;
  figure.classList.toggle("drags", data.drags);
  const drag = (event) => {
    if (!event.buttons || !data.drags) return;
    stop();
    const box = figure.firstChild.getBoundingClientRect();
    draw(Math.round((last * (event.clientX - box.x)) / (0.5 * box.width)));
  };
  const press = (event) => {
    if (event.key === "b" || event.key === ".") screen.toggle("blank");
    if (event.key !== "ArrowUp" && event.key !== "ArrowDown") return;
    stop();
    draw(figure.at + (event.key === "ArrowUp" ? 1 : -1));
    event.preventDefault();
  };
  figure.onpointerdown = (event) => {
    if (data.drags) figure.setPointerCapture(event.pointerId);
    drag(event);
  };
  figure.onpointermove = drag;
  document.addEventListener("keydown", press);
  figure.end = () => {
    clearInterval(timer);
    document.removeEventListener("keydown", press);
  };
  return figure.end;
}
"""

_component = st.components.v2.component("slide", html=HTML, css=CSS, js=JS, isolate_styles=False)


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
