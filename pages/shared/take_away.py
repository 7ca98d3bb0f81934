"""Every result can be taken away: as a picture for slides, as data, as a link, as code."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pandas as pd
import streamlit as st

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def take_away(
    name: str,
    *,
    table: Callable[[], pd.DataFrame] | None = None,
    picture: Callable[[], Figure] | None = None,
    code: str | None = None,
) -> None:
    """Downloads named `name`, made only when asked for; the link; the code that reproduces it."""
    with st.popover("Take it away: picture, data, link, code", width="stretch"):
        with st.container(horizontal=True):
            if picture is not None:
                _download(f"{name}.png", lambda: _render(picture(), "png"), "image/png")
                _download(f"{name}.svg", lambda: _render(picture(), "svg"), "image/svg+xml")
            if table is not None:
                _download(f"{name}.csv", lambda: table().to_csv(index=False).encode(), "text/csv")
        st.caption("This page with these settings:")
        st.code(link(), language=None, wrap_lines=True)
        if code is not None:
            st.caption("The same in PyTorch:")
            st.code(code, language="python")


def figure(width: float, height: float) -> Figure:
    """An empty figure for a slide, in inches. Until somebody wants one, it costs no memory."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def link() -> str:
    """The address of this page with every setting that differs from its default."""
    settings = urlencode(st.query_params.to_dict())
    address = (st.context.url or "").split("?")[0]
    return address + (f"?{settings}" if settings else "")


def _download(file_name: str, data: Callable[[], bytes], mime: str) -> None:
    label = file_name.rsplit(".", 1)[1].upper()
    st.download_button(label, data, file_name, mime, key=f"download_{file_name}", on_click="ignore")


def _render(figure: Figure, kind: str) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format=kind, dpi=200, bbox_inches="tight")
    return buffer.getvalue()
