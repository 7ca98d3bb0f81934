"""What stands round every page: set-up, navigation, and a plain word when a page fails."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from pathlib import Path

import streamlit as st

from core import autoencoder, machine
from core.autoencoder import runs
from core.autoencoder.presets import AS_ASKED
from core.limits import limits
from pages.shared import announce, controls, hide, sources
from pages.shared.drawn_once import drawn_once
from pages.shared.guard import plain_errors
from pages.shared.turns import turn

TOPICS = {
    "autoencoder": "Autoencoder",
    "loss": "Loss",
    "shift_probe": "Position",
    "impact": "Influence",
    "shapes": "Shapes",
    "check": "Your network",
}
"""Topic, as in the URL and the tree, and its name in the navigation; in reading order."""

TRAINING = ("autoencoder", "loss")
"""The topics whose pages are about networks that they train. Where training stands at a page's end,
that part has it at hand once it is open: see `pages.sections.check.border_live`."""

START = "start"

STAGE = "stage"  # in the address: "1" leads to the topic's slides

LOOK = Path(__file__).with_name("look.css")

WIDTH = 1080  # pixels: the widest that a figure needs


def show(topic: str, page: Callable[[], None]) -> None:
    """Run `page` inside the common frame. An error becomes a sentence, its trace a log entry."""
    if st.query_params.get(STAGE) == "1":
        st.switch_page("pages/stage.py", query_params={"step": topic})
    with turn():
        name = TOPICS.get(topic, "What padding does to a network")
        st.set_page_config(f"{name} · Padding Lab", layout="wide")
        st.html(LOOK)
        with st.container(horizontal_alignment="center"), st.container(width=WIDTH):
            navigate(topic)
            spoken = st.container(key="announced")  # before what comes and goes, so that it stays
            controls.remember_link(topic)
            with plain_errors(topic):
                limits()  # whoever set one wrong is told at the first look
                hide.apply()
                page()
            with spoken:
                announce.answered()
            lead_on(topic)
    warm_up(topic)


@drawn_once
def navigate(here: str) -> None:
    """The topics in one line, which wraps on a phone, and the way to this topic's slides."""
    with st.container(horizontal=True, vertical_alignment="center", key="pages"):
        st.page_link("streamlit_app.py", label="**Padding Lab**")
        for topic, name in TOPICS.items():
            st.page_link(f"pages/{topic}.py", label=name)
        with st.container(key="to_stage", width="content"):
            st.page_link("pages/stage.py", label="On stage", query_params={"step": here})


@drawn_once
def lead_on(topic: str) -> None:
    """To the next topic in reading order, and to what the page leans on."""
    names = list(TOPICS)
    for following in names[names.index(topic) + 1 :][:1] if topic in TOPICS else ():
        st.page_link(f"pages/{following}.py", label=f"**Next: {TOPICS[following]} →**")
    sources.at_end(topic)


def warm_up(topic: str) -> None:
    """Have at hand what trains, where a visitor may ask for it: the first *Train* is quick then."""
    if topic in TRAINING:
        runs.process().prepare(autoencoder.arms(AS_ASKED.settings))
    machine.once("log", log_runs)
    machine.share()
    machine.freeze()


def log_runs() -> None:
    """Have each run leave its line in the server's log, and not only what goes wrong."""
    handler = logging.StreamHandler(sys.__stderr__)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logger = logging.getLogger("padding_lab")
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
