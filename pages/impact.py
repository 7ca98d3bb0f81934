"""How much does each input pixel count? Kernel paths, step by step, and what training leaves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from core import autoencoder, data, shift_probe
from core.autoencoder import runs
from core.autoencoder.presets import AS_ASKED
from core.data.picture import read_picture
from core.impact import Impact, impact, lost_detail, measured, reach
from core.impact.code import Image, program
from core.impact.measured import Measured
from core.layers import UPSAMPLING, Stack, StackText, parse_stack
from core.settings import Choice, InputError, Maybe, Switch, Whole, setting
from core.steps import POST, RESNET
from pages.sections.impact import kernel_walk, words
from pages.sections.impact.words import Side
from pages.shared import charts, controls, grids, sources
from pages.shared.controls import control, plain
from pages.shared.example import digit
from pages.shared.frame import show
from pages.shared.pair import provenance
from pages.shared.take_away import figure, take_away
from pages.shared.words import SHOW_ME, TEXT

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MAP = 320  # screen pixels: two maps fit beside each other, one fits a phone
UNSEEN = "#8A8A8A"

SIZES = Whole(1, 256)

QUESTION = f"""
Set every weight of a stack of convolutions to one and add up its output. A pixel then counts as
often as there are **paths** from it to the output: kernel positions that touch it, layer after
layer. One 3 × 3 layer touches a pixel in the middle of the image 9 times.
Harald Scheidl ({sources.cite(sources.SCHEIDL, "2021")}) drew these maps for one and for five
layers; here they are exact at any depth.
"""

GUESSES = ("9", "243", "59,049", SHOW_ME)


@dataclass(frozen=True)
class Settings:
    """What the page shows; the stack on the left is called `layers`, as in every topic."""

    size: int = setting(10, SIZES, "height of the image, in pixels")
    width: int | None = setting(None, Maybe(SIZES), "its width, where it is not square")
    layers: Stack = setting(parse_stack("conv3:same"), StackText(), "the stack on the left")
    against: Stack = setting(parse_stack("conv3"), StackText(), "the stack on the right")
    against_size: int | None = setting(
        None, Maybe(SIZES), "size of the right image, where it differs"
    )
    amount: str = setting("share", Choice(("share", "paths")), "share of the maximum, or paths")
    scale: str = setting("linear", Choice(("linear", "log")), "of the colours and the section")
    row: int = setting(0, Whole(0, SIZES.high - 1), "row of the chosen pixel, from 0")
    column: int = setting(0, Whole(0, SIZES.high - 1), "column of the chosen pixel, from 0")
    measured: bool = setting(False, Switch(), "draw random networks and measure their gradients")


FIVE = " ".join(["conv3"] * 5)
FIVE_SAME = " ".join(["conv3:same"] * 5)

PRESETS: dict[str, dict[str, Any]] = {
    "One layer, 10 × 10": {},
    "Five layers, 28 × 28": {"size": 28, "layers": FIVE_SAME, "against": FIVE},
    "Stride 2: PyTorch, TensorFlow": {
        "size": 28,
        "layers": "conv3s2:1 conv3s2:1 conv3s2:1",
        "against": "conv3s2:same conv3s2:same conv3s2:same",
    },
    "ResNet's strides: 224, 225": {
        "size": 224,
        "layers": RESNET,
        "against": RESNET,
        "against_size": 225,
    },
    "Uniform, and yet": {"layers": "conv3:same/replicate", "against": "conv3:full"},
    "Second ring": {"layers": "conv3:same/reflect", "against": "conv3:same/partial"},
    "Fifty layers, 224 × 224": {
        "size": 224,
        "layers": " ".join(["conv3:same"] * 50),
        "against": " ".join(["conv3"] * 50),
        "scale": "log",
    },
}
"""What a preset changes in the default settings."""


def page() -> None:
    st.title("How much does each input pixel count?")
    st.markdown(QUESTION, width=TEXT)
    guess = st.segmented_control(
        "Your guess: after five layers without padding on 28 × 28, how many times more paths does "
        "the centre have than a corner?",
        GUESSES,
        key="guess",
        bind="query-params",
    )
    opening(revealed=guess is not None)
    if guess is None and not came_for_a_stack():
        st.markdown("*Choose a guess above, then compare any two stacks.*", width=TEXT)
        return
    if guess is not None:
        verdict(guess)
    compare()


def came_for_a_stack() -> bool:
    """Whether the link or a control asks for something else than the opening figures."""
    return any(name in st.query_params for name in Settings.__dataclass_fields__)


@st.cache_resource(max_entries=64, show_spinner=False)
def found(text: str, height: int, width: int) -> Impact:
    """The impact map of a stack's text, computed once."""
    return impact(parse_stack(text), height, width)


