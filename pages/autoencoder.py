"""Is the network better? Both autoencoders, trained side by side in front of the visitor."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from core import autoencoder
from core.autoencoder import Checkpoint, Run, Settings
from core.autoencoder.code import program
from core.autoencoder.presets import AS_ASKED, ORIGINAL_PADDED, PADDED
from core.settings import Steps, setting
from pages.sections.autoencoder import finding, judgement, live, why
from pages.sections.autoencoder.depth import layer_words
from pages.sections.autoencoder.layers import layer_table
from pages.sections.autoencoder.pair import Pair, curve, look
from pages.sections.autoencoder.progress import length
from pages.shared import charts, controls, sources
from pages.shared.controls import control
from pages.shared.frame import show
from pages.shared.guard import fragment
from pages.shared.opening import Opening, ask, invite
from pages.shared.post import POST
from pages.shared.take_away import figure, take_away
from pages.shared.tested import loss_maps, samples
from pages.shared.words import TEXT

if TYPE_CHECKING:
    from matplotlib.figure import Figure

QUESTION = f"""
In {sources.cite(sources.CROSS_VALIDATED, "the post")} a denoising autoencoder learns MNIST and ends
at a loss of **{POST.unpadded}**. Then every image is padded by two pixels on each side. The network
stays as it is, {POST.parameters:,} parameters, and ends at a loss of **{POST.padded}**:
{POST.fell} less. Here both are trained again, and what is said below is said of these runs.
"""

GUESSES = ("better", "the same", "worse")

PRESETS = {
    name: vars(settings) | {"images": images}
    for name, (settings, images) in (PADDED | {"The original protocol": ORIGINAL_PADDED}).items()
    if name not in ("1 px", "3 px", "5 px", "7 px", "8 px")  # a slider stands beside them
}
"""What each preset sets."""


@dataclass(frozen=True)
class Length:
    """How far along a run to look: it is no setting of the run itself."""

    images: int = setting(
        AS_ASKED.images,
        Steps((5_000, 20_000, 60_000, 120_000, 240_000, 600_000)),
        "how far along the run to look: more continues it, less is there already",
    )


Tested = dict[str, Checkpoint]  # by arm


def page() -> None:
    st.title(
        f"A post pads MNIST by 2 pixels, and its loss falls {POST.fell}. Is the network better?"
    )
    st.markdown(QUESTION, width=TEXT)
    opening = ask("on padded images the network is …", GUESSES)
    fragment(experiment)(opening)
    if not opening.held_back:
        why.show()


def experiment(opening: Opening) -> None:
    """Everything that a setting changes; the page around it need not be drawn anew."""
    pair = look(choose())
    if pair.missing_data is not None:
        pair = fall_back(pair)
    live.watch(pair, revealed=not opening.held_back)
    if pair.tested is None:
        if not opening.held_back:  # until then the layers stand beside the curve
            sizes(pair.run)
            layer_table(pair.run)
        return
    tested = dict(zip(pair.views, pair.tested, strict=True))
    if opening.held_back:
        invite("see what this run says")
        return
    finding.show(tested, pair.name, opening.reply())
    judgement.show(pair.run)
    architecture(pair, tested)
    st.subheader("What each network sees, makes of it, and should have made")
    samples(tested)
    st.subheader(finding.map_title(tested["padded"]))
    loss_maps(tested)
    take_away(
        "padding-lab-autoencoder",
        picture=lambda: picture(pair, tested),
        table=lambda: table(pair),
        code=program(pair.run),
    )


# --- Controls -----------------------------------------------------------------------------------


def choose() -> Run:
    """The padded arm, up to the images that both arms are to see."""
    ready_made = st.container()
    wide = st.columns(3)
    values: dict[str, Any] = {}
    with wide[0]:
        values["pad_width"] = pick("pad_width", "Pad width, pixels", slider=True)
    with wide[1]:
        values["pad_mode"] = pick("pad_mode", "Pad mode")
        if values["pad_mode"] == "constant":
            values["pad_level"] = pick("pad_level", "Grey level", slider=True)
    with wide[2]:
        values["variation"] = pick("variation", "Digits")
    closed = st.popover("Training, noise and layers", width="stretch")
    # What is said about a link must not be hidden with the control.
    place = st.container()
    tell = partial(pick, complain_in=place)
    with closed:
        left, middle, right = st.columns(3)
        with left:
            values["dataset"] = tell("dataset", "Data")
            values["train_size"] = tell("train_size", "Training images", step=1000)
            asked = control(Length, "images", "Images seen", complain_in=place)
            values["seed"] = tell("seed", "Seed")
        with middle:
            values["batch_size"] = tell("batch_size", "Batch size")
            values["learning_rate"] = tell(
                "learning_rate", "Learning rate", format="%g", step=0.0005
            )
            values["precision"] = tell("precision", "Precision")
            st.caption(bf16_words(chosen=values["precision"] == "bf16"))
            values["device"] = tell("device", "Device")
        with right:
            values["noise_factor"] = tell("noise_factor", "Noise", slider=True)
            values["noise_first"] = tell("noise_first", "Draw the noise before padding")
            values["padding_mode"] = tell("padding_mode", "Layer padding mode")
            values["depth"] = tell("depth", "Poolings", slider=True)
            values["channels"] = tell("channels", "Channels")
        st.markdown("**To refute an explanation** (see the page's end)")
        left, middle, right = st.columns(3)
        with left:
            values["loss_on"] = tell("loss_on", "Loss on the pixels")
            values["reduction"] = tell("reduction", "Loss as a")
        with middle:
            values["outside"] = tell("outside", "Border in the network")
        with right:
            values["output_bias"] = tell("output_bias", "Output bias at the start", step=0.1)
            values["beta2"] = tell("beta2", "Adam's β₂", format="%g", step=0.001)
    with ready_made:
        controls.presets(PRESETS)
    settings = Settings(**values)
    if words := length(settings, asked):
        place.caption(words)
    return Run(settings, autoencoder.next_checkpoint(settings, asked)).arms[1]


def bf16_words(*, chosen: bool) -> str:
    """What bf16 asks of a processor; once it is chosen, whether it pays on the server's.

    That is tried once, which takes half a second.
    """
    if not chosen:
        return "bf16 pays where the processor has instructions for it; else it is far slower."
    try:
        from core.autoencoder.training import bf16_pays
    except ImportError:
        return "PyTorch is missing here: nothing can be trained."
    pays = "quicker" if bf16_pays() else "slower"
    return f"On this server's processor bf16 is {pays} than fp32."


def pick(name: str, label: str, **options: Any) -> Any:
    """The control of a setting, with this page's default."""
    return control(Settings, name, label, default=getattr(AS_ASKED.settings, name), **options)


