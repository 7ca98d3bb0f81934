"""Which network: a ready-made one, a line of layers, or code that is pasted and only read."""

from __future__ import annotations

from functools import lru_cache

import streamlit as st

from core.check.code import Reading, read
from core.check.graph import Graph, chain
from core.check.networks import NETWORKS, network
from core.check.reading.python import MAX_TEXT
from core.settings import InputError
from pages.sections.check.link import MAX_CODE, MAX_LINK, packed, unpacked
from pages.sections.check.settings import CODE, EXAMPLE, LAYERS, READY, SIZES, Settings
from pages.shared import controls
from pages.shared.controls import control, escaped
from pages.shared.fold import fold
from pages.shared.words import TEXT

TEXT_KEY = "code_text"  # in the session; the address holds the code compressed, as `code`
SIZE_KEY = "_code_size"  # in the session: the image that the code spoke of last


def choose() -> tuple[Graph, tuple[str, ...], str] | None:
    """The network, what its reader says, and how the command line names it; None if it is none."""
    take_from_link()
    given = control(Settings, "given", "The network")
    if given == LAYERS:
        stack = controls.stack(Settings, "layers", "Layers")
        return None if stack is None else (chain(stack), (), f'--layers "{stack}"')
    if given == READY:
        with st.container(width=300):
            name = control(Settings, "network", "Which", on_change=take_size)
        chosen = NETWORKS[name]
        st.caption(escaped(f"{chosen.title}. {chosen.about} {chosen.source}."), width=TEXT)
        reading = network(name)
        fold("source", "What is its code?", lambda: shown(chosen.code))
        return reading.graph, said(reading), f"--network {name}"
    return pasted()


def shown(code: str) -> None:
    st.code(code, language="python")


def take_from_link() -> None:
    """A link that holds layers or code means them, whether it says so or not."""
    if "given" not in st.session_state and "given" not in st.query_params:
        for way in (LAYERS, CODE):
            if way in st.query_params:
                st.session_state["given"] = way


def take_size() -> None:
    """The image that the chosen network was made for."""
    chosen = NETWORKS[st.session_state["network"]]
    st.session_state.update(size=min(chosen.size, 640), width=None)


def pasted() -> tuple[Graph, tuple[str, ...], str] | None:
    """The network that pasted code builds."""
    controls.remember(TEXT_KEY)
    start = EXAMPLE
    if TEXT_KEY not in st.session_state and (link := st.query_params.get("code")) is not None:
        opened = unpacked(link)
        if opened is None:
            st.warning("The link's code cannot be read. Showing an example.")
        start = opened or EXAMPLE
    text = st.text_area(
        "Code, PyTorch or Keras",
        start,
        height=320,
        key=TEXT_KEY,
        on_change=take_code_size,
        help="It is read as text and never run. nn.Sequential, classes with a forward, "
        "keras.Sequential and the functional API are understood.",
    )
    if len(text) > MAX_CODE:  # a field with a limit of its own would drop the paste in silence
        st.error(
            f"The code has {len(text):,} characters: expected at most {MAX_CODE:,}, the model "
            f"alone. The command line reads {MAX_TEXT:,}, from a file."
        )
        return None
    remember(text)
    if not text.strip():
        st.info("Paste the code of a network: nn.Sequential, keras.Sequential, a class, a function")
        return None
    try:
        reading = read_kept(text)
    except InputError as error:
        st.error(f"{escaped(error)}.")
        return None
    return reading.graph, said(reading), "--code network.py"


def remember(text: str) -> None:
    """Keep the code in the address, as long as it fits; an example needs none."""
    link = None if text == EXAMPLE else packed(text)
    if link is not None:
        st.query_params["code"] = link
    elif "code" in st.query_params:
        del st.query_params["code"]
    if link is None and text != EXAMPLE and text.strip():
        st.caption(
            f"This code is too long for a link: it takes more than {MAX_LINK:,} characters even "
            "compressed.",
            width=TEXT,
        )


def take_code_size() -> None:
    """The image that pasted code speaks of, where it speaks of another than before."""
    text = st.session_state[TEXT_KEY]
    try:
        size = read_kept(text).size if len(text) <= MAX_CODE else None
    except InputError:
        return
    if size is None or size == st.session_state.get(SIZE_KEY) or not all(n in SIZES for n in size):
        return
    height, width = size
    st.session_state[SIZE_KEY] = size
    st.session_state.update(size=height, width=None if width == height else width)


@lru_cache(32)
def read_kept(text: str) -> Reading:
    return read(text)


def said(reading: Reading) -> tuple[str, ...]:
    return tuple(map(str, reading.notes))
