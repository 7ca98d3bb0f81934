"""Runs of the classifier: found among the shipped ones, or trained."""

from __future__ import annotations

from collections.abc import Callable

from core import data
from core.classifier import results
from core.classifier.experiment import Measured, Settings


def measured(settings: Settings) -> tuple[Measured, str]:
    """What a run finds, and where that is from: "shipped" or "trained".

    Raises data.MissingData where MNIST is needed and cannot be had.
    """
    shipped = results.read().get(settings)
    if shipped is not None:
        return shipped, "shipped"
    from core.classifier.training import train

    return train(settings, data.load(settings.dataset, settings.train_size))[1], "trained"


def ship(on_progress: Callable[[int, int], None] = lambda done, of: None) -> int:
    """Train the runs to ship that are not there yet, each kept at once; how many there are."""
    from core.classifier.training import train

    wanted = list(results.wanted())
    found = dict(results.read())
    first = wanted[0]
    images = data.load(first.dataset, first.train_size)
    for settings in wanted:
        if settings not in found:
            found[settings] = train(settings, images)[1]
            results.write({run: found[run] for run in wanted if run in found})
        on_progress(len(found), len(wanted))
    return len(found)