def side(name: str, stack: Stack, height: int, width: int) -> Side:
    return Side(name, stack, height, width, found(str(stack), height, width))


# --- The article's two figures ------------------------------------------------------------------

ARTICLE = {
    "one layer, same": ("conv3:same", 10),
    "one layer, valid": ("conv3", 10),
    "five layers, same": (FIVE_SAME, 28),
    "five layers, valid": (FIVE, 28),
}
SMALL = 140  # screen pixels: 10 and 28 pixels both divide it


def opening(*, revealed: bool) -> None:
    """The article's maps on one scale; the deep ones stay open until a guess is made."""
    with st.container(horizontal=True, gap="small"):
        for name, (text, size) in ARTICLE.items():
            shown = revealed or size == 10
            map_ = found(text, size, size)
            with st.container(width=SMALL + 34):
                layers, padding = name.split(", ")
                st.markdown(f"**“{padding}”**, {layers}")
                small_map(map_, size, key=f"article_{name}", shown=shown)
                corner = f"corner {words.written(map_.numerators[0, 0])}"
                middle = f"centre {words.written(map_.numerators[size // 2, size // 2])}"
                st.caption(f"{size} × {size}: {f'{corner}, {middle}' if shown else 'corner ?'}")
    st.caption("Paths as a share of each map's maximum: dark none, bright all.")


def small_map(map_: Impact, size: int, *, key: str, shown: bool) -> None:
    """A map without a legend, or an empty frame for what is still open."""
    if shown:
        spec = charts.heat_map((size, size), (0, 1), what="share", size=SMALL, legend=False)
        charts.show(
            charts.pixels(map_.shares), spec, alt="Impact of each pixel", key=key, width="content"
        )
        return
    colours = charts.palette()
    charts.show(
        grids.table([grids.square("frame", 0, 0, 4, text="?")]),
        grids.board(
            4,
            4,
            SMALL / 4,
            [
                grids.rectangles("frame", filled=False, stroke=colours.muted, strokeDash=[4, 4]),
                grids.words("frame", fontSize=48, color=colours.muted),
            ],
        ),
        alt="Open until a guess is made",
        key=key,
        width="content",
    )


def verdict(guess: str) -> None:
    """The answer to the guess, from the maps."""
    valid, same = found(FIVE, 28, 28), found(FIVE_SAME, 28, 28)
    centre = int(valid.numerators[14, 14])
    corner = int(valid.numerators[0, 0])
    said = "" if guess == GUESSES[-1] else f" You guessed {guess} times."
    st.header(f"The centre counts {centre // corner:,} times as much as a corner")
    st.markdown(
        f"Each layer without padding touches the corner once and the centre 9 times, and "
        f"9 × 9 × 9 × 9 × 9 = {centre:,}.{said} {valid.below_tenth:.0%} of the pixels count less "
        f"than a tenth of the maximum, {valid.below_half:.0%} less than half. With “same” the "
        f"corner keeps {same.corner_to_centre:.1%} of the centre's paths, and "
        f"{same.below_half:.0%} of the pixels count less than half.".replace("%", " %"),
        width=TEXT,
    )


# --- Any two settings ---------------------------------------------------------------------------


def compare() -> None:
    """The tool: two stacks, their maps, and what explains them."""
    st.header("Compare any two stacks")
    ready_made = st.container()
    amount, log, sides = choose()
    with ready_made:
        controls.presets({name: preset(changes) for name, changes in PRESETS.items()})
    if not sides:
        return
    coloured = amounts(sides, amount)
    maps(sides, coloured, log)
    section(sides, coloured, log)
    explain(sides)
    twist(sides)
    own_picture(sides)
    beside_measured(sides)
    take_away(
        "padding-lab-impact",
        picture=lambda: picture(sides, log),
        table=lambda: table(sides),
        code=program({one.name: Image(one.stack, one.height, one.width) for one in sides}),
    )


