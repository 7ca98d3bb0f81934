"""Why 'same' in max pooling? What a stack of layers does to a size, and what it drops."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from core import shapes
from core.layers import UPSAMPLING, Axis, Layer, fit, parse_layer
from core.settings import InputError
from core.shapes import PRESETS, Preset, Settings, pool
from core.stack_code import keras_code, torch_code
from core.steps import Step, formula, walk
from pages.shared import charts, controls, grids, sources
from pages.shared.controls import control, plain
from pages.shared.example import digit
from pages.shared.frame import show
from pages.shared.grids import Mark
from pages.shared.take_away import figure, take_away
from pages.shared.words import SHOW_ME, TEXT

if TYPE_CHECKING:
    from matplotlib.figure import Figure

QUESTION = f"""
An encoder halves a 28 × 28 image with 2 × 2 max pooling: 28, 14, 7. An odd number cannot be halved.
The {sources.cite(sources.KERAS_BLOG, "Keras blog's autoencoder")} pools once more, with
`padding="same"`, and readers ask why: what would be padded in a *maximum*?
"""

GUESSES = ("3", "4", SHOW_ME)

POOL_SAME = parse_layer("maxpool2:same")
POOL_VALID = parse_layer("maxpool2")

Floats = NDArray[np.float64]


def page() -> None:
    st.title("Why “same” in max pooling?")
    st.markdown(QUESTION, width=TEXT)
    guess = st.segmented_control(
        "Your guess: the next 2 × 2 pooling makes of 7 …", GUESSES, key="guess", bind="query-params"
    )
    stages = halvings()
    halving(stages, revealed=guess is not None)
    if guess is None and not came_for_a_stack():
        st.markdown("*Choose a guess above, then take any stack of layers apart.*", width=TEXT)
        return
    if guess is not None:
        same_or_valid(stages[-1], guess)
        padded_cells(stages[-1])
        traps()
    any_stack()


def came_for_a_stack() -> bool:
    """Whether the link or a control asks for something else than the opening example."""
    return any(name in st.query_params for name in vars(Settings()))


# --- The question -------------------------------------------------------------------------------


def halvings() -> list[Floats]:
    """The digit at 28, 14 and 7 pixels."""
    stages = [digit()]
    for _ in range(2):
        stages.append(pool(stages[-1], POOL_SAME))
    return stages


STAGE = 168  # screen pixels: 28, 14 and 7 pixels all divide it


def halving(stages: Sequence[Floats], *, revealed: bool) -> None:
    """The digit at every stage; the last stays open until a guess is made."""
    layers = [grids.amounts("pixel", (0, 1), grids.GREYS, "grey"), grids.outline("image")]
    with st.container(horizontal=True, gap="small"):
        for stage in stages:
            size = len(stage)
            with st.container(width=STAGE + 4):
                charts.show(
                    grids.table(
                        [*grids.squares("pixel", stage), grids.square("image", 0, 0, size)]
                    ),
                    grids.board(size, size, STAGE / size, layers),
                    alt=f"A digit of {size} by {size} pixels",
                    key=f"stage_{size}",
                    width="content",
                )
                st.markdown(f"**{size} × {size}**")
        with st.container(width=STAGE + 4):
            open_end(stages[-1], revealed=revealed)
    st.caption(
        "A generated digit, enlarged until its strokes reach the edge: in MNIST's own frame the "
        "last rows are black, and nobody would miss them."
    )


def open_end(image: Floats, *, revealed: bool) -> None:
    """What comes after 7: an empty frame, or the answer."""
    colours = charts.palette()
    marks = [grids.square("frame", 0, 0, 4, text="?")]
    layers = [
        grids.rectangles("frame", filled=False, stroke=colours.muted, strokeDash=[4, 4]),
        grids.words("frame", fontSize=48, color=colours.muted),
    ]
    if revealed:
        marks = [*grids.squares("pixel", pool(image, POOL_SAME)), grids.square("image", 0, 0, 4)]
        layers = [grids.amounts("pixel", (0, 1), grids.GREYS, "grey"), grids.outline("image")]
    charts.show(
        grids.table(marks),
        grids.board(4, 4, STAGE / 4, layers),
        alt="The digit at 4 by 4 pixels" if revealed else "What comes next is open",
        key="stage_open",
        width="content",
    )
    st.markdown("**4 × 4**, with “same”" if revealed else "**? × ?**")


def same_or_valid(image: Floats, guess: str) -> None:
    """The answer: both poolings of 7, each window drawn where it lies."""
    valid, same = (fit(layer, len(image), "keras") for layer in (POOL_VALID, POOL_SAME))
    st.header(f"“same” makes {same.output} of 7, “valid” makes {valid.output}")
    kept = len(image) - len(valid.unused)
    lost = 1 - image[:kept, :kept].sum() / image.sum()
    right = {"3": "right for “valid”, PyTorch's default", "4": "right for “same”"}
    said = f" You guessed {guess}: {right[guess]}." if guess in right else ""
    st.markdown(
        f"“valid” takes whole windows only, `{formula(valid)}`: the last row and column belong to "
        f"no window, and with them {lost:.0%} of this digit's ink. “same” adds one row and one "
        f"column, `{formula(same)}`, so that every pixel keeps its window.{said} The code of the "
        f"blog's autoencoder is then 4 × 4 × 8 = 128 numbers.",
        width=TEXT,
    )
    colours = charts.palette()
    left, right_column = st.columns(2)
    with left:
        st.markdown("**“valid”**: the crossed pixels are dropped")
        pooling(image, POOL_VALID, colours.unpadded)
    with right_column:
        st.markdown("**“same”**: the dashed cells are padded")
        pooling(image, POOL_SAME, colours.padded)


CELL = 20  # screen pixels
BESIDE = 0.8  # cells between an image and what is pooled from it


def pooling(image: Floats, layer: Layer, colour: str) -> None:
    """A square image with a pool's windows, and the result at the windows' size beside it."""
    axis = fit(layer, len(image), "keras")
    length = len(axis.cells)
    marks = list(grids.squares("pixel", image))
    for row, column in np.ndindex(length, length):
        if max(row, column) >= axis.length:
            marks.append(grids.square("padding", row, column))
        elif row in axis.unused or column in axis.unused:
            marks.append(grids.square("dropped", row, column, text="×"))
    for row, column in np.ndindex(axis.output, axis.output):
        marks.append(grids.square("window", row * layer.stride, column * layer.stride, 2))
    result = pool(image, layer)
    marks += grids.squares("pixel", result, left=8 + BESIDE, side=2)
    marks.append(grids.square("image", 0, 8 + BESIDE, 2 * axis.output))
    charts.show(
        grids.table(marks),
        grids.board(
            16 + BESIDE,
            8,
            CELL,
            [
                grids.amounts("pixel", (0, 1), grids.GREYS, "grey"),
                grids.rectangles("padding", inset=0.08, **grids.padding_look(charts.palette())),
                grids.outline("image"),
                grids.rectangles("window", filled=False, stroke=colour, strokeWidth=2),
                grids.words("dropped", fontSize=16, fontWeight="bold", color="#CC79A7"),
            ],
        ),
        alt=f"The windows of {layer} on 7 by 7 pixels, and the {axis.output} by {axis.output} "
        "pixels that they give",
        key=f"pooling_{layer.padding}",
        width="content",
    )


# --- What a padded cell counts as ---------------------------------------------------------------

BIAS = -0.4
EDGES = np.array([[-1.0, -1.0, -1.0], [0.0, 0.0, 0.0], [1.0, 1.0, 1.0]]) / 3


def feature_map(image: Floats) -> Floats:
    """What a horizontal edge filter with a bias makes of an image, the size kept."""
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(image, 1, mode="edge"), (3, 3))
    return np.asarray((windows * EDGES).sum(axis=(2, 3)) + BIAS)


def padded_cells(image: Floats) -> None:
    """Max pooling ignores its padding, average pooling leaves it out: both against zeros."""
    st.header("Max pooling does not pad with zeros")
    features = feature_map(image)
    average = replace(POOL_SAME, kind="avgpool")
    pairs = {
        "max": (features, POOL_SAME, (-1.0, 1.0), grids.SIGNED, "−∞"),
        "average": (1 - image, average, (0.0, 1.0), grids.GREYS, "left out"),
    }
    changed = {
        name: int((pool(pixels, layer) != pool(pixels, layer, padded_as=0.0)).sum())
        for name, (pixels, layer, *_) in pairs.items()
    }
    st.markdown(
        "A padded cell never wins a maximum: it counts as −∞. On a digit, or after a ReLU, where "
        "no value is below zero, one could not tell it from zero. Before a ReLU one can: below is "
        f"the digit after an edge filter with a bias of {BIAS:g}".replace("-", "−")
        + f". Padding with zeros would change {changed['max']} of the 16 values, in the last row "
        "and column, and invent an edge there.",
        width=TEXT,
    )
    compare_fill(*pairs["max"], key="max")
    st.markdown(
        "An average pool in Keras leaves padded cells out of the mean. PyTorch, where a pool is "
        "padded by a number, counts them as zeros (`count_include_pad=True`), and darkens the "
        f"border: {changed['average']} of 16 values here. A trap inside Keras: where the padding "
        "is uneven, its torch backend repeats the border's pixels instead; on JAX the padded "
        "cells are left out.",
        width=TEXT,
    )
    compare_fill(*pairs["average"], key="average")


def compare_fill(
    image: Floats,
    layer: Layer,
    domain: tuple[float, float],
    colours: charts.Spec,
    counted_as: str,
    *,
    key: str,
) -> None:
    """An image, and its pooling with padded cells as they count and as zeros, values written."""
    fill: tuple[tuple[str, float | None], ...] = ((counted_as, None), ("0", 0.0))
    results = [pool(image, layer, padded_as=value) for _, value in fill]
    differs = results[0] != results[1]
    with st.container(horizontal=True, gap="small"):
        tile("before pooling", grids.squares("pixel", image), domain, colours, f"fill_{key}_image")
        # The two that are compared stay beside each other on a phone.
        with st.container(horizontal=True, gap="small", width=2 * TILE + 16):
            for (name, _), result in zip(fill, results, strict=True):
                marks = pooled(result, differs, domain)
                tile(f"padded cells: {name}", marks, domain, colours, f"fill_{key}_{name}")


TILE = CELL * 8 + 6  # screen pixels


def pooled(result: Floats, differs: NDArray[np.bool_], domain: tuple[float, float]) -> list[Mark]:
    """A pool's values, written in their squares, those that differ framed."""
    marks = list(grids.squares("pixel", result, side=2))
    for mark in list(marks):
        ink = "light" if dark(mark.value, domain) else "ink"
        marks.append(mark._replace(kind=ink, text=f"{mark.value:.2f}".replace("-", "−")))
    marks += [
        grids.square("changed", 2 * row, 2 * column, 2) for row, column in np.argwhere(differs)
    ]
    return marks


