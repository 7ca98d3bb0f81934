"""What the probe's finding means beyond it: how deep position leaks, who reads it, who uses it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd
import streamlit as st

from core.layers import PADDING_MODES
from core.shift_probe import Network, Settings, red_green
from core.shift_probe.classes import Leak, convolutions, leak, relu_leak
from core.shift_probe.readout import DEPTHS, Readout, readouts
from pages.sections.shift_probe import claims
from pages.shared import charts, signed, sources
from pages.shared.charts import Spec
from pages.shared.controls import control
from pages.shared.guard import fragment
from pages.shared.words import TEXT

# --- How deep does it leak? ---------------------------------------------------------------------

LAYERS = range(1, 6)
PATHS = 4000  # tap sequences along one axis; counting more, for many paddings, takes seconds
COMPARED = [("valid", "zeros"), *(("same", mode) for mode in PADDING_MODES), ("full", "zeros")]


@st.cache_data(max_entries=500, show_spinner=False)
def leak_of(kernel: int, layers: int, padding: str, padding_mode: str) -> Leak:
    return leak(convolutions(kernel, layers, padding, padding_mode))


@st.cache_data(max_entries=100, show_spinner=False)
def seen_depth(kernel: int, layers: int, padding: str, padding_mode: str) -> int:
    """How deep a stack with biases and ReLUs was seen to leak: a lower bound."""
    draws = 300 if kernel <= 3 else 30  # the larger, the longer each takes
    return relu_leak(convolutions(kernel, layers, padding, padding_mode), bias=True, draws=draws)


def depth(network: Network) -> None:
    """How far from the border a position can be told, for this padding and the others."""
    settings = network.settings
    kernel, padding, mode = settings.kernel, settings.padding, settings.padding_mode
    leaks = {n: leak_of(kernel, n, padding, mode) for n in LAYERS}
    st.header(claims.depth_headline(leaks))
    st.markdown(" ".join(claims.depth_text(network, leaks)), width=TEXT)
    if any(one.depth for one in leaks.values()):
        charts.show(staircase(leaks), staircase_spec(leaks), alt=STAIRCASE_ALT, key="depth")
    depth_table(settings)


STAIRCASE_ALT = "Share of kernel paths that differ from the centre's, by distance and depth"


def staircase(leaks: Mapping[int, Leak]) -> pd.DataFrame:
    """A row for each depth and distance at which something differs."""
    return pd.DataFrame(
        [
            {"layers": n, "distance": distance, "difference": difference}
            for n, one in leaks.items()
            for distance, difference in enumerate(one.difference)
            if difference > 0
        ]
    )


def staircase_spec(leaks: Mapping[int, Leak]) -> Spec:
    """Distance from the border across, layers downwards, the difference as colour."""
    deepest = max(one.depth for one in leaks.values())
    names = ["", *(f"{n} layer{'s' * (n > 1)}: {leaks[n].depth} px" for n in LAYERS)]
    least = min(min(d for d in one.difference if d > 0) for one in leaks.values() if one.depth)
    return {
        "height": 250,
        "autosize": {"type": "fit", "contains": "padding"},
        "mark": {"type": "rect", "stroke": None},
        "encoding": {
            "x": {
                "field": "distance",
                "type": "ordinal",
                "title": "distance from the border, pixels",
                "scale": {"domain": list(range(deepest + 1)), "padding": 0},
                "axis": {"labelAngle": 0, "labelOverlap": True},
            },
            "y": {
                "field": "layers",
                "type": "ordinal",
                "title": None,
                "scale": {"domain": list(LAYERS), "paddingInner": 0.12},
                "axis": {"labelExpr": f"{names}[datum.value]", "ticks": False},
            },
            "color": {
                "field": "difference",
                "type": "quantitative",
                "scale": {"type": "log", "scheme": "viridis", "domain": [least / 1.01, 2]},
                "legend": {
                    "title": "share of kernel paths that differ from the centre's",
                    "orient": "bottom",
                    "titleLimit": 320,
                    "format": "~p",
                    "tickCount": 4,
                },
            },
            "tooltip": [
                {"field": "layers"},
                {"field": "distance", "title": "distance, pixels"},
                {"field": "difference", "title": "paths that differ", "format": ".2~p"},
            ],
        },
    }


def depth_table(settings: Settings) -> None:
    """Depths of the common paddings, and what biases and ReLUs add to full padding."""
    kernel = settings.kernel
    counted = [n for n in LAYERS if kernel**n <= PATHS]
    paddings = list(dict.fromkeys([*COMPARED, (settings.padding, settings.padding_mode)]))
    rows = {
        padding if padding == "valid" else f"{padding}, {mode}": {
            f"{n} layer{'s' * (n > 1)}": str(leak_of(kernel, n, padding, mode).depth)
            for n in counted
        }
        for padding, mode in paddings
    }
    seen = {n: seen_depth(kernel, n, "full", "zeros") for n in counted}
    rows["full, zeros, with biases and ReLUs"] = {
        f"{n} layer{'s' * (n > 1)}": f"≥ {deep}" for n, deep in seen.items()
    }
    st.markdown("**How deep the border shows on a large image, in pixels**")
    st.table(pd.DataFrame(rows).T)
    left_out = (
        f" Five layers of {kernel} × {kernel} have too many paths to count here for every padding."
        if len(counted) < len(LAYERS)
        else ""
    )
    st.markdown(claims.relu_text(seen) + left_out, width=TEXT)


# --- Position readout ---------------------------------------------------------------------------

READ = {
    "zeros": ("same", "zeros"),
    "valid": ("valid", "zeros"),
    "reflect": ("same", "reflect"),
    "replicate": ("same", "replicate"),
    "circular": ("same", "circular"),
}
READ_SEEDS = range(5)

Read = dict[str, list[list[Readout]]]  # by padding, then by seed, then by depth


@st.cache_data(max_entries=50, show_spinner=False)
def read_one(padding: str, padding_mode: str, seed: int) -> list[Readout]:
    return readouts(padding, padding_mode, seed)


@fragment
def readout() -> None:
    """Run when asked: R² by padding and depth, and the coordinates as they are and as read."""
    st.header("Does a network that has learnt nothing know where it is?")
    st.markdown(
        "A stack of 3 × 3 convolutions with random weights, 32 channels and ReLUs, sees uniform "
        "noise. From its output a linear readout guesses row and column at every pixel. Noise has "
        "no upper left, so what it finds, it has from the border. R² on images it has not seen: "
        "1 knows the place, 0 knows nothing. "
        f"{sources.cite(sources.ISLAM)} asked this of trained networks, and found that zero "
        f"padding drives the answer; {sources.cite(sources.LIN)} hold position information to be "
        "primarily a learning artifact. This stack has learnt nothing; only its readout has.",
        width=TEXT,
    )
    if st.button("Read the position out", help="About half a second for each padding and seed."):
        st.session_state["_read"] = True
    if not st.session_state.get("_read"):
        return
    found = read_all()
    st.markdown(f"**{readout_headline(found)}**")
    st.table(readout_table(found))
    st.caption(
        f"Mean over {len(READ_SEEDS)} seeds, each another draw of weights and images, lowest to "
        "highest in brackets; 16 training and 8 test images of 28 × 28 pixels. Computed here: no "
        "publication has these figures."
    )
    coordinate_maps(found)


def read_all() -> Read:
    """Every padding and seed, with progress; instant once done."""
    bar = st.progress(0.0, text="Reading")
    found: Read = {}
    for done, (name, padded) in enumerate(READ.items()):
        bar.progress(done / len(READ), text=f"Reading with {name}")
        found[name] = [read_one(*padded, seed) for seed in READ_SEEDS]
    bar.empty()
    return found


def readout_headline(found: Read) -> str:
    deepest = {name: [runs[-1].r2 for runs in seeds] for name, seeds in found.items()}
    best = max(deepest, key=lambda name: np.mean(deepest[name]))
    rest = max(abs(r2) for name, seeds in deepest.items() if name != best for r2 in seeds)
    return (
        f"With {best}, {np.mean(deepest[best]):.2f} of the coordinates' variance can be read after "
        f"{DEPTHS[-1]} layers ({min(deepest[best]):.2f} to {max(deepest[best]):.2f} over "
        f"{len(deepest[best])} seeds); with any other padding the R² of no seed is larger in size "
        f"than {np.ceil(100 * rest) / 100:.2f}"
    )


def readout_table(found: Read) -> pd.DataFrame:
    """R² by padding and depth: the mean over seeds and its range."""
    rows: dict[str, dict[str, str]] = {}
    for name, seeds in found.items():
        rows[name] = {}
        for place, layers in enumerate(DEPTHS):
            r2 = [runs[place].r2 for runs in seeds]
            text = f"{np.mean(r2):.3f} ({min(r2):.3f} to {max(r2):.3f})".replace("-", "−")
            rows[name][f"{layers} layer{'s' * (layers > 1)}"] = text
    return pd.DataFrame(rows).T


def coordinate_maps(found: Read) -> None:
    """Row and column at every pixel: as they are, and as read out at the deepest layer."""
    name = st.segmented_control(
        "Padding of the maps", tuple(READ), default="zeros", required=True, key="_read_padding"
    )
    one = found[name][0][-1]
    size = one.true.shape[1]
    pictures = {
        "true row": one.true[0],
        "row, read out": one.read[0],
        "true column": one.true[1],
        "column, read out": one.read[1],
    }
    with st.container(horizontal=True, gap="small"):
        for title, values in pictures.items():
            with st.container(width=232, gap="xxsmall"):
                st.markdown(f"**{title}**")
                charts.show(
                    charts.pixels(values),
                    signed.heat_map((size, size), 1, what="from −1 to 1", size=224, legend=False),
                    alt=f"{title} at every pixel, padding {name}",
                    key=f"read_{title}",
                    width="content",
                )
    st.caption(
        f"After {one.depth} layers, mean over the test images, seed 0: from −1 (top, left) to 1."
    )


# --- Does it matter? ----------------------------------------------------------------------------

TRAINED_SEEDS = (1, 3, 5)


@st.cache_data(max_entries=500, show_spinner=False)
def red_green_run(settings: red_green.Settings) -> red_green.Result:
    return red_green.run(settings)


@fragment
def matters() -> None:
    """The red-green experiment: trained when asked, beside the published figures."""
    st.header("Does it matter? Red and green squares")
    st.markdown(
        "Two small squares side by side. The class is their order, red left of green or green "
        "left of red; but in training the first class always lies at the top and the second at "
        "the bottom. In the *similar* test the places are as in training, in the *dissimilar* "
        "test they are swapped. A network that goes by the order is right in both, one that goes "
        f"by the place fails in the second. The experiment is from {sources.cite(sources.KAYHAN)}; "
        f"here it runs on {red_green.SIZE} × {red_green.SIZE} pixels, four convolutions without "
        "bias and global max pooling.",
        width=TEXT,
    )
    left, right = st.columns(2)
    with left:
        margin = control(
            red_green.Settings, "margin", "Squares' distance from top or bottom, up to", slider=True
        )
    with right:
        seeds = st.segmented_control(
            "Seeds", TRAINED_SEEDS, default=TRAINED_SEEDS[1], required=True, key="_seeds"
        )
    label = f"Train {len(red_green.PADDINGS)} paddings on {seeds} seed{'s' * (seeds > 1)}"
    if st.button(label, help="About two seconds a run."):
        st.session_state["_red_green"] = (margin, seeds)
    asked = st.session_state.get("_red_green") == (margin, seeds)
    try:
        results = train_red_green(margin, seeds) if asked else {}
    except ImportError:
        st.warning("Training needs PyTorch, which is not installed here.")
        results = {}
    if results:
        st.markdown(f"**{red_green_headline(results)}**")
    st.table(red_green_table(results))
    st.markdown(
        "What counts is the gap between the two tests: it is the place that makes it. "
        "The margin is a condition chosen here, not the paper's: at 0 the squares always touch "
        "the edge. Their networks are larger and have strides, so the figures are not meant to "
        "agree. "
        "How much this matters in practice is another question: on ImageNet the choice of padding "
        f"moves top-1 accuracy by at most 0.7 points ({sources.cite(sources.LIU)}: ResNet-50 76.13 "
        f"with zeros, 76.61 with partial), and {sources.cite(sources.LIN)} hold position "
        "information to be "
        "primarily a learning artifact.",
        width=TEXT,
    )


def train_red_green(margin: int, seeds: int) -> dict[str, list[red_green.Result]]:
    """Every padding on every seed, with progress; leaving the page ends it at the next run."""
    bar = st.progress(0.0, text="Training")
    start = red_green.Settings(margin=margin)
    wanted = [(padding, seed) for padding in red_green.PADDINGS for seed in range(seeds)]
    found: dict[str, list[red_green.Result]] = {padding: [] for padding in red_green.PADDINGS}
    for done, (padding, seed) in enumerate(wanted):
        bar.progress(done / len(wanted), text=f"Training with {padding}, seed {seed}")
        found[padding].append(red_green_run(replace(start, padding=padding, seed=seed)))
    bar.empty()
    return found


def red_green_headline(results: Mapping[str, list[red_green.Result]]) -> str:
    means = {p: float(np.mean([r.dissimilar for r in runs])) for p, runs in results.items()}
    low, high = min(means.values()), max(means.values())
    if low == high:
        return f"On swapped places every padding is right in {100 * high:.0f} % of the images"
    best, worst = (
        " and ".join(p for p, mean in means.items() if mean == bound) for bound in (high, low)
    )
    return (
        f"On swapped places {best}: right in {100 * high:.0f} % of the images; {worst}: in "
        f"{100 * low:.0f} %"
    )


def red_green_table(results: Mapping[str, list[red_green.Result]]) -> pd.DataFrame:
    """Published and own accuracies in percent, the own as mean and range over seeds."""
    rows = {}
    for padding, (similar, dissimilar) in red_green.PUBLISHED.items():
        runs = results.get(padding, [])
        rows[padding] = {
            "similar, published": f"{similar:.1f} %",
            "dissimilar, published": f"{dissimilar:.1f} %",
            "similar, here": accuracy([r.similar for r in runs]),
            "dissimilar, here": accuracy([r.dissimilar for r in runs]),
        }
    return pd.DataFrame(rows).T


def accuracy(shares: list[float]) -> str:
    """The mean in percent, and the range where there are several."""
    if not shares:
        return "not trained yet"
    mean, low, high = (100 * f for f in (float(np.mean(shares)), min(shares), max(shares)))
    return f"{mean:.1f} %" + (f" ({low:.1f} to {high:.1f})" if len(shares) > 1 else "")
