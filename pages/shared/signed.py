"""Amounts with a sign, blue below zero and orange above: scores, weights, output images."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pages.shared import charts
from pages.shared.charts import DARK, Palette, Spec


def ends(colours: Palette) -> tuple[str, str, str]:
    """The colours of the lowest amount, of zero and of the highest."""
    return colours.unpadded, "#2A2F35" if colours == DARK else "#F0F0EE", colours.padded


def scale(colours: Palette) -> Spec:
    """The colour scale of a domain (−most, most), in Vega-Lite's terms."""
    return {"range": list(ends(colours)), "domainMid": 0, "interpolate": "rgb"}


def pixels(values: NDArray[Any], most: float, colours: Palette) -> NDArray[np.uint8]:
    """An (H, W) array as (H, W, 3) bytes, on the same scale."""
    low, zero, high = (np.array(charts.rgb(colour)) for colour in ends(colours))
    share = np.clip(values / most, -1, 1)[..., None]
    mixed = np.where(share < 0, zero + (low - zero) * -share, zero + (high - zero) * share)
    return np.asarray(mixed).astype(np.uint8)


def letters(share: float, colours: Palette) -> str:
    """The colour of letters on the amount `share` · most."""
    if abs(share) < 0.6:
        return colours.ink
    return "#000000" if colours == DARK else "#FFFFFF"


def heat_map(shape: tuple[int, int], most: float, **options: Any) -> Spec:
    """A heat map as `charts.heat_map` draws it, of amounts from −most to most.

    Cells whose column `marked` of the data is "target" or "chosen" are framed.
    """
    colours = charts.palette()
    spec = charts.heat_map(shape, (-most, most), **options)
    recolour(spec, scale(colours))
    cells = spec["layer"][0]
    frames = [
        {
            "transform": [*cells["transform"], {"filter": f"datum.marked === '{kind}'"}],
            "mark": {"type": "rect", "filled": False, "stroke": colours.ink, "tooltip": None}
            | look,
            "encoding": {side: cells["encoding"][side] for side in ("x", "x2", "y", "y2")},
        }
        for kind, look in (
            ("target", {"strokeWidth": 2.5}),
            ("chosen", {"strokeWidth": 2.5, "strokeDash": [3, 3]}),
        )
    ]
    return spec | {"layer": [*spec["layer"], *frames]}


def recolour(spec: Spec, scale: Spec) -> None:
    """Give the pixels of a heat map another colour scale, on the same domain."""
    encoding = spec["layer"][0]["encoding"]["color"]
    encoding["scale"] = {"domain": encoding["scale"]["domain"], "clamp": True} | scale


def text(amount: float) -> str:
    """An amount with its sign and two decimals: "+1.50", "−0.25"."""
    return f"{amount:+.2f}".replace("-", "−")
