"""A trained network to take away: on a slide, and position by position."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from core.shift_probe import Network, Position, Training
from pages.shared.take_away import figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def picture(run: Training, target: Position, finding: str) -> Figure:
    """The trained kernels and the score of every position, the target framed, on one slide."""
    from matplotlib.patches import Rectangle

    layers = len(run.final.kernels)
    slide = figure(3.2 * (layers + 1) + 1, 4.5, finding)
    axes = slide.subplots(1, layers + 1, width_ratios=[*[1] * layers, 1.4])
    shown = [*run.final.kernels, run.final.scores]
    titles = [f"kernel {n}" if layers > 1 else "trained kernel" for n in range(1, layers + 1)]
    for axis, values, title in zip(axes, shown, [*titles, "score of each position"], strict=True):
        most = max(1e-9, float(np.abs(values).max()))
        image = axis.imshow(values, cmap="RdBu_r", vmin=-most, vmax=most)
        axis.set_title(title, loc="left")
        axis.set_axis_off()
        slide.colorbar(image, ax=axis, shrink=0.7)
    row, column = target
    axes[-1].add_patch(Rectangle((column - 0.5, row - 0.5), 1, 1, fill=False, linewidth=2))
    return slide


def table(network: Network, run: Training) -> pd.DataFrame:
    """Every position: its class, its initial and its trained score."""
    rows, columns = np.indices(network.classes.shape)
    return pd.DataFrame(
        {
            "row": rows.ravel(),
            "column": columns.ravel(),
            "class": network.classes.ravel() + 1,
            "target": network.is_target.ravel(),
            "initial_score": run.history[0].scores.ravel(),
            "trained_score": run.final.scores.ravel(),
        }
    )
