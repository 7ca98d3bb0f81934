"""A picture under the map, each pixel as bright as it counts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st

from core.arrays import Float64
from core.data.picture import read_picture
from core.impact import lost_detail
from core.settings import InputError
from pages.sections.impact import words
from pages.sections.impact.sides import Asked, Side
from pages.shared import charts
from pages.shared.controls import escaped
from pages.shared.drawn_once import drawn_once
from pages.shared.example import digit
from pages.shared.words import capitalized

HALF = 150  # screen pixels of a picture's longer side: two fit beside each other on a phone


def show(sides: Sequence[Side]) -> None:
    """A picture, each pixel as bright as it counts."""
    st.subheader("Which details would it nearly ignore?")
    uploaded = st.file_uploader(
        "Your own picture, PNG or JPEG, instead of the digit",
        type=["png", "jpg", "jpeg"],
        key="own",
        help="It is scaled to the image's size and made grey, shown to you alone, and not kept.",
    )
    for place, side in zip(st.columns(2), sides, strict=False):
        with place:
            if uploaded is None:
                of_digit(side.asked)
                continue
            try:
                image = read_picture(uploaded.getvalue(), side.height, side.width)
            except InputError as error:
                st.error(f"{capitalized(escaped(error))}.")
                return
            draw(side, image, own=True)


@drawn_once
def of_digit(asked: Asked) -> None:
    """The digit that everybody sees."""
    draw(asked.side, digit(asked.height, asked.width), own=False)


def draw(side: Side, image: Float64, *, own: bool) -> None:
    """An image, the visitor's own or not, as it is and as its pixels count."""
    st.markdown(f"**{words.lost(lost_detail(image, side.impact.faint))}**")
    with st.container(horizontal=True, gap="small"):
        as_it_is, counted = words.pictures(own, side.impact)
        for said, values in ((as_it_is, image), (counted, image * side.impact.shares)):
            scale = max(1, HALF // max(image.shape))
            pixels = np.uint8(255 * values).repeat(scale, axis=0).repeat(scale, axis=1)
            st.image(charts.inline(pixels), width=pixels.shape[1], alt=said)
    st.caption(f"As it is, and each pixel as bright as it counts: `{side.label}`")
