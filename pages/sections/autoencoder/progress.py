"""What can be said of a run while it trains, and of how long it is, in words."""

from __future__ import annotations

import math
from collections.abc import Mapping

from core.autoencoder import MAX_EPOCHS, Settings, next_checkpoint
from core.autoencoder.progress import POINT_IMAGES
from core.autoencoder.runs import View
from core.data import TEST_SIZE
from pages.shared.words import uncapitalized


def progress(views: Mapping[str, View]) -> float:
    """The share of the work that is done, of the run that is further behind, in [0, 1]."""
    return min(_done(view) for view in views.values())


def _done(view: View) -> float:
    # What comes before the first step, a download say, has a share of its own.
    share = view.share if view.activity else view.done if view.active else 1.0
    return max(0.0, min(share, 1.0))


def doing(views: Mapping[str, View]) -> str:
    """What both runs do now, and how long it will take where that is known."""
    words = [f"{arm}: {_one(view)}" for arm, view in views.items()]
    left = [view.seconds_left for view in views.values() if view.active and not view.stopping]
    known = [seconds for seconds in left if seconds is not None]
    if known and len(known) == len(left):
        words.append(duration(max(known)))
    return " · ".join(words)


def _one(view: View) -> str:
    if view.status == "waiting":
        return f"waiting, place {view.place} in the queue"
    if view.status != "training":
        return f"{view.images_seen:,} images, {view.status}"
    if view.stopping:
        return "stopping"
    if view.activity:
        at = f", {view.share:.0%}".replace("%", " %") if view.share else ""
        return f"{uncapitalized(view.activity)}{at}"
    if view.testing is not None:
        done = f"{view.testing:.0%}".replace("%", " %")
        return f"{view.images_seen:,} images, tested on {done} of {TEST_SIZE:,}"
    return f"{view.images_seen:,} of {view.target:,} images"


def duration(seconds: float) -> str:
    """A time to wait, no finer than it is known: "about 25 s left"."""
    if seconds < 10:
        return "a few seconds left"
    if seconds <= 60:
        return f"about {5 * math.ceil(seconds / 5)} s left"
    if seconds <= 3600:
        return f"about {math.ceil(seconds / 60)} min left"
    return f"about {math.ceil(seconds / 3600)} h left"


def length(settings: Settings, asked: int) -> str:
    """Why a run ends elsewhere than at the `asked` images; nothing where it does not."""
    images = next_checkpoint(settings, asked)
    if images == asked:
        return ""
    if images < asked:
        return (
            f"Asked for {asked:,} images; of {settings.train_size:,} training images "
            f"{MAX_EPOCHS} epochs, {images:,} images, are the longest run."
        )
    if images - asked < settings.batch_size:
        return (
            f"Asked for {asked:,} images; no batch of {settings.batch_size} is split, so the run "
            f"ends with the batch that reaches them, at {images:,}."
        )
    return (
        f"Asked for {asked:,} images; so far along a run is tested only where an epoch of "
        f"{settings.train_size:,} images ends, so this one ends at {images:,}."
    )


SEED = (
    "A seed fixes the initial weights, the order of the images and the noise, alike for both "
    "networks. It does not fix how a processor rounds: with other instructions the same seed ends "
    "a little differently (as asked, seed 0: +4.1 % on the shared pixels with AVX-512, +3.6 % with "
    "AVX2)."
)
"""What a seed can do. The first figure is the shipped run's; the second was measured once."""

READING = (
    f"Solid: loss on test images, the first {POINT_IMAGES} of them. Dotted: loss on the training "
    "images since the point before, measured while the weights move, as Keras does. A nat is the "
    "unit of cross-entropy with the natural logarithm, 1.44 bits. The losses begin "
    "below the lowest, not at 0; what lies far above it is left out."
)
"""How to read the curves."""