def fall_back(pair: Pair) -> Pair:
    """Without MNIST, the same experiment on generated digits, and why."""
    digits = look(pair.run.but(dataset="digits"))
    if not (digits.active or digits.tested):
        live.start(digits.run)
        digits = look(digits.run)
    st.info(f"{pair.missing_data}. So this run uses generated digits.")
    st.button("Try MNIST again", on_click=live.start, args=(pair.run,))
    return digits


# --- What the runs say --------------------------------------------------------------------------


def sizes(run: Run) -> None:
    """What the network's layers make of both images' sizes."""
    unpadded, padded = (arm.settings for arm in run.arms)
    same = unpadded.size == padded.size
    st.subheader("One network, one image size" if same else "One network, two image sizes")
    st.markdown("\n\n".join(layer_words(unpadded, padded)), width=TEXT)


def architecture(pair: Pair, tested: Tested) -> None:
    """Both arms' layers, and the source's figures beside ours."""
    parameters = autoencoder.parameter_count(pair.run.settings)
    sizes(pair.run)
    left, right = st.columns([3, 2])
    with left:
        layer_table(pair.run)
    with right:
        st.table(
            pd.DataFrame(
                {
                    arm: {
                        "parameters, the post": f"{POST.parameters:,}",
                        "parameters, this run": f"{parameters:,}",
                        "training loss per pixel, the post": f"{getattr(POST, arm):.3f}",
                        "training loss per pixel, this run": f"{one.train_loss:.4f}",
                        "test loss per pixel, this run": f"{one.per_pixel:.4f}",
                        "test loss in total": finding.nats(one.total),
                        "of it entropy floor": finding.nats(one.entropy_floor),
                        "of it shared pixels": finding.nats(one.interior),
                        "of it border": finding.nats(one.border),
                    }
                    for arm, one in tested.items()
                }
            )
        )


# --- What can be taken away ---------------------------------------------------------------------


def table(pair: Pair) -> pd.DataFrame:
    """Both arms' curves, one row a point."""
    return pd.DataFrame(
        [
            {"arm": arm, "images_seen": p.images_seen, "epoch": p.epoch}
            | {"train_loss_per_pixel": p.train_loss, "test_loss_per_pixel": p.test_loss}
            | {"test_loss_total": p.test_loss * view.settings.size**2}
            for arm, view in pair.views.items()
            for p in (view.state.points if view.state else ())
        ]
    )


def picture(pair: Pair, tested: Tested) -> Figure:
    """Both curves and both maps on one slide."""
    colours = {"unpadded": charts.LIGHT.unpadded, "padded": charts.LIGHT.padded}
    slide = figure(11, 7)
    axes = slide.subplots(2, 2)
    for axis, total in zip(axes[0], (False, True), strict=True):
        points = curve(pair, total=total)
        for line, colour in colours.items():
            test = points[(points["line"] == line) & (points["style"] == "solid")]
            axis.plot(test["x"], test["y"], color=colour, label=line)
        axis.set_yscale("log")
        axis.set(xlabel="images seen", ylabel="nats per image" if total else "nats per pixel")
        axis.set_title("Total test loss" if total else "Test loss per pixel", loc="left")
        axis.legend(frameon=False)
        axis.spines[["top", "right"]].set_visible(False)
    highest = max(one.loss_map.max() for one in tested.values())
    for axis, (arm, one) in zip(axes[1], tested.items(), strict=True):
        image = axis.imshow(one.loss_map, vmin=0, vmax=highest)
        axis.set_title(f"{arm}: {one.total:.1f} nats", loc="left")
        axis.set_axis_off()
    slide.colorbar(image, ax=axes[1], label="test loss, nats per pixel")
    return slide


show("autoencoder", page)
