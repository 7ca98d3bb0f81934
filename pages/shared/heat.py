"""Maps: amounts as coloured pixels, drawn one by one or, where they are many, as one picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import altair as alt
import numpy as np
import pyarrow as pa
from matplotlib import colormaps
from numpy.typing import NDArray

from pages.shared.charts import Drawn, Spec, inline, kept, rgb

SIZE = 320  # screen pixels of a map's longer side: two fit beside each other, one fits a phone
CELLS = 48**2  # pixels of a heat map; with more, drawing takes seconds and `raster` must do
GREYS = ("#000000", "#FFFFFF")


@dataclass(frozen=True)
class Scale:
    """How amounts become colours and words, alike in all maps that are compared.

    `what` names the amount and its unit; `number` is how amounts are written, in d3's terms;
    `colours` are a scheme's name, or those of the domain's low end, its middle where there are
    three, and its high end, mixed in RGB; `nothing` is a colour for amounts that are exactly 0.
    """

    domain: tuple[float, float]
    what: str
    number: str = ".4~g"
    log: bool = False
    colours: Literal["viridis", "blueorange"] | tuple[str, ...] = "viridis"
    nothing: str | None = None

    def altair(self) -> alt.Scale:
        """The scale of a chart; amounts beyond the domain take the colour of its end."""
        look: dict[str, Any] = {"type": "log"} if self.log else {}
        if isinstance(self.colours, str):
            look["scheme"] = self.colours
        else:
            look |= {"range": self.colours, "interpolate": "rgb"}
            if len(self.colours) == 3:
                look["domainMid"] = sum(self.domain) / 2
        return alt.Scale(domain=self.domain, clamp=True, **look)

    def colour(self, legend: alt.Legend | None = None) -> Any:
        """The channel that colours a mark by its column `value`."""
        colour = alt.Color("value:Q", scale=self.altair(), legend=legend)
        if self.nothing is None:
            return colour
        return alt.condition("datum.value === 0", alt.value(self.nothing), colour)

    def legend(self, size: int) -> alt.Legend:
        """The colours below a map of `size` screen pixels."""
        return alt.Legend(
            type="gradient",
            orient="bottom",
            gradientLength=min(size, SIZE),
            title=self.what,
            tickCount=4,
            format=self.number,
        )

    def pixels(self, values: NDArray[Any]) -> NDArray[np.uint8]:
        """An (H, W) array in this scale's colours, (H, W, 3) bytes; of the schemes, viridis."""
        values, ends = np.asarray(values, float), np.asarray(self.domain, float)
        with np.errstate(divide="ignore"):
            amounts, (low, high) = (np.log(values), np.log(ends)) if self.log else (values, ends)
        shares = np.clip((amounts - low) / ((high - low) or 1), 0, 1)
        if isinstance(self.colours, str):
            coloured: NDArray[np.uint8] = colormaps[self.colours](shares, bytes=True)[..., :3]
        else:
            stops = np.array([rgb(colour) for colour in self.colours])
            at = np.linspace(0, 1, len(stops))
            mixed = np.stack([np.interp(shares, at, channel) for channel in stops.T], axis=-1)
            coloured = mixed.astype(np.uint8)
        if self.nothing is not None:
            coloured[values == 0] = rgb(self.nothing)
        return coloured


def domain(maps: Sequence[NDArray[Any]], log: bool) -> tuple[float, float]:
    """The domain that maps of amounts from 0 on share; of a logarithmic scale it is above 0."""
    highest = max(float(values.max()) for values in maps) or 1.0
    if not log:
        return 0.0, highest
    lowest = min((float(each[each > 0].min()) for each in maps if each.any()), default=highest)
    return max(lowest if lowest < highest else highest / 10, 1e-300), highest


def pixels(values: NDArray[Any], **columns: NDArray[Any]) -> pa.Table:
    """A row for each pixel of an (H, W) array, for `heat_map`; more columns of the same shape."""
    row, col = np.indices(values.shape)
    table = {"row": row.ravel(), "col": col.ravel(), "value": np.asarray(values, float).ravel()}
    return pa.table(table | {name: more.ravel() for name, more in columns.items()})


def plain_map(
    values: NDArray[Any],
    scale: Scale,
    *,
    size: int = SIZE,
    frame: tuple[int, int, int, int] | None = None,
) -> tuple[pa.Table, Spec]:
    """An (H, W) array as data and `heat_map`; with too many pixels as `raster_map`, unframed."""
    if values.size > CELLS:
        return raster(values, scale), raster_map(values.shape, scale, size=size)
    return pixels(values), heat_map(values.shape, scale, size=size, frame=frame)


