"""The probe's training before one's eyes: kernels, samples and scores, step by step."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from core.shift_probe import Network, Position, Settings, Snapshot, Training
from pages.sections.shift_probe import words
from pages.sections.shift_probe.computed import network, trained
from pages.shared import charts, grids, heat, player, signed
from pages.shared.drawn_once import moment
from pages.shared.grids import Mark
from pages.shared.player import Player
from pages.shared.words import TEXT

SPEEDS = {"slow": (0.6, 1), "medium": (0.3, 1), "fast": (0.3, 5)}
"""Seconds between two pictures, training steps from one to the next."""

KERNEL = 168  # screen pixels of one kernel, at most
MAP = 320  # screen pixels of the map of scores
SAMPLE = 120  # screen pixels of an image, at most
SAMPLES = 4


def show(settings: Settings, *, play: bool) -> None:
    """The run at one step, at first the last; with `play` from the first on."""
    steps = Player("Training step", 0, trained(settings).steps, SPEEDS)
    player.show(steps, lambda step: draw(settings, step), shown=settings, play=play)


def draw(settings: Settings, step: int) -> None:
    """The network after `step` training steps."""
    figures(settings, step)
    draw_weights_and_scores(settings, step)
    draw_samples(settings, step)


@moment
def figures(settings: Settings, step: int) -> None:
    """How much is right by now, and what the words mean."""
    run = trained(settings)
    snapshot = run.history[step]
    names = {0: ", random weights"} | ({run.steps: ", trained"} if run.steps else {})
    st.markdown(
        f"Step {step} of {run.steps}{names.get(step, '')} · "
        f"**{words.capped_percent(snapshot.accuracy)}** of all positions right · balanced accuracy "
        f"{words.capped_percent(snapshot.balanced_accuracy)} · loss {snapshot.loss:.3f} nats"
    )
    st.caption(
        "Score: the sum over the output; the answer is 1 where it is above 0. Balanced accuracy: "
        "the mean of the target's and the others'; always the same answer has 50 %. Loss: "
        "cross-entropy in natural units (nats), target and others weighing the same."
    )


def draw_weights_and_scores(settings: Settings, step: int) -> None:
    """The kernels, the score of every position, and where one position's score comes from."""
    if settings.layers > 1:
        draw_kernels(settings, step)
        left, right = st.columns([5, 6], gap="medium")
    else:
        first, left, right = st.columns([3, 5, 4], gap="medium")
        with first:
            draw_kernels(settings, step)
    with left:
        chosen = draw_scores(settings, step)
    with right:
        explain(settings, step, chosen)


def most_of(run: Training) -> float:
    """The largest weight at the start or the end: where the scale of all kernels ends."""
    return float(max(np.abs(s.kernels).max() for s in (run.history[0], run.final)))


@moment
def draw_kernels(settings: Settings, step: int) -> None:
    """Every layer's kernel, all on one scale, the weights written in; one alone with its bias."""
    run = trained(settings)
    snapshot, most = run.history[step], most_of(run)
    several = len(snapshot.kernels) > 1
    with st.container(horizontal=True, gap="medium"):
        for layer, kernel in enumerate(snapshot.kernels, start=1):
            with st.container(width="content"):
                st.markdown(f"**Kernel {layer}**" if several else "**The kernel**")
                draw_kernel(kernel, most, key=f"kernel_{layer}")
    if not several:
        bias_in_words(network(settings), snapshot)


def bias_in_words(network: Network, snapshot: Snapshot) -> None:
    if network.settings.bias:
        st.markdown(
            f"Bias: {snapshot.bias:.3g}, at each of {network.outputs} outputs".replace("-", "−")
        )


