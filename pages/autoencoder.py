"""Is the network better? Both autoencoders, trained side by side in front of the visitor."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa
import streamlit as st

from core import autoencoder
from core.autoencoder import Checkpoint, Settings, runs
from core.autoencoder.presets import AS_ASKED, ORIGINAL_PADDED, PADDED
from core.loss import Comparison, compare, judge
from core.settings import Steps, setting
from pages.shared import charts, controls, sources
from pages.shared.controls import control
from pages.shared.frame import show
from pages.shared.guard import fragment
from pages.shared.pair import (
    Pair,
    curve,
    drawn_curve,
    leave,
    look,
    over_seeds,
    provenance,
    start,
)
from pages.shared.take_away import figure, take_away
from pages.shared.tested import loss_maps, samples
from pages.shared.words import SHOW_ME, TEXT, change, percent

if TYPE_CHECKING:
    from matplotlib.figure import Figure

QUESTION = f"""
A denoising autoencoder learns MNIST and ends at a loss of **0.099**. Then somebody pads every image
by two pixels on each side. The network stays as it is, 28,353 parameters, and ends at a loss of
**0.075**: almost a quarter less.
{sources.cite(sources.CROSS_VALIDATED, "The question as it was asked")}.
"""

GUESSES = ("better", "the same", "worse", SHOW_ME)

PUBLISHED = {"unpadded": 0.099, "padded": 0.075}  # Cross Validated 454768, training loss

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
    st.title("We padded MNIST by 2 pixels and the loss fell 25 %. Is the network better?")
    st.markdown(QUESTION, width=TEXT)
    guess = st.segmented_control(
        "Your guess: on padded images the network is …",
        GUESSES,
        key="guess",
        bind="query-params",
    )
    fragment(experiment)(guess)


def experiment(guess: str | None) -> None:
    """Everything that a setting changes; the page around it need not be drawn anew."""
    settings, images = choose()
    unpadded, padded = autoencoder.arms(settings)
    pair = look(unpadded, padded, images)
    if pair.missing_data is not None:
        unpadded, padded, pair = fall_back(pair)
    watched = fragment(live, run_every=pair.pace)
    watched(unpadded, padded, images, revealed=guess is not None, pace=pair.pace)
    if pair.tested is None:
        return
    tested = dict(zip(pair.views, pair.tested, strict=True))
    compared = compare(*pair.tested)
    if guess is None:
        st.markdown("*Choose a guess above, then see what this run says.*", width=TEXT)
        return
    verdict(tested, compared, over_seeds(unpadded, padded, images), guess)
    architecture(pair, tested)
    st.subheader("What each network sees, makes of it, and should have made")
    samples(tested)
    st.subheader(f"The border holds {percent(compared.border)} of the padded loss")
    loss_maps(tested)
    take_away(
        "padding-lab-autoencoder",
        picture=lambda: picture(pair, tested),
        table=lambda: table(pair),
        code=code(padded),
    )


# --- Controls -----------------------------------------------------------------------------------


def choose() -> tuple[Settings, int]:
    """The settings of the padded arm and the images that both arms are to see."""
    ready_made = st.container()
    wide = st.columns(3)
    values: dict[str, Any] = {}
    with wide[0]:
        values["pad_width"] = ask("pad_width", "Pad width, pixels", slider=True)
    with wide[1]:
        values["pad_mode"] = ask("pad_mode", "Pad mode")
        if values["pad_mode"] == "constant":
            values["pad_level"] = ask("pad_level", "Grey level", slider=True)
    with wide[2]:
        values["variation"] = ask("variation", "Digits")
    closed = st.popover("Training, noise and layers", width="stretch")
    # What is said about a link must not be hidden with the control.
    place = st.container()
    tell = partial(ask, complain_in=place)
    with closed:
        left, middle, right = st.columns(3)
        with left:
            values["dataset"] = tell("dataset", "Data")
            values["train_size"] = tell("train_size", "Training images", step=1000)
            images = control(Length, "images", "Images seen", complain_in=place)
            values["seed"] = tell("seed", "Seed")
        with middle:
            values["batch_size"] = tell("batch_size", "Batch size")
            values["learning_rate"] = tell(
                "learning_rate", "Learning rate", format="%g", step=0.0005
            )
            values["precision"] = tell("precision", "Precision")
            if values["precision"] == "bf16":
                st.caption(bf16_words())
            values["device"] = tell("device", "Device")
        with right:
            values["noise_factor"] = tell("noise_factor", "Noise", slider=True)
            values["noise_first"] = tell("noise_first", "Draw the noise before padding")
            values["padding_mode"] = tell("padding_mode", "Layer padding mode")
    with ready_made:
        controls.presets(PRESETS)
    settings = Settings(**values)
    return settings, autoencoder.next_checkpoint(settings, images)


def bf16_words() -> str:
    """Whether bf16 pays on the server's processor: tried once, which takes half a second."""
    try:
        from core.autoencoder.training import bf16_pays
    except ImportError:
        return "PyTorch is missing here: nothing can be trained."
    pays = "quicker" if bf16_pays() else "slower"
    return f"On this server's processor bf16 is {pays} than fp32."


