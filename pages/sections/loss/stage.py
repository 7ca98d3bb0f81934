"""The talk about the loss: what falls with every pixel of frame, what does not, and why."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from core import loss
from core.loss import Framed
from pages.sections.start.page import shown
from pages.sections.start.stage import widths
from pages.shared import charts, slide, svg
from pages.shared.charts import Palette
from pages.shared.slide import Shot, Step
from pages.shared.verdict import figures
from pages.shared.words import change, percent, rough

BOTTOM, PITCH, BAR, TALLEST = 320.0, 84.0, 62.0, 268.0  # units
AS_ASKED = 2  # pixels, as in the post


class Part(NamedTuple):
    """A part of a bar: its height in the bars' own unit, and its colour."""

    amount: float
    colour: str


def bars(
    columns: Sequence[Sequence[Part]], written: Callable[[float], str], colours: Palette
) -> Iterator[str]:
    """A bar for each width from none on, its sum written above it, the widths below."""
    highest = max(sum(part.amount for part in parts) for parts in columns)
    for width, parts in enumerate(columns):
        left, top = PITCH * width, BOTTOM
        for part in parts:
            height = TALLEST * part.amount / highest
            top -= height
            yield svg.rectangle(left, top, BAR, height, part.colour)
        whole = written(sum(part.amount for part in parts))
        middle = left + BAR / 2
        yield svg.text(middle, top - 10, whole, colours.ink, anchor="middle")
        yield svg.text(middle, BOTTOM + 34, str(width), colours.muted, anchor="middle")
    yield svg.text(0, BOTTOM + 74, "width of the black frame, pixels", colours.muted)


def arm(width: Framed, colours: Palette) -> str:
    """The colour of the network with such a frame."""
    return colours.padded if width.pad_width else colours.unpadded


# --- Per pixel ----------------------------------------------------------------------------------


def show_per_pixel() -> None:
    """The loss per pixel at every width."""
    every, colours = widths(), charts.palette()
    columns = [[Part(width.per_pixel, arm(width, colours))] for width in every]
    picture = svg.picture(*bars(columns, lambda loss: f".{1000 * loss:03.0f}", colours))
    said = per_pixel_words(every)
    slide.show([Shot(picture, said)], name="falls", alt=f"Loss per pixel by width of frame. {said}")


def per_pixel_words(every: Sequence[Framed]) -> str:
    """What the loss per pixel does as the frame grows."""
    falls = all(after.per_pixel < before.per_pixel for before, after in pairwise(every))
    first, last = every[0], every[-1]
    return (
        f"{'Every' if falls else 'Not every'} pixel of frame lowers it: from "
        f"{first.per_pixel:.3f} without a frame to {last.per_pixel:.3f} with {last.pad_width} px."
    )


# --- In total -----------------------------------------------------------------------------------


def show_total() -> None:
    """An image's loss at every width: floor, digit and frame."""
    every, colours = widths(), charts.palette()
    _, tested = shown()
    floor = loss.parts(tested[0]).floor if 0 in tested else 0.0
    columns = [
        [
            Part(floor, colours.faint),
            Part(width.interior - floor, arm(width, colours)),
            Part(width.border, colours.ink),
        ]
        for width in every
    ]
    said = total_words(every)
    picture = svg.picture(*bars(columns, "{:.0f}".format, colours), *names(columns, colours))
    slide.show([Shot(picture, said)], name="total", alt=f"Loss of an image by frame. {said}")


def names(columns: Sequence[Sequence[Part]], colours: Palette) -> Iterator[str]:
    """What the parts are, beside the last bar."""
    highest = max(sum(part.amount for part in parts) for parts in columns)
    left, below = PITCH * (len(columns) - 1) + BAR + 14, 0.0
    for name, part in zip(("floor", "digit", "frame"), columns[-1], strict=True):
        middle = BOTTOM - TALLEST * (below + part.amount / 2) / highest
        yield svg.text(left, middle + 10, f"{name} {part.amount:.0f}", colours.muted)
        below += part.amount


def total_words(every: Sequence[Framed]) -> str:
    """What the total does as the frame grows: as far as the seeds' judgement allows."""
    falls = [w.pad_width for w in every[1:] if w.change_of_total(every[0]).sign < 0]
    most = max((width.border / width.total for width in every), default=0.0)
    frame = f"The frame itself costs {rough(most)} of it, at most."
    if not falls:
        return f"At no width does the total measurably fall. {frame}"
    return f"The total measurably falls at {len(falls)} of {len(every) - 1} widths. {frame}"


# --- The division -------------------------------------------------------------------------------


def show_division() -> None:
    """Both totals over both numbers of pixels."""
    every = {width.pad_width: width for width in widths()}
    if not {0, AS_ASKED} <= every.keys():
        return
    plain, padded = every[0], every[AS_ASKED]
    said = division_words(plain, padded)
    slide.show(
        [Shot(division(plain, padded, charts.palette()), said)],
        name="divide",
        alt=f"Nats an image, divided by its pixels, are nats per pixel. {said}",
    )


def division(plain: Framed, padded: Framed, colours: Palette) -> str:
    """Two rows: total ÷ pixels = per pixel."""
    columns = {"nats an image": 190, "pixels": 490, "per pixel": 800}
    parts = [svg.text(x, 60, name, colours.muted, anchor="middle") for name, x in columns.items()]
    for y, width in ((180, plain), (320, padded)):
        row = f"{width.total:.1f}", f"{width.size**2:,}", f"{width.per_pixel:.3f}"
        for x, word in zip(columns.values(), row, strict=True):
            parts.append(svg.text(x, y, word, arm(width, colours), anchor="middle", size=84))
        parts += [
            svg.text(x, y - 8, sign, colours.muted, anchor="middle", size=60)
            for x, sign in ((345, "÷"), (640, "="))
        ]
    return svg.picture(*parts)


def division_words(plain: Framed, padded: Framed) -> str:
    """What the fall comes from, in figures."""
    more = percent((padded.size / plain.size) ** 2 - 1)
    total = figures(padded.change_of_total(plain))
    fell = change(padded.per_pixel / plain.per_pixel - 1)
    return f"The sum changes by {total}. Divided by {more} more pixels it is {fell}."


STEPS = (
    Step("falls", "autoencoder", "What does the loss per pixel do?", show_per_pixel),
    Step("total", "autoencoder", "And the loss of the whole image?", show_total),
    Step("divide", "loss", "Where does the fall come from?", show_division),
)
