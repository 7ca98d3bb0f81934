"""What does a loss count? The post's answer, made visible and then tested until it could break."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from core import loss
from core.autoencoder import LIVE, ORIGINAL, presets
from core.autoencoder.code import program
from core.loss import Law, Pairs
from core.settings import Choice, Whole, setting
from pages.sections.loss import converter, law, swept, trials
from pages.sections.loss.experiments import AS_ASKED, EXPERIMENTS
from pages.sections.loss.missing import offer
from pages.sections.loss.quality import Measures, quality
from pages.sections.loss.ways import ways
from pages.sections.loss.where import where
from pages.sections.loss.words import GUESSES, answer, where_title
from pages.shared import announce, charts, runs
from pages.shared.controls import control
from pages.shared.fold import fold
from pages.shared.frame import show
from pages.shared.guard import fragment
from pages.shared.opening import ask, invite
from pages.shared.sources import CROSS_VALIDATED, cite
from pages.shared.take_away import draw_loss_maps, figure, take_away
from pages.shared.words import TEXT

if TYPE_CHECKING:
    from matplotlib.figure import Figure

QUESTION = f"""
In {cite(CROSS_VALIDATED, "a post on Cross Validated")} a denoising
autoencoder ends at a loss of **0.099** on MNIST, and at **0.075** on MNIST padded by two pixels.
Before these two are compared one must know what such a number counts.
"""


def page() -> None:
    st.title("Per pixel or in total: what does the number mean?")
    st.markdown(QUESTION, width=TEXT)
    question = st.container()
    converter.show()  # it writes what is typed into the address, which the question looks at
    with question:
        opening = ask(
            "a network that recovers every digit perfectly has a loss per pixel of …",
            GUESSES,
            settings=(*Chosen.__dataclass_fields__, "rows"),
        )
        if opening.revealed:
            told = answer(opening, plain_floor())
            announce.say(told)
            st.markdown(told, width=TEXT)
        elif opening.held_back:
            invite("see where the loss lies")
    if not opening.held_back:
        fragment(experiments)()


def experiments() -> None:
    """Everything that a setting changes; the page around it need not be drawn anew."""
    name, seeds = choose()
    experiment = EXPERIMENTS[name]
    judged = presets.judged_seeds(experiment)
    offer("pair", {experiment: seeds})
    there = runs.found(experiment, sorted({*judged, *seeds}))
    shown = {seed: both for seed, both in there.items() if seed in seeds}
    if shown:
        where(experiment, shown)
    if there:
        fold(
            "ways",
            "What may one say of the padded network?",
            lambda: ways(tuple(loss.changes(there).items()), judged),
        )
    fold(
        "law",
        "Does the loss per pixel fall as fast as the pixels grow?",
        lambda: law.show(
            experiment,
            law.measured(experiment, seeds),
            trials.trial(experiment).mean("predicted_border"),
        ),
    )
    fold(
        "trials",
        "Does the explanation hold for other borders and digits?",
        lambda: trials.show(trials.every_trial(), name),
    )
    if there:
        fold(
            "quality",
            "Do other measures see a better network?",
            lambda: quality(*measured(there, judged)),
        )
    fold(
        "sweeps",
        "How do both losses change with a setting? Sweeps of runs",
        swept.show,
        settings=("sweep", "along"),
    )
    take_away(
        "padding-lab-loss",
        picture=(lambda: picture(shown, law.measured(experiment, seeds))) if shown else None,
        table=lambda: table(law.measured(experiment, seeds), trials.every_trial()),
        code=program(experiment),
    )


@dataclass(frozen=True)
class Chosen:
    """The pair of networks that the page looks at."""

    pair: str = setting(AS_ASKED, Choice(tuple(EXPERIMENTS)), "what is padded, and how")
    seeds: int = setting(
        3,
        Whole(1, 10),
        "from seed 0 on; what is judged are the pre-set seeds, however many are shown",
    )


def measured(pairs: Pairs, judged: range) -> tuple[Measures, Measures]:
    """All metrics on the whole image, and on the shared pixels."""
    both = (loss.measures(pairs, judged, shared=shared) for shared in (False, True))
    whole, shared = (tuple(found.items()) for found in both)
    return whole, shared


def plain_floor() -> float | None:
    """The entropy of a pixel of the post's images, nats; None where no run on them is there."""
    seeds = presets.judged_seeds(presets.AS_ASKED)
    plain = (run.but(seed=seed) for run in (LIVE, ORIGINAL) for seed in seeds)
    network = next(filter(None, map(runs.tested, plain)), None)
    return loss.floor_per_pixel(network) if network else None


def choose() -> tuple[str, range]:
    """The padded arm and the seeds to show."""
    left, right = st.columns(2)
    with left:
        pair = control(Chosen, "pair", "Padded arm")
    with right:
        seeds = control(Chosen, "seeds", "Seeds shown in the maps", slider=True)
    st.caption(
        "A pair is one network trained twice from the same seed: on unpadded and on padded images. "
        "These are its two arms."
    )
    return pair, range(seeds)


def table(lawful: Law, tried: dict[str, loss.Trial]) -> pd.DataFrame:
    """Every run of the law and every pair of the trials, one row each."""
    widths = pd.DataFrame(map(vars, lawful.runs))
    trials = [vars(run) | {"padding": name} for name, trial in tried.items() for run in trial.runs]
    both = widths.assign(figure="law"), pd.DataFrame(trials).assign(figure="trial")
    return pd.concat(both).convert_dtypes()  # a pad width stays a whole number


def picture(shown: Pairs, lawful: Law) -> Figure:
    """Both maps, and the law beside the runs, on one slide."""
    both = loss.means(shown)
    parts = (loss.parts(both[arm]) for arm in ("unpadded", "padded"))
    slide = figure(13, 4.5, where_title(*parts))
    *axes, last = slide.subplots(1, 3)
    draw_loss_maps(slide, axes, both)
    if line := lawful.lines(total=False).get("law"):
        last.plot(*line, "--", color=charts.LIGHT.ink, label="T/(28+2p)²")
    widths, measured = zip(*((r.pad_width, r.per_pixel) for r in lawful.runs), strict=True)
    last.plot(widths, measured, "o", color=charts.LIGHT.padded, label="runs")
    last.set(xlabel="pad width, pixels", ylabel="test loss, nats per pixel")
    last.set_ylim(bottom=0)
    last.legend(frameon=False)
    last.spines[["top", "right"]].set_visible(False)
    return slide


show("loss", page)