@kept
def heat_map(
    shape: tuple[int, ...],
    scale: Scale,
    *,
    size: int = SIZE,
    frame: tuple[int, int, int, int] | None = None,
    legend: bool = True,
    select: bool = False,
    lines: str | None = None,
    marked: str | None = None,
    hover: tuple[str, ...] = (),
) -> Drawn:
    """Square pixels, the longer side `size` screen pixels. Data as `pixels` gives them.

    `frame` draws a frame round rows and columns (top, left, bottom, right), the last two excluded;
    `select` lets a click choose a pixel, as the parameter "px"; `lines` is a colour between pixels,
    and `marked` one for frames round those whose column `marked` is "target" or "chosen"; `hover`
    names more columns that are shown over a pixel.
    """
    pixel: alt.Chart = alt.Chart().transform_calculate(**EDGES).encode(**place(shape))
    grid: dict[str, Any] = {"stroke": lines, "strokeWidth": 0.5} if lines else {}
    # Half a pixel more on two sides hides the seam that anti-aliasing leaves between cells.
    cells = pixel.mark_rect(x2Offset=0.5, y2Offset=0.5, **grid).encode(
        color=scale.colour(scale.legend(size) if legend else None),
        tooltip=[
            alt.Tooltip("row:N"),
            alt.Tooltip("col:N", title="column"),
            alt.Tooltip("value:Q", title=scale.what, format=scale.number),
            *(alt.Tooltip(name, type="nominal") for name in hover),
        ],
    )
    if select:
        click = alt.selection_point("px", fields=["row", "col"], on="click", toggle=False)
        cells = cells.add_params(click)
    layers = [cells]
    if frame is not None:
        layers.append(_frame(frame).encode(**place(shape)))
    if marked is not None:
        layers += _frames(pixel, marked)
    return picture(layers, *_extent(shape, size))


EDGES = {
    "left": "datum.col",
    "top": "datum.row",
    "right": "datum.col + 1",
    "bottom": "datum.row + 1",
}
"""Of a pixel, from its row and column."""


def _frame(edges: tuple[int, int, int, int]) -> alt.Chart:
    top, left, bottom, right = map(str, edges)
    once = alt.Chart(alt.sequence(1))
    frame: alt.Chart = once.mark_rect(filled=False, stroke="white", strokeWidth=1.5)
    return frame.transform_calculate(left=left, top=top, right=right, bottom=bottom)


def _frames(pixel: alt.Chart, colour: str) -> list[alt.Chart]:
    look: dict[str, Any] = {"filled": False, "stroke": colour, "strokeWidth": 2.5, "tooltip": None}
    # As a channel, dashes do nothing to a rectangle.
    frames = {
        "target": pixel.mark_rect(**look),
        "chosen": pixel.mark_rect(strokeDash=[3, 3], **look),
    }
    return [frame.transform_filter(f"datum.marked === '{kind}'") for kind, frame in frames.items()]


def raster(values: NDArray[Any], scale: Scale) -> pa.Table:
    """An (H, W) array as one picture, for `raster_map`: the colours of `heat_map`, no hover."""
    url = inline(scale.pixels(values))
    return pa.table({"url": [url], "value": [float(scale.domain[1])]})


@kept
def raster_map(shape: tuple[int, ...], scale: Scale, *, size: int = SIZE) -> Drawn:
    """`heat_map` as one picture: soon drawn, however many pixels. Data as `raster` gives them."""
    width, height = _extent(shape, size)
    # Not smooth: enlarged, a pixel stays a square.
    image = alt.Chart().mark_image(smooth=False, width=width, height=height)
    middle = {"x": alt.value(width / 2), "y": alt.value(height / 2)}
    legend = alt.Chart().mark_point(opacity=0, tooltip=None)
    coloured = legend.encode(color=scale.colour(scale.legend(size)))
    return picture([image.encode(**middle, url="url:N"), coloured], width, height)


def picture(layers: Sequence[alt.Chart], width: int, height: int) -> Drawn:
    """Layers without axes, in screen pixels."""
    return alt.layer(*layers).properties(
        width=width,
        height=height,
        # Streamlit's front end sets single sides.
        padding=dict.fromkeys(("left", "top", "right", "bottom"), 2),
        autosize=alt.AutoSizeParams(type="pad"),
    )


def place(shape: tuple[float, ...]) -> dict[str, Any]:
    """Where a rectangle lies on (H, W) cells: its columns left, right, top and bottom."""
    height, width = shape
    plain: dict[str, Any] = {"type": "quantitative", "axis": None}
    # Rows count downwards, as in an array.
    down = alt.Scale(domain=(0, height), reverse=True)
    return {
        "x": alt.X("left", scale=alt.Scale(domain=(0, width)), **plain),
        "x2": alt.X2("right"),
        "y": alt.Y("top", scale=down, **plain),
        "y2": alt.Y2("bottom"),
    }


def _extent(shape: tuple[int, ...], size: int) -> tuple[int, int]:
    """Width and height in whole screen pixels a cell, which leave no seams."""
    height, width = shape
    cell = max(1, size // max(height, width))
    return cell * width, cell * height
