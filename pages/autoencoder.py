"""Is the network better? Both autoencoders, trained side by side in front of the visitor."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pandas as pd
import streamlit as st

from core import autoencoder, loss
from core.autoencoder import Checkpoint, Run
from core.autoencoder.code import program
from pages.sections.autoencoder import finding, judgement, live, own_digit, why
from pages.sections.autoencoder.choose import choose
from pages.sections.autoencoder.depth import layer_words
from pages.sections.autoencoder.layers import layer_table
from pages.sections.autoencoder.pair import Pair, curve, look, seen
from pages.shared import charts, sources
from pages.shared.controls import told
from pages.shared.drawn_once import drawn_once
from pages.shared.fold import fold
from pages.shared.frame import show
from pages.shared.guard import fragment
from pages.shared.opening import Opening, ask, invite
from pages.shared.post import POST
from pages.shared.take_away import draw_loss_maps, figure, take_away
from pages.shared.tested import loss_maps
from pages.shared.words import TEXT

if TYPE_CHECKING:
    from matplotlib.figure import Figure

QUESTION = f"""
In {sources.cite(sources.CROSS_VALIDATED, "the post")} a denoising autoencoder learns MNIST and ends
at a loss of **{POST.unpadded}**. Then every image is padded by two pixels on each side. The network
stays as it is, {POST.parameters:,} parameters, and ends at a loss of **{POST.padded}**:
{POST.fell} less. Here both are trained again, and what is said below is said of these runs.
"""

Tested = dict[str, Checkpoint]  # by arm


def page() -> None:
    st.title(
        f"A post pads MNIST by 2 pixels, and its loss falls {POST.fell}. Is the network better?"
    )
    st.markdown(QUESTION, width=TEXT)
    opening = ask("on padded images the network is …", finding.GUESSES)
    fragment(experiment)(opening)
    if not opening.held_back:
        fold("why", "What makes the shared pixels worse? Each explanation, tried", why.show)


def experiment(opening: Opening) -> None:
    """Everything that a setting changes; the page around it need not be drawn anew."""
    # The controls are read first and stand last: what they say is seen before what they are.
    answer, run, heading = st.container(), st.container(), st.container()
    # Nothing may come before the controls once they are drawn: moved on, they would no longer
    # write what is chosen into the address.
    if not opening.held_back:
        heading.subheader("Try other borders, digits and training")
    pair = look(choose())
    with run:
        if pair.missing_data is not None:
            pair = fall_back(pair)
        if not opening.held_back:
            st.subheader("Train both yourself")
        live.watch(pair, revealed=not opening.held_back)
    if opening.held_back:
        if pair.tested is not None:
            with answer:
                invite("see what this run says")
        return
    if pair.tested is None:
        sizes(pair.run)  # before the guess the layers stand beside the curve
        layer_table(pair.run)
        return
    tested = dict(zip(pair.views, pair.tested, strict=True))
    with answer:
        finding.show(tested, pair.name, opening)
        judgement.show(pair.run)
    st.subheader(finding.map_title(tested["padded"]))
    loss_maps(tested)
    arms = {arm: view.settings for arm, view in pair.views.items()}
    fold(
        "digit",
        "What becomes of a digit of your own, and near the border?",
        lambda: own_digit.show(tested, arms),
    )
    fold(
        "layers",
        "How can one network take both sizes? Its layers, and the post's figures",
        lambda: architecture(pair.run, *map(Figures.of, tested.values())),
    )
    take_away(
        "padding-lab-autoencoder",
        picture=lambda: picture(pair, tested),
        table=lambda: table(pair),
        code=program(pair.run),
    )


def fall_back(pair: Pair) -> Pair:
    """Without MNIST, the same experiment on generated digits, and why."""
    digits = look(pair.run.but(dataset="digits"))
    begun: set[Run] = st.session_state.setdefault("_fell_back", set())
    if digits.run not in begun and not (digits.active or digits.tested):
        begun.add(digits.run)  # once: whoever stops it means it
        live.start(digits.run)
        digits = look(digits.run)
    st.info(f"{told(pair.missing_data)}. So this run uses generated digits.")
    st.button("Try MNIST again", on_click=live.start, args=(pair.run,))
    return digits


def sizes(run: Run) -> None:
    """What the network's layers make of both images' sizes."""
    unpadded, padded = (arm.settings for arm in run.arms)
    same = unpadded.size == padded.size
    st.subheader("One network, one image size" if same else "One network, two image sizes")
    st.markdown("\n\n".join(layer_words(unpadded, padded)), width=TEXT)


class Figures(NamedTuple):
    """A tested network's losses in nats: the first two per pixel, the others an image."""

    train_loss: float
    per_pixel: float
    total: float
    entropy_floor: float
    interior: float
    border: float

    @classmethod
    def of(cls, tested: Checkpoint) -> Figures:
        return cls(*(getattr(tested, name) for name in cls._fields))