def ask(name: str, label: str, **options: Any) -> Any:
    """The control of a setting, with this page's default."""
    return control(Settings, name, label, default=getattr(AS_ASKED.settings, name), **options)


def fall_back(pair: Pair) -> tuple[Settings, Settings, Pair]:
    """Without MNIST, the same experiment on generated digits, and why."""
    arms = [replace(view.settings, dataset="digits") for view in pair.views.values()]
    digits = look(arms[0], arms[1], pair.images)
    if not (digits.active or digits.tested):
        start(arms[0], arms[1], pair.images)
        digits = look(arms[0], arms[1], pair.images)
    st.info(f"{pair.missing_data}. So this run uses generated digits.")
    mnist = (pair.unpadded.settings, pair.padded.settings, pair.images)
    st.button("Try MNIST again", on_click=start, args=mnist)
    return arms[0], arms[1], digits


# --- The run ------------------------------------------------------------------------------------


def live(
    unpadded: Settings, padded: Settings, images: int, *, revealed: bool, pace: float | None
) -> None:
    """Train, stop, progress and both curves; looks again and again while a run is in training."""
    pair = look(unpadded, padded, images)
    if pair.pace != pace:
        st.rerun()  # look more or less often, and draw anew what stands below
    with st.container(horizontal=True, vertical_alignment="center"):
        buttons(pair, unpadded, padded, images)
    status(pair)
    curves(pair, revealed=revealed)


def buttons(pair: Pair, unpadded: Settings, padded: Settings, images: int) -> None:
    """Train or stop; where the result is there already, train once more with a fresh seed."""
    if pair.active:
        st.button("Stop", on_click=leave, args=(pair,))
    elif not pair.finished:
        label = "Train" if pair.tested is None else "Continue"
        arms = (unpadded, padded, images)
        st.button(label, type="primary", on_click=start, args=arms)
    else:
        st.button(
            "Train with a fresh seed",
            type="primary",
            help="New initial weights, order and noise: how much of the difference is luck?",
            on_click=train_fresh,
            args=(unpadded, padded, images),
        )


def train_fresh(unpadded: Settings, padded: Settings, images: int) -> None:
    """Move on to the first seed that has no runs yet, and train it."""
    seed = padded.seed
    while look(replace(unpadded, seed=seed), replace(padded, seed=seed), images).finished:
        seed += 1
    st.session_state["seed"] = seed
    start(replace(unpadded, seed=seed), replace(padded, seed=seed), images)


def status(pair: Pair) -> None:
    """Progress, a place in the queue, an error, or where the result comes from."""
    refused = st.session_state.pop("refused", None)
    if refused:
        st.warning(f"{refused}.")
    for failure in {str(view.error) for view in pair.views.values() if view.error}:
        st.error(f"{failure}.")
    if pair.active:
        share = min(progress(view) for view in pair.views.values())
        words = " · ".join(f"{arm}: {doing(view)}" for arm, view in pair.views.items())
        st.progress(min(share, 1.0), text=words)
    elif pair.tested is not None:
        st.caption(
            "  \n".join(f"{arm.capitalize()}: {provenance(v)}" for arm, v in pair.views.items())
        )


