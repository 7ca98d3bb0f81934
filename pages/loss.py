"""What does a loss count? The post's answer, made visible and then tested until it could break."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from core import loss
from core.autoencoder import Checkpoint, Run, canonical, presets
from core.data import PAD_WIDTHS, SIZE
from core.loss import interval, judge
from core.settings import Choice, Whole, setting
from pages.sections.loss import converter
from pages.sections.loss.runs import Seeds, found, look, means, offer, pairs, tested
from pages.shared import charts
from pages.shared.controls import control
from pages.shared.frame import show
from pages.shared.pair import provenance
from pages.shared.sources import CROSS_VALIDATED, cite
from pages.shared.take_away import figure, take_away
from pages.shared.tested import loss_maps
from pages.shared.words import TEXT, change, percent

if TYPE_CHECKING:
    from matplotlib.figure import Figure

QUESTION = f"""
A denoising autoencoder reports a loss of **0.099** on MNIST and of **0.075** on MNIST padded by two
pixels. Before these two are compared one must know what such a number counts.
{cite(CROSS_VALIDATED, "The question as it was asked")}.
"""

PUBLISHED = 0.099  # Cross Validated 454768, training loss per pixel

GUESSES = {"0": 0.0, "about 0.03": 0.03, "about 0.06": 0.06}

ORIGINAL_PROTOCOL = "The original protocol: 60,000 images, 10 epochs"

EXPERIMENTS = presets.PADDED | {ORIGINAL_PROTOCOL: presets.ORIGINAL_PADDED}
"""The padded arms that can be chosen, by name."""


def page() -> None:
    st.title("Per pixel or in total: what does the number mean?")
    st.markdown(QUESTION, width=TEXT)
    guess = st.segmented_control(
        "Your guess: a network that recovers every digit perfectly has a loss per pixel of …",
        list(GUESSES),
        key="guess",
        bind="query-params",
    )
    reply = st.container()
    converter.show()
    experiment, seeds = choose()
    offer("pair", pairs(experiment, seeds))
    pair = found(experiment, seeds)
    if pair:
        where(experiment, pair)
        if guess is not None:
            reply.markdown(answer(guess, pair), width=TEXT)
    widths = law(experiment, seeds)
    if pair:
        three_ways(pair)
    tried = trials(seeds)
    if pair:
        other_metrics(pair)
    take_away(
        "padding-lab-loss",
        picture=(lambda: picture(pair, widths)) if pair else None,
        table=lambda: table(widths, tried),
        code=CODE,
    )


# --- Controls -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Chosen:
    """The pair of arms that the page looks at."""

    pair: str = setting(
        next(iter(EXPERIMENTS)), Choice(tuple(EXPERIMENTS)), "what the padded arm changes"
    )
    seeds: int = setting(3, Whole(1, 10), "runs of each arm, from seed 0 on")


def choose() -> tuple[Run, range]:
    """The padded arm and the seeds to look at."""
    left, right = st.columns(2)
    with left:
        pair = control(Chosen, "pair", "Padded arm")
    with right:
        seeds = control(Chosen, "seeds", "Seeds", slider=True)
    return EXPERIMENTS[pair], range(seeds)


# --- Where the loss lives -----------------------------------------------------------------------


def where(experiment: Run, pair: Seeds) -> None:
    """Both loss maps on one scale, and each total loss in its three parts."""
    both = means(pair)
    unpadded, padded = both.values()
    floor = unpadded.entropy_floor
    st.header(
        f"{percent(floor / unpadded.total)} of the unpadded loss is a floor, "
        f"{percent(padded.border / padded.total)} of the padded loss lies on the border"
    )
    loss_maps(both)
    charts.show(*parts_chart(both), alt=PARTS_ALT, key="parts")
    st.caption(sources(experiment, pair))
    st.markdown(floor_words(unpadded), width=TEXT)


PARTS_ALT = "The total loss of each arm as entropy floor, learnable part and border"


def parts_chart(both: Mapping[str, Checkpoint]) -> tuple[pd.DataFrame, charts.Spec]:
    """One bar an arm, in three parts, each with its nats."""
    colours = charts.palette()
    on_colour = "white" if colours == charts.LIGHT else charts.LIGHT.ink
    rows = []
    for arm, one in both.items():
        part = loss.parts(one)
        left, middle, right = np.cumsum(part)
        rows += [
            (arm, f"floor\n{part.floor:.1f}", 0, left, colours.faint, colours.ink),
            (arm, f"learnable\n{part.learnable:.1f}", left, middle, vars(colours)[arm], on_colour),
            (arm, f"border\n{part.border:.3g}", middle, right, colours.ink, colours.ink),
        ]
    table = pd.DataFrame(rows, columns=["arm", "words", "left", "right", "fill", "ink"])
    table["middle"] = (table.left + table.right) / 2
    x: charts.Spec = {"type": "quantitative", "scale": {"nice": False}}
    y: charts.Spec = {"field": "arm", "type": "nominal", "sort": None, "title": None, "axis": BARE}
    ink: charts.Spec = {"field": "ink", "type": "nominal", "scale": None}
    border = "indexof(datum.words, 'border') === 0"
    spec: charts.Spec = {
        "height": 140,
        "padding": {"left": 5, "top": 5, "right": 60, "bottom": 5},
        "autosize": {"type": "fit", "contains": "padding"},
        "layer": [
            {
                "mark": {"type": "bar", "height": 38},
                "encoding": {
                    "x": x | {"field": "left", "title": "nats per image", "axis": BAR_AXIS},
                    "x2": {"field": "right"},
                    "y": y,
                    "color": {"field": "fill", "type": "nominal", "scale": None},
                    "tooltip": [{"field": "words", "title": " "}],
                },
            },
            {
                "transform": [{"filter": f"!({border})"}],
                "mark": {"type": "text", "lineBreak": "\n", "dy": -7},
                "encoding": {
                    "x": x | {"field": "middle"},
                    "y": y,
                    "text": {"field": "words"},
                    "color": ink,
                },
            },
            {
                "transform": [{"filter": f"{border} && datum.right > datum.left"}],
                "mark": {"type": "text", "lineBreak": "\n", "dy": -7, "align": "left", "dx": 6},
                "encoding": {
                    "x": x | {"field": "right"},
                    "y": y,
                    "text": {"field": "words"},
                    "color": ink,
                },
            },
        ],
    }
    return table, spec


BAR_AXIS: charts.Spec = {"grid": False, "tickCount": 5}
BARE: charts.Spec = {"domain": False, "ticks": False, "labelFontSize": 13, "labelPadding": 8}


def floor_words(unpadded: Checkpoint) -> str:
    """What the floor is, in three lines, with the figures of these images."""
    per_pixel = unpadded.entropy_floor / unpadded.entropy_map.size
    return (
        "A grey target x costs at least its own entropy, −x ln x − (1−x) ln(1−x), "
        "even when the network answers x exactly: binary cross-entropy is 0 only for black and "
        f"white. Over these test images that floor is **{per_pixel:.5f}** per pixel, "
        f"**{unpadded.entropy_floor:.2f}** an image. "
        f"It is **{percent(per_pixel / PUBLISHED)}** of the famous {PUBLISHED}; only the rest can "
        "be learnt."
    )


def answer(guess: str, pair: Seeds) -> str:
    """The visitor's guess beside the floor."""
    unpadded, _ = next(iter(pair.values()))
    floor = unpadded.entropy_floor / unpadded.entropy_map.size
    nearest = min(GUESSES, key=lambda words: abs(GUESSES[words] - floor))
    return (
        f"You guessed *{guess}*: {'right' if guess == nearest else 'no'}. The greys alone cost "
        f"**{floor:.4f}**, whatever the network does. See below where the loss lives."
    )


