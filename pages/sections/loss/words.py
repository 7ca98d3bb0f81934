"""The loss page's sentences: each a function of numbers alone, so that tests can try thousands."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import get_args

from core.judgement import MARGIN, Judgement
from core.loss import Finding, Parts, Trial, finding
from core.loss.swept import At, Swept
from pages.shared.opening import Opening
from pages.shared.sources import SCHUIRMANN, cite
from pages.shared.verdict import figures
from pages.shared.words import change, listed, rough, uncapitalized

POST = 0.099
"""The unpadded loss per pixel in the post: a training loss."""

GUESSES = {"0": 0.0, "about 0.03": 0.03, "about 0.06": 0.06}
"""What a visitor may guess, in words, and the loss per pixel that is meant."""

WITHIN = f"{100 * MARGIN:g} %"


def answer(opening: Opening, floor: float | None) -> str:
    """The visitor's guess beside the floor per pixel of plain MNIST; None where no run is there."""
    if floor is None:
        words = (
            "The answer comes from a run on MNIST as the post had it, and none is here yet: choose "
            "*As asked* below and train it."
        )
        return f"{opening.reply()} {words}".lstrip()
    right = f"{GUESSES.get(opening.guess or '', -1.0):.2f}" == f"{floor:.2f}"
    words = (
        "On MNIST as the post had it, the greys of the test images alone cost "
        f"**{floor:.4f}** per pixel, whatever the network does. Why, and where the rest of the "
        "loss lies, stands below."
    )
    return f"{opening.reply('right' if right else 'no')} {words}".lstrip()


def where_title(unpadded: Parts, padded: Parts) -> str:
    """The floor's share of the unpadded loss, the border's share of the padded one."""
    return (
        f"{rough(unpadded.floor / sum(unpadded))} of the unpadded loss is a floor that no "
        f"network gets below; {rough(padded.border / sum(padded))} of the padded loss lies on "
        "the border"
    )


def floor_words(unpadded: Parts, pixels: int, *, plain: bool) -> str:
    """What the floor is, with the figures of these images; `plain` ones are those of the post."""
    per_pixel = unpadded.floor / pixels
    words = (
        "**The floor.** A grey target x costs at least its own entropy, "
        "−x ln x − (1−x) ln(1−x), even when the network answers x exactly: binary cross-entropy "
        "is 0 only for black and white. Over these test images that is "
        f"**{per_pixel:.5f}** per pixel, **{unpadded.floor:.2f}** an image: "
        f"{rough(unpadded.floor / sum(unpadded))} of the unpadded loss. At most the rest can be "
        "learnt."
    )
    if plain:
        words += f" Of the post's {POST}, a training loss, it would be {rough(per_pixel / POST)}."
    return words


def grouped(judged: Mapping[str, Finding]) -> dict[Finding, list[str]]:
    """The names that each finding is said of; findings in the order in which they are told."""
    found: dict[Finding, list[str]] = {what: [] for what in get_args(Finding)}
    for name, what in judged.items():
        found[what].append(name)
    return found


def spans(widths: Iterable[int]) -> str:
    """Pad widths in words: "1 px", "2 to 4 and 8 px"."""
    rows: list[list[int]] = []
    for width in sorted(widths):
        if rows and width == rows[-1][-1] + 1:
            rows[-1].append(width)
        else:
            rows.append([width])
    names = [
        name
        for row in rows
        for name in ([f"{row[0]} to {row[-1]}"] if len(row) > 2 else map(str, row))
    ]
    return f"{listed(names)} px"


def paddings(names: Sequence[str]) -> str:
    """Paddings within a sentence: "2 px (as asked), 3 to 8 px and grey border"."""
    widths = {name: int(name.removesuffix(" px")) for name in names if name.endswith(" px")}
    parts = [spans(widths.values()) if name in widths else uncapitalized(name) for name in names]
    return listed(list(dict.fromkeys(parts)))


