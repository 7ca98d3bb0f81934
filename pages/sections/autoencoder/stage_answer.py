"""The talk's answer to the question that it began with: what the pre-set seeds say."""

from __future__ import annotations

from collections.abc import Iterator

from core import loss
from core.autoencoder.presets import AS_ASKED, judged_seeds
from pages.sections.autoencoder.finding import GUESSES
from pages.shared import charts, hall, runs, slide, svg
from pages.shared.changes import around
from pages.shared.charts import Palette
from pages.shared.slide import Shot, Step
from pages.shared.verdict import SHARED, Evidence, figures, weigh
from pages.shared.words import capitalized

TOP, BOTTOM = 46.0, 290.0  # units


def show() -> None:
    """Every seed's change, the interval of their mean, and the hall's guess."""
    judged = judged_seeds(AS_ASKED)
    changes = loss.changes(runs.found(AS_ASKED, judged))
    evidence = weigh({seed: change.shared for seed, change in changes.items()}, judged)
    said = verdict(evidence)
    slide.show(
        [Shot(picture(evidence, charts.palette()), said + hall.guessed("better", GUESSES))],
        name="answer",
        alt=f"The change of the loss on the shared pixels, a dot for each seed. {said}",
    )


def verdict(evidence: Evidence) -> str:
    """The judgement in one sentence, short enough for a slide."""
    judged = evidence.judgement
    if not judged.complete or judged.interval is None:
        return f"Not judged yet: {judged.runs} of {judged.of} pre-set seeds are here."
    answer = {
        "different": SHARED.meaning(judged.sign),
        "equivalent": f"equivalent, to {100 * judged.least:g} %",
        "undecided": "undecided",
    }[judged.outcome]
    return (
        f"{capitalized(answer)}: over {judged.of} seeds the loss on the shared pixels "
        f"changes by {figures(judged)}."
    )


def picture(evidence: Evidence, colours: Palette) -> str:
    """Dots for seeds, the mean's interval below them, grey what counts as no change."""
    judged = evidence.judgement
    least = 100 * judged.least
    changes = [100 * change for change in evidence.preset.values()]
    ends = [-1.5 * least, 1.5 * least, *changes]
    if judged.complete and judged.interval:
        ends += [100 * judged.interval.low, 100 * judged.interval.high]
    low, high = around(ends, 0.06)

    def x(percent: float) -> float:
        return svg.WIDTH * (percent - low) / (high - low)

    parts = [
        svg.rectangle(x(-least), TOP, x(least) - x(-least), BOTTOM - TOP, colours.faint),
        svg.rectangle(x(0) - 1, TOP, 2, BOTTOM - TOP, colours.muted),
        *scale(low, high, x(0), svg.WIDTH / (high - low), colours),
    ]
    if x(least) - x(-least) > 220:
        place = x(-least) + 12, BOTTOM - 16  # across the line at 0
        parts.append(svg.text(*place, "counts as none", colours.muted, halo=colours.faint))
    for number, change in enumerate(changes):
        parts.append(svg.dot(x(change), 110 + 34 * (number % 3), 13, colours.padded))
    if judged.complete and judged.interval:
        left, right = x(100 * judged.interval.low), x(100 * judged.interval.high)
        parts += [
            svg.rectangle(left, 235, right - left, 34, colours.padded, fill_opacity="0.4"),
            svg.rectangle((left + right) / 2 - 3, 228, 6, 48, colours.padded),
        ]
    return svg.picture(*parts)


def scale(low: float, high: float, zero: float, unit: float, colours: Palette) -> Iterator[str]:
    """The axis in percent: `zero` is where 0 lies, and `unit` how many units 1 % takes."""
    step = next(step for step in (1, 2, 5, 10, 20, 50, 100) if step * unit > 90)
    for number in range(int(low / step), int(high / step) + 1):
        place = zero + unit * step * number
        if 40 < place < svg.WIDTH - 40:
            words = f"{step * number:+d} %".replace("-", "−") if number else "0"
            yield svg.text(place, BOTTOM + 36, words, colours.muted, anchor="middle")
    yield svg.text(zero - 14, 30, "← better", colours.muted, anchor="end")
    yield svg.text(zero + 14, 30, "worse →", colours.muted)
    yield svg.text(
        0, BOTTOM + 88, "change of the loss on the shared pixels, a dot a seed", colours.muted
    )


STEPS = (Step("answer", "autoencoder", "So, is the padded network better?", show),)
