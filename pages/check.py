"""What does padding do in a network of one's own? Any network in, every finding with its remedy."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from core.check.networks import network
from core.check.report import Report, layers, report
from core.settings import InputError
from pages.sections.check import border, cards, compare, pictures, source, words
from pages.sections.check.settings import Settings
from pages.shared import bitmap, charts, controls, sources
from pages.shared.controls import control, escaped
from pages.shared.drawn_once import drawn_once
from pages.shared.fold import fold
from pages.shared.frame import show
from pages.shared.opening import ask, invite
from pages.shared.take_away import figure, take_away
from pages.shared.words import TEXT, percent

if TYPE_CHECKING:
    from matplotlib.figure import Figure

QUESTION = f"""
ResNet-18 reads images of 224 × 224 pixels. Each of its layers is padded alike on all four sides.
Yet five padded layers halve the size, and a window with stride 2 need not use the padding on both
sides
({sources.cite(sources.MIND_THE_PAD)}). So what the middle of its last map sees need not be the
middle of the image.
"""

GUESSES = {
    "0 pixels": "so it is at 225 × 225",
    "½ pixel": "so it is after the first layer",
    "15½ pixels": "right",
}
"""What may be guessed, and what it is right for."""


def page() -> None:
    st.title("What does padding do in my network?")
    st.markdown(QUESTION, width=TEXT)
    opening = ask(
        "how far off the centre does the last map of ResNet-18 look?",
        GUESSES,
        settings=(*Settings.__dataclass_fields__, "code", *border.LINKED),
    )
    if opening.revealed:
        answer(opening.reply(GUESSES.get(opening.guess or "", "")))
    centre(revealed=opening.revealed)
    if opening.held_back:
        invite("check a network of your own")
        return
    check()
    fold(
        "border",
        "Does a classifier fail at the border? Digits moved there, pixel by pixel",
        border.show,
        settings=border.LINKED,
    )


def answer(reply: str) -> None:
    """What becomes of ResNet-18's centre at its own size, and at the nearest even one."""
    found = report(network("resnet18").graph, 224, 224)
    low, _ = words.shifts(found)
    st.markdown(
        f"{reply} At 224 × 224 its last map looks **{words.aside(*low)}** of the centre: "
        f"{len(found.lopsided)} layers use one row of padding less at the bottom than at the top. "
        f"At {found.even_sizes[0]} × {found.even_sizes[0]} none does.",
        width=TEXT,
    )


@drawn_once
def centre(*, revealed: bool) -> None:
    """The image with its middle lines, and beside it those of what ResNet-18's last map sees."""
    colours = charts.palette()
    image, last = st.container(horizontal=True, gap="small"), pictures.SIDE + 4
    with image, st.container(width=last):
        lines = pictures.crossed([(colours.ink, 0, 0)], colours)
        bitmap.show(lines, pictures.SIDE, alt="An image with its middle lines")
        st.caption("The image and its middle")
    with image, st.container(width=last):
        if revealed:
            found = report(network("resnet18").graph, 224, 224)
            alt = "The image's middle lines, and in orange those of what the last map sees"
            bitmap.show(pictures.lopsided(found, colours), pictures.SIDE, alt=alt)
        else:
            bitmap.blank(pictures.SIDE, alt="Open until a guess is made")
        st.caption("The middle of what the last map sees")


def check() -> None:
    """The tool: a network and a size in, every finding out."""
    st.header("Check any network")
    chosen = source.choose()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        height, width = controls.sides(Settings)
        with st.container(width=190):
            against = control(Settings, "against_size", "Compare: size", placeholder=NEAREST)
        with st.container(width=170):
            padding = control(Settings, "padding", "Compare: padding")
    if chosen is None:
        return
    graph, said, named = chosen
    try:
        found = report(graph, height, width or height, said)
    except InputError as error:
        st.error(f"{escaped(error)}.")
        return
    st.header(words.summary(found))
    for note in found.notes:
        st.info(escaped(note))
    cards.show(found)
    st.header("The same network otherwise")
    even = next((size for size in found.even_sizes if size != height), height + 1)
    compare.show(found, against or even, padding)
    fold("every", "What happens in every layer?", partial(all_layers, found))
    st.caption("On the command line, for a test that runs with every change:")
    st.code(
        f"python -m core check {named} --size {height}"
        + (f" --width {width}" if width else "")
        + " --fail-on unused,lopsided,mismatch",
        language="bash",
        wrap_lines=True,
    )
    take_away("padding-lab-check", picture=lambda: picture(found), table=lambda: table(found))


NEAREST = "evenly padded"
"""What is compared where no size is chosen: the nearest one at which padding is even."""


def all_layers(found: Report) -> None:
    st.dataframe(as_shown(table(found)), hide_index=True)
    st.caption("Pads: the padded cells that windows really read.")


def as_shown(layers: pd.DataFrame) -> pd.DataFrame:
    """`table` as it is shown: nothing where a layer is not followed and has no numbers."""
    shown = layers.assign(**{"sees padding": layers["sees padding"].map(percent, "ignore")})
    for name in shown.columns[shown.isna().any()]:
        whole = shown[name].map(lambda value: value if isinstance(value, str) else f"{value:.0f}")
        shown[name] = whole.where(shown[name].notna(), "")
    return shown


def table(found: Report) -> pd.DataFrame:
    """Every layer, a row each: sizes, pads, what is left out, and the share that sees padding."""
    shares = {str(item.node): float(item.share) for item in found.contaminated}
    rows = [
        {
            "layer": item["layer"],
            "branch": item["branch"] or "",
            "input": " × ".join(map(str, item.get("input", []))),
            "output": " × ".join(map(str, item.get("output", []))),
            **{f"pad {side}": pad for side, pad in item.get("used_padding", {}).items()},
            **{f"unused {what}": many for what, many in item.get("unused", {}).items()},
            "sees padding": shares.get(item["layer"]),
        }
        for item in layers(found.walk)
    ]
    return pd.DataFrame(rows)


def picture(found: Report) -> Figure:
    """For a slide: how much each pixel counts, and how far padding reaches, layer by layer."""
    slide = figure(12, 5, words.summary(found))
    left, right = slide.subplots(1, 2)
    if found.counts is not None:
        image = left.imshow(found.counts.shares, vmin=0, vmax=1)
        slide.colorbar(image, ax=left, label="share of the most", shrink=0.8)
    left.set_title("How much each pixel counts", loc="left")
    left.set_axis_off()
    right.plot([100 * float(item.share) for item in found.contaminated], color=charts.LIGHT.padded)
    right.set_title("Outputs that see padding", loc="left")
    right.set(xlabel="layer", ylabel="%", ylim=(0, 105))
    return slide


show("check", page)