def preset(changes: Mapping[str, Any]) -> dict[str, Any]:
    """What a preset sets: every control but the one that measures."""
    values = vars(Settings()) | dict(changes)
    del values["measured"]
    return {k: str(value) if isinstance(value, Stack) else value for k, value in values.items()}


def choose() -> tuple[str, bool, list[Side]]:
    """Amount, logarithmic or not, and the sides whose stacks parse and fit."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        height, width = controls.sides(Settings)
        with st.container(width=150):
            other = control(Settings, "against_size", "Right: size", placeholder="the same")
        with st.container(width=170):
            amount = control(Settings, "amount", "Amount")
        with st.container(width=170):
            scale = control(Settings, "scale", "Scale")
    sizes = {
        "layers": (height, height if width is None else width),
        "against": (other, other) if other else (height, height if width is None else width),
    }
    sides = []
    fields = {"layers": "left", "against": "right"}
    for place, (field, name) in zip(st.columns(2), fields.items(), strict=True):
        with place:
            stack = controls.stack(Settings, field, f"Layers, {name}")
            if stack is None:
                continue
            try:
                sides.append(side(name, stack, *sizes[field]))
            except InputError as error:
                st.error(f"{plain(error)}.")
    return amount, scale == "log", sides


Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Coloured:
    """Each side's map as it is coloured, what it shows, and how its numbers are written."""

    maps: tuple[Floats, ...]
    what: str
    number: str


def amounts(sides: Sequence[Side], amount: str) -> Coloured:
    """The maps in the amount asked for; in shares where the paths outgrow the colour scale."""
    if amount == "paths":
        try:
            with np.errstate(over="raise"):
                counts = tuple(
                    np.asarray(one.impact.numerators / one.impact.denominator, np.float64)
                    for one in sides
                )
            return Coloured(counts, "paths", ",.6~g")
        except (OverflowError, FloatingPointError):
            st.caption("The paths outgrow the colour scale: shown as shares of the maximum.")
    return Coloured(tuple(one.impact.shares for one in sides), "share of the maximum", ".3~p")


def domain(values: Sequence[Floats], log: bool) -> tuple[float, float]:
    """The colour scale that all maps share."""
    highest = max(float(one.max()) for one in values) or 1.0
    if not log:
        return 0.0, highest
    lowest = min((float(one[one > 0].min()) for one in values if one.any()), default=highest)
    return max(lowest if lowest < highest else highest / 10, 1e-300), highest


def maps(sides: Sequence[Side], coloured: Coloured, log: bool) -> None:
    """The maps beside each other on one scale, and their shares."""
    shared = domain(coloured.maps, log)
    with st.container(horizontal=True, gap="medium"):
        for one, shown in zip(sides, coloured.maps, strict=True):
            map_of(one, shown, shared, coloured, log)
        st.table(summary(sides), width="content")


def map_of(
    one: Side, shown: Floats, shared: tuple[float, float], coloured: Coloured, log: bool
) -> None:
    """One side's map with its title; hover and click where it is small enough."""
    what, number = coloured.what, coloured.number
    with st.container(width=MAP + 16):
        st.markdown(f"**{words.title(one.impact)}**")
        if shown.size > charts.CELLS:
            spec = charts.raster_map(
                shown.shape, shared, what=what, size=MAP, log=log, number=number
            )
            big = charts.raster(shown, shared, log=log, nothing=UNSEEN)
            charts.show(
                big,
                spec,
                alt=f"Impact of each pixel, {one.name}",
                key=f"map_{one.name}",
                width="content",
            )
            st.caption("A map this large is one picture: read a pixel by its row and column.")
        else:
            heat(one, shown, shared, what, number, log)
        st.caption(words.caption(one))


def heat(
    one: Side,
    shown: Floats,
    shared: tuple[float, float],
    what: str,
    number: str,
    log: bool,
) -> None:
    """A map that one can hover over and click."""
    spec = charts.heat_map(
        shown.shape,
        shared,
        what=what,
        size=MAP,
        log=log,
        select=True,
        number=number,
        nothing=UNSEEN,
        tooltip=[{"field": "paths", "type": "nominal", "title": "paths"}],
    )
    key = f"map_{one.name}"
    charts.show(
        charts.pixels(shown, paths=exact(one.impact)),
        spec,
        alt=f"Impact of each pixel, {one.name}",
        key=key,
        width="content",
        on_select=lambda: pick(key),
        selection_mode="px",
    )


