"""The talk about one's own network: ResNet-18 at the size that it was made for, and one more."""

from __future__ import annotations

from collections.abc import Iterator

from core.check.networks import network
from core.check.report import Report, report
from pages.sections.check import pictures, words
from pages.shared import charts, slide, svg
from pages.shared.charts import Palette
from pages.shared.slide import Shot, Step

SIDE = 300.0  # units


def show() -> None:
    """What the last map sees at 224 × 224, and at the nearest even size."""
    uneven, even = reports()
    colours = charts.palette()
    picture = svg.picture(*seen(uneven, 0, colours), *seen(even, 490, colours))
    said = sentence(uneven, even)
    slide.show([Shot(picture, said)], name="centre", alt=f"The centre at both sizes. {said}")


def reports() -> tuple[Report, Report]:
    graph = network("resnet18").graph
    uneven = report(graph, 224, 224)
    size = uneven.even_sizes[0]
    return uneven, report(graph, size, size)


def seen(found: Report, left: float, colours: Palette) -> Iterator[str]:
    """The image's middle lines and those of what the last map sees, with the size below."""
    drawn = pictures.lopsided(found, colours)
    yield svg.image(left, 0, SIDE, charts.inline(drawn))
    yield svg.text(left, 350, f"{found.height} × {found.width}", colours.ink)
    low, _ = words.shifts(found)
    off = f"{abs(float(low[0])):g} pixels off" if any(low) else "in the centre"
    yield svg.text(left, 390, off, colours.padded if any(low) else colours.ink)


def sentence(uneven: Report, even: Report) -> str:
    """How many layers pad unevenly at both sizes."""
    return (
        f"{words.counted(len(uneven.lopsided), 'layer')} of ResNet-18 pad unevenly at "
        f"{uneven.height} × {uneven.width}, {len(even.lopsided) or 'none'} at "
        f"{even.height} × {even.width}."
    )


STEPS = (Step("centre", "check", "Where is the centre of what ResNet-18 sees?", show),)
