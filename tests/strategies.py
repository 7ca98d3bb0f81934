"""Random layers for property-based tests, and what becomes of those that do not fit."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from hypothesis import reject
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from core.layers import AVERAGE_POOL, MAX_POOL, PADDING_MODES, UPSAMPLING, Layer, Stack
from core.settings import InputError


@contextmanager
def unless_refused() -> Iterator[None]:
    """Draw another case where what stands within is refused; Hypothesis fails where most are."""
    try:
        yield
    except InputError:
        reject()


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


def pools(**more: SearchStrategy[Any]) -> SearchStrategy[Layer]:
    """Pools that either framework offers; `more` are strategies for further fields of theirs."""
    keras: dict[str, SearchStrategy[Any]] = {
        "padding": st.sampled_from(["valid", "same"]),
        "ceil": st.just(False),
    }
    torch: dict[str, SearchStrategy[Any]] = {"padding": st.integers(0, 1), "ceil": st.booleans()}

    def builds(fields: dict[str, SearchStrategy[Any]]) -> SearchStrategy[Layer]:
        return st.builds(
            Layer,
            kind=st.sampled_from([MAX_POOL, AVERAGE_POOL]),
            kernel=st.integers(2, 4),
            stride=st.integers(1, 4),
            **fields | more,
        )

    return builds(keras) | builds(torch)


def stacks(longest: int = 4) -> SearchStrategy[Stack]:
    """Stacks of convolutions, pools and upsampling."""
    up = st.builds(Layer, st.just(UPSAMPLING), st.integers(1, 3))
    layers = st.one_of(convolutions(), pools(), up)
    return st.lists(layers, min_size=1, max_size=longest).map(lambda found: Stack(tuple(found)))
