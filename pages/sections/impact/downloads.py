"""Both maps to take away: as data and on a slide."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from pages.sections.impact import words
from pages.sections.impact.maps import UNSEEN
from pages.sections.impact.sides import Side
from pages.shared import heat
from pages.shared.take_away import figure
from pages.shared.words import uncapitalized

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def table(sides: Sequence[Side]) -> pd.DataFrame:
    """Both maps, one row a pixel, paths exact."""
    return pd.concat(
        [
            heat.pixels(side.impact.shares)
            .to_pandas()
            .rename(columns={"col": "column", "value": "share_of_maximum"})
            .assign(paths=side.impact.map.ravel(), side=side.name, layers=str(side.stack))
            for side in sides
        ]
    )


def picture(sides: Sequence[Side], log: bool) -> Figure:
    """Both maps on one slide, on one scale."""
    from matplotlib.colors import LogNorm, Normalize

    said = [
        f"{side.name.capitalize()}: {uncapitalized(words.title(side.impact))}" for side in sides
    ]
    slide = figure(11, 6, "; ".join(said))
    axes = np.atleast_1d(slide.subplots(1, len(sides)))
    shares = [side.impact.shares for side in sides]
    low, high = heat.domain(shares, log)
    for axis, side, share in zip(axes, sides, shares, strict=True):
        norm = LogNorm(low, high) if log else Normalize(low, high)
        image = axis.imshow(np.where(share, share, np.nan), norm=norm)
        axis.set_facecolor(UNSEEN)
        layers = textwrap.fill(side.label, 48, max_lines=3, placeholder=" …")
        axis.set_title(
            f"{side.name}, {side.height} × {side.width}\n{layers}", loc="left", fontsize=10
        )
    slide.colorbar(image, ax=axes, label="share of the maximum")
    return slide
