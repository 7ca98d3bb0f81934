"""Can a "shift-invariant" network tell where a pixel is? Trained, explained and proved."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import make_dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import streamlit as st

from core import shift_probe
from core.settings import Whole, setting
from core.shift_probe import Network, Proof, Row, Run, Settings
from core.shift_probe.code import program
from pages.sections.shift_probe import border, claims, evidence, training
from pages.shared import charts, grids, signed, sources
from pages.shared.controls import control
from pages.shared.frame import show
from pages.shared.grids import Mark
from pages.shared.guard import fragment
from pages.shared.opening import ask, invite
from pages.shared.take_away import figure, take_away
from pages.shared.words import TEXT

if TYPE_CHECKING:
    from matplotlib.figure import Figure

QUESTION = f"""
`y = conv(x).sum()`

A convolution treats every place alike, and a sum forgets places. So `y` cannot depend on *where*
something is in the image. Harald Scheidl ({sources.cite(sources.SCHEIDL, "2021")})
put it to the test: black images with one white pixel, and a single kernel, trained to answer 1
where the pixel is in the upper left corner and 0 everywhere else.
"""

GUESSES = ("no, it cannot", "better than chance", "perfectly")


def page() -> None:
    st.title("Can a “shift-invariant” network tell where a pixel is?")
    st.markdown(QUESTION, width=TEXT)
    opening = ask(
        "can it learn to tell the corner?", GUESSES, settings=(*SETTINGS, *TARGET, "margin")
    )
    settings = choose()
    network = Network(settings)
    run = trained(settings)
    if opening.held_back:
        st.subheader("Before training")
        training.draw_samples(network, run, run.history[0])
        invite("watch it learn")
        return
    st.header(claims.headline(network, run, proved(settings)))
    st.markdown(" ".join([opening.reply(), *claims.verdict(network, run)]), width=TEXT)
    training.show(network, run)
    border.touching(network, run, proved(settings))
    border.shift(network, run)
    groups(network)
    proof(network, run)
    which_padding(settings)
    evidence.depth(network)
    evidence.readout()
    evidence.matters()
    take_away(
        "padding-lab-shift-probe",
        picture=lambda: picture(run),
        table=lambda: table(network, run),
        code=program(settings),
    )


# --- Controls -----------------------------------------------------------------------------------

SETTINGS = ("size", "kernel", "layers", "padding", "padding_mode", "bias", "seed")
TARGET = {"target_row": "Target row", "target_col": "Target column"}


def choose() -> Settings:
    """The experiment; the target is chosen by numbers or by a click on the image."""
    left, right = st.columns([2, 1], gap="large")
    with left:
        one, two = st.columns(2)
        with one:
            size = control(Settings, "size", "Image size, pixels", slider=True)
            layers = control(Settings, "layers", "Layers", slider=True)
            padding = control(Settings, "padding", "Padding")
        with two:
            kernel = control(Settings, "kernel", "Kernel size, pixels", slider=True)
            seed = control(Settings, "seed", "Seed")
            padding_mode = control(Settings, "padding_mode", "Padding mode")
        target = choose_target(size)
        bias = control(Settings, "bias", "Bias")
    with right:
        target_image(size, target)
    return Settings(size, kernel, layers, padding, padding_mode, bias, target, seed)


def choose_target(size: int) -> tuple[int, int]:
    """Two numbers inside the image; what a larger image had chosen moves to its edge."""
    within = Whole(0, size - 1)
    about = "where the white pixel is to be singled out, counted from 0"
    declared = make_dataclass("Target", [(name, int, setting(0, within, about)) for name in TARGET])
    chosen = []
    for column, (name, label) in zip(st.columns(2), TARGET.items(), strict=True):
        if st.session_state.get(name, 0) > within.high:
            st.session_state[name] = within.high
        with column:
            chosen.append(control(declared, name, label))
    row, col = chosen
    return row, col


def target_image(size: int, target: tuple[int, int]) -> None:
    """The image whose white pixel is the target; a click moves it."""
    st.markdown("**The target.** Click to move it")
    image = np.zeros((size, size))
    image[target] = 1
    spec = charts.heat_map((size, size), (0, 1), what="white", size=256, legend=False, select=True)
    signed.recolour(spec, {"range": ["#000000", "#FFFFFF"]})
    # A grid tells pixels apart, and the white one from a white page.
    spec["layer"][0]["encoding"]["stroke"] = {"value": "#808080"}
    spec["layer"][0]["mark"]["strokeWidth"] = 0.5
    charts.show(
        charts.pixels(image),
        spec,
        alt="A black image with one white pixel, the target",
        key="target_image",
        width="content",
        on_select=move_target,
        selection_mode="px",
    )


def move_target() -> None:
    """Set both numbers to the pixel that was clicked."""
    pixel = st.session_state["target_image"]["selection"].get("px")
    if pixel:
        row, column = int(pixel[0]["row"]), int(pixel[0]["col"])
        st.session_state.update(target_row=row, target_col=column)


# --- The experiment -----------------------------------------------------------------------------


@st.cache_data(max_entries=50, show_spinner="Training")
def trained(settings: Settings) -> Run:
    return shift_probe.train(Network(settings))


@st.cache_data(max_entries=200, show_spinner="Looking for a proof")
def proved(settings: Settings) -> Proof:
    return shift_probe.prove(Network(settings), trained(settings))


# --- Classes ------------------------------------------------------------------------------------

DRAWN = 81  # classes whose diagrams still fit
CLASS_MAP = 320  # screen pixels


def groups(network: Network) -> None:
    """The classes of positions: where they lie, and which weights touch them."""
    number = network.distinct_scores
    st.header(claims.classes_headline(network))
    st.markdown(" ".join(claims.classes_text(network)), width=TEXT)
    left, right = st.columns(2)
    with left:
        st.markdown("**Where the classes lie**; colour: how many positions a class holds")
        class_map(network)
    with right:
        if network.settings.layers > 1:
            st.markdown(
                "Diagrams of touching weights are drawn for one layer. With "
                f"{network.settings.layers} layers there are "
                f"{network.settings.kernel ** (2 * network.settings.layers):,} paths to compare.",
                width=TEXT,
            )
        elif number > DRAWN:
            st.markdown(
                f"{number} diagrams are too many to draw: click a position in the scores above.",
            )
        else:
            st.markdown("**How often each weight touches a position of the class**")
            class_diagrams(network)


def class_map(network: Network) -> None:
    """Every position coloured by the size of its class, with lines between classes."""
    colours = charts.palette()
    size = network.settings.size
    members = network.members[network.classes].astype(float)
    most = max(2.0, float(members.max()))
    cell = CLASS_MAP // size
    marks = [*grids.squares("position", members), *class_borders(network)]
    if cell >= 16:
        rarity = 1 - np.log(members) / np.log(most)
        marks += [
            grids.square(signed.letters(rarity[r, c], colours), r, c, text=str(label + 1))
            for (r, c), label in np.ndenumerate(network.classes)
        ]
    row, column = network.settings.target
    marks.append(grids.square("target", row, column))
    shades = {"type": "log", "interpolate": "rgb", "range": [colours.padded, colours.faint]}
    charts.show(
        grids.table(marks),
        grids.board(
            size,
            size,
            cell,
            [
                grids.amounts("position", (1, most), shades, "positions"),
                grids.rectangles("border", stroke=colours.ink, strokeWidth=1),
                grids.rectangles("target", filled=False, stroke=colours.ink, strokeWidth=2.5),
                *(
                    grids.words(ink, color=ink, fontSize=10)
                    for ink in sorted({colours.ink, signed.letters(1, colours)})
                ),
            ],
        ),
        alt=f"The {network.distinct_scores} classes of positions, numbered in reading order",
        key="class_map",
        width="content",
    )


def class_borders(network: Network) -> Iterator[Mark]:
    """A line between neighbours of different classes."""
    classes = network.classes
    for row, column in np.argwhere(classes[:, 1:] != classes[:, :-1]).tolist():
        yield Mark("border", column + 1, row, column + 1, row + 1)
    for row, column in np.argwhere(classes[1:] != classes[:-1]).tolist():
        yield Mark("border", column, row + 1, column + 1, row + 1)


def class_diagrams(network: Network) -> None:
    """For each class a small kernel: how often each weight touches its positions."""
    colours = charts.palette()
    kernel, number = network.settings.kernel, network.distinct_scores
    across = int(np.ceil(np.sqrt(number)))
    pitch, head = kernel + 1, 1.2 if number <= 25 else 0.0
    target = int(network.classes[network.settings.target])
    counts = [
        network.touches(divmod(int(first), network.settings.size))
        for first in network.first_members
    ]
    marks: list[Mark] = []
    for label, touches in enumerate(counts):
        top, left = (label // across) * (pitch + head) + head, (label % across) * pitch
        marks += grids.squares("count", touches, top=top, left=left)
        kind = "chosen" if label == target else "frame"
        marks.append(Mark(kind, left, top, left + kernel, top + kernel))
        if head:
            size = int(network.members[label])
            marks.append(
                Mark("label", left, top - head, left + kernel, top, text=f"{label + 1}: {size}")
            )
    down = -(-number // across)
    width, height = across * pitch, down * (pitch + head)
    cell = max(2, min(28, CLASS_MAP // max(width, height)))
    most = max(float(touches.max()) for touches in counts)
    shades = {"range": [charts_ground(), colours.unpadded]}
    charts.show(
        grids.table(marks),
        grids.board(
            width,
            height,
            cell,
            [
                grids.amounts("count", (0, most), shades, "times touched"),
                grids.rectangles("frame", filled=False, stroke=colours.muted, strokeWidth=0.75),
                grids.rectangles("chosen", filled=False, stroke=colours.padded, strokeWidth=2.5),
                grids.words("label", color=colours.muted, fontSize=10),
            ],
        ),
        alt=f"Which weights touch each of the {number} classes; the target's is framed",
        key="class_diagrams",
        width="content",
    )
    st.caption(
        ("Above each: its class and how many positions it holds. " if head else "")
        + (
            "Filled: the weight touches. "
            if most <= 1
            else f"The darker, the more often, up to {most:.3g} times. "
        )
        + "The target's class is framed in orange."
    )


def charts_ground() -> str:
    """What an untouched weight looks like."""
    return "#1E2226" if charts.palette() == charts.DARK else "#F5F5F3"


# --- Proof --------------------------------------------------------------------------------------


def proof(network: Network, run: Run) -> None:
    """Whether any weights at all could do it, what proves that, and whether training agrees."""
    found = proved(network.settings)
    st.header(claims.proof_headline(found))
    st.markdown(" ".join(claims.reasons(network, found)), width=TEXT)
    if found.separable and found.kernels is not None:
        one = network.settings.layers == 1
        does = "A kernel that does it" if one else "Kernels that do it"
        st.markdown(f"**{does}**, in whole numbers")
        whole_kernels(found)
    st.markdown(claims.agreement(run, found), width=TEXT)
    in_torch(network, run)


def whole_kernels(found: Proof) -> None:
    """The certificate's kernels as tables of whole numbers, side by side."""
    assert found.kernels is not None
    with st.container(horizontal=True):
        for kernel in found.kernels:
            rows = [[claims.number(weight + 0.0) for weight in row] for row in kernel]
            width = max(len(cell) for row in rows for cell in row)
            lines = ["  ".join(cell.rjust(width) for cell in row) for row in rows]
            st.code("\n".join(lines), language=None, width="content")
    if found.bias:
        st.markdown(f"Bias: {claims.number(found.bias)}, at each output of the last layer.")


