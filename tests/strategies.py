"""Random layers for property-based tests."""

from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from core.layers import PADDING_MODES, Layer


def convolutions(**more: SearchStrategy[Any]) -> SearchStrategy[Layer]:
    """Convolutions of one channel; `more` are strategies for further fields of theirs."""
    return st.builds(
        Layer,
        kind=st.just("conv"),
        kernel=st.integers(1, 4),
        stride=st.integers(1, 3),
        dilation=st.integers(1, 2),
        padding=st.sampled_from(["same", "valid", "full", 1, 2]),
        padding_mode=st.sampled_from(PADDING_MODES),
        **more,
    )
