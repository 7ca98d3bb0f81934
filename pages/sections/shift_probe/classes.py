"""The classes of positions: where they lie, and which weights touch them."""

from __future__ import annotations

import numpy as np
import streamlit as st

from core.shift_probe import Network, Settings, class_positions
from core.shift_probe.classes import borders
from pages.sections.shift_probe import computed, words
from pages.shared import charts, grids, heat, signed
from pages.shared.drawn_once import drawn_once
from pages.shared.grids import Mark
from pages.shared.words import TEXT

DRAWN = 81  # classes whose diagrams still fit
CLASS_MAP = 320  # screen pixels


@drawn_once
def show(settings: Settings) -> None:
    """The classes of positions: where they lie, and which weights touch them."""
    network = computed.network(settings)
    number = network.distinct_scores
    st.header(words.classes_headline(network))
    st.markdown(" ".join(words.classes_text(network)), width=TEXT)
    left, right = st.columns(2)
    with left:
        st.markdown("**Where the classes lie**; colour: how many positions a class holds")
        class_map(network)
    with right:
        if network.settings.layers > 1:
            st.markdown(
                "Diagrams of touching weights are drawn for one layer. With "
                f"{network.settings.layers} layers there are "
                f"{network.settings.kernel ** (2 * network.settings.layers):,} paths to compare.",
                width=TEXT,
            )
        elif number > DRAWN:
            st.markdown(
                f"{number} diagrams are too many to draw: click a position in the scores above."
            )
        else:
            st.markdown("**How often each weight touches a position of the class**")
            class_diagrams(network)


def class_map(network: Network) -> None:
    """Every position coloured by the size of its class, with lines between classes."""
    colours = charts.palette()
    size = network.settings.size
    members = network.members[network.classes].astype(float)
    most = max(2.0, float(members.max()))
    cell = CLASS_MAP // size
    marks = list(grids.squares("position", members))
    marks += [Mark("border", *line) for line in borders(network.classes)]
    if cell >= 16:
        rarity = 1 - np.log(members) / np.log(most)
        marks += [
            grids.square(signed.letters(rarity[r, c], colours), r, c, text=str(label + 1))
            for (r, c), label in np.ndenumerate(network.classes)
        ]
    row, column = network.settings.target
    marks.append(grids.square("target", row, column))
    rare = (colours.padded, colours.faint)
    scale = heat.Scale((1, most), "positions", ".3~f", log=True, colours=rare)
    grids.show(
        marks,
        (size, size),
        cell,
        [
            grids.amounts("position", scale),
            grids.rectangles("border", stroke=colours.ink, strokeWidth=1),
            grids.rectangles("target", filled=False, stroke=colours.ink, strokeWidth=2.5),
            *(
                grids.words(ink, color=ink, fontSize=10)
                for ink in sorted({colours.ink, signed.letters(1, colours)})
            ),
        ],
        alt=f"The {network.distinct_scores} classes of positions, numbered in reading order",
        key="class_map",
    )


def class_diagrams(network: Network) -> None:
    """For each class a small kernel: how often each weight touches its positions."""
    colours = charts.palette()
    kernel, number = network.settings.kernel, network.distinct_scores
    across = int(np.ceil(np.sqrt(number)))
    pitch, head = kernel + 1, 1.2 if number <= 25 else 0.0
    target = int(network.classes[network.settings.target])
    counts = [network.touches(position) for position in class_positions(network)]
    marks: list[Mark] = []
    for label, touches in enumerate(counts):
        top, left = (label // across) * (pitch + head) + head, (label % across) * pitch
        marks += grids.squares("count", touches, top=top, left=left)
        kind = "chosen" if label == target else "frame"
        marks.append(Mark(kind, left, top, left + kernel, top + kernel))
        if head:
            size = int(network.members[label])
            marks.append(
                Mark("label", left, top - head, left + kernel, top, text=f"{label + 1}: {size}")
            )
    down = -(-number // across)
    width, height = across * pitch, down * (pitch + head)
    cell = max(2, min(28, CLASS_MAP // max(width, height)))
    most = max(float(touches.max()) for touches in counts)
    shades = (ground(), colours.unpadded)
    scale = heat.Scale((0, most), "times touched", ".3~f", colours=shades)
    grids.show(
        marks,
        (height, width),
        cell,
        [
            grids.amounts("count", scale),
            grids.rectangles("frame", filled=False, stroke=colours.muted, strokeWidth=0.75),
            grids.rectangles("chosen", filled=False, stroke=colours.padded, strokeWidth=2.5),
            grids.words("label", color=colours.muted, fontSize=10),
        ],
        alt=f"Which weights touch each of the {number} classes; the target's is framed",
        key="class_diagrams",
    )
    st.caption(
        ("Above each: its class and how many positions it holds. " if head else "")
        + (
            "Filled: the weight touches. "
            if most <= 1
            else f"The darker, the more often, up to {most:.3g} times. "
        )
        + "The target's class is framed in orange."
    )


def ground() -> str:
    """What an untouched weight looks like."""
    return "#1E2226" if charts.palette() == charts.DARK else "#F5F5F3"