@fragment
def in_torch(network: Network, run: Run) -> None:
    """The same scores from a PyTorch network with the trained weights."""
    if not st.button("Check the trained scores in PyTorch"):
        return
    try:
        scores = shift_probe.torch_scores(network.settings, run.final.kernels, run.final.bias)
    except ImportError:
        st.warning("PyTorch is not installed here.")
        return
    difference = float(np.abs(scores - run.final.scores).max())
    st.markdown(
        f"`torch.nn.functional.conv2d` with these weights on all {scores.size} images: the "
        f"largest difference between two scores is {difference:.1e}.",
        width=TEXT,
    )


# --- Which padding is safe? ---------------------------------------------------------------------

QUICK = 30  # paths along one axis up to which all paddings are compared unasked


@st.cache_data(max_entries=1000, show_spinner=False)
def compared(settings: Settings, padding: str, padding_mode: str) -> Row:
    return shift_probe.compare_one(settings, padding, padding_mode)


@fragment
def which_padding(settings: Settings) -> None:
    """The same experiment under every padding."""
    # The rows are the same whichever padding is chosen, and so is their place in the cache.
    common = replace(settings, padding="same", padding_mode="zeros")
    title = st.empty()
    title.header("Which padding is safe?")
    if settings.kernel**settings.layers > QUICK:
        label = f"Compare all {len(shift_probe.EVERY_PADDING)} paddings"
        if st.button(label, help="With these settings this takes a while."):
            st.session_state["_compared"] = common
        if st.session_state.get("_compared") != common:
            return
    rows = compare_all(common)
    title.header(claims.padding_headline(rows, common))
    st.table(padding_table(rows), hide_index=True)
    if settings.kernel == 1:
        return
    met = shift_probe.windows_met(common)
    st.markdown(claims.padding_text(rows, met, common), width=TEXT)


