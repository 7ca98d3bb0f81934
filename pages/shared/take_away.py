"""Every result can be taken away: as a picture for slides, as data, as a link, as code."""

from __future__ import annotations

import io
import json
import textwrap
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pandas as pd
import streamlit as st

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from core.autoencoder import Checkpoint


def take_away(
    name: str,
    *,
    table: Callable[[], pd.DataFrame] | None = None,
    picture: Callable[[], Figure] | None = None,
    code: str | None = None,
) -> None:
    """Downloads named `name`, made only when asked for; the link; the code that reproduces it."""
    address = link()  # a download asks for its data outside of any page
    parts = {"picture": picture, "data": table, "link": address, "code": code}
    offered = ", ".join(part for part, given in parts.items() if given is not None)
    with st.popover(f"Take it away: {offered}", width="stretch"):
        with st.container(horizontal=True):
            if picture is not None:
                _download(f"{name}.png", lambda: _render(picture(), "png"), "image/png")
                _download(f"{name}.svg", lambda: _render(picture(), "svg"), "image/svg+xml")
            if table is not None:
                _download(f"{name}.csv", lambda: table().to_csv(index=False).encode(), "text/csv")
                _download(f"{name}.json", lambda: _json(table(), address), "application/json")
        st.caption("This page with these settings:")
        st.code(address, language=None, wrap_lines=True)
        if code is not None:
            st.caption("The same in PyTorch:")
            st.code(code, language="python")


def figure(width: float, height: float, finding: str) -> Figure:
    """A figure for a slide, in inches, with its finding as the title.

    Until somebody wants one, it costs no memory.
    """
    from matplotlib.figure import Figure

    slide = Figure(figsize=(width, height), layout="constrained")
    # At this size a letter is about an eighth of an inch wide.
    title = textwrap.fill(finding, round(8 * width))
    slide.suptitle(title, x=0.01, ha="left", fontsize=15, fontweight="semibold")
    return slide


def draw_loss_maps(slide: Figure, axes: Sequence[Axes], tested: Mapping[str, Checkpoint]) -> None:
    """The loss of each pixel of every arm on one scale, the border outside a white frame."""
    from matplotlib.patches import Rectangle

    highest = max(float(network.loss_map.max()) for network in tested.values())
    for axis, (arm, network) in zip(axes, tested.items(), strict=True):
        image = axis.imshow(network.loss_map, vmin=0, vmax=highest)
        axis.set_title(f"{arm}: {network.total:.1f} nats an image", loc="left")
        axis.set_axis_off()
        if pad := network.pad_width:
            size = len(network.loss_map) - 2 * pad
            frame = Rectangle((pad - 0.5, pad - 0.5), size, size, fill=False, edgecolor="white")
            axis.add_patch(frame)
    slide.colorbar(image, ax=list(axes), label="test loss, nats per pixel", shrink=0.8)


def link() -> str:
    """The address of this page with every setting that differs from its default."""
    settings = urlencode(st.query_params.to_dict())
    address = (st.context.url or "").split("?")[0]
    return address + (f"?{settings}" if settings else "")


def _download(file_name: str, data: Callable[[], bytes], mime: str) -> None:
    label = file_name.rsplit(".", 1)[1].upper()
    st.download_button(label, data, file_name, mime, key=f"download_{file_name}", on_click="ignore")


def _json(table: pd.DataFrame, address: str) -> bytes:
    """The table's rows, and the page that they are from."""
    rows = json.loads(table.to_json(orient="records"))  # not-a-numbers as null, which JSON has
    return json.dumps({"link": address, "rows": rows}, indent=1, ensure_ascii=False).encode()


def _render(figure: Figure, kind: str) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format=kind, dpi=240, bbox_inches="tight")
    return buffer.getvalue()
