"""What one pair of runs says: a headline, the change of the loss in three parts, the sentences.

Every sentence is computed from the split of the change; a test walks splits of every kind.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import altair as alt
import pandas as pd
import streamlit as st

from core import loss
from core.autoencoder import Checkpoint
from core.split import Split
from pages.shared import announce, charts
from pages.shared.changes import Across
from pages.shared.drawn_once import drawn_once
from pages.shared.opening import Opening
from pages.shared.words import TEXT, bulleted, percent, rough, unbroken

GUESSES = BETTER, SAME, WORSE = "better", "the same", "worse"


def show(tested: Mapping[str, Checkpoint], name: str, opening: Opening) -> None:
    """The answer of the runs called `name`, in the terms of the guess that was made.

    `tested` holds the unpadded and the padded network.
    """
    unpadded, padded = tested.values()
    parts = loss.split_of(unpadded, padded)
    announce.say(headline(parts))
    reply = opening.reply(answer(opening.guess, parts))
    told = change_words(parts, name, unpadded.per_pixel, padded.per_pixel)
    losses = Losses(unpadded.total, padded.interior, padded.border, unpadded.entropy_floor)
    _show(parts, f"{reply} {told}".lstrip(), losses)


@drawn_once
def _show(parts: Split, told: str, losses: Losses) -> None:
    """The headline, what is `told` of the change, and its parts as a picture and in words."""
    st.header(headline(parts))
    st.markdown(unbroken(told), width=TEXT)
    if parts.padded_pixels > parts.pixels:
        charts.show(*_chart(parts), alt=headline(parts), key="split")
    st.markdown(bulleted(part_words(parts, losses)), width=TEXT)


class Losses(NamedTuple):
    """Test losses in nats an image."""

    unpadded: float
    shared: float  # of the padded network on the pixels that both have
    border: float
    floor: float  # of the unpadded images


def headline(parts: Split) -> str:
    """The finding in one line: what the loss per pixel did, and which part made it so."""
    if parts.padded_pixels == parts.pixels:
        return "Nothing is padded, so there is nothing to explain"
    return f"In this run the loss per pixel {moved(parts.per_pixel)}{_reason(parts)}"


def _reason(parts: Split) -> str:
    if _shown(parts.per_pixel) == 0:
        return ": its three parts cancel out"
    if parts.per_pixel < 0:
        # Neither of the other parts takes off anything: dividing by more pixels did it all.
        if parts.shared >= 0:
            return " because it is divided by more pixels"
        if _shown(parts.shared) == 0:
            return " almost only because it is divided by more pixels"
        return (
            ", not only because it is divided by more pixels: on the shared pixels it "
            f"{moved(parts.shared)}"
        )
    saved = "than dividing by more pixels takes off"
    if parts.border >= max(-parts.division, parts.shared):
        return f": the border adds more {saved}"
    if parts.shared >= -parts.division:
        return f": the shared pixels add more {saved}"
    return f": border and shared pixels together add more {saved}"


def answer(guess: str | None, parts: Split) -> str:
    """What these runs say to a guess, in its own terms; one pair of runs decides nothing."""
    if parts.padded_pixels == parts.pixels:
        return "nothing is padded, so both are one and the same"
    number, pixels = _shown(parts.per_pixel), _shown(parts.shared)
    told = f"on the pixels that both networks have, the loss {moved(parts.shared)}"
    if guess == BETTER:
        says = "the number says so" if number < 0 else "not even the number says so"
        joined = ", and so do the pixels" if pixels < 0 else "; the pixels do not"
        return f"{says}{joined if number < 0 else ''}: {told}"
    agrees = pixels == 0 if guess == SAME else pixels > 0
    return f"this run {'agrees' if agrees else 'does not agree'}: {told}"


def change_words(parts: Split, name: str, unpadded: float, padded: float) -> str:
    """The change of the loss per pixel, in the runs called `name`; losses in nats per pixel."""
    if parts.padded_pixels == parts.pixels:
        return (
            f"With a pad width of 0 both networks are one and the same run ({name}): "
            f"**{unpadded:.4f}** per pixel."
        )
    return (
        f"In this run ({name}) the loss per pixel {moved(parts.per_pixel)}, from "
        f"**{unpadded:.4f}** without padding to **{padded:.4f}** with it. That change is the sum "
        "of three parts, here rounded:"
    )


def part_words(parts: Split, losses: Losses) -> list[str]:
    """Each part in a sentence, then the total and the floor."""
    floor = (
        f"{rough(losses.floor / losses.unpadded)} of the unpadded loss is entropy floor, which "
        "no network can go below."
    )
    if parts.padded_pixels == parts.pixels:
        return [f"In total that is {nats(losses.unpadded)} an image.", floor]
    more = parts.padded_pixels - parts.pixels
    total = losses.shared + losses.border
    return [
        f"**Shared pixels**: on the {parts.pixels:,} pixels that both networks have the loss "
        f"{moved(parts.shared)}, from {nats(losses.unpadded)} to {nats(losses.shared)} an image.",
        f"**Border**: its {more:,} pixels cost {nats(losses.border)} an image, "
        f"{rough(losses.border / total)} of the padded loss.",
        f"**More pixels**: the sum is divided by {parts.padded_pixels:,} instead of "
        f"{parts.pixels:,}. That takes off {percent(-parts.division)} of the unpadded loss, and "
        "no network gets better by it.",
        f"Without that division the total loss {moved(parts.total)}, to {nats(total)} an image. "
        f"{floor}",
    ]


def moved(share: float) -> str:
    """What a loss did that changed by `share`: "fell by 22.9 %", "rose to 12.5 times as much"."""
    if _shown(share) == 0:
        return "stayed the same to 0.1 %"
    if share > 9:
        return f"rose to {1 + share:,.3g} times as much"
    return f"{'fell' if share < 0 else 'rose'} by {percent(abs(share))}"


def nats(loss: float) -> str:
    """A loss an image: tenths where there are whole nats, else two digits that count."""
    return f"{loss:.1f} nats" if loss >= 1 else f"{loss:.2g} nats"


def _shown(share: float) -> float:
    """A share in percent, as it is written on this page."""
    return round(100 * share, 1)


def map_title(padded: Checkpoint) -> str:
    """What the maps of the loss show."""
    if not padded.border:
        return "Where on the image the loss lies"
    return f"The border holds {rough(padded.border / padded.total)} of the padded loss"


def _chart(parts: Split) -> tuple[pd.DataFrame, charts.Spec]:
    """The parts one after another, each from where the one before ends, and their sum."""
    colours = charts.palette()
    steps = {
        "shared pixels": (parts.shared, colours.padded),
        "border": (parts.border, colours.ink),
        "more pixels": (parts.division, colours.muted),
    }
    rows, start = [], 0.0
    for name, (share, colour) in steps.items():
        rows.append((name, 100 * start, 100 * (start + share), percent(share, sign=True), colour))
        start += share
    rows.append(("loss per pixel", 0.0, 100 * start, percent(start, sign=True), colours.padded))
    table = pd.DataFrame(rows, columns=["part", "start", "end", "words", "colour"])
    table["right"] = table[["start", "end"]].max(axis=1)
    low = min(0.0, table["end"].min())
    high = max(0.0, table["right"].max())
    room = high - low  # some of it for the words at the right
    return table, _spec((low - 0.02 * room, high + 0.25 * room))


@charts.kept
def _spec(domain: tuple[float, float]) -> charts.Drawn:
    across = Across("change, % of the unpadded loss", domain, margin=0, ticks=5)
    labels = alt.Axis(domain=False, ticks=False, labelFontSize=13, labelPadding=8)
    rows = alt.Chart().encode(y=alt.Y("part:N", sort=None, title=None, axis=labels))
    ink = alt.Color("colour:N", scale=None)
    tooltip = [alt.Tooltip("part:N", title=" "), alt.Tooltip("words:N", title="of")]
    bars = rows.mark_bar(height=18).encode(
        x=across.field("start"), x2="end", color=ink, tooltip=tooltip
    )
    # A part that is next to nothing still shows where it is.
    ends = rows.mark_tick(height=18, thickness=1.5).encode(x=across.field("end"), color=ink)
    words = rows.mark_text(align="left", dx=6, fontSize=13)
    return alt.layer(
        bars, ends, words.encode(x=across.field("right"), text="words:N"), across.line(0)
    ).properties(height=190, padding=charts.margins(top=5), autosize=charts.FIT)
