"""The loss as the black frame round the digits grows: what runs say at every width."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from statistics import fmean
from typing import NamedTuple

from core.autoencoder import LIVE, Run
from core.autoencoder.figures import Figures
from core.data import PAD_WIDTHS, SIZE
from core.judgement import Judgement, judge

SEEDS = range(5)
WIDTHS = range(PAD_WIDTHS.low, PAD_WIDTHS.high + 1)


class Framed(NamedTuple):
    """The network trained on images in a frame of `pad_width` pixels, once for each of `SEEDS`.

    Test losses in nats per image: `interiors` on the original 28×28 pixels, `borders` on the frame.
    """

    pad_width: int
    interiors: tuple[float, ...]
    borders: tuple[float, ...]

    @property
    def interior(self) -> float:
        """Mean over the seeds."""
        return fmean(self.interiors)

    @property
    def border(self) -> float:
        """Mean over the seeds."""
        return fmean(self.borders)

    @property
    def size(self) -> int:
        """Height and width of an image, frame and all, in pixels."""
        return SIZE + 2 * self.pad_width

    @property
    def total(self) -> float:
        """Test loss per image, nats; mean over the seeds."""
        return self.interior + self.border

    @property
    def per_pixel(self) -> float:
        """Test loss per pixel, nats, what Keras and PyTorch print; mean over the seeds."""
        return self.total / self.size**2

    def change_of_total(self, plain: Framed) -> Judgement:
        """By which share of its own the total of `plain` changes in this frame, seed by seed."""
        pairs = zip(self.interiors, self.borders, plain.interiors, plain.borders, strict=True)
        changes = [(inner + outer) / (before + ring) - 1 for inner, outer, before, ring in pairs]
        return judge(changes, len(SEEDS))


def framed_run(pad_width: int, seed: int = 0) -> Run:
    """The live preset's run in a frame of `pad_width` pixels, each the image's edge repeated."""
    return LIVE.but(pad_width=pad_width, seed=seed)


def framed_runs() -> Iterator[Run]:
    """The runs whose figures `framed` takes the means of."""
    for pad_width in WIDTHS:
        yield from (framed_run(pad_width, seed) for seed in SEEDS)


def framed(figures: Mapping[Run, Figures]) -> list[Framed]:
    """Every width, from no frame on, whose runs are among `figures` for each of the seeds."""
    found = []
    for pad_width in WIDTHS:
        runs = [framed_run(pad_width, seed) for seed in SEEDS]
        if figures.keys() >= set(runs):
            interiors, borders = zip(*(figures[run] for run in runs), strict=True)
            found.append(Framed(pad_width, interiors, borders))
    return found
