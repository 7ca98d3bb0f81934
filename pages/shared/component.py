"""A component of the app's own, whose HTML, CSS and JavaScript stand in files beside its module."""

from __future__ import annotations

from pathlib import Path

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer


def component(name: str, module: str) -> ComponentRenderer:
    """The component `name`, to be made once, when the module at the path `module` is imported.

    Of `slide.py` it is made from `slide.html`, `slide.css` and `slide.js`; all three must exist.
    """
    html, css, js = (
        Path(module).with_suffix(suffix).read_text(encoding="utf-8")
        for suffix in (".html", ".css", ".js")
    )
    return st.components.v2.component(name, html=html, css=css, js=js, isolate_styles=False)