def reach(judged: Iterable[Judgement]) -> str:
    """From the least to the greatest mean change: "+2.5 to +8.7 %"; at least one has runs."""
    means = [judgement.interval.mean for judgement in judged if judgement.interval is not None]
    # Adding 0 makes −0.0 a 0.0.
    ends = dict.fromkeys(f"{round(100 * end, 1) + 0.0:+.1f}" for end in (min(means), max(means)))
    return f"{' to '.join(ends)} %".replace("-", "−")


def law_title(judged: Mapping[int, Judgement]) -> str:
    """For which pad widths T / (28 + 2p)² holds; how far off it is before that is judged."""
    by: dict[Finding, list[int]] = {}
    for width, judgement in judged.items():
        by.setdefault(finding(judgement), []).append(width)
    parts = []
    if "holds" in by:
        parts.append(f"holds for {spans(by['holds'])}")
    if "fails" in by:
        off = reach(judged[width] for width in by["fails"])
        parts.append(f"fails for {spans(by['fails'])}, by {off}")
    if "undecided" in by:
        parts.append(f"is undecided for {spans(by['undecided'])}")
    if parts:
        return f"T / (28 + 2p)² {'; '.join(parts)}"
    if all(judgement.interval is None for judgement in judged.values()):
        return "The loss per pixel against the pad width"
    off = reach(judged.values())
    return f"So far the loss per pixel is {off} off T / (28 + 2p)²: not judged yet"


def waiting(judged: Mapping[int, Judgement]) -> str:
    """How many pre-set seeds are there of the widths that are not judged yet; else nothing."""
    widths: dict[str, list[int]] = {}
    for width, judgement in judged.items():
        if not judgement.complete:
            widths.setdefault(f"{judgement.runs} of {judgement.of}", []).append(width)
    if not widths:
        return ""
    rows = "; ".join(f"{count} for {spans(some)}" for count, some in widths.items())
    return f"A width is judged once all its pre-set seeds are here: {rows}."


def law_words(judged: Mapping[int, Judgement], border: float, total: float | None) -> str:
    """What the law says, and when it counts as holding.

    border: the entropy of the border at the chosen width, NaN where no run tells; total: the
    unpadded loss T; both nats per image.
    """
    words = [
        "If padding only adds pixels that cost nothing, the total loss T stays and the loss per "
        "pixel is T / (28 + 2p)². The law *holds* for a width where the total stays within "
        f"{WITHIN} (95 % interval over the pre-set seeds)."
    ]
    if total is None:
        words.append("No run of a pre-set seed is here yet to draw it from.")
    else:
        words.append(
            "The dashed line is drawn from the unpadded runs alone; each dot is a run with a seed "
            "of its own; the dotted line is the floor of the original pixels."
        )
    if total is not None and border > MARGIN * total:
        words.append(
            f"This border is not free: its entropy alone is {rough(border / total)} of T, so the "
            "law is not expected to hold. The test below allows for it."
        )
    if rest := waiting(judged):
        words.append(rest)
    return " ".join(words)


def ways_title(per_pixel: Judgement, shared: Judgement) -> str:
    """What the mean over the pre-set seeds says in two of three ways."""
    if per_pixel.interval is None or shared.interval is None:
        return "Per pixel, in total, or on the shared pixels"
    return (
        f"Per pixel the padded loss is {change(per_pixel.interval.mean)}, on the shared pixels "
        f"{change(shared.interval.mean)}"
    )


WAYS_WORDS = (
    "Only the shared pixels compare like with like: the same pixels of the same images. The total "
    "adds what the border costs, and the mean per pixel also divides by the pixels that padding "
    "added."
)


def trials_title(trials: Mapping[str, Trial]) -> str:
    """How many paddings the explanation holds for."""
    by = grouped({name: trial.finding for name, trial in trials.items()})
    judged = len(trials) - len(by["not judged yet"])
    if not judged:
        return "The test that could fail: not judged yet"
    words = f"Put to the test, the explanation holds for {len(by['holds'])} of {judged} paddings"
    if by["fails"]:
        words += f" and fails for {len(by['fails'])}"
    return words


