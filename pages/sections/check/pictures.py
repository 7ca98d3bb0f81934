"""Small pictures of the findings, computed from the report: pixels, (H, W, 3) bytes each."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from core.check.axis import COLUMNS, ROWS
from core.check.findings import Reached
from core.check.report import Report
from pages.shared import charts
from pages.shared.charts import Palette
from pages.shared.heat import Scale

SIDE = 200  # screen pixels of a picture's longer side
FINE = 2 * SIDE  # its own pixels, for dense screens

Picture = NDArray[np.uint8]


def canvas(height: int, width: int, colour: str) -> Picture:
    made = np.empty((height, width, 3), np.uint8)
    made[:] = charts.rgb(colour)
    return made


def enlarged(picture: Picture, longest: int = FINE) -> Picture:
    """A picture in whole copies of its pixels, as near to `longest` as they come; or thinned."""
    side = max(picture.shape[:2])
    if side > longest:
        places = [np.arange(min(n, longest)) * n // min(n, longest) for n in picture.shape[:2]]
        return np.asarray(picture[places[0]][:, places[1]])
    times = max(1, longest // side)
    return picture.repeat(times, axis=0).repeat(times, axis=1)


def mismatch(found: Report, colours: Palette) -> Picture:
    """The maps that differ, one over the other, from the same corner."""
    sizes = sorted({size[:2] for size in found.mismatches[0].sizes}, reverse=True)
    longest = max(max(size) for size in sizes)
    drawn = canvas(FINE, FINE, colours.faint)
    for (height, width), colour in zip(sizes, (colours.padded, colours.unpadded), strict=False):
        bottom, right = max(1, FINE * height // longest), max(1, FINE * width // longest)
        drawn[:bottom, :right] = charts.rgb(colour)
    return drawn


def unused(found: Report, colours: Palette) -> Picture:
    """The image, or the map that a layer leaves part of out, with what is left out marked."""
    height, width = found.height, found.width
    rows, columns = found.unseen
    if not rows.size and not columns.size:
        item = found.unused[0]
        before = found.walk.places[item.node.inputs[0]]
        height, width, _ = before.output
        rows, columns = item.rows, item.columns
    drawn = canvas(height, width, colours.faint)
    drawn[rows] = charts.rgb(colours.padded)
    drawn[:, columns] = charts.rgb(colours.padded)
    return enlarged(drawn)


def lopsided(found: Report, colours: Palette) -> Picture:
    """The image with its middle lines, and over them those of what the last map sees."""
    longest = max(found.height, found.width)
    rows, columns = (pixels / longest for pixels in centre(found))
    return crossed([(colours.ink, 0.0, 0.0), (colours.padded, rows, columns)], colours)


def crossed(lines: Iterable[tuple[str, float, float]], colours: Palette) -> Picture:
    """An image with middle lines: (colour, down, right) each, off by shares of its side."""
    margin = FINE // 5
    inner = FINE - 2 * margin
    drawn = canvas(FINE, FINE, colours.faint)
    image = canvas(inner, inner, colours.muted)
    drawn[margin : margin + inner, margin : margin + inner] = image
    middle = FINE // 2
    for colour, *off in lines:
        down, right = (int(np.clip(round(middle + share * inner), 8, FINE - 9)) for share in off)
        drawn[down - 2 : down + 3, margin : margin + inner] = charts.rgb(colour)
        drawn[margin : margin + inner, right - 2 : right + 3] = charts.rgb(colour)
    return drawn


def centre(found: Report) -> tuple[float, float]:
    """The shift in the middle of its bounds, (rows, columns) in pixels."""
    rows, columns = (sum(found.shift[axis]) / 2 for axis in (ROWS, COLUMNS))
    return float(rows), float(columns)


def steps_of(found: Report, most: int = 6) -> list[Reached]:
    """Layers to draw: the first, those where the share has grown by a step, and the fullest."""
    chosen: list[Reached] = []
    for reached in found.contaminated:
        if not chosen or float(reached.share - chosen[-1].share) >= 1 / most:
            chosen.append(reached)
        if reached.share == 1:
            break
    fullest = max(found.contaminated, key=lambda item: item.share, default=None)
    if fullest is not None and all(reached is not fullest for reached in chosen):
        chosen.append(fullest)
    return chosen


def reach(reached: Reached, colours: Palette) -> Picture:
    """A map with the outputs marked that see padding."""
    drawn = canvas(len(reached.rows), len(reached.columns), colours.faint)
    drawn[reached.rows] = charts.rgb(colours.padded)
    drawn[:, reached.columns] = charts.rgb(colours.padded)
    return enlarged(drawn, FINE // 2)


def leak(found: Report, colours: Palette) -> Picture:
    """The image with the rows and columns marked on which a place can be told."""
    drawn = canvas(found.height, found.width, colours.faint)
    rows, columns = found.leak.told
    drawn[rows] = charts.rgb(colours.padded)
    drawn[:, columns] = charts.rgb(colours.padded)
    return enlarged(drawn)


def corner(found: Report) -> Picture:
    """How much each pixel counts, in viridis from nothing to the most."""
    assert found.counts is not None
    return enlarged(Scale((0, 1), "").pixels(found.counts.shares))
