"""Why 'same' in max pooling? What a stack of layers does to a size, and what it drops."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from core import shapes
from core.layers import Axis, Layer, fit, parse_layer
from core.settings import InputError
from core.shapes import PRESETS, Preset, Settings, pool
from core.stack_code import keras_code, torch_code
from core.steps import Step, formula, walk
from pages.sections.shapes import ends, fill, remainder, why_pad, words
from pages.shared import charts, controls, grids, sources
from pages.shared.controls import control, plain
from pages.shared.example import digit
from pages.shared.frame import show
from pages.shared.opening import Opening, ask, invite
from pages.shared.take_away import take_away
from pages.shared.words import TEXT

QUESTION = f"""
An encoder halves a 28 × 28 image with 2 × 2 max pooling: 28, 14, 7. An odd number cannot be halved.
The {sources.cite(sources.KERAS_BLOG, "Keras blog's autoencoder")} pools once more, with
`padding="same"`, and readers
{sources.cite(sources.STACK_OVERFLOW, "ask why")}: what would be padded in a *maximum*?
"""

GUESSES = {"3": "right for “valid”, PyTorch's default", "4": "right for “same”"}
"""What may be guessed, and what it is right for."""

POOL_SAME = parse_layer("maxpool2:same")
POOL_VALID = parse_layer("maxpool2")

Floats = NDArray[np.float64]


def page() -> None:
    st.title("Why “same” in max pooling?")
    st.markdown(QUESTION, width=TEXT)
    opening = ask(
        "the next 2 × 2 pooling makes of 7 …", GUESSES, settings=Settings.__dataclass_fields__
    )
    stages = halvings()
    halving(stages, revealed=opening.revealed)
    if opening.held_back:
        invite("take any stack of layers apart")
        return
    if opening.revealed:
        same_or_valid(stages[-1], opening)
        why_pad.show()
        remainder.show(stages[-1], POOL_VALID, POOL_SAME)
        fill.show(stages[-1], POOL_SAME)
        traps()
    any_stack()


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


def same_or_valid(image: Floats, opening: Opening) -> None:
    """The answer: both poolings of 7, each window drawn where it lies."""
    valid, same = (fit(layer, len(image), "keras") for layer in (POOL_VALID, POOL_SAME))
    st.header(f"“same” makes {same.output} of 7, “valid” makes {valid.output}")
    kept = len(image) - len(valid.unused)
    lost = 1 - image[:kept, :kept].sum() / image.sum()
    reply = opening.reply(GUESSES.get(opening.guess or "", ""))
    st.markdown(
        f"“valid” takes whole windows only, `{formula(valid)}`: the last row and column belong to "
        f"no window, and with them {100 * lost:.0f} % of this digit's ink. “same” adds one row and "
        f"one column, `{formula(same)}`, so that every pixel keeps its window. {reply} The code of "
        f"the blog's autoencoder is then 4 × 4 × 8 = 128 numbers.",
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


# --- Keras's and PyTorch's words ----------------------------------------------------------------


def traps() -> None:
    """The same 2 × 2 pool, asked for in five ways."""
    st.subheader("One pool, asked for in five ways")
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
    st.subheader(words.finding(steps))
    layer_table(steps)
    ends.show(steps)
    differences(steps)
    code(steps)
    take_away(
        "padding-lab-shapes",
        picture=(lambda: ends.picture(steps)) if ends.drawn(steps) else None,
        table=lambda: pd.json_normalize([shapes.describe(step) for step in steps]),
    )


def sets(preset: Preset) -> dict[str, Any]:
    """What a preset sets."""
    about = {"name", "about"}
    return {k: value for k, value in vars(preset).items() if k not in about} | {"width": None}


TALL = 16  # rows; more of them scroll


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
    st.caption(words.syntax(convention))
    if stack is None:
        return None, field
    return Settings(size, width, channels, convention, stack), field


def layer_table(steps: Sequence[Step]) -> None:
    """Every layer's sizes, formula, pads, parameters and losses."""
    alike = all(step.rows == step.columns for step in steps)
    rows = [words.layer_row(step, alike=alike) for step in steps]
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        height="content" if len(rows) <= TALL else "auto",
    )
    st.caption(words.parameters(steps))


def differences(steps: Sequence[Step]) -> None:
    """The layers for which the two frameworks' own ways to pad give different windows."""
    found = words.differences(steps)
    if not found:
        return
    st.subheader("Where Keras and PyTorch part")
    st.markdown(words.about_differences(found), width=TEXT)
    st.table(pd.DataFrame(found).T.fillna(""), width="content")
    st.markdown(
        "What such a layer leaves over is no detail: networks can overfit the input size through "
        f"the arithmetic of their pooling ({sources.cite(sources.MIND_THE_POOL)}), and small "
        "shifts of the input can change their output drastically, as common downsampling ignores "
        f"the sampling theorem ({sources.cite(sources.ZHANG)}).",
        width=TEXT,
    )


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


show("shapes", page)