def tile(
    title: str,
    marks: Iterable[Mark],
    domain: tuple[float, float],
    colours: charts.Spec,
    key: str,
) -> None:
    """One of the pictures that `compare_fill` sets beside each other."""
    frame = {"filled": False, "stroke": charts.palette().padded, "strokeWidth": 1.5}
    layers = [
        grids.amounts("pixel", domain, colours, "value"),
        grids.words("light", color="white"),
        grids.words("ink", color="black"),
        grids.rectangles("changed", inset=0.06, **frame),
    ]
    with st.container(width=TILE):
        charts.show(
            grids.table(marks),
            grids.board(8, 8, CELL, layers),
            alt=f"The values, {title}",
            key=key,
            width="content",
        )
        st.caption(title)


def dark(value: float, domain: tuple[float, float]) -> bool:
    """Whether the colour of `value` needs white letters: low greys, and the ends of signed maps."""
    low, high = domain
    return abs(value) > 0.6 * high if low < 0 else value < (low + high) / 2


# --- Keras's and PyTorch's words ----------------------------------------------------------------


def traps() -> None:
    """The same 2 × 2 pool, asked for in five ways."""
    st.subheader("One pool, five answers")
    ways = {
        'Keras, padding="same"': "maxpool2:same",
        'Keras, padding="valid"': "maxpool2",
        "PyTorch, as it comes": "maxpool2",
        "PyTorch, ceil_mode=True": "maxpool2:ceil",
        "PyTorch, padding=1": "maxpool2:1",
    }
    sizes = (28, 14, 7)
    rows = {
        way: {f"{size} →": f"{fit(parse_layer(word), size).output}" for size in sizes}
        for way, word in ways.items()
    }
    st.table(pd.DataFrame(rows).T, width="content")
    st.markdown(
        "`padding=1` is not “same”: it pads both sides, and 28 becomes 15. A stride shows another "
        f"difference: on 224 pixels a 7 × 7 convolution with stride 2 is padded by "
        f"{pads(fit(parse_layer('conv7s2:same'), 224))} in TensorFlow and by "
        f"{pads(fit(parse_layer('conv7s2:3'), 224))} in PyTorch (`padding=3`); both give 112, "
        "from windows that lie one pixel apart.",
        width=TEXT,
    )


