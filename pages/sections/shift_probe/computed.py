"""What is computed of an experiment, once for all who look at it."""

from __future__ import annotations

from functools import lru_cache

import streamlit as st

from core import shift_probe
from core.shift_probe import Network, Proof, Settings, Training


@lru_cache(8)  # some megabytes each, where kernels are large and many
def network(settings: Settings) -> Network:
    """The architecture with what it has counted so far."""
    return Network(settings)


@st.cache_resource(max_entries=50, show_spinner="Training")
def trained(settings: Settings) -> Training:
    return shift_probe.train(network(settings))


@st.cache_resource(max_entries=200, show_spinner="Looking for a proof")
def proved(settings: Settings) -> Proof:
    return shift_probe.prove(network(settings), trained(settings))
