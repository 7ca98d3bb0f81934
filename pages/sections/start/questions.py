"""The questions in reading order, each with a small picture that is computed on the spot."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from core import impact, shift_probe
from core.autoencoder import Checkpoint
from core.check.networks import network
from core.check.report import report
from core.layers import fit, parse_layer, parse_stack
from pages.sections.start.frame import SAMPLE
from pages.shared import charts, signed
from pages.shared.frame import TOPICS
from pages.shared.heat import Scale
from pages.shared.words import TEXT

SIDE = 112  # screen pixels of a picture
DEEP = "conv3:same conv3:same conv3:same conv3:same conv3:same"


class Question(NamedTuple):
    """What a page asks, and what its visitor will find out there."""

    asks: str
    finds: str
    shows: str  # the picture in words


QUESTIONS = {
    "autoencoder": Question(
        "We padded the digits, and the loss fell. Is the network better?",
        "Guess, train both networks before your eyes, and split the fall into its three causes.",
        "A digit: on the left as it goes into the network, noisy, on the right as it comes out",
    ),
    "loss": Question(
        "Per pixel or in total: what does the number mean?",
        "Convert any loss, see where on the image it sits, and try to break the explanation.",
        "A digit's pixels, coloured by their test loss",
    ),
    "shift_probe": Question(
        "Can a “shift-invariant” network tell where a pixel is?",
        "Watch a convolution and a sum, which should forget places, learn or fail to find one.",
        "The score that a trained network gives a white pixel at each position",
    ),
    "impact": Question(
        "How much does each input pixel count?",
        "Count every path from a pixel to the output, for any stack of layers and any padding.",
        "The paths from each pixel of an image through five 3×3 convolutions",
    ),
    "shapes": Question(
        "What does “same” do to a size?",
        "Follow an image through convolutions and poolings, in Keras and in PyTorch.",
        "An image of 7×7 pixels and what pooling by 2 pads it with",
    ),
    "check": Question(
        "What does padding do in my network?",
        "Paste its code: sizes that do not fit, uneven padding, what leaks, each with a remedy.",
        "A map of ResNet-18, its second stage, and how much of it sees padding",
    ),
}


def show(tested: Checkpoint | None) -> None:
    """All questions, each leading to its page; `tested` is a network on digits in a frame."""
    for topic, question in QUESTIONS.items():
        with st.container(horizontal=True, gap="medium", vertical_alignment="center"):
            pixels = picture(topic, tested, charts.palette())
            if pixels is not None:
                st.image(pixels, width=SIDE, alt=question.shows)
            with st.container(width="stretch", gap="xxsmall"):
                st.markdown(f"**{question.asks}**  \n{question.finds}", width=TEXT)
                st.page_link(f"pages/{topic}.py", label=f"{TOPICS[topic]} →")


@lru_cache(32)  # a run that was forgotten and read again is another one
def picture(topic: str, tested: Checkpoint | None, colours: charts.Palette) -> str | None:
    """The picture beside a question, as an address; None where it takes a run that is not here."""
    if topic in ("autoencoder", "loss"):
        if tested is None:
            return None
        if topic == "loss":
            return enlarged(viridis(tested.loss_map))
        middle = len(tested.loss_map) // 2
        noisy, denoised = tested.noisy[SAMPLE], tested.denoised[SAMPLE]
        return enlarged(grey(np.hstack([noisy[:, :middle], denoised[:, middle:]])))
    if topic == "shift_probe":
        scores = shift_probe.train(shift_probe.Network(shift_probe.Settings())).final.scores
        return enlarged(
            signed.scale(float(np.abs(scores).max()) / 4, "score", colours).pixels(scores)
        )
    if topic == "impact":
        return enlarged(viridis(impact.impact(parse_stack(DEEP), 28, 28).shares))
    if topic == "check":
        return enlarged(reached_by_padding(colours))
    return enlarged(padded_by_pooling(colours))


def padded_by_pooling(colours: charts.Palette) -> NDArray[np.uint8]:
    """An image of 7×7 pixels with what Keras's "same" adds for pooling by 2: (H, W, 3)."""
    axis = fit(parse_layer("maxpool2:same"), 7)
    pixels = np.indices((7, 7)).sum(axis=0) % 2
    image = np.array([charts.rgb(colours.faint), charts.rgb(colours.muted)], np.uint8)[pixels]
    framed = np.empty((len(axis.cells), len(axis.cells), 3), np.uint8)
    framed[:] = charts.rgb(colours.padded)
    framed[axis.before : axis.before + 7, axis.before : axis.before + 7] = image
    return framed


def reached_by_padding(colours: charts.Palette) -> NDArray[np.uint8]:
    """ResNet-18's second stage with the outputs marked that see padding: (28, 28, 3)."""
    found = report(network("resnet18").graph, 224, 224)
    last = [item for item in found.contaminated if len(item.rows) == 28][-1]
    seen = last.rows[:, None] | last.columns[None, :]
    two = np.array([charts.rgb(colours.faint), charts.rgb(colours.padded)], np.uint8)
    return np.asarray(two[seen.astype(int)])


def grey(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return pixels[..., None].repeat(3, axis=2)


def viridis(values: NDArray[np.floating]) -> NDArray[np.uint8]:
    return Scale((0, float(values.max())), "").pixels(values)


def enlarged(pixels: NDArray[np.uint8]) -> str:
    """Pixels (H, W, 3), made larger by a whole number, as an address that holds them."""
    scale = 2 * SIDE // len(pixels)
    return charts.inline(pixels.repeat(scale, axis=0).repeat(scale, axis=1))