def pads(axis: Axis) -> str:
    """Padded cells before and after: "2 and 3"."""
    return f"{axis.before} and {axis.after}"


# --- Any stack ----------------------------------------------------------------------------------


def any_stack() -> None:
    """The tool: a stack and a size in, every layer's sizes, pads, parameters and losses out."""
    st.header("Take any stack apart")
    presets = {preset.name: preset for preset in PRESETS}
    ready_made = st.container()
    settings, field = choose()
    with ready_made:
        shown = controls.presets({name: sets(one) for name, one in presets.items()})
    if settings is None:
        return
    width = settings.size if settings.width is None else settings.width
    try:
        steps = walk(settings.layers, settings.size, width, settings.channels, settings.convention)
    except InputError as error:
        field.error(f"{plain(error)}.")
        return
    if shown is not None:
        st.markdown(presets[shown].about, width=TEXT)
    st.subheader(finding(steps))
    layer_table(steps)
    ends(steps)
    differences(steps)
    code(steps)
    take_away(
        "padding-lab-shapes",
        picture=lambda: picture(steps),
        table=lambda: pd.json_normalize([shapes.describe(step) for step in steps]),
    )


def sets(preset: Preset) -> dict[str, Any]:
    """What a preset sets."""
    about = {"name", "about"}
    return {k: value for k, value in vars(preset).items() if k not in about} | {"width": None}


