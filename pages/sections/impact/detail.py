"""A picture under the map, each pixel as bright as it counts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st

from core.data.picture import read_picture
from core.impact import lost_detail
from core.settings import InputError
from pages.sections.impact import words
from pages.sections.impact.sides import Side
from pages.shared import charts
from pages.shared.controls import plain
from pages.shared.example import digit
from pages.shared.heat import SIZE


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
            image = digit(side.height, side.width)
            if uploaded is not None:
                try:
                    image = read_picture(uploaded.getvalue(), side.height, side.width)
                except InputError as error:
                    st.error(f"{plain(error)[:1].upper()}{plain(error)[1:]}.")
                    return
            share = side.impact.shares
            st.markdown(f"**{words.lost(lost_detail(image, side.impact.faint))}**")
            with st.container(horizontal=True, gap="small"):
                as_it_is, counted = words.pictures(uploaded is not None, side.impact)
                for said, values in ((as_it_is, image), (counted, image * share)):
                    scale = max(1, (SIZE // 2) // max(image.shape))
                    pixels = np.uint8(255 * values).repeat(scale, axis=0).repeat(scale, axis=1)
                    st.image(charts.inline(pixels), width=pixels.shape[1], alt=said)
            st.caption(f"As it is, and each pixel as bright as it counts: `{side.label}`")
