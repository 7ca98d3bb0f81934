"""Why padding makes the shared pixels worse: controls that could refute an explanation.

Each control repeats the experiment, both arms, with something changed, and asks how much is left
of the harm: by how much the padded arm's loss on the 28×28 original pixels exceeds that of its own
unpadded arm, as a share of the latter. Seed by seed it is set against the experiment as it is.

Intervals decide, never means. Most of the harm, more than half, is gone where the 95 % interval of
half the harm as it is minus the harm under the control lies above 0; most of it stays where that
interval lies below. What was taken away when most was gone is *needed* for most of the harm; it is
not shown to be enough for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from core.autoencoder.experiment import LIVE, ORIGINAL, Run
from core.autoencoder.figures import Figures
from core.judgement import Interval, Judgement, interval, judge

SEEDS = range(5)
"""Of every control; said before any was looked at."""

Outcome = Literal["gone", "stays", "undecided", "missing"]
Verdict = Literal["survives", "refuted", "open", "missing"]


@dataclass(frozen=True)
class Control:
    """One repetition of the experiment with something changed.

    name: what is changed, as a row's label.
    suspect: what could be the cause, as a noun.
    reason: what is to be seen if the suspect is the cause, a sentence.
    changes: settings of both arms; those of the border say nothing to the unpadded arm.
    alone: whether the suspect is all that is left, instead of being what is taken away.
    """

    name: str
    suspect: str
    reason: str
    changes: Mapping[str, Any] = field(default_factory=dict, hash=False)
    pad_width: int = 4
    images: int = LIVE.images
    alone: bool = False

    def pair(self, seed: int) -> tuple[Run, Run]:
        """The unpadded and the padded arm's run."""
        chosen = LIVE.but(pad_width=self.pad_width, seed=seed, **self.changes)
        return chosen._replace(images=self.images).arms


AS_IS = "As it is"

WIDE = (
    Control(AS_IS, "padding", "Padding by 4 px is what is to be explained."),
    Control(
        "Border left out of the loss",
        "a loss on the border",
        "If learning the border costs the shared pixels, they recover where the network sees the "
        "border but is not trained on it.",
        {"loss_on": "original"},
    ),
    Control(
        "Border cleared in the network",
        "a border inside the network",
        "If what the network holds in the border does it, they recover where the input and every "
        "feature map are 0 there. The border still counts in the loss.",
        {"outside": "cleared"},
    ),
    Control(
        "Both: left out and cleared",
        "a fault of the comparison",
        "Nothing is left of the border, and at 4 px the pools cut as they do unpadded: harm that "
        "stays comes from the comparison itself.",
        {"outside": "cleared", "loss_on": "original"},
        alone=True,
    ),
    Control(
        "Loss summed, not averaged",
        "the mean over more pixels",
        "If each pixel loses weight in a mean over more pixels, a sum helps.",
        {"reduction": "sum"},
    ),
    Control(
        "Circular layers",
        "the zeros that layers pad with",
        "If it comes from the layers' own zeros, which lie next to the image only where it is not "
        "padded, it goes where layers have no edge.",
        {"padding_mode": "circular"},
    ),
    Control(
        "Noise drawn before padding",
        "new noise in the border",
        "If it comes from new noise in the border, it goes where the edge's noise is repeated.",
        {"noise_first": True},
    ),
    Control(
        "Dark from the start",
        "learning first that most is dark",
        "If the black border makes the network learn first that most is dark, it goes where both "
        "networks start by answering MNIST's mean grey.",
        {"output_bias": -1.9},
    ),
    Control(
        "Adam with a short memory",
        "Adam's long memory",
        "If large early slopes, which Adam remembers, keep later steps small, it goes with "
        "β₂ = 0.95 instead of 0.999.",
        {"beta2": 0.95},
    ),
)
"""At 4 px, where there is more to explain than at 2."""

NARROW = (
    Control(AS_IS, "padding", "Padding by 2 px is the question as it was asked.", pad_width=2),
    Control(
        "Border left out of the loss",
        "a loss on the border",
        "As at 4 px: the network sees the border but is not trained on it.",
        {"loss_on": "original"},
        pad_width=2,
    ),
    Control(
        "Only the grid differs",
        "the pooling grid",
        "The border is cleared and left out of the loss. All that is left of padding is that the "
        "pools cut 32 pixels elsewhere than 28: if that does it, the harm stays.",
        {"outside": "cleared", "loss_on": "original"},
        pad_width=2,
        alone=True,
    ),
    Control(
        "The original protocol",
        "a short training",
        "Thirty times as many images, in batches of 128 and with a third of the learning rate: if "
        "the padded network only starts more slowly, the harm fades.",
        {
            name: getattr(ORIGINAL.settings, name)
            for name in ("train_size", "batch_size", "learning_rate")
        },
        pad_width=2,
        images=ORIGINAL.images,
    ),
)
"""At 2 px: the question itself. The last control are the runs of the original protocol."""


def every_pair() -> Iterator[tuple[Run, Run]]:
    """Both arms of every control, seed by seed."""
    for seed in SEEDS:
        for control in (*WIDE, *NARROW):
            yield control.pair(seed)


@dataclass(frozen=True)
class ControlFinding:
    """What the kept runs say of one control.

    harms: by seed, those whose two runs are there; a share of the unpadded loss.
    harm: judged from them.
    change: of the harm, from as it is to under the control, paired by seed; None without a pair.
    outcome: of most of the harm; "missing" where runs are.
    """

    control: Control
    harms: Mapping[int, float]
    harm: Judgement
    change: Interval | None
    outcome: Outcome

    @property
    def verdict(self) -> Verdict:
        """What becomes of the suspect.

        "survives": most of the harm needs it, or, where it was left alone, comes from it alone.
        "refuted": most of the harm does without it, or does not come from it alone.
        """
        if self.outcome == "missing":
            return "missing"
        if self.outcome == "undecided":
            return "open"
        return "survives" if (self.outcome == "stays") == self.control.alone else "refuted"


def findings(controls: Sequence[Control], figures: Mapping[Run, Figures]) -> list[ControlFinding]:
    """A finding for each of `controls`, the first of which is the experiment as it is.

    figures: of the runs that are there.
    """
    every = [_harms(control, figures) for control in controls]
    return [finding(*both, every[0]) for both in zip(controls, every, strict=True)]


def _harms(control: Control, figures: Mapping[Run, Figures]) -> dict[int, float]:
    """The harm in every pair of runs that is there, by seed."""
    pairs = {seed: control.pair(seed) for seed in SEEDS}
    return {
        seed: figures[padded].interior / figures[unpadded].interior - 1
        for seed, (unpadded, padded) in pairs.items()
        if unpadded in figures and padded in figures
    }


def finding(
    control: Control, harms: Mapping[int, float], as_is: Mapping[int, float]
) -> ControlFinding:
    """What the harms under a control say, set against those as it is; both by seed."""
    harm = judge(list(harms.values()), len(SEEDS))
    both = [(as_is[seed], harms[seed]) for seed in SEEDS if seed in harms and seed in as_is]
    change = interval([after - before for before, after in both]) if both else None
    outcome: Outcome = "undecided"
    if len(both) < len(SEEDS):
        outcome = "missing"
    elif judge(list(as_is.values()), len(SEEDS)).sign > 0:  # else there is no harm to explain
        beyond_half = interval([before / 2 - after for before, after in both])
        if beyond_half.low > 0:
            outcome = "gone"
        elif beyond_half.high < 0:
            outcome = "stays"
    return ControlFinding(control, harms, harm, change, outcome)
