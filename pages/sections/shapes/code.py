"""The stack as it runs in Keras and in PyTorch."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.stack_code import keras_code, torch_code
from core.steps import Step


def show(steps: Sequence[Step]) -> None:
    """The stack as it runs in Keras and in PyTorch."""
    st.subheader("The same stack as code")
    left, right = st.columns(2)
    with left:
        st.markdown("**Keras**")
        st.code(keras_code(steps), language="python", wrap_lines=True)
    with right:
        st.markdown("**PyTorch**")
        st.code(torch_code(steps), language="python", wrap_lines=True)
