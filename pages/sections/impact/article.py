"""The article's two figures, and the answer to the page's question."""

from __future__ import annotations

import streamlit as st

from pages.sections.impact import words
from pages.sections.impact.settings import FIVE, FIVE_SAME
from pages.sections.impact.sides import impact_of
from pages.shared import bitmap, heat
from pages.shared.drawn_once import drawn_once
from pages.shared.words import TEXT, percent, unbroken

ARTICLE = {
    "one layer, same": ("conv3:same", 10),
    "one layer, valid": ("conv3", 10),
    "five layers, same": (FIVE_SAME, 28),
    "five layers, valid": (FIVE, 28),
}
SHARES = heat.Scale((0, 1), "share")
NINES = "\u00a0×\u00a0".join("99999")
SMALL = 140  # screen pixels: 10 and 28 pixels both divide it


@drawn_once
def show(*, revealed: bool) -> None:
    """The article's maps on one scale; the deep ones stay open until a guess is made."""
    with st.container(horizontal=True, gap="small"):
        for name, (text, size) in ARTICLE.items():
            shown = revealed or size == 10
            map_ = impact_of(text, size, size)
            with st.container(width=SMALL + 34):
                layers, padding = name.split(", ")
                st.markdown(f"**“{padding}”**, {layers}")
                if shown:
                    alt = f"{size} × {size} pixels. {words.title(map_)}"
                    bitmap.show(SHARES.pixels(map_.shares), SMALL, alt=alt)
                else:
                    bitmap.blank(SMALL, alt="Open until a guess is made")
                corner = f"corner {words.written(map_.corners[0])}"
                middle = f"centre {words.written(map_.middle[-1])}"
                st.caption(f"{size} × {size}: {f'{corner}, {middle}' if shown else 'corner ?'}")
    st.caption("Paths as a share of each map's maximum: dark none, bright all.")


@drawn_once
def answer(reply: str) -> str:
    """The answer from the maps, and the `reply` to a guess; returns the answer in a line."""
    valid, same = impact_of(FIVE, 28, 28), impact_of(FIVE_SAME, 28, 28)
    corner, centre = valid.corners[0], valid.middle[-1]
    told = f"The centre counts {centre // corner:,} times as much as a corner"
    st.header(told)
    st.markdown(
        unbroken(
            f"Each layer without padding touches the corner once and the centre 9 times, and "
            f"{NINES}\u00a0= {centre:,}. {reply} {percent(valid.below_tenth, 0)} of the pixels "
            f"count less than a tenth of the maximum, {percent(valid.below_half, 0)} less than "
            f"half. With “same” the corner keeps {percent(same.corner_to_centre)} of the centre's "
            f"paths, and {percent(same.below_half, 0)} of the pixels count less than half."
        ),
        width=TEXT,
    )
    return told