def progress(view: runs.View) -> float:
    """The share done: of what comes before the first step, then of the images."""
    return view.share if view.activity else view.images_seen / view.target


def doing(view: runs.View) -> str:
    """What a run does now, in words."""
    if view.status == "waiting":
        return f"waiting, place {view.place} in the queue"
    if view.status != "training":
        return f"{view.images_seen:,} images"
    words = view.activity or f"{view.images_seen:,} of {view.target:,} images"
    if view.seconds_left is not None:
        words += f", {view.seconds_left:.0f} s left"
    return words


def curves(pair: Pair, *, revealed: bool) -> None:
    """The loss per pixel beside the layers; once a guess is made, beside the total loss."""
    left, right = st.columns(2)
    with left:
        st.markdown("**Loss per pixel**, as Keras prints it")
        curve_chart(pair, total=False)
    with right:
        if revealed:
            st.markdown("**Total loss**: the same runs, summed over an image's pixels")
            curve_chart(pair, total=True)
        else:
            layer_table(pair)


def curve_chart(pair: Pair, *, total: bool) -> None:
    """Both arms' loss against images seen, on axes that stay as the run goes on."""
    colours = charts.palette()
    scale = 1_000 if total else 1  # close to 28 × 28, and round
    # From a floor without noise, padded by 8, to what a network knows before its first step.
    domain = (0.02 * scale, 1.4 * scale if total else 0.8)
    spec = charts.lines(
        {"unpadded": colours.unpadded, "padded": colours.padded},
        x=("images seen", (0, pair.images)),
        y=(f"nats per {'image' if total else 'pixel'}, log scale", domain),
        # From its first steps to its end a curve falls by a factor of seven.
        log_y=True,
        y_ticks=[tick * scale for tick in (0.025, 0.05, 0.1, 0.2, 0.4, 0.8)],
    )
    data = drawn_curve(pair, domain, total=total)
    charts.show(data, spec, alt=CURVE_ALT, key="total" if total else "per_pixel")


CURVE_ALT = "Test loss (solid) and training loss (dotted) of both arms against images seen"


# --- What the run says --------------------------------------------------------------------------


def verdict(tested: Tested, compared: Comparison, seeds: dict[int, Comparison], guess: str) -> None:
    """The answer, computed from these runs."""
    st.header(headline(compared))
    if guess != SHOW_ME:
        st.caption(f"You guessed: {guess}.")
    unpadded, padded = tested.values()
    paragraphs = [
        f"Per pixel the padded loss is **{change(compared.per_pixel)}**: {padded.per_pixel:.4f} "
        f"against {unpadded.per_pixel:.4f}. But the padded image has "
        f"{padded.loss_map.size:,} pixels instead of {unpadded.loss_map.size}. In total the loss "
        f"is **{change(compared.total)}**: {padded.total:.1f} against {unpadded.total:.1f} nats "
        f"an image. On the {unpadded.loss_map.size} pixels that both arms share it is "
        f"**{change(compared.shared)}**.",
        f"The padded border, {padded.loss_map.size - unpadded.loss_map.size} pixels, holds "
        f"{percent(compared.border)} of the padded loss. "
        f"{percent(compared.floor)} of the unpadded loss is entropy floor: no network could go "
        f"below it.",
    ]
    changes = [found.shared for found in seeds.values()]
    judgement = judge(changes)
    if len(seeds) > 1:
        low, high = min(changes), max(changes)
        paragraphs.append(
            f"Over {len(seeds)} seeds the loss on the shared pixels changes by "
            f"{low:+.1%} to {high:+.1%}: {JUDGEMENTS[judgement]}"
        )
    else:
        paragraphs.append(
            "One seed has no spread: train a fresh seed before you believe a difference."
        )
    st.markdown("\n\n".join(paragraphs), width=TEXT)


JUDGEMENTS = {
    "better": "padding made the network better here.",
    "worse": "padding made the network worse here.",
    "cannot tell": "nobody can tell the two networks apart.",
}


