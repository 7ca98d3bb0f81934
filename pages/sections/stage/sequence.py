"""The talk: every topic's slides in the order in which they are shown."""

from __future__ import annotations

from pages.sections.autoencoder import stage as autoencoder
from pages.sections.autoencoder import stage_answer
from pages.sections.check import stage as check
from pages.sections.impact import stage as impact
from pages.sections.loss import stage as loss
from pages.sections.shapes import stage as shapes
from pages.sections.shift_probe import stage as shift_probe
from pages.sections.stage import end
from pages.sections.start import stage as start
from pages.shared.slide import Step

FRAME = start.STEPS[0]
BETTER, TRAIN = autoencoder.STEPS
FALLS, TOTAL, DIVIDE = loss.STEPS

STEPS: tuple[Step, ...] = (
    FRAME,
    BETTER,
    FALLS,
    TOTAL,
    TRAIN,
    *stage_answer.STEPS,
    DIVIDE,
    *shift_probe.STEPS,
    *impact.STEPS,
    *shapes.STEPS,
    *check.STEPS,
    *end.STEPS,
)


def find(asked: str | None) -> Step:
    """The slide of this name, or the first of the topic of this name; else the first of all."""
    for step in STEPS:
        if asked == step.name:
            return step
    return next((step for step in STEPS if asked == step.topic), STEPS[0])
