"""The same experiment under every padding, and what the command line prints of one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from core.layers import PADDING_MODES, PADDINGS, Layer, fit
from core.settings import InputError
from core.shift_probe.network import Network, Settings
from core.shift_probe.proof import prove
from core.shift_probe.training import train


@dataclass(frozen=True)
class Row:
    """One padding in the comparison of all.

    refusal: why this padding does not fit, and then the rest is empty; else "".
    classes: how many positions the network can tell apart at best; 1 means invariant to shifts.
    steps: training steps until perfect, None where training did not get there.
    always_invariant: whether nothing leaks on an image of any size, either.
    """

    padding: str
    padding_mode: str
    refusal: str = ""
    classes: int = 0
    separable: bool | None = None
    steps: int | None = None
    always_invariant: bool = False

    @property
    def leaks(self) -> bool:
        return self.classes > 1


EVERY_PADDING = tuple(
    (padding, mode)
    for padding in PADDINGS
    for mode in PADDING_MODES
    if padding != "valid" or mode == "zeros"
)
"""Every padding and mode; 'valid' pads nothing, so it needs no mode."""


def windows_met(settings: Settings) -> tuple[int, int] | None:
    """How many windows meet the corner's pixel, and at most a pixel, with one unpadded layer.

    None where the window does not fit the image.
    """
    if settings.kernel > settings.size:
        return None
    met = fit(Layer("conv", settings.kernel), settings.size).touches.sum(axis=1)
    return int(met[0] ** 2), int(met.max() ** 2)


def compare_one(settings: Settings, padding: str, padding_mode: str) -> Row:
    """The row of one padding."""
    try:
        network = Network(replace(settings, padding=padding, padding_mode=padding_mode))
    except InputError as error:
        return Row(padding, padding_mode, refusal=str(error))
    run = train(network)
    return Row(
        padding,
        padding_mode,
        classes=network.distinct_scores,
        separable=prove(network, run).separable,
        steps=run.steps if run.perfect else None,
        always_invariant=network.settings.always_invariant,
    )


def report(settings: Settings) -> dict[str, Any]:
    """What the command line prints: the proof, and the outcome of one training."""
    network = Network(settings)
    run = train(network)
    kernels = run.final.kernels.tolist()
    proof = prove(network, run)
    return {
        "separable": proof.separable,
        "proof": proof.kind,
        "accuracy": run.final.accuracy,
        "balanced_accuracy": run.final.balanced_accuracy,
        "steps": run.steps,
        "kernel": kernels[0] if settings.layers == 1 else kernels,
        "bias": run.final.bias,
        "scores": run.final.scores.tolist(),
        "distinct_scores": network.distinct_scores,
    }