@drawn_once
def architecture(run: Run, unpadded: Figures, padded: Figures) -> None:
    """Both arms' layers, and the source's figures beside ours."""
    parameters = autoencoder.parameter_count(run.settings)
    sizes(run)
    left, right = st.columns([3, 2])
    with left:
        layer_table(run)
    with right:
        st.table(
            pd.DataFrame(
                {
                    arm: {
                        "parameters, the post": f"{POST.parameters:,}",
                        "parameters, this run": f"{parameters:,}",
                        "training loss per pixel, the post": f"{getattr(POST, arm):.3f}",
                        "training loss per pixel, this run": f"{network.train_loss:.4f}",
                        "test loss per pixel, this run": f"{network.per_pixel:.4f}",
                        "test loss in total": finding.nats(network.total),
                        "of it entropy floor": finding.nats(network.entropy_floor),
                        "of it shared pixels": finding.nats(network.interior),
                        "of it border": finding.nats(network.border),
                    }
                    for arm, network in (("unpadded", unpadded), ("padded", padded))
                }
            ).rename_axis("figure")
        )
        st.caption(
            "A training loss is the mean over the epoch that a run ended in, measured while the "
            "weights move."
        )


def table(pair: Pair) -> pd.DataFrame:
    """Both arms' curves, one row a point."""
    return pd.DataFrame(
        [
            {"arm": arm, "images_seen": p.images_seen, "epoch": p.epoch}
            | {"train_loss_per_pixel": p.train_loss, "test_loss_per_pixel": p.test_loss}
            | {"test_loss_total": p.test_loss * view.settings.pixels}
            for arm, view in pair.views.items()
            for p in (view.state.points if view.state else ())
        ]
    )


def picture(pair: Pair, tested: Tested) -> Figure:
    """Both curves and both maps on one slide."""
    from matplotlib.ticker import MaxNLocator

    colours = {"unpadded": charts.LIGHT.unpadded, "padded": charts.LIGHT.padded}
    slide = figure(11, 7.5, finding.headline(loss.split_of(*tested.values())))
    axes = slide.subplots(2, 2)
    for axis, total in zip(axes[0], (False, True), strict=True):
        points = curve(pair, total=total)
        for line, colour in colours.items():
            test = points[(points["line"] == line) & (points["style"] == "solid")]
            axis.plot(test["x"], test["y"], color=colour, label=line)
        axis.set_ylim(*seen(points))
        axis.xaxis.set_major_locator(MaxNLocator(4, integer=True))
        axis.xaxis.set_major_formatter("{x:,.0f}")
        axis.set(xlabel="images seen", ylabel="nats per image" if total else "nats per pixel")
        axis.set_title("Total test loss" if total else "Test loss per pixel", loc="left")
        axis.legend(frameon=False)
        axis.spines[["top", "right"]].set_visible(False)
    draw_loss_maps(slide, axes[1], tested)
    return slide


show("autoencoder", page)
