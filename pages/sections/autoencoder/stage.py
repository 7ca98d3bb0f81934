"""The talk about the autoencoder: the hall's guess, and the training, live or recorded."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import streamlit as st

from core import loss
from core.autoencoder import Run
from core.autoencoder.presets import AS_ASKED
from pages.sections.autoencoder import seeds
from pages.sections.autoencoder.finding import GUESSES
from pages.sections.autoencoder.pair import Pair, look
from pages.sections.autoencoder.progress import doing
from pages.shared import charts, runs, slide, svg
from pages.shared.charts import Palette
from pages.shared.controls import told
from pages.shared.guard import fragment
from pages.shared.post import POST
from pages.shared.slide import Shot, Step
from pages.shared.words import change

RECORDED, LIVE, STOPPED = "A recording", "Live", "Stopped"
TRAINED = "_stage_run"  # in the session: the run that is trained on stage


class Moment(NamedTuple):
    """Both networks' test losses per pixel after so many images, nats."""

    images_seen: int
    unpadded: float
    padded: float


class Course(NamedTuple):
    """How both runs went: their moments, pixels an image, and the images that they will see."""

    moments: tuple[Moment, ...]
    pixels: tuple[int, int]
    images: int

    @property
    def grown(self) -> float:
        """How many times as many pixels the padded images have."""
        return self.pixels[1] / self.pixels[0]


def course(pair: Pair) -> Course:
    """The moments that both runs have reached."""
    moments = (
        Moment(unpadded.images_seen, unpadded.test_loss, padded.test_loss)
        for unpadded, padded in pair.points
    )
    pixels = pair.unpadded.settings.pixels, pair.padded.settings.pixels
    return Course(tuple(moments), pixels, pair.run.images)


def show() -> None:
    """The recording, or what is trained now; one button changes between them."""
    run: Run | None = st.session_state.get(TRAINED)
    pair = look(AS_ASKED if run is None else run)
    if run is not None:
        fragment(live, run_every=pair.pace)(run, pair.pace)
    else:
        recording(pair)
    with st.container(key="action"):
        if run is None:
            st.button("Train live", type="tertiary", on_click=train)
        elif pair.active or pair.finished:
            st.button("Show the recording", type="tertiary", on_click=rewind)
        else:
            st.button("Train on", type="tertiary", on_click=train)


def train() -> None:
    """Have both networks trained, from a seed that nobody has trained here; or go on with it."""
    fresh = AS_ASKED.but(seed=seeds.fresh(AS_ASKED))
    run: Run = st.session_state.setdefault(TRAINED, fresh)
    st.session_state["_refused"] = runs.start_both(run)


def rewind() -> None:
    """Back to the recording; what trains goes on as long as anybody watches it."""
    runs.leave(st.session_state.pop(TRAINED).arms)


def recording(pair: Pair) -> None:
    """The shipped runs, as if they were trained now."""
    whole = course(pair)
    colours = charts.palette()
    shots = [
        Shot(curves(part, domain(whole), colours), said(RECORDED, part)) for part in growing(whole)
    ]
    if shots and pair.tested is not None:
        shots[-1] = shots[-1]._replace(sentence=outcome(RECORDED, pair))
    slide.show(
        shots or [Shot(curves(whole, LIVE_DOMAIN, colours), NOTHING)],
        name="recording",
        alt=ALT,
        pace=slide.FAST,
    )


NOTHING = "No recording is here: train both, live."


def live(run: Run, pace: float | None) -> None:
    """What is trained now, drawn again and again."""
    pair = look(run)
    if pair.pace != pace:
        st.rerun()
    so_far = course(pair)
    picture = curves(so_far, LIVE_DOMAIN, charts.palette())
    slide.show([Shot(picture, status(pair, so_far))], name="live", alt=ALT)


def status(pair: Pair, so_far: Course) -> str:
    """How the live training stands: why it does not begin, how far it is, or what it found."""
    if refused := st.session_state.get("_refused"):
        return f"{refused}. Show the recording instead."
    for view in pair.views.values():
        if view.error:
            return f"{told(view.error)}. Show the recording instead."
    if pair.finished and pair.tested is not None:
        return outcome(LIVE, pair)
    if not so_far.moments:
        return f"{LIVE}. {doing(pair.views)}"
    return said(LIVE if pair.active else STOPPED, so_far)


def said(what: str, so_far: Course) -> str:
    """What the last moment of a course says, per pixel and in total."""
    if not so_far.moments:
        return f"{what}."
    seen, unpadded, padded = so_far.moments[-1]
    return sentence(what, seen, padded / unpadded - 1, so_far.grown * padded / unpadded - 1)


