"""Whether any weights at all could do it, what proves that, and whether training agrees."""

from __future__ import annotations

import streamlit as st

from core import shift_probe
from core.shift_probe import Network, Proof, Settings, Training
from pages.sections.shift_probe import words
from pages.sections.shift_probe.computed import network, proved, trained
from pages.shared.drawn_once import drawn_once
from pages.shared.guard import fragment
from pages.shared.words import TEXT


def show(settings: Settings) -> None:
    """Whether any weights at all could do it, what proves that, and whether training agrees."""
    told(settings)
    in_torch(network(settings), trained(settings))


@drawn_once
def told(settings: Settings) -> None:
    """The proof in words, and the weights that do it."""
    net, run, found = network(settings), trained(settings), proved(settings)
    st.header(words.proof_headline(found))
    st.markdown(" ".join(words.reasons(net, found)), width=TEXT)
    if found.separable and found.kernels is not None:
        single = settings.layers == 1
        does = "A kernel that does it" if single else "Kernels that do it"
        st.markdown(f"**{does}**, in whole numbers")
        whole_kernels(found)
    st.markdown(words.agreement(run, found), width=TEXT)


def whole_kernels(found: Proof) -> None:
    """The certificate's kernels as tables of whole numbers, side by side."""
    assert found.kernels is not None
    with st.container(horizontal=True):
        for kernel in found.kernels:
            rows = [[words.number(weight + 0.0) for weight in row] for row in kernel]
            width = max(len(cell) for row in rows for cell in row)
            lines = ["  ".join(cell.rjust(width) for cell in row) for row in rows]
            st.code("\n".join(lines), language=None, width="content")
    if found.bias:
        st.markdown(f"Bias: {words.number(found.bias)}, at each output of the last layer.")


@fragment
def in_torch(network: Network, run: Training) -> None:
    """The same scores from a PyTorch network with the trained weights."""
    if not st.button("Check the trained scores in PyTorch"):
        return
    try:
        difference = shift_probe.torch_difference(network, run)
    except ImportError:
        st.warning("PyTorch is not installed here.")
        return
    st.markdown(
        f"`torch.nn.functional.conv2d` with these weights on all {network.classes.size} images: "
        f"the largest difference between two scores is {difference:.1e}.",
        width=TEXT,
    )