TRIAL_WORDS = f"""
The explanation makes two claims: padding leaves the shared pixels as they were, and the pixels it
adds cost their entropy. From the unpadded run alone follows then the loss per pixel of *any*
padding, (T + border's entropy) / pixels. A constant border's entropy is its grey's; that of one
that repeats pixels, theirs; one of random greys costs more than their entropy, for a network sees
such a grey only as a noisy y: its best answer is the mean of all greys behind y, and what it pays
is the entropy of that mean, here summed exactly.

Each claim is measured in percent of the unpadded loss on the shared pixels. It *holds* where the
95 % interval over the pre-set seeds lies within ±{WITHIN}
({cite(SCHUIRMANN, "two one-sided tests")}), *fails* where it does not and excludes
0, and is else undecided. The explanation holds where both claims do, and fails where one does.
"""


def predicted_words(name: str, found: Trial) -> str:
    """The loss per pixel that the explanation predicts for one padding, beside the measured one."""
    if not found.runs:
        return ""
    unpadded, predicted, measured = map(
        found.mean, ("unpadded_per_pixel", "predicted_per_pixel", "per_pixel")
    )
    return (
        f"For the padding chosen above, {uncapitalized(name)}, it predicts from {unpadded:.4f} "
        f"unpadded **{predicted:.4f}** per pixel ({change(predicted / unpadded - 1)}); measured "
        f"are **{measured:.4f}** ({change(measured / unpadded - 1)})."
    )


def claim_words(judged: Mapping[str, Judgement]) -> str:
    """For which paddings a claim holds, fails or is undecided, and which are not judged yet."""
    by = grouped({name: finding(judgement) for name, judgement in judged.items()})
    parts = []
    if by["holds"]:
        parts.append(f"Holds for {paddings(by['holds'])}.")
    if by["fails"]:
        off = reach(judged[name] for name in by["fails"])
        parts.append(f"Fails for {paddings(by['fails'])}: {off}.")
    if by["undecided"]:
        parts.append(f"Undecided for {paddings(by['undecided'])}.")
    if by["not judged yet"]:
        whom = f" for {paddings(by['not judged yet'])}" if parts else ""
        parts.append(f"Not judged yet{whom}: pre-set seeds are missing.")
    return " ".join(parts)


def chance_words(judged: Sequence[Judgement]) -> str:
    """How many of these judgements may be wrong; nothing where none is made."""
    made = sum(judgement.complete for judgement in judged)
    if not made:
        return ""
    return (
        f"A judgement is wrong by chance in at most 5 % of cases: of these {made}, expect up to "
        f"{0.05 * made:.1f} to be."
    )


def finding_words(judged: Judgement) -> str:
    """A judged change in a cell of a table: "+2.5 % ± 0.5: fails", "3 of 10 seeds"."""
    if not judged.complete:
        return f"{judged.runs} of {judged.of} seeds: not judged yet"
    return f"{figures(judged)}: {finding(judged)}"


def metrics_title(whole: Judgement, shared: Judgement) -> str:
    """How the squared error moved on the whole image and on the shared pixels."""
    if whole.interval is None or shared.interval is None:
        return "Other metrics"
    return (
        f"The squared error is {change(whole.interval.mean)} on the whole image, "
        f"{change(shared.interval.mean)} on the shared pixels"
    )


METRICS_WORDS = (
    "Every mean over all pixels counts the border, whatever the metric. Errors are compared: of "
    "PSNR, the squared error in decibels, that squared error; of the pixel accuracy, the share of "
    "pixels where target and output fall on one side of 0.5, the share where they do not."
)