def draw_kernel(
    kernel: NDArray[Any], most: float, *, key: str, counts: NDArray[Any] | None = None
) -> None:
    """A kernel's weights; with `counts`, those that do not touch are empty, the rest multiplied."""
    colours = charts.palette()
    taps = len(kernel)
    cell = min(56, KERNEL // taps)
    grids.show(
        kernel_marks(kernel, most, cell, counts),
        (taps, taps),
        cell,
        [
            grids.amounts("weight", signed.scale(most, "weight", colours, ".3~f")),
            grids.rectangles("frame", filled=False, stroke=colours.muted, strokeWidth=0.75),
            *(
                grids.words(colour, color=colour, fontSize=11)
                for colour in sorted({colours.ink, signed.letters(1, colours)})
            ),
        ],
        alt="The weights of a kernel" if counts is None else "The weights that touch the pixel",
        key=key,
    )


def kernel_marks(
    kernel: NDArray[Any], most: float, cell: int, counts: NDArray[Any] | None
) -> Iterator[Mark]:
    colours = charts.palette()
    for (row, column), weight in np.ndenumerate(kernel):
        yield grids.square("frame", row, column)
        count = 1 if counts is None else counts[row, column]
        if not count:
            continue
        yield grids.square("weight", row, column, value=float(weight))
        words = f"{weight:z.{1 if cell < 40 else 2}f}".replace("-", "−") if cell >= 28 else ""
        if count != 1:
            words = f"{count:.2g} × {words}" if cell >= 56 else f"{count:.2g} ×"
        if cell >= 20:
            yield grids.square(signed.letters(weight / most, colours), row, column, text=words)


@moment
def draw_samples(settings: Settings, step: int) -> None:
    """Some images with their output images, sums and answers, as in the article's figures."""
    net, run = network(settings), trained(settings)
    snapshot = run.history[step]
    st.markdown("**Images, what the network makes of them, and its answers**")
    positions = samples(settings.size, settings.target)
    finals = [net.images(run.final.kernels, run.final.bias, p)[-1] for p in positions]
    most = max(1e-9, *(float(np.abs(final).max()) for final in finals))
    with st.container(horizontal=True, gap="small"):
        for position in positions:
            images = net.images(snapshot.kernels, snapshot.bias, position)
            score = snapshot.scores[position]
            wanted = position == settings.target
            right = "right" if (score > 0) == wanted else "wrong"
            with st.container(width=2 * SAMPLE + 12, gap="xxsmall"):
                st.image(
                    charts.inline(picture(images[0], images[-1], most)),
                    width=2 * SAMPLE + 12,
                    alt=words.sample(position, images[-1]),
                )
                st.markdown(
                    f"sum **{signed.text(score)}**, so {int(score > 0)}: {right}  \n"
                    f":small[row {position[0]}, column {position[1]}"
                    f"{', the target' if wanted else ''}]"
                )


def samples(size: int, target: Position) -> list[Position]:
    """The target and a few positions that tell something beside it."""
    row, column = target
    last, middle = size - 1, size // 2
    candidates = [target, (row, middle), (row, last - column), (middle, middle), (last, last)]
    candidates += [(0, 0), (0, middle), (middle, 0), (0, last)]
    return list(dict.fromkeys(candidates))[:SAMPLES]


def picture(image: NDArray[Any], output: NDArray[Any], most: float) -> NDArray[np.uint8]:
    """An image and its output image side by side, as bytes, twice as fine as shown."""
    grey = (image[..., None].repeat(3, axis=2) * 255).astype(np.uint8)
    scale = signed.scale(most, "output", charts.palette())
    tiles = [tile(grey), tile(scale.pixels(output))]
    gap = np.zeros((len(tiles[0]), 16, 4), np.uint8)
    return np.concatenate([tiles[0], gap, tiles[1]], axis=1)


def tile(colours: NDArray[np.uint8], side: int = 2 * SAMPLE + 4) -> NDArray[np.uint8]:
    """Square pixels at a whole scale, framed, on a transparent square of `side`: RGBA."""
    scale = (side - 4) // len(colours)
    big = colours.repeat(scale, axis=0).repeat(scale, axis=1)
    framed = np.pad(big, ((2, 2), (2, 2), (0, 0)), constant_values=128)
    found = np.zeros((side, side, 4), np.uint8)
    found[: len(framed), : len(framed), :3] = framed
    found[: len(framed), : len(framed), 3] = 255
    return found


def draw_scores(settings: Settings, step: int) -> Position:
    """The score of every position; returns the one that was clicked, at first the target."""
    size, target, run = settings.size, settings.target, trained(settings)
    # A few huge scores must not hide the target's.
    most = max(1.0, min(np.abs(run.final.scores).max(), 4 * abs(run.final.scores[target])))
    chosen = clicked(size) or target
    marked = np.full((size, size), "", object)
    marked[chosen] = "chosen"
    marked[target] = "target"
    colours = charts.palette()
    scale = signed.scale(float(most), "score; above 0 means 1", colours)
    st.markdown("**The score of every position.** Click one")
    charts.show(
        heat.pixels(run.history[step].scores, marked=marked),
        heat.heat_map((size, size), scale, size=MAP, select=True, marked=colours.ink),
        alt="The score of the white pixel at every position; the target is framed",
        key="scores",
        width="content",
        on_select="rerun",
        selection_mode="px",
    )
    return chosen


def clicked(size: int) -> Position | None:
    """The position last clicked in the map of scores, where it is still inside the image."""
    chart = st.session_state.get("scores")
    pixel = chart["selection"].get("px") if chart else None
    if not pixel:
        return None
    row, column = (int(pixel[0][side]) for side in ("row", "col"))
    return (row, column) if max(row, column) < size else None


@moment
def explain(settings: Settings, step: int, position: Position) -> None:
    """Which weights of the first kernel meet the pixel at `position`, and their sum."""
    net, run = network(settings), trained(settings)
    snapshot = run.history[step]
    counts = net.touches(position)
    row, column = position
    label = int(net.classes[position])
    members = int(net.members[label])
    layer = " of the first kernel" if settings.layers > 1 else ""
    st.markdown(f"**Row {row}, column {column}:** the weights{layer} that touch it")
    draw_kernel(snapshot.kernels[0], most_of(run), key="touching", counts=counts)
    st.markdown(
        words.sum_in_words(net, snapshot, position)
        + f" It belongs to class {label + 1} of {net.distinct_scores}, "
        + ("alone." if members == 1 else f"which holds {members} positions."),
        width=TEXT,
    )
    if settings.layers > 1:
        bias_in_words(net, snapshot)
