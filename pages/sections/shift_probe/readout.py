"""Does a network that has learnt nothing know where it is? A linear readout of its output."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from core.shift_probe.readout import DEPTHS, Readout, readouts
from pages.shared import charts, signed, sources
from pages.shared.guard import fragment
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
