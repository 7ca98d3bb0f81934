"""Amounts with a sign, blue below zero and orange above: scores, weights, output images."""

from __future__ import annotations

from pages.shared.charts import DARK, Palette
from pages.shared.heat import Scale


def scale(most: float, what: str, colours: Palette, number: str = ".4~g") -> Scale:
    """The colours of amounts from −most to most."""
    zero = "#2A2F35" if colours == DARK else "#F0F0EE"
    return Scale((-most, most), what, number, colours=(colours.unpadded, zero, colours.padded))


def letters(share: float, colours: Palette) -> str:
    """The colour of letters on the amount `share` · most."""
    if abs(share) < 0.6:
        return colours.ink
    return "#000000" if colours == DARK else "#FFFFFF"


def text(amount: float) -> str:
    """An amount with its sign and two decimals: "+1.50", "−0.25"."""
    return f"{amount:+.2f}".replace("-", "−")