def choose() -> tuple[Settings | None, Any]:
    """The settings, None where the stack does not parse, and the place beneath its field."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        size, width = controls.sides(Settings)
        with st.container(width=150):
            channels = control(Settings, "channels", "Channels")
        with st.container(width=200):
            convention = control(Settings, "convention", "Whose rules")
    stack = controls.stack(Settings, "layers", "Layers")
    field = st.container()
    st.caption(
        "`conv3x16s2d1:same` is a 3 × 3 convolution to 16 channels, stride 2, dilation 1. "
        "`maxpool2`, `avgpool3s2:1`, `up2`. Padding: `same`, `valid`, `full` or a number; for a "
        "convolution also its mode, as in `conv3:same/reflect`; for a PyTorch pool `:ceil`."
    )
    if stack is None:
        return None, field
    return Settings(size, width, channels, convention, stack), field


def finding(steps: Sequence[Step]) -> str:
    """What this stack does to this size, in one line."""
    first, last = steps[0], steps[-1]
    sizes = f"{by(first.input)} becomes {by(last.output)}"
    rows, columns = len(first.unseen_rows), len(first.unseen_columns)
    if not rows and not columns:
        idle = sum(any(step.rows.unused_padding + step.columns.unused_padding) for step in steps)
        but = f", but padding stays unused in {count(idle, 'layer')}" if idle else ""
        return f"{sizes}, and every pixel is seen{but}"
    lost = [count(rows, "row")] if rows else []
    lost += [count(columns, "column")] if columns else []
    return f"{sizes}, and {' and '.join(lost)} of the image are never seen"


def by(size: Sequence[int]) -> str:
    """A size in words: "28 × 28 × 1"."""
    return " × ".join(map(str, size))


def count(number: int, thing: str) -> str:
    """A number of things: "1 row", "2 rows"."""
    return f"{number} {thing}{'s' if number != 1 else ''}"


def layer_table(steps: Sequence[Step]) -> None:
    """Every layer's sizes, formula, pads, parameters and losses."""
    square_image = all(step.rows == step.columns for step in steps)
    rows = []
    for step in steps:
        row = {
            "layer": str(step.layer),
            "in": by(step.input),
            "out": by(step.output),
            "formula": formula(step.rows),
        }
        if not square_image:
            row["formula, width"] = formula(step.columns)
        row |= {
            "pads (top, bottom)": f"{step.rows.before}, {step.rows.after}",
            "pads (left, right)": f"{step.columns.before}, {step.columns.after}",
            "parameters": f"{step.parameters:,}" if step.parameters else "",
            "unused rows, columns": unused(step),
        }
        rows.append(row)
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        height="content" if len(rows) <= TALL else "auto",
    )
    st.caption(
        f"{sum(step.parameters for step in steps):,} parameters in all. *Unused* are rows and "
        "columns of a layer's own input that none of its windows covers."
    )