def sources(experiment: Run, pair: Seeds) -> str:
    """Where both arms' results come from."""
    seeds = ", ".join(map(str, pair))
    words = [f"Means over seeds {seeds}" if len(pair) > 1 else f"Seed {seeds}"]
    first = next(iter(pair))
    for run in pairs(experiment, range(first, first + 1)):
        arm = "padded" if run.settings.pad_width else "unpadded"
        words.append(f"{arm}: {provenance(look(run))}")
    return " · ".join(words)


# --- The law ------------------------------------------------------------------------------------


def law(experiment: Run, seeds: range) -> pd.DataFrame:
    """Loss against pad width: measured runs and T / (28 + 2p)². Returns what was measured."""
    settings, images = experiment
    wanted = [
        Run(canonical(replace(settings, pad_width=p, seed=seed)), images)
        for p in range(PAD_WIDTHS.low, PAD_WIDTHS.high + 1)
        for seed in seeds
    ]
    measured = pd.DataFrame(
        [
            (run.settings.pad_width, run.settings.seed, one.per_pixel, one.total, one.entropy_floor)
            for run in wanted
            if (one := tested(run)) is not None
        ],
        columns=["pad_width", "seed", "per_pixel", "total", "floor"],
    )
    unpadded = measured[measured.pad_width == 0].total.mean()
    padded = measured[measured.pad_width > 0]
    if np.isnan(unpadded) or padded.empty:
        st.header("The loss per pixel against the pad width")
    else:
        st.header(law_title(padded, unpadded))
    st.markdown(
        "If padding only adds pixels that cost nothing, the total T stays and the loss per pixel "
        "is T / (28 + 2p)²: the dashed line, drawn from the unpadded runs alone. Each dot is a "
        "run with a seed of its own.",
        width=TEXT,
    )
    left, right = st.columns(2)
    with left:
        st.markdown("**Loss per pixel**")
        law_chart(measured, unpadded, total=False)
    with right:
        st.markdown("**Total loss**: the same runs")
        law_chart(measured, unpadded, total=True)
    offer("law", wanted)
    return measured


