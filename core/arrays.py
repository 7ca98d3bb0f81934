"""NumPy arrays by what they hold."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]
Floats = NDArray[np.floating[Any]]
"""Of any width."""

Int64 = NDArray[np.int64]

Bytes = NDArray[np.uint8]
"""Greys, 0 black."""