def unused(step: Step) -> str:
    """Rows and columns that a layer's windows miss; nothing where there are none."""
    missed = len(step.rows.unused), len(step.columns.unused)
    return f"{missed[0]}, {missed[1]}" if any(missed) else ""


# --- Both ends of each layer's input ------------------------------------------------------------

END = 8  # cells drawn at each end of an axis
STRIP = 2 * END + 1  # cells, with the gap between the ends
PITCH = 2.5  # cells from one strip to the next
TALL = 16  # strips; more of them scroll


def ends(steps: Sequence[Step]) -> None:
    """Where the windows start and end in each layer's input, and what they miss there."""
    chosen = [step for step in steps if step.layer.kind != UPSAMPLING]
    st.subheader("Both ends of each layer's input")
    st.markdown(
        "One row or column of pixels, from its start to its end: dashed cells are padding, the "
        "frames are the first and the last window, × marks a pixel that the output never sees, "
        "and a grey dash a padded cell that no window uses.",
        width=TEXT,
    )
    along = "rows"
    if any(step.rows != step.columns for step in steps):
        along = st.segmented_control(
            "Along", ("rows", "columns"), default="rows", required=True, key="along"
        )
    colours = charts.palette()
    marks = [
        mark
        for place, step in enumerate(chosen)
        for mark in strip(step, PITCH * place, along == "columns")
    ]
    layers = [
        grids.rectangles("pixel", fill=colours.faint, stroke=colours.muted, strokeWidth=0.5),
        grids.rectangles("padding", inset=0.08, **grids.padding_look(colours)),
        grids.rectangles("idle", inset=0.08, **grids.padding_look(colours) | {"opacity": 0.4}),
        grids.words("idle", color=colours.muted),
        grids.words("unseen", color=colours.ink, fontWeight="bold", fontSize=15),
        grids.words("gap", color=colours.muted),
        grids.rectangles("window", filled=False, stroke=colours.unpadded, strokeWidth=2),
        grids.words("title", align="left", color=colours.ink),
    ]
    with st.container(height=660 if len(chosen) > TALL else "content", border=False):
        charts.show(
            grids.table(marks),
            grids.board(STRIP, PITCH * len(chosen), CELL, layers),
            alt="For each layer the first and last pixels of its input, its padding and windows",
            key="ends",
            width="content",
        )


def strip(step: Step, top: float, columns: bool) -> Iterator[Mark]:
    """One layer's strip of squares, from `top` on, with its title above."""
    axis = step.columns if columns else step.rows
    unseen = set((step.unseen_columns if columns else step.unseen_rows).tolist())
    total = len(axis.cells)
    before, after = axis.unused_padding
    title = f"{step.layer} · {axis.length} → {axis.output}"
    yield Mark("title", 0, top, 0, top + 1, text=title)
    short = total <= STRIP
    shown = range(total) if short else (*range(END), *range(total - END, total))
    for cell in shown:
        pixel = cell - axis.before
        kind = "pixel" if 0 <= pixel < axis.length else "padding"
        if cell < before or cell >= total - after:
            yield grids.square("idle", top + 1, place(cell, total), text="–")
        else:
            yield grids.square(kind, top + 1, place(cell, total))
        if kind == "pixel" and pixel in unseen:
            yield grids.square("unseen", top + 1, place(cell, total), text="×")
    if not short:
        yield grids.square("gap", top + 1, END, text="…")
    for start in {0, (axis.output - 1) * axis.layer.stride}:
        end = start + axis.layer.span - 1
        if short or end < END or start >= total - END:
            left, right = place(start, total), place(end, total) + 1
            yield Mark("window", left, top + 0.95, right, top + 2.05)