def law_title(padded: pd.DataFrame, unpadded: float) -> str:
    """How far the measured runs lie from the law."""
    by_width = padded.groupby("pad_width").per_pixel.mean()
    misses = {p: value / loss.law(unpadded, int(p)) - 1 for p, value in by_width.items()}
    worst = max(misses.values(), key=abs)
    if abs(worst) <= HOLDS:
        return f"T / (28 + 2p)² foretells the loss per pixel to within {percent(abs(worst))}"
    side = "above" if worst > 0 else "below"
    return f"The loss per pixel lies up to {percent(abs(worst))} {side} T / (28 + 2p)²"


def law_chart(measured: pd.DataFrame, unpadded: float, *, total: bool) -> None:
    """Runs as dots; the law and the entropy floor as lines."""
    colours = charts.palette()
    widths = np.linspace(PAD_WIDTHS.low, PAD_WIDTHS.high, 81)
    floor = measured.floor.min()
    rows = []
    for name, nats in {"law": unpadded, "floor": floor}.items():
        lines = np.full_like(widths, nats) if total else nats / (SIZE + 2 * widths) ** 2
        rows += [(x, y, name, "") for x, y in zip(widths, lines, strict=True)]
    for run in measured.itertuples():
        arm = "padded" if run.pad_width else "unpadded"
        rows.append((run.pad_width, run.total if total else run.per_pixel, "run", arm))
    data = pd.DataFrame(rows, columns=["x", "y", "kind", "arm"]).dropna()
    highest = float(data.y.max()) * 1.08 if len(data) else 1.0
    x: charts.Spec = {
        "field": "x",
        "type": "quantitative",
        "title": "pad width, pixels",
        "scale": {"domain": [-0.3, PAD_WIDTHS.high], "nice": False},
        "axis": {"values": list(range(PAD_WIDTHS.high + 1)), "format": "d"},
    }
    y: charts.Spec = {
        "field": "y",
        "type": "quantitative",
        "title": "nats per image" if total else "nats per pixel",
        "scale": {"domain": [0, highest], "nice": False},
        "axis": {"tickCount": 5},
    }
    scale = {"domain": ["unpadded", "padded"], "range": [colours.unpadded, colours.padded]}
    law_name = "T" if total else "T/(28+2p)²"
    spec: charts.Spec = {
        "height": 280,
        "padding": {"left": 5, "top": 24, "right": 72, "bottom": 5},
        "autosize": {"type": "fit", "contains": "padding"},
        "layer": [
            line_layer(x, y, "law", law_name, colours.ink, [6, 4]),
            line_layer(x, y, "floor", "floor", colours.muted, [2, 3]),
            {
                "transform": [{"filter": "datum.kind === 'run'"}],
                "mark": {"type": "circle", "size": 60, "opacity": 0.75},
                "encoding": {
                    "x": x,
                    "y": y,
                    "color": {"field": "arm", "type": "nominal", "scale": scale, "legend": None},
                    "tooltip": [
                        {"field": "x", "title": "pad width"},
                        {"field": "y", "title": y["title"], "format": ".4~f"},
                    ],
                },
            },
        ],
    }
    charts.show(data, spec, alt=LAW_ALT, key=f"law_{'total' if total else 'per_pixel'}")


LAW_ALT = "Test loss of runs against pad width, the law T / (28 + 2p)² and the entropy floor"


