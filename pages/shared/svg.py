"""Pictures as SVG text, for slides: type that grows with the picture.

Lengths are units of the picture's own, WIDTH × HEIGHT of them; a slide of 1024 × 768 screen pixels
shows one unit as one pixel or more.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import Literal

WIDTH, HEIGHT = 928, 400
TYPE = 30  # units: at least 28 screen pixels, whatever the window

Anchor = Literal["start", "middle", "end"]


def picture(*parts: str) -> str:
    """A whole picture of these parts."""
    drawn = "".join(parts)
    return f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" preserveAspectRatio="xMinYMid meet">{drawn}</svg>'


def text(
    x: float,
    y: float,
    words: str,
    colour: str,
    *,
    anchor: Anchor = "start",
    size: float = TYPE,
    halo: str = "",
) -> str:
    """Words whose baseline is at `y`; large ones are bold. A `halo` hides what lies behind them."""
    weight = ' font-weight="600"' if size > TYPE else ""
    around = f' stroke="{halo}" stroke-width="10" paint-order="stroke"' if halo else ""
    return (
        f'<text x="{x:g}" y="{y:g}" fill="{colour}" font-size="{size:g}" text-anchor="{anchor}"'
        f"{weight}{around}>{escape(words)}</text>"
    )


def rectangle(x: float, y: float, width: float, height: float, fill: str, **look: str) -> str:
    """A filled rectangle; `look` are more of its attributes, "_" for "-"."""
    return (
        f'<rect x="{x:.2f}" y="{y:.2f}" width="{max(width, 0):.2f}" height="{max(height, 0):.2f}" '
        f'fill="{fill}"{_attributes(look)}/>'
    )


def frame(x: float, y: float, side: float, colour: str, *, width: float = 4, dash: str = "") -> str:
    """An empty square with a coloured edge."""
    dashed = {"stroke_dasharray": dash} if dash else {}
    return rectangle(x, y, side, side, "none", stroke=colour, stroke_width=f"{width:g}", **dashed)


def dot(x: float, y: float, radius: float, fill: str) -> str:
    """A disc that lets what lies below it show through."""
    return f'<circle cx="{x:.2f}" cy="{y:g}" r="{radius:g}" fill="{fill}" fill-opacity="0.8"/>'


def image(x: float, y: float, side: float, address: str) -> str:
    """Square pixels, from an address that holds them."""
    return (
        f'<image x="{x:g}" y="{y:g}" width="{side:g}" height="{side:g}" href="{address}" '
        'style="image-rendering: pixelated"/>'
    )


def line(points: Iterable[Sequence[float]], colour: str, *, width: float = 5) -> str:
    """A line through (x, y) points."""
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return (
        f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="{width:g}" '
        'stroke-linejoin="round" stroke-linecap="round"/>'
    )


def _attributes(look: dict[str, str]) -> str:
    return "".join(f' {name.replace("_", "-")}="{escape(word)}"' for name, word in look.items())
