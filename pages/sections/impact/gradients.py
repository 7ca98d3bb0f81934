"""Paths against measured: what is left of them under random weights, and under trained ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
import streamlit as st

from core import autoencoder, data
from core.arrays import Float64
from core.autoencoder import runs
from core.autoencoder.presets import AS_ASKED
from core.impact import measured
from core.impact.measured import Measured
from core.layers import parse_stack
from core.settings import InputError
from core.steps import POST
from pages.sections.impact import words
from pages.sections.impact.settings import Settings
from pages.sections.impact.sides import Side, impact_of
from pages.shared import charts, heat, sources
from pages.shared.controls import control, escaped
from pages.shared.runs import provenance
from pages.shared.words import TEXT

SETTINGS = ("measured", *measured.Settings.__dataclass_fields__)


def show(sides: Sequence[Side]) -> None:
    """What is left of the paths when the weights are random, and when they are trained."""
    st.subheader("Paths against measured")
    st.markdown(
        "Paths are what a network *could* use, were every weight one. A real network's weights "
        "differ and cancel. So: draw random networks, or take the trained autoencoder, and measure "
        "how much each pixel moves the output's sum: the size of the gradient, on a scale where "
        "the average pixel has 1. The gradient of the centre output alone is its effective "
        f"receptive field ({sources.cite(sources.LUO)}).",
        width=TEXT,
    )
    if not control(Settings, "measured", "Measure"):
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        with st.container(width=150):
            draws = control(measured.Settings, "draws", "Draws")
        with st.container(width=150):
            seed = control(measured.Settings, "seed", "Seed")
        activation = control(measured.Settings, "activation", "Activation")
    chosen = measured.Settings(draws=draws, seed=seed, activation=activation)
    try:
        for place, side in zip(st.columns(2), sides, strict=False):
            with place:
                random_maps(side, chosen)
        trained()
    except ImportError:
        st.info("This part needs PyTorch, which is not installed on this server.")


@st.cache_resource(max_entries=4, show_spinner="Drawing random networks …")
def drawn(text: str, height: int, width: int, chosen: measured.Settings) -> Measured:
    """The gradients of random networks, computed once."""
    return measured.random_impact(parse_stack(text), height, width, chosen)


def random_maps(side: Side, chosen: measured.Settings) -> None:
    """Random networks' gradients: their mean, their spread, and the centre output's field."""
    st.markdown(f"**Random weights**, `{side.label}`")
    try:
        total = drawn(str(side.stack), side.height, side.width, chosen)
        centre = drawn(str(side.stack), side.height, side.width, replace(chosen, target="centre"))
    except InputError as error:
        st.caption(f"{escaped(error)}.")
        return
    st.table(beside(side, total), width="content")
    with st.container(horizontal=True, gap="small"):
        show_map(total.mean, "mean gradient over draws", f"mean_{side.name}")
        show_map(total.spread, "its spread (standard deviation)", f"spread_{side.name}")
        show_map(centre.mean, "mean, centre output alone", f"centre_{side.name}")


def beside(side: Side, total: Measured) -> pd.DataFrame:
    """Corner and centre, in average pixels: as the paths say, and as measured ± standard error."""
    places = {"top left corner": (0, 0), "centre": (side.height // 2, side.width // 2)}
    rows = {}
    for name, pixel in places.items():
        found = measured.beside_paths(side.impact.shares, total, pixel)
        rows[name] = {"paths": f"{found.paths:.3g}", "measured": words.measured(found)}
    return pd.DataFrame(rows).T.rename_axis("pixel")


def show_map(values: Float64, what: str, key: str) -> None:
    """A map on its own scale."""
    scale = heat.Scale((0, float(values.max()) or 1), what, ".3~g")
    with st.container(width=250):
        said = words.measured_map(values, what)
        charts.show(*heat.plain_map(values, scale, size=240), alt=said, key=key, width="content")


def trained() -> None:
    """Both trained autoencoders' gradients, where their runs are kept, beside their paths."""
    st.subheader("The trained autoencoder")
    for dataset in data.DATASETS.options:
        views = [runs.registry().look(*run) for run in AS_ASKED.but(dataset=dataset).arms]
        if all(view.state and view.state.checkpoints for view in views):
            break
    else:
        st.markdown("No trained run is kept on this server yet: train one, then come back.")
        st.page_link("pages/autoencoder.py", label="Train the autoencoder")
        return
    for place, arm, view in zip(st.columns(2), ("unpadded", "padded"), views, strict=True):
        with place:
            assert view.state is not None  # looked for above
            trained_maps(arm, view.settings, view.state.checkpoints[-1])
            st.caption(provenance(view))


def trained_maps(arm: str, settings: autoencoder.Settings, tested: autoencoder.Checkpoint) -> None:
    """One arm: the paths through its layers, and what its training left of them."""
    if tested.weights is None:
        st.caption(f"The {arm} run was kept without its weights.")
        return
    from core.autoencoder import network

    size = len(tested.loss_map)
    paths = impact_of(POST, size, size)
    images = tested.noisy[:, None].astype(np.float32) / 255
    gradient = measured.measure(network.module(tested.weights, settings).logits, images)
    st.markdown(
        f"**{arm.capitalize()}**, {size} × {size}: the top left corner counts "
        f"{words.exact_percent(gradient.corner_to_centre)} of the centre; the paths say "
        f"{words.exact_percent(paths.corner_to_centre)}"
    )
    with st.container(horizontal=True, gap="small"):
        show_map(paths.shares, "paths, share of the maximum", f"paths_{arm}")
        show_map(gradient.mean, f"mean gradient over {len(images)} test images", f"trained_{arm}")