def line_layer(
    x: charts.Spec, y: charts.Spec, kind: str, label: str, colour: str, dash: Sequence[int]
) -> charts.Spec:
    """A line and its name at its end."""
    return {
        "transform": [{"filter": f"datum.kind === '{kind}'"}],
        "layer": [
            {
                "mark": {"type": "line", "color": colour, "strokeDash": dash, "strokeWidth": 1.5},
                "encoding": {"x": x, "y": y},
            },
            {
                "transform": [{"filter": f"datum.x === {PAD_WIDTHS.high}"}],
                "mark": {"type": "text", "align": "left", "dx": 6, "color": colour, "text": label},
                "encoding": {"x": x, "y": y},
            },
        ],
    }


# --- Three ways to compare ----------------------------------------------------------------------

COMPARED = {"per_pixel": "Per pixel", "total": "In total", "shared": "On the shared pixels"}

VERDICTS = {
    "better": "the padded network looks **better**",
    "worse": "the padded network looks **worse**",
    "cannot tell": "one **cannot tell** at this spread",
}


def three_ways(pair: Seeds) -> None:
    """Per pixel, in total, on the shared pixels: what each lets one say about the padded arm."""
    compared = [loss.compare(*both) for both in pair.values()]
    changes = {way: [getattr(one, way) for one in compared] for way in COMPARED}
    judged = {way: judge(values) for way, values in changes.items()}
    st.header(three_title(judged))
    left, right = st.columns([3, 2])
    with left:
        charts.show(*changes_chart(changes), alt=CHANGES_ALT, key="changes")
    with right:
        for way, name in COMPARED.items():
            middle, margin = interval(changes[way])
            spread = f" ± {margin * 100:.1f} points" if len(pair) > 1 else ""
            st.markdown(f"**{name}**: {change(middle)}{spread}: {VERDICTS[judged[way]]}.")
    st.markdown(
        "Only the last compares like with like: the same pixels of the same images. The total "
        "adds what the border costs, and the mean per pixel also divides by pixels that were put "
        "there to be easy. " + confidence(len(pair)),
        width=TEXT,
    )


def three_title(judged: Mapping[str, str]) -> str:
    """What the three ways say together."""
    first, *_, last = judged.values()
    if first == last:
        return f"Per pixel and on the shared pixels agree: {first}"
    return f"Per pixel: {first}. On the pixels both arms share: {last}"


def confidence(seeds: int) -> str:
    """What a verdict rests on."""
    if seeds < 2:
        return "One seed has no spread, so nothing can be told: ask for more seeds above."
    return f"The bars are 95 % t-intervals over {seeds} seeds, each arm's seed with its like."


CHANGES_ALT = "Change of the loss from the unpadded to the padded arm, by seed, in three ways"


def changes_chart(changes: Mapping[str, Sequence[float]]) -> tuple[pd.DataFrame, charts.Spec]:
    """A dot for each seed and the interval of their mean, one row a way."""
    colours = charts.palette()
    rows: list[tuple[str, float | None, float | None, float | None]] = []
    for way, values in changes.items():
        middle, margin = interval(values)
        rows += [(COMPARED[way], 100 * value, None, None) for value in values]
        if len(values) > 1:
            rows.append((COMPARED[way], None, 100 * (middle - margin), 100 * (middle + margin)))
    data = pd.DataFrame(rows, columns=["way", "change", "low", "high"])
    y: charts.Spec = {"field": "way", "type": "nominal", "sort": None, "title": None, "axis": BARE}
    x: charts.Spec = {"type": "quantitative", "title": "change of the loss by padding, %"}
    x["axis"] = {"tickCount": 6}
    return data, {
        "height": 150,
        "layer": [
            {"mark": {"type": "rule"}, "encoding": {"x": {"datum": 0, "type": "quantitative"}}},
            {
                "transform": [{"filter": "isValid(datum.low)"}],
                "mark": {"type": "bar", "height": 8, "color": colours.faint},
                "encoding": {"x": x | {"field": "low"}, "x2": {"field": "high"}, "y": y},
            },
            {
                "transform": [{"filter": "isValid(datum.change)"}],
                "mark": {"type": "circle", "size": 60, "color": colours.padded, "opacity": 0.8},
                "encoding": {
                    "x": x | {"field": "change"},
                    "y": y,
                    "tooltip": [{"field": "change", "title": "change, %", "format": "+.2f"}],
                },
            },
        ],
    }


# --- The test that could have failed ------------------------------------------------------------

HOLDS = 0.05  # of the predicted loss per pixel: what a prediction may be off by

