"""Random layers for property-based tests."""

from hypothesis import strategies as st

from core.layers import PADDING_MODES, Layer

CONVOLUTIONS = st.builds(
    Layer,
    kind=st.just("conv"),
    kernel=st.integers(1, 4),
    stride=st.integers(1, 3),
    dilation=st.integers(1, 2),
    padding=st.sampled_from(["same", "valid", "full", 1, 2]),
    padding_mode=st.sampled_from(PADDING_MODES),
)
