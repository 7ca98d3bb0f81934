"""Does a network that has learnt nothing know where it is? A linear readout of its output."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from core.shift_probe.readout import DEPTHS, Readout, r2_by_depth, readouts
from core.shift_probe.seeds import Spread
from pages.sections.shift_probe import words
from pages.shared import charts, heat, signed, sources
from pages.shared.guard import fragment
from pages.shared.progress_bar import with_bar
from pages.shared.words import TEXT

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
def show() -> None:
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
    found = {
        name: [read_one(*READ[name], seed) for seed in READ_SEEDS]
        for name in with_bar(tuple(READ), lambda name: f"Reading with {name}")
    }
    r2 = {name: r2_by_depth(seeds) for name, seeds in found.items()}
    deepest = {name: depths[DEPTHS[-1]] for name, depths in r2.items()}
    said = words.readout_headline(deepest, DEPTHS[-1], len(READ_SEEDS))
    st.markdown(f"**{said}**")
    st.table(table(r2))
    st.caption(
        f"Mean over {len(READ_SEEDS)} seeds, each another draw of weights and images, lowest to "
        "highest in brackets; 16 training and 8 test images of 28 × 28 pixels. Computed here: no "
        "publication has these figures."
    )
    coordinate_maps(found)


def table(r2: Mapping[str, Mapping[int, Spread]]) -> pd.DataFrame:
    """R² by padding and depth: the mean over seeds and its range."""
    rows = {
        name: {words.some(n, "layer"): words.r2_range(*found) for n, found in depths.items()}
        for name, depths in r2.items()
    }
    return pd.DataFrame(rows).T.rename_axis("padding")


def coordinate_maps(found: Read) -> None:
    """Row and column at every pixel: as they are, and as read out at the deepest layer."""
    name = st.segmented_control(
        "Padding of the maps", tuple(READ), default="zeros", required=True, key="_read_padding"
    )
    shown = found[name][0][-1]
    size = shown.true.shape[1]
    scale = signed.scale(1, "from −1 to 1", charts.palette())
    pictures = {
        "true row": shown.true[0],
        "row, read out": shown.read[0],
        "true column": shown.true[1],
        "column, read out": shown.read[1],
    }
    with st.container(horizontal=True, gap="small"):
        for title, values in pictures.items():
            with st.container(width=232, gap="xxsmall"):
                st.markdown(f"**{title}**")
                charts.show(
                    heat.pixels(values),
                    heat.heat_map((size, size), scale, size=224, legend=False),
                    alt=f"{title} at every pixel, padding {name}",
                    key=f"read_{title}",
                    width="content",
                )
    st.caption(
        f"After {shown.depth} layers, mean over the test images, seed 0: from −1 (top, left) to 1."
    )