TRIALS = (
    "As asked: 2 px, edge",
    "Noise before padding",
    "Reflected border",
    "Digits to the edge",
    "Inverted digits",
    "Grey border",
    "Noise border",
)


def trials(seeds: range) -> pd.DataFrame:
    """Borders that are not black: the loss foretold from their entropy beside the measured one."""
    wanted = [run for name in TRIALS for run in pairs(EXPERIMENTS[name], seeds)]
    rows = []
    for name in TRIALS:
        for seed, (unpadded, padded) in found(EXPERIMENTS[name], seeds).items():
            foretold = loss.predict(unpadded, EXPERIMENTS[name].settings)
            rows.append(
                (name, seed, *foretold, unpadded.per_pixel, padded.border, padded.per_pixel)
            )
    tried = pd.DataFrame(rows, columns=TRIED)
    summary = tried.drop(columns="seed").groupby("border", sort=False).mean()
    summary["off"] = summary.per_pixel / summary.predicted_per_pixel - 1
    holds = summary.off.abs() <= HOLDS
    if summary.empty:
        st.header("The test that could have failed")
    else:
        st.header(
            f"Put to the test, the explanation holds for {holds.sum()} of {len(holds)} borders"
        )
    st.markdown(TRIAL_WORDS, width=TEXT)
    if len(summary):
        left, right = st.columns(2)
        with left:
            st.markdown("**Loss on the border**")
            trial_chart(tried, "border_loss", "predicted_border", "nats per image")
        with right:
            st.markdown("**Loss per pixel of the padded image**")
            trial_chart(tried, "per_pixel", "predicted_per_pixel", "nats per pixel")
        st.caption("Ticks are predictions, each from an unpadded run; dots are the padded runs.")
        st.table(trial_table(summary, holds))
    offer("trials", list(dict.fromkeys(wanted)))
    return tried


TRIED = ["border", "seed", "predicted_border", "predicted_per_pixel"]
TRIED += ["unpadded_per_pixel", "border_loss", "per_pixel"]

TRIAL_WORDS = f"""
The explanation: padding leaves the old pixels as they were and adds new ones, which cost their
entropy. So the loss per pixel of *any* padding follows from the unpadded run alone:
(T + border entropy × area) / pixels. That assumes a border learnt perfectly and old pixels that
cost what they did before; it fails where it is more than {100 * HOLDS:.0f} % off.

A constant border costs its grey's entropy; one that repeats pixels, theirs; one of random greys,
more than theirs. A network sees such a grey only as a noisy y: its best answer is the mean of all
greys behind y, and what it pays is the entropy of that mean, here summed exactly.
"""


def trial_chart(tried: pd.DataFrame, measured: str, predicted: str, unit: str) -> None:
    """Foretold values as ticks, measured ones as dots, one row a border."""
    colours = charts.palette()
    y: charts.Spec = {"field": "border", "type": "nominal", "sort": None, "title": None}
    y["axis"] = BARE | {"labelFontSize": 12}
    x: charts.Spec = {
        "type": "quantitative",
        "title": unit,
        "scale": {"zero": True},
        "axis": {"tickCount": 5},
    }
    tooltip = [
        {"field": "seed"},
        {"field": measured, "title": "measured", "format": ".4~g"},
        {"field": predicted, "title": "predicted", "format": ".4~g"},
    ]
    spec: charts.Spec = {
        "height": 230,
        "layer": [
            {
                "mark": {"type": "tick", "color": colours.ink, "thickness": 2, "height": 20},
                "encoding": {"x": x | {"field": predicted}, "y": y, "tooltip": tooltip},
            },
            {
                "mark": {"type": "circle", "size": 60, "color": colours.padded, "opacity": 0.8},
                "encoding": {"x": x | {"field": measured}, "y": y, "tooltip": tooltip},
            },
        ],
    }
    alt = f"Predicted (ticks) and measured (dots) loss, {unit}, for each border"
    charts.show(tried, spec, alt=alt, key=f"trial_{measured}")


def trial_table(summary: pd.DataFrame, holds: pd.Series) -> pd.DataFrame:
    """Means over seeds, and whether the explanation holds."""
    return pd.DataFrame(
        {
            "on the border, predicted": summary.predicted_border.map("{:.2f}".format),
            "measured": summary.border_loss.map("{:.2f}".format),
            "per pixel, predicted": summary.predicted_per_pixel.map("{:.4f}".format),
            "measured ": summary.per_pixel.map("{:.4f}".format),
            "off by": (100 * summary.off).map("{:+.1f} %".format),
            "it": holds.map({True: "holds", False: "fails"}),
        }
    )


