"""The talk's last slide: what to remember."""

from __future__ import annotations

from pages.sections.start import questions
from pages.sections.start.page import shown
from pages.shared import charts, slide, svg
from pages.shared.frame import START
from pages.shared.slide import Shot, Step

SIDE, PITCH = 204, 238  # units

LESSONS = {
    "loss": ("Loss per pixel:", "of which pixels?"),
    "shift_probe": ("The border gives", "the place away"),
    "impact": ("Corners count", "less"),
    "shapes": ("“same” pads", "what is missing"),
}
"""What a topic leaves behind, in two lines."""


def show() -> None:
    """A small picture of each topic, and what it leaves behind."""
    colours, (_, tested) = charts.palette(), shown()
    parts = []
    for number, (topic, lines) in enumerate(LESSONS.items()):
        left = PITCH * number
        address = questions.picture(topic, tested.get(2), colours)
        if address is not None:
            parts.append(svg.image(left, 40, SIDE, address))
        parts += [
            svg.text(left, 300 + 40 * line, words, colours.ink) for line, words in enumerate(lines)
        ]
    alt = "; ".join(" ".join(lines) for lines in LESSONS.values())
    slide.show([Shot(svg.picture(*parts), SENTENCE)], name="remember", alt=alt)


SENTENCE = "A number can get better while the network does not: ask what it was divided by."

STEPS = (Step("remember", START, "Padding: what to remember", show),)