def pick(key: str) -> None:
    """Take the clicked pixel for the chosen one."""
    points = st.session_state[key].selection.get("px")
    if points:
        st.session_state["row"], st.session_state["column"] = points[0]["row"], points[0]["col"]


def exact(map_: Impact) -> NDArray[np.object_]:
    """Every pixel's paths as text: a browser's numbers are exact only up to 2⁵³."""

    def text(number: int) -> str:
        if map_.denominator == 1:
            return f"{number:,}"
        return words.written(number, map_.denominator)

    return np.array([[text(number) for number in row] for row in map_.numerators], object)


def summary(sides: Sequence[Side]) -> pd.DataFrame:
    """Each side's counts and shares."""
    return pd.DataFrame({one.name: words.summary(one.impact) for one in sides})


def section(sides: Sequence[Side], coloured: Coloured, log: bool) -> None:
    """A cut through the middle row of both maps."""
    cuts = [shown[len(shown) // 2] for shown in coloured.maps]
    low, high = domain(cuts, log)
    rows = [
        (x, float(y), one.name, "solid")
        for one, cut in zip(sides, cuts, strict=True)
        for x, y in enumerate(cut)
    ]
    shared = (low / 1.2, high * 1.2) if log else (low, high * 1.05)
    cut = pd.DataFrame(rows, columns=["x", "y", "line", "style"])
    if log:
        cut = cut[cut["y"] > 0]
    colours = charts.palette()
    spec = charts.lines(
        {"left": colours.padded, "right": colours.unpadded},
        x=("column", (0, max(1, *(one.width - 1 for one in sides)))),
        y=(coloured.what, shared),
        height=220,
        log_y=log,
        y_format=coloured.number,
    )
    st.markdown(f"**{words.through(sides)}**")
    charts.show(
        charts.label_ends(cut, shared, 130, log_y=log),
        spec,
        alt="Impact of the pixels of the middle row, left and right",
        key="section",
    )


# --- One pixel ----------------------------------------------------------------------------------


def explain(sides: Sequence[Side]) -> None:
    """A pixel's paths: the kernel positions of one layer, the reach of several."""
    st.subheader("Why does this pixel count what it counts?")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        with st.container(width=150):
            row = control(Settings, "row", "Row")
        with st.container(width=150):
            column = control(Settings, "column", "Column")
        st.caption(words.where_to_click(sides, charts.CELLS))
    inside = [one for one in sides if row < one.height and column < one.width]
    for one in sides:
        if one not in inside:
            st.caption(words.outside(one))
    walks, deep = [], []
    for one in inside:
        layer = one.stack.layers[0]
        if len(one.stack) == 1 and layer.kind != UPSAMPLING:
            size = one.height, one.width
            prepared = kernel_walk.try_prepare(one.name, layer, size, (row, column))
            walks += [prepared] if prepared else []
        else:
            deep.append(one)
    if walks:
        kernel_walk.show(walks)
    if deep:
        reaches(deep, row, column)


def reaches(sides: Sequence[Side], row: int, column: int) -> None:
    """How many outputs the pixel can touch at all, beside the paths that lead there."""
    for place, one in zip(st.columns(2), sides, strict=False):
        with place:
            reached = reach(one.stack, one.height, one.width)
            st.markdown(words.reached(one, (row, column), int(reached[row, column])))
            highest = (0, max(int(reached.max()), 1))
            table, spec = charts.plain_map(
                reached,
                highest,
                what="outputs that a pixel can reach",
                size=MAP,
                number=",.6~g",
                frame=(row, column, row + 1, column + 1),
            )
            charts.show(
                table,
                spec,
                alt=f"Outputs that each pixel can reach, {one.name}",
                key=f"reach_{one.name}",
                width="content",
            )
            st.caption(f"`{one.label}`")
    st.caption(
        f"Which outputs a pixel can reach at all is receptive-field arithmetic "
        f"({sources.cite(sources.ARAUJO)})."
    )


# --- Uniform is not invariant -------------------------------------------------------------------


def twist(sides: Sequence[Side]) -> None:
    """A uniform map may still leak the position: decided for these very stacks."""
    st.subheader("Does a uniform map mean that position cannot leak?")
    told_apart = [sums(str(one.stack), one.height, one.width) for one in sides]
    st.markdown("\n\n".join(words.uniform_is_not_invariant(sides, told_apart)), width=TEXT)
    probes = [shift_probe.experiment(one.stack, one.height, one.width) for one in sides]
    with st.container(horizontal=True):
        for probe in dict.fromkeys(probe for probe in probes if probe is not None):
            st.page_link(
                "pages/shift_probe.py", label=words.probe(probe), query_params=asked(probe)
            )


@st.cache_resource(max_entries=256, show_spinner=False)
def sums(text: str, height: int, width: int) -> int | None:
    """How many sums a white pixel's positions can have at best, computed once."""
    return shift_probe.positions_told_apart(parse_stack(text), height, width)


def asked(probe: shift_probe.Settings) -> dict[str, str]:
    """What a link to the probe's page says of the stack."""
    names = ("size", "kernel", "layers", "padding", "padding_mode")
    return {name: str(getattr(probe, name)) for name in names}


# --- A picture under the map --------------------------------------------------------------------


def own_picture(sides: Sequence[Side]) -> None:
    """A picture, each pixel as bright as it counts."""
    st.subheader("Which details would it nearly ignore?")
    uploaded = st.file_uploader(
        "Your own picture, PNG or JPEG, instead of the digit",
        type=["png", "jpg", "jpeg"],
        key="own",
        help="It is scaled to the image's size and made grey, shown to you alone, and not kept.",
    )
    for place, one in zip(st.columns(2), sides, strict=False):
        with place:
            image = digit(one.height, one.width)
            if uploaded is not None:
                try:
                    image = read_picture(uploaded.getvalue(), one.height, one.width)
                except InputError as error:
                    st.error(f"{plain(error)[:1].upper()}{plain(error)[1:]}.")
                    return
            share = one.impact.shares
            st.markdown(f"**{words.lost(lost_detail(image, one.impact.faint))}**")
            with st.container(horizontal=True, gap="small"):
                for values in (image, image * share):
                    scale = max(1, (MAP // 2) // max(image.shape))
                    pixels = np.uint8(255 * values).repeat(scale, axis=0).repeat(scale, axis=1)
                    st.image(charts.inline(pixels), width=pixels.shape[1])
            st.caption(f"As it is, and each pixel as bright as it counts: `{one.label}`")


# --- Paths against measured ---------------------------------------------------------------------


def beside_measured(sides: Sequence[Side]) -> None:
    """What is left of the paths when the weights are random, and when they are trained."""
    st.subheader("Paths against measured")
    st.markdown(
        "Paths are what a network *could* use, were every weight one. A real network's weights "
        "differ and cancel. So: draw random networks, or take the trained autoencoder, and measure "
        "how much each pixel moves the output's sum: the size of the gradient, on a scale where "
        "the average pixel has 1. The gradient of the centre output alone is its effective "
        f"receptive field ({sources.cite(sources.LUO)}).",
        width=TEXT,
    )
    if not control(Settings, "measured", "Measure"):
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        with st.container(width=150):
            draws = control(measured.Settings, "draws", "Draws")
        with st.container(width=150):
            seed = control(measured.Settings, "seed", "Seed")
        activation = control(measured.Settings, "activation", "Activation")
    chosen = measured.Settings(draws=draws, seed=seed, activation=activation)
    try:
        for place, one in zip(st.columns(2), sides, strict=False):
            with place:
                random_maps(one, chosen)
        trained()
    except ImportError:
        st.info("This part needs PyTorch, which is not installed on this server.")


@st.cache_resource(max_entries=32, show_spinner="Drawing random networks …")
def drawn(text: str, height: int, width: int, chosen: measured.Settings) -> Measured:
    """The gradients of random networks, computed once."""
    return measured.random_impact(parse_stack(text), height, width, chosen)


def random_maps(one: Side, chosen: measured.Settings) -> None:
    """Random networks' gradients: their mean, their spread, and the centre output's field."""
    st.markdown(f"**Random weights**, `{one.label}`")
    try:
        total = drawn(str(one.stack), one.height, one.width, chosen)
        centre = drawn(str(one.stack), one.height, one.width, replace(chosen, target="centre"))
    except InputError as error:
        st.caption(f"{plain(error)}.")
        return
    st.table(beside(one, total), width="content")
    with st.container(horizontal=True, gap="small"):
        show_map(total.mean, "mean gradient over draws", f"mean_{one.name}")
        show_map(total.spread, "its spread (standard deviation)", f"spread_{one.name}")
        show_map(centre.mean, "mean, centre output alone", f"centre_{one.name}")


def beside(one: Side, total: Measured) -> pd.DataFrame:
    """Corner and centre, in average pixels: as the paths say, and as measured ± standard error."""
    places = {"top left corner": (0, 0), "centre": (one.height // 2, one.width // 2)}
    rows = {}
    for name, pixel in places.items():
        found = measured.beside_paths(one.impact.shares, total, pixel)
        rows[name] = {"paths": f"{found.paths:.3g}", "measured": words.measured(found)}
    return pd.DataFrame(rows).T


def show_map(values: Floats, what: str, key: str) -> None:
    """A map on its own scale."""
    shared = (0.0, float(values.max()) or 1.0)
    table, spec = charts.plain_map(values, shared, what=what, size=240, number=".3~g")
    with st.container(width=250):
        charts.show(table, spec, alt=what, key=key, width="content")


def trained() -> None:
    """Both trained autoencoders' gradients, where their runs are kept, beside their paths."""
    st.subheader("The trained autoencoder")
    for dataset in data.DATASETS.options:
        padded = replace(AS_ASKED.settings, dataset=dataset)
        arms = dict(zip(("unpadded", "padded"), autoencoder.arms(padded), strict=True))
        views = {arm: runs.registry().look(s, AS_ASKED.images) for arm, s in arms.items()}
        if all(view.state and view.state.checkpoints for view in views.values()):
            break
    else:
        st.markdown("No trained run is kept on this server yet: train one, then come back.")
        st.page_link("pages/autoencoder.py", label="Train the autoencoder")
        return
    for place, (arm, view) in zip(st.columns(2), views.items(), strict=True):
        with place:
            assert view.state is not None  # looked for above
            trained_maps(arm, view.settings, view.state.checkpoints[-1])
            st.caption(provenance(view))


def trained_maps(arm: str, settings: autoencoder.Settings, tested: autoencoder.Checkpoint) -> None:
    """One arm: the paths through its layers, and what its training left of them."""
    if tested.weights is None:
        st.caption(f"The {arm} run was kept without its weights.")
        return
    from core.autoencoder import network

    size = len(tested.loss_map)
    paths = found(POST, size, size)
    images = tested.noisy[:, None].astype(np.float32) / 255
    gradient = measured.measure(network.module(tested.weights, settings).logits, images)
    mean = gradient.mean
    st.markdown(
        f"**{arm.capitalize()}**, {size} × {size}: the top left corner counts "
        f"{words.percent(gradient.corner_to_centre)} of the centre; the paths say "
        f"{words.percent(paths.corner_to_centre)}"
    )
    with st.container(horizontal=True, gap="small"):
        show_map(paths.shares, "paths, share of the maximum", f"paths_{arm}")
        show_map(mean, f"mean gradient over {len(images)} test images", f"trained_{arm}")


# --- What can be taken away ---------------------------------------------------------------------


def table(sides: Sequence[Side]) -> pd.DataFrame:
    """Both maps, one row a pixel, paths exact."""
    return pd.concat(
        [
            charts.pixels(one.impact.shares, paths=one.impact.map)
            .rename(columns={"col": "column", "value": "share_of_maximum"})
            .assign(side=one.name, layers=str(one.stack))
            for one in sides
        ]
    )


def picture(sides: Sequence[Side], log: bool) -> Figure:
    """Both maps on one slide, on one scale."""
    from matplotlib.colors import LogNorm, Normalize

    slide = figure(11, 5)
    axes = np.atleast_1d(slide.subplots(1, len(sides)))
    shares = [one.impact.shares for one in sides]
    low, high = domain(shares, log)
    for axis, one, share in zip(axes, sides, shares, strict=True):
        norm = LogNorm(low, high) if log else Normalize(low, high)
        image = axis.imshow(np.where(share, share, np.nan), norm=norm)
        axis.set_facecolor(UNSEEN)
        axis.set_title(words.title(one.impact), loc="left")
        axis.set_xlabel(one.label[:80])
    slide.colorbar(image, ax=axes, label="share of the maximum")
    return slide


show("impact", page)
