"""What the border does in a stack: padding used unevenly, and weights that a corner misses."""

from __future__ import annotations

import numpy as np

from core.layers import Indices, Layer, Stack, fit, fit_stack


def unevenly_padded(stack: Stack, height: int, width: int) -> int:
    """How many layers' windows use more padded cells at one end of an axis than at the other.

    The overhang of `ceil` is no padding, and does not count. Raises InputError where the stack
    does not fit.
    """
    axes = zip(*(fit_stack(stack, length) for length in (height, width)), strict=True)
    return sum(
        any(
            axis.before - axis.unused_padding[0] != axis.after - axis.unused_padding[1]
            for axis in both
            if not axis.layer.ceil
        )
        for both in axes
    )


def corner_touches(layer: Layer, height: int, width: int) -> Indices:
    """How often each weight meets the top left pixel: shape (kernel, kernel). Raises InputError."""
    rows, columns = (fit(layer, length).touches[0] for length in (height, width))
    return np.outer(rows, columns)