def metric_words(judged: Judgement) -> str:
    """What a metric's judged error says of the padded network, in a cell of a table."""
    if not judged.complete:
        return f"{judged.runs} of {judged.of} seeds: not judged yet"
    side = {1: "worse, ", -1: "better, ", 0: ""}[judged.sign]
    outcome = f"within {WITHIN}" if judged.outcome == "equivalent" else judged.outcome
    return f"{figures(judged)}: {side}{outcome}"


def converter_title(
    first: tuple[float, float] | None, second: tuple[float, float] | None, *, post: bool
) -> str:
    """Two losses, (per pixel, total) each, compared both ways; `post` where they are the post's."""
    if first is None or second is None or not min(first) > 0:
        return "One loss, two numbers"
    shares = [b / a - 1 for a, b in zip(first, second, strict=True)]
    if not all(map(math.isfinite, shares)):
        return "One loss, two numbers"
    per_pixel, total = map(change, shares)
    whose = "The post's two losses" if post else "The second loss against the first"
    return f"{whose}: per pixel {per_pixel}, in total {total}"


def sweep_title(
    setting: str, per_pixel: Sequence[At], total: Sequence[At], *, numeric: bool
) -> str:
    """What a sweep's runs lose, per pixel and in total, along a setting.

    Losses in nats, means over the runs at each value; nothing is judged.
    """
    if not per_pixel:
        return f"The losses against the {setting}"
    first, last = spelt(per_pixel[0].value), spelt(per_pixel[-1].value)
    if len(per_pixel) == 1:
        start = f"With {setting} {first}"
    else:
        start = f"From {setting} {first} to {last}" if numeric else f"By {setting}"
    return (
        f"{start} the loss per pixel {_course(per_pixel, 4, numeric)}, the total "
        f"{_course(total, 1, numeric)}"
    )


def _course(along: Sequence[At], digits: int, numeric: bool) -> str:
    """How means go: to one side, or between which two."""
    means = [f"{at.mean:.{digits}f}" for at in along]
    if len(means) == 1:
        return f"is {means[0]}"
    if len(set(means)) == 1:
        return f"stays at {means[0]}"
    steps = {math.copysign(1, b.mean - a.mean) for a, b in pairwise(along) if a.mean != b.mean}
    if numeric and len(steps) == 1:
        return f"goes from {means[0]} to {means[-1]}"
    low, high = (some(along, key=lambda at: at.mean) for some in (min, max))
    ends = (f"{at.mean:.{digits}f} ({spelt(at.value)})" for at in (low, high))
    return f"lies between {' and '.join(ends)}"


def spelt(value: object) -> str:
    """A setting's value as a grid spells it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def sweep_words(found: Swept, others: Mapping[str, str]) -> str:
    """What the marks of a sweep's charts are, of which runs, and how many are not here."""
    counts = [at.runs for at in found.along(total=False)]
    if not counts:
        return f"None of its {found.of:,} runs with {_with(others)} is here yet."
    words = []
    if others:
        words.append(f"Drawn are the runs with {_with(others)}.")
    if max(counts) == 1:
        words.append("Each dot is the only run there: how far seeds are apart, it cannot say.")
    else:
        few, many = min(counts), max(counts)
        seeds = f"{many}" if few == many else f"{few} to {many}"
        mean = "the line goes through their means" if found.numeric else "the dash is their mean"
        apart = max((at.high - at.low) / (at.mean or 1) for at in found.along(total=False))
        words.append(
            f"Each dot is a run; {mean} over {seeds} seeds, whose losses are at most "
            f"{rough(apart)} apart."
        )
    if found.setting == "pad_width":
        words.append("The total is not divided by anything; per pixel it is divided by (28 + 2p)².")
    words.append(f"What the grid does not name is as in the {found.preset} preset.")
    if missing := found.of - sum(counts):
        here = f"{found.of - missing:,} of {found.of:,}"
        words.append(f"{here} runs are here; the command that trained them trains the rest.")
    return " ".join(words)


def _with(others: Mapping[str, str]) -> str:
    return listed(f"{name} {value}" for name, value in others.items()) or "these settings"