def headline(compared: Comparison) -> str:
    """The finding of this run in one line."""
    if compared.per_pixel < 0 and compared.total > 0.5 * compared.per_pixel:
        return "The loss per pixel fell because there are more pixels"
    if compared.per_pixel >= 0:
        return "With this padding even the loss per pixel did not fall"
    return "The total loss fell too"


def thousands(count: int) -> str:
    """9248 as "9,248"; nothing for none."""
    return f"{count:,}" if count else ""


def layer_table(pair: Pair) -> None:
    """Both arms' layers: the same parameters, other sizes."""
    # Told of its index, Streamlit need not look for one: 5 ms at every look.
    rows = layer_rows(pair.unpadded.settings, pair.padded.settings)
    st.table(rows, hide_index=False)


@st.cache_resource
def layer_rows(unpadded: Settings, padded: Settings) -> pa.Table:
    """A row for each layer, for images of both sizes."""
    # What the upsampling adds is cropped at the end: one arm may have a layer more.
    both = zip_longest(autoencoder.layers(unpadded), autoencoder.layers(padded))
    rows = (
        {
            "layer": (padded or unpadded).name,
            "unpadded": " × ".join(map(str, unpadded.output)) if unpadded else "",
            "padded": " × ".join(map(str, padded.output)) if padded else "",
            "parameters": thousands((padded or unpadded).parameters),
        }
        for unpadded, padded in both
    )
    return charts.ready(pd.DataFrame(rows).set_index("layer"))


def architecture(pair: Pair, tested: Tested) -> None:
    """Both arms' layers, and the source's figures beside ours."""
    st.subheader("One network, two image sizes")
    parameters = autoencoder.parameter_count(pair.padded.settings)
    left, right = st.columns([3, 2])
    with left:
        layer_table(pair)
    with right:
        st.table(
            pd.DataFrame(
                {
                    arm: {
                        "parameters, the post": "28,353",
                        "parameters, here": f"{parameters:,}",
                        "loss per pixel, the post": f"{PUBLISHED[arm]:.3f}",
                        "training loss per pixel, here": f"{one.train_loss:.4f}",
                        "test loss per pixel, here": f"{one.per_pixel:.4f}",
                        "test loss in total, here": f"{one.total:.2f}",
                        "of it entropy floor": f"{one.entropy_floor:.2f}",
                        "of it original pixels": f"{one.interior:.2f}",
                        "of it border": f"{one.border:.2f}",
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


def code(padded: Settings) -> str:
    """Ten lines of PyTorch that train the padded arm."""
    fill = f", constant_values={padded.pad_level}" if padded.pad_mode == "constant" else ""
    return f'''\
import numpy as np, torch
from torch import nn

def conv(inputs, outputs):
    return nn.Conv2d(inputs, outputs, 3, padding="same", padding_mode="{padded.padding_mode}")

pad = {padded.pad_width}  # train_images: (n, 28, 28), in [0, 1]
images = np.pad(train_images, ((0, 0), (pad, pad), (pad, pad)), "{padded.pad_mode}"{fill})
clean = torch.tensor(images, dtype=torch.float32)[:, None]
noisy = (clean + {padded.noise_factor} * torch.randn_like(clean)).clamp(0, 1)
network = nn.Sequential(
    conv(1, 32), nn.ReLU(), nn.MaxPool2d(2), conv(32, 32), nn.ReLU(), nn.MaxPool2d(2),
    conv(32, 32), nn.ReLU(), nn.Upsample(scale_factor=2), conv(32, 32), nn.ReLU(),
    nn.Upsample(scale_factor=2), conv(32, 1), nn.Sigmoid())
adam = torch.optim.Adam(network.parameters(), lr={padded.learning_rate}, eps=1e-7)
for batch in torch.randperm(len(clean)).split({padded.batch_size}):
    loss = nn.functional.binary_cross_entropy(network(noisy[batch]), clean[batch])
    adam.zero_grad(), loss.backward(), adam.step()
print("per pixel", loss.item(), "total", loss.item() * clean[0].numel())
'''


show("autoencoder", page)