def compare_all(common: Settings) -> list[Row]:
    """All rows, with progress; instant once done."""
    bar = st.progress(0.0)
    rows = []
    for done, (padding, mode) in enumerate(shift_probe.EVERY_PADDING):
        share = done / len(shift_probe.EVERY_PADDING)
        bar.progress(share, text=f"Training and proving: {claims.named(padding, mode)}")
        rows.append(compared(common, padding, mode))
    bar.empty()
    return rows


def padding_table(rows: list[Row]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "padding": row.padding,
            "mode": "–" if row.padding == "valid" else row.padding_mode,
            "leaks": "" if row.refusal else "yes" if row.leaks else "no",
            "classes": "" if row.refusal else str(row.classes),
            "steps": "–" if row.steps is None else str(row.steps),
            "verdict": claims.row_verdict(row),
        }
        for row in rows
    )


# --- What can be taken away ---------------------------------------------------------------------


def picture(run: Run) -> Figure:
    """The trained kernels and the score of every position, on one slide."""
    layers = len(run.final.kernels)
    slide = figure(3.2 * (layers + 1) + 1, 4)
    axes = slide.subplots(1, layers + 1, width_ratios=[*[1] * layers, 1.4])
    shown = [*run.final.kernels, run.final.scores]
    titles = [f"kernel {n}" if layers > 1 else "trained kernel" for n in range(1, layers + 1)]
    for axis, values, title in zip(axes, shown, [*titles, "score of each position"], strict=True):
        most = max(1e-9, float(np.abs(values).max()))
        image = axis.imshow(values, cmap="RdBu_r", vmin=-most, vmax=most)
        axis.set_title(title, loc="left")
        axis.set_axis_off()
        slide.colorbar(image, ax=axis, shrink=0.7)
    return slide


def table(network: Network, run: Run) -> pd.DataFrame:
    """Every position: its class, its initial and its trained score."""
    rows, columns = np.indices(network.classes.shape)
    return pd.DataFrame(
        {
            "row": rows.ravel(),
            "column": columns.ravel(),
            "class": network.classes.ravel() + 1,
            "target": network.is_target.ravel(),
            "initial_score": run.history[0].scores.ravel(),
            "trained_score": run.final.scores.ravel(),
        }
    )


show("shift_probe", page)