def place(cell: int, total: int) -> int:
    """Where a cell of an axis of `total` cells stands in its strip."""
    return cell if total <= STRIP or cell < END else cell - total + STRIP


# --- Keras and PyTorch --------------------------------------------------------------------------


def differences(steps: Sequence[Step]) -> None:
    """The layers for which the two frameworks' own ways to pad give different windows."""
    rows = {}
    for step in steps:
        if step.layer.stride == 1:
            continue
        bare = replace(step.layer, padding="valid", ceil=False, spelt=frozenset())
        name = f"{bare} on {step.rows.length}"
        row = {way: outcome(layer, step.rows.length) for way, layer in ways(step.layer).items()}
        if len(set(row.values())) > 1:
            rows[name] = row
    if not rows:
        return
    st.subheader("Where Keras and PyTorch part")
    st.markdown(
        "Sizes, with the cells padded before and after. PyTorch refuses “same” where there is a "
        "stride; TensorFlow puts the odd padded cell at the end.",
        width=TEXT,
    )
    st.table(pd.DataFrame(rows).T.fillna(""), width="content")


def ways(layer: Layer) -> dict[str, Layer]:
    """How each framework would have this layer treat its edge."""
    bare = replace(layer, padding="valid", ceil=False)
    both = {"both, unpadded": bare, "Keras “same”": replace(bare, padding="same")}
    both["PyTorch padding=⌊k/2⌋"] = replace(bare, padding=layer.span // 2)
    return both | {"PyTorch ceil_mode": replace(bare, ceil=True)} if layer.is_pool else both


def outcome(layer: Layer, length: int) -> str:
    """Size and pads of one layer: "112 (2, 3)"; a dash where it does not fit."""
    try:
        axis = fit(layer, length)
    except InputError:
        return "–"
    return f"{axis.output} ({axis.before}, {axis.after})"


def code(steps: Sequence[Step]) -> None:
    """The stack as it runs in Keras and in PyTorch."""
    st.subheader("The same stack as code")
    left, right = st.columns(2)
    with left:
        st.markdown("**Keras**")
        st.code(keras_code(steps), language="python")
    with right:
        st.markdown("**PyTorch**")
        st.code(torch_code(steps), language="python")


# --- What can be taken away ---------------------------------------------------------------------


def picture(steps: Sequence[Step]) -> Figure:
    """Every layer's ends on one slide."""
    from matplotlib.patches import Rectangle

    chosen = [step for step in steps if step.layer.kind != UPSAMPLING]
    slide = figure(7, 0.7 * len(chosen) + 0.3)
    axes = slide.subplots()
    axes.set(xlim=(-0.2, STRIP + 0.2), ylim=(PITCH * len(chosen), 0), aspect="equal")
    axes.set_axis_off()
    light = charts.LIGHT
    looks: dict[str, dict[str, Any]] = {
        "pixel": {"facecolor": light.faint, "edgecolor": light.muted, "linewidth": 0.5},
        "padding": {"fill": False, "edgecolor": light.padded, "linestyle": ":"},
        "idle": {"fill": False, "edgecolor": light.faint, "linestyle": ":"},
        "window": {"fill": False, "edgecolor": light.unpadded, "linewidth": 1.5},
    }
    for number, step in enumerate(chosen):
        for mark in strip(step, PITCH * number, columns=False):
            corner = (mark.left, mark.top)
            if mark.kind in looks:
                size = (mark.right - mark.left, mark.bottom - mark.top)
                axes.add_patch(Rectangle(corner, *size, **looks[mark.kind]))
            if mark.text:
                middle = ((mark.left + mark.right) / 2, (mark.top + mark.bottom) / 2)
                align = "left" if mark.kind == "title" else "center"
                axes.text(*middle, mark.text, ha=align, va="center", fontsize=8)
    return slide


show("shapes", page)
