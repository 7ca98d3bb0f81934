"""The talk about the probe: a convolution and a sum that should forget places."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache

import numpy as np

from core import shift_probe
from core.arrays import Floats
from core.shift_probe import Network, Proof, Settings, Training
from core.shift_probe.classes import Leak
from pages.sections.shift_probe import words
from pages.sections.shift_probe.depth import LAYERS, leak_of
from pages.shared import charts, hall, signed, slide, svg
from pages.shared.charts import Palette
from pages.shared.slide import Shot, Step

MAP = 396  # units of the map's side


@cache
def probe() -> tuple[Network, Training, Proof]:
    """The page's first experiment, trained and proved."""
    network = Network(Settings())
    run = shift_probe.train(network)
    return network, run, shift_probe.prove(network, run)


# --- The question -------------------------------------------------------------------------------


def show_question() -> None:
    """Three images, and what is to be answered to each."""
    slide.show([Shot(question(charts.palette()), ASKED)], name="pixel", alt=QUESTION_ALT)


ASKED = "y = conv(x).sum(): a convolution treats every place alike, and the sum forgets places."
QUESTION_ALT = (
    "Three black images with one white pixel each: in the upper left corner the answer is to be 1, "
    "in the middle and near the lower right corner 0"
)


def question(colours: Palette) -> str:
    """Black images with one white pixel, the wanted answer below each."""
    size, side = Settings().size, 270.0
    parts = []
    for number, (row, column) in enumerate(((0, 0), (4, 5), (8, 8))):
        pixels = np.zeros((size, size), np.uint8)
        pixels[row, column] = 255
        left = 310.0 * number
        answer = str(int((row, column) == Settings().target))
        parts += [
            svg.image(left, 0, side, charts.inline(pixels)),
            svg.frame(left, 0, side, colours.muted, width=2),
            svg.text(left + side / 2, 382, answer, colours.ink, anchor="middle", size=90),
        ]
    return svg.picture(*parts)


# --- What it learns -----------------------------------------------------------------------------


def show_learning() -> None:
    """The training, step by step: every position's score."""
    network, run, proof = probe()
    colours = charts.palette()
    most = max(1.0, float(np.abs(run.final.scores).max()) / 4)
    shots = [
        Shot(
            scores(snapshot.scores, number, most, network, colours),
            words.headline(network, run, proof) + "." + hall.guessed("tell", words.GUESSES)
            if number == run.steps
            else f"After {words.some(number, 'step')} it is right at "
            f"{right(snapshot.scores, network)} of {snapshot.scores.size} positions.",
        )
        for number, snapshot in enumerate(run.history)
    ]
    slide.show(shots, name="learns", alt=SCORES_ALT, pace=slide.SLOW // 2)


SCORES_ALT = "The score of the white pixel at every position as training goes on, the corner framed"


def right(scores: Floats, network: Network) -> int:
    """How many positions are answered rightly."""
    return int(((scores > 0) == network.is_target).sum())


def scores(values: Floats, step: int, most: float, network: Network, colours: Palette) -> str:
    """The map of all scores, the target framed, and the counts beside it."""
    scale = signed.scale(most, "score", colours)
    row, column = network.settings.target
    cell = MAP / len(values)
    return svg.picture(
        svg.image(2, 2, MAP, charts.inline(scale.pixels(values))),
        svg.frame(2 + column * cell, 2 + row * cell, cell, colours.ink, width=5),
        svg.text(470, 110, f"training step {step}", colours.muted),
        svg.text(464, 230, f"{right(values, network)}", colours.ink, size=130),
        svg.text(470, 285, f"of {values.size} positions right", colours.muted),
        *legend(470, 330, colours),
    )


def legend(x: float, y: float, colours: Palette) -> Iterator[str]:
    """What the two colours mean."""
    for number, (colour, meaning) in enumerate(
        ((colours.padded, "answers 1"), (colours.unpadded, "answers 0"))
    ):
        left = x + 215 * number
        yield svg.rectangle(left, y, 30, 30, colour)
        yield svg.text(left + 42, y + 26, meaning, colours.muted)


# --- How deep -----------------------------------------------------------------------------------


def show_depth() -> None:
    """How far from the border a place can be told, by the number of layers."""
    settings = Settings()
    leaks = {
        n: leak_of(settings.kernel, n, settings.padding, settings.padding_mode) for n in LAYERS
    }
    said = words.depth_headline(leaks)
    picture = svg.picture(*stairs(leaks, charts.palette()))
    slide.show([Shot(picture, f"{said}.")], name="deep", alt=said)


def stairs(leaks: Mapping[int, Leak], colours: Palette) -> Iterator[str]:
    """A row for each depth: the pixels from the border on that differ from the centre."""
    deepest = max((found.depth for found in leaks.values()), default=0)
    pitch, left = 62.0, 160.0
    cell = min(54.0, 560 / max(deepest + 1, 1))
    for number, (layers, found) in enumerate(leaks.items()):
        y = pitch * number
        yield svg.text(0, y + 38, words.some(layers, "layer"), colours.ink)
        for distance in range(deepest + 2):
            told = distance < found.depth
            fill = colours.padded if told else colours.faint
            yield svg.rectangle(left + (cell + 6) * distance, y, cell, 50, fill)
        right = left + (cell + 6) * (deepest + 2) + 12
        yield svg.text(right, y + 38, f"{found.depth} px", colours.padded)
    yield svg.text(left, pitch * len(leaks) + 40, "← border", colours.muted)
    yield svg.text(
        left + (cell + 6) * (deepest + 2),
        pitch * len(leaks) + 40,
        "inside →",
        colours.muted,
        anchor="end",
    )


STEPS = (
    Step("pixel", "shift_probe", "Is the white pixel in the corner?", show_question),
    Step(
        "tell",
        "shift_probe",
        "Can a convolution and a sum tell where the pixel is?",
        choices=words.GUESSES,
    ),
    Step("learns", "shift_probe", "It is trained. What does it answer?", show_learning),
    Step("deep", "shift_probe", "How far from the border can it tell?", show_depth),
)
