"""The talk's opening: a digit whose black frame is dragged wider, and the number that falls."""

from __future__ import annotations

from core.autoencoder import Checkpoint, figures, runs
from core.loss import Framed, framed, framed_runs
from pages.sections.start.frame import SAMPLE
from pages.sections.start.page import shown
from pages.shared import charts, slide, svg
from pages.shared.charts import Palette
from pages.shared.frame import START
from pages.shared.slide import Shot, Step
from pages.shared.words import change

SIDE = 396  # units of the widest image


def widths() -> list[Framed]:
    """The networks of every width whose runs are here, from no frame on."""
    return framed(figures.read(runs.SHIPPED, framed_runs()))


def show() -> None:
    """One shot for every width, dragged through."""
    _, tested = shown()
    every = [width for width in widths() if width.pad_width in tested]
    colours = charts.palette()
    shots = [
        Shot(picture(width, every[-1].size, tested[width.pad_width], colours), said(width, every))
        for width in every
    ]
    if shots:
        slide.show(shots, name="frame", alt=alt(every), drags=True)


def picture(width: Framed, widest: int, tested: Checkpoint, colours: Palette) -> str:
    """The noisy digit in its frame, its own edge dashed, and the loss per pixel."""
    pixel = SIDE / widest
    side, own = pixel * width.size, pixel * (width.size - 2 * width.pad_width)
    at, inner = (SIDE - side) / 2 + 2, (SIDE - own) / 2 + 2
    colour = colours.padded if width.pad_width else colours.unpadded
    return svg.picture(
        svg.image(at, at, side, charts.inline(tested.noisy[SAMPLE])),
        svg.frame(inner, inner, own, colour, width=3, dash="9 7"),
        svg.text(470, 120, "loss per pixel", colours.muted),
        svg.text(462, 250, f"{width.per_pixel:.3f}", colour, size=150),
        svg.text(470, 320, frame_words(width), colours.muted),
    )


def frame_words(width: Framed) -> str:
    """The frame and the size of the image, briefly."""
    size = f"{width.size} × {width.size} pixels"
    return f"{width.pad_width} px of frame: {size}" if width.pad_width else f"no frame: {size}"


def said(width: Framed, every: list[Framed]) -> str:
    """What the number does, by the figures of these runs."""
    if not width.pad_width:
        return (
            "A network learns to take the noise off digits. Drag its frame wider, and train anew."
        )
    changed = change(width.per_pixel / every[0].per_pixel - 1)
    return f"In a black frame of {width.pad_width} px the loss per pixel is {changed}."


def alt(every: list[Framed]) -> str:
    """The picture in words."""
    ends = [every[0], every[-1]]
    told = " and ".join(f"{end.per_pixel:.3f} with {frame_words(end)}" for end in ends)
    return f"A noisy digit in a black frame, and its network's loss per pixel: {told}"


STEPS = (Step("frame", START, "Put a digit in a black frame. What happens to the loss?", show),)