# --- Other metrics ------------------------------------------------------------------------------

METRICS = (
    ("Cross-entropy, nats", "{:.4f}", 1),
    ("Mean squared error", "{:.5f}", 1),
    ("PSNR, dB", "{:.2f}", -1),
    ("Pixel accuracy", "{:.4f}", -1),
)
"""The fields of `core.loss.Metrics`: name, format, and 1 where less is better, −1 where more is."""


def other_metrics(pair: Seeds) -> None:
    """Every mean over all pixels is fooled in the same way; none on the shared pixels is."""
    whole, shared = (measured(pair, shared=shared) for shared in (False, True))
    squared = [values[:, 1, 1].mean() / values[:, 0, 1].mean() - 1 for values in (whole, shared)]
    st.header(
        f"The squared error is {change(squared[0])} on the whole image, "
        f"{change(squared[1])} on the shared pixels"
    )
    left, right = st.columns(2)
    with left:
        st.markdown("**The whole image**, border included")
        st.table(metric_table(whole))
    with right:
        st.markdown(f"**The shared pixels**, {SIZE} × {SIZE}")
        st.table(metric_table(shared))


def measured(pair: Seeds, *, shared: bool) -> NDArray[np.float64]:
    """All metrics of both arms: (seed, arm, metric)."""
    return np.array([[loss.metrics(one, shared=shared) for one in both] for both in pair.values()])


def metric_table(values: NDArray[np.float64]) -> pd.DataFrame:
    """Means over seeds, and what each metric says of the padded arm."""
    rows = {}
    for (name, form, less_is_better), (unpadded, padded) in zip(METRICS, values.T, strict=True):
        rows[name] = {
            "unpadded": form.format(unpadded.mean()),
            "padded": form.format(padded.mean()),
            "padded is": judge((less_is_better * (padded - unpadded)).tolist()),
        }
    return pd.DataFrame(rows).T


# --- What can be taken away ---------------------------------------------------------------------


def table(widths: pd.DataFrame, tried: pd.DataFrame) -> pd.DataFrame:
    """Every run of the law and every trial, one row each."""
    return pd.concat([widths.assign(figure="law"), tried.assign(figure="trial")])


def picture(pair: Seeds, widths: pd.DataFrame) -> Figure:
    """Both maps, and the law beside the runs, on one slide."""
    both = means(pair)
    slide = figure(13, 4)
    *axes, last = slide.subplots(1, 3)
    highest = max(float(one.loss_map.max()) for one in both.values())
    for axis, (arm, one) in zip(axes, both.items(), strict=True):
        image = axis.imshow(one.loss_map, vmin=0, vmax=highest)
        axis.set_title(f"{arm}: {one.total:.1f} nats", loc="left")
        axis.set_axis_off()
    slide.colorbar(image, ax=axes, label="test loss, nats per pixel", location="bottom")
    p = np.linspace(PAD_WIDTHS.low, PAD_WIDTHS.high, 81)
    unpadded = widths[widths.pad_width == 0].total.mean()
    last.plot(p, unpadded / (SIZE + 2 * p) ** 2, "--", color=charts.LIGHT.ink, label="T/(28+2p)²")
    last.plot(widths.pad_width, widths.per_pixel, "o", color=charts.LIGHT.padded, label="runs")
    last.set(xlabel="pad width, pixels", ylabel="test loss, nats per pixel")
    last.set_ylim(bottom=0)
    last.legend(frameon=False)
    last.spines[["top", "right"]].set_visible(False)
    return slide


CODE = """\
import numpy as np, torch
from torch.nn import functional as F

# network, noisy, clean: a denoiser of padded images, (n, 1, 28 + 2p, 28 + 2p), and its test set
with torch.no_grad():
    map_ = F.binary_cross_entropy(network(noisy), clean, reduction="none").mean((0, 1))
inside = map_[p : p + 28, p : p + 28]
floor = -(torch.xlogy(clean, clean) + torch.xlogy(1 - clean, 1 - clean)).mean((0, 1))
print("per pixel", map_.mean().item(), "total", map_.sum().item())
print("shared pixels", inside.sum().item(), "border", (map_.sum() - inside.sum()).item())
print("entropy floor", floor.sum().item())
"""


show("loss", page)