def outcome(what: str, pair: Pair) -> str:
    """What the last test of both networks says."""
    assert pair.tested is not None
    parts = loss.split_of(*pair.tested)
    return sentence(what, pair.tested[0].images_seen, parts.per_pixel, parts.total)


def sentence(what: str, seen: int, per_pixel: float, total: float) -> str:
    """Both changes by padding, shares of the unpadded loss, after so many images."""
    return (
        f"{what}, after {seen:,} images: with padding the loss is {change(per_pixel)} per pixel, "
        f"{change(total)} in total."
    )


# --- The picture --------------------------------------------------------------------------------

ALT = (
    "The test loss of both networks while they are trained: on the left per pixel, on the right in "
    "total, on logarithmic axes that differ only by the number of pixels"
)
LIVE_DOMAIN = (0.07, 0.75)  # nats per pixel: from what a network knows at first to the live end

LEFT, TOP, BOTTOM, PANEL, APART = 66.0, 60.0, 346.0, 254.0, 466.0  # units


def growing(whole: Course) -> Iterator[Course]:
    """A course up to each of its moments."""
    for until in range(len(whole.moments)):
        yield whole._replace(moments=whole.moments[: until + 1])


def domain(whole: Course) -> tuple[float, float]:
    """What the logarithmic axis of the loss per pixel shows: all of a course, and a little more."""
    if not whole.moments:
        return LIVE_DOMAIN
    losses = [value for moment in whole.moments for value in moment[1:]]
    return 0.8 * min(losses), 1.1 * max(losses)


def curves(so_far: Course, shown: tuple[float, float], colours: Palette) -> str:
    """Both losses so far: per pixel, and beside it in total, on an axis of as many pixels."""
    first, second = so_far.pixels
    parts = [
        *panel(so_far, "loss per pixel", (1, 1), shown, LEFT, colours),
        *panel(so_far, "loss in total", (first, second), shown, LEFT + APART, colours),
    ]
    return svg.picture(*parts)


def panel(
    so_far: Course,
    title: str,
    scale: tuple[int, int],
    shown: tuple[float, float],
    left: float,
    colours: Palette,
) -> Iterator[str]:
    """One of the two: each arm's loss times its `scale`, on the axis `shown` times the first's."""
    low, high = (scale[0] * end for end in shown)

    def y(value: float) -> float:
        return BOTTOM - (BOTTOM - TOP) * math.log(value / low) / math.log(high / low)

    yield svg.text(left, 30, title, colours.ink)
    for value in ticks(low, high):
        yield svg.rectangle(left, y(value), PANEL, 1.5, colours.faint)
        yield svg.text(left - 8, y(value) + 10, f"{value:g}", colours.muted, anchor="end")
    yield svg.text(left + PANEL, 388, f"{so_far.images:,} images", colours.muted, anchor="end")
    ends = {}
    for number, arm in ((0, "unpadded"), (1, "padded")):
        points = [
            (
                left + PANEL * moment.images_seen / so_far.images,
                y(scale[number] * moment[number + 1]),
            )
            for moment in so_far.moments
            if low <= scale[number] * moment[number + 1] <= high
        ]
        if points:
            yield svg.line(points, vars(colours)[arm])
            ends[arm] = points[-1]
    yield from labels(ends, colours)


def ticks(low: float, high: float) -> list[float]:
    """The numbers 1, 2 and 5 times a power of ten within."""
    numbers = (float(f"{digit}e{power}") for power in range(-3, 5) for digit in (1, 2, 5))
    return [number for number in numbers if low <= number <= high]


def labels(ends: dict[str, tuple[float, float]], colours: Palette) -> Iterator[str]:
    """The arms' names at their lines' ends, one above the other."""
    heights = {arm: y for arm, (_, y) in ends.items()}
    if len(heights) == 2:
        upper, lower = sorted(heights, key=heights.__getitem__)
        middle = (heights[upper] + heights[lower]) / 2
        half = max((heights[lower] - heights[upper]) / 2, 17)
        heights = {upper: middle - half, lower: middle + half}
    for arm, y in heights.items():
        yield svg.text(ends[arm][0] + 10, y + 10, arm, vars(colours)[arm])


STEPS = (
    Step(
        "better",
        "autoencoder",
        f"A post pads MNIST by 2 pixels: the loss falls {POST.fell}. Is the network better?",
        choices=GUESSES,
    ),
    Step("train", "autoencoder", "Train both. Who learns more?", show),
)
