"""The report: a card for each finding, with its picture, its number and its remedy."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import pandas as pd
import streamlit as st

from core.check import remedies
from core.check.remedies import Remedy
from core.check.report import Report
from pages.sections.check import pictures, words
from pages.sections.check.pictures import Picture
from pages.shared import charts, sources
from pages.shared.charts import Palette
from pages.shared.controls import escaped
from pages.shared.fold import fold
from pages.shared.words import TEXT, percent, unbroken


@dataclass(frozen=True)
class Card:
    """A finding: its kind, its title, its picture with words for it, what to say and to change."""

    kind: str
    title: str
    picture: Callable[[Palette], Picture]
    alt: str
    said: str
    remedy: Remedy | None


def cards(found: Report) -> Iterator[Card]:
    """Every finding that has one picture; what is in order has none."""
    if found.mismatches:
        yield Card(
            "mismatch",
            words.mismatch(found),
            partial(pictures.mismatch, found),
            "The two sizes, one over the other",
            "A sum or a stack of channels needs maps of one size, and an autoencoder is compared "
            "with its image pixel by pixel.",
            remedies.mismatch(found),
        )
    if "unused" in found.faults:
        yield Card(
            "unused",
            words.unused(found),
            partial(pictures.unused, found),
            "What is read, and in orange the rows and columns that are not",
            words.unused_more(found),
            remedies.unused(found),
        )
    if found.lopsided:
        yield Card(
            "lopsided",
            words.lopsided(found),
            partial(pictures.lopsided, found),
            "The image's middle lines, and in orange those of what the last map sees",
            f"{words.lopsided_more(found)} "
            f"{sources.cite(sources.MIND_THE_PAD)} found that uneven padding skews what networks "
            "learn, so that they miss small objects at some borders.",
            remedies.lopsided(found),
        )
    if found.walk.last_maps:
        yield Card(
            "leak",
            words.leak(found),
            partial(pictures.leak, found),
            "The image, and in orange the places that can be told from the middle",
            words.leak_more(found),
            remedies.leak(found) if found.leak.leaks else None,
        )
    if found.counts is not None:
        yield Card(
            "corner",
            words.corner(found),
            lambda _: pictures.corner(found),
            "How much each pixel counts, from dark for nothing to bright for the most",
            words.corner_more(found),
            remedies.corner(found) if found.counts.corner_to_max < 1 else None,
        )


def show(found: Report) -> None:
    """Every finding, and between them how far the padding reaches."""
    made = list(cards(found))
    for card in made:
        if card.kind in ("mismatch", "unused", "lopsided"):
            draw(card)
    if found.lopsided:
        fold("uneven", "Which layers are padded unevenly?", partial(lopsided_table, found))
    if any(item.share for item in found.contaminated):
        reach(found, charts.palette())
    for card in made:
        if card.kind in ("leak", "corner"):
            draw(card)


def draw(made: Card) -> None:
    """One finding: its picture at the left, its words and its remedy at the right."""
    st.subheader(made.title)
    left, right = st.columns([1, 3.6], gap="medium")
    with left.container(width=pictures.SIDE):  # less where the column is narrower
        picture = charts.inline(made.picture(charts.palette()))
        st.image(picture, width="stretch", caption=made.alt, alt=made.alt)
    with right:
        if made.said:
            st.markdown(made.said, width=TEXT)
        if made.remedy is not None:
            offer(made.remedy)


def offer(remedy: Remedy) -> None:
    """A remedy in words, and its line in both frameworks."""
    if remedy.words:
        whole = unbroken(escaped(remedy.words)).replace(" × ", "\u00a0×\u00a0")
        st.markdown(f"**{whole}**", width=TEXT)
    if remedy.torch:
        left, right = st.columns(2)
        left.code(f"# PyTorch\n{remedy.torch}", language="python", wrap_lines=True)
        right.code(f"# TensorFlow\n{remedy.keras}", language="python", wrap_lines=True)


def lopsided_table(found: Report) -> None:
    """Every lopsided layer with the pads that windows use."""
    rows = [
        {
            "layer": str(item.node),
            "top": item.rows[0],
            "bottom": item.rows[1],
            "left": item.columns[0],
            "right": item.columns[1],
            "shift, pixels": words.sides(*item.shift),
        }
        for item in found.lopsided
    ]
    tall = len(rows) > FEW
    st.dataframe(pd.DataFrame(rows), hide_index=True, height=330 if tall else "content")


FEW = 8  # rows; more of them scroll


def reach(found: Report, colours: Palette) -> None:
    """How far the padding reaches, a small map for each step."""
    st.subheader(words.reach(found))
    with st.container(horizontal=True, gap="medium"):
        for item in pictures.steps_of(found):
            name = f"{item.node}: {percent(float(item.share), 0)}"
            st.image(
                charts.inline(pictures.reach(item, colours)),
                width=pictures.SIDE // 2,
                caption=unbroken(escaped(name)).replace(".", ".\u200b"),  # may break there
                alt=f"The outputs that see padding, in orange; {name}",
            )
    st.markdown(words.reach_more(found), width=TEXT)
    offer(remedies.reach(found))
