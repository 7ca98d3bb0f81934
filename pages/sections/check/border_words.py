"""What the border section says: computed from the runs that are there, true for every setting."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import pandas as pd

from core.classifier import PADDINGS, SEEDS, Measured, Settings, results
from core.judgement import interval
from pages.shared.verdict import Evidence, Quantity, sentence, weigh
from pages.shared.words import capitalized, listed, percent, uncapitalized

Results = Mapping[Settings, Measured]

NAMES = {
    "valid": "valid",
    "same": "same (zeros)",
    "circular": "circular",
    "image": "image padding",
}
READOUTS = {"pooling": "global pooling", "linear": "a linear layer"}
TRAINED = {False: "trained in the middle", True: "trained anywhere"}

FALL = Quantity(
    "this network's accuracy, from the middle to the border,",
    "From the middle to the border",
    "at the border it is worse",
    "at the border it is better",
)
AGAINST_VALID = Quantity(
    "accuracy at the border, from valid convolutions to this padding,",
    "Against valid",
    "this padding is worse",
    "this padding is better",
)
BY_TRAINING = Quantity(
    "accuracy at the border, with training on digits anywhere instead of in the middle,",
    "By training on moved digits",
    "trained on moved digits the network is worse",
    "trained on moved digits the network is better",
)
BY_BLURRING = Quantity(
    "shift consistency, with the anti-aliased pool instead of the max pool,",
    "By anti-aliasing",
    "the anti-aliased network is worse",
    "the anti-aliased network is better",
)


def touching(test: Measured) -> float:
    """Accuracy where the ink touches the border."""
    return test.at(0)


def middle(test: Measured) -> float:
    return test.accuracy


def consistency(test: Measured) -> float:
    return test.consistency


def figure(values: Sequence[float]) -> str:
    """A mean over seeds with its 95 % interval: "20.5 % ± 3.1"; a dash where no run is there."""
    if not values:
        return "–"
    found = interval(values)
    if not math.isfinite(found.margin):
        return percent(found.mean)
    return f"{percent(found.mean)} ± {100 * found.margin:.1f}"


def headline(cell: Settings, found: Results) -> str:
    """What the chosen network does, in one line."""
    tests = list(results.of_seeds(cell, found).values())
    if not tests:
        return f"{named(cell)}: no run is here"
    ends = (percent(mean(list(map(of, tests)))) for of in (middle, touching))
    return "{}: {} right in the middle, {} at the border".format(named(cell), *ends)


def named(cell: Settings) -> str:
    """The chosen network in words."""
    name = NAMES[cell.padding]
    pool = ", anti-aliased" if cell.pool == "anti-aliased" else ""
    return f"{capitalized(name)}, {READOUTS[cell.readout]}, {TRAINED[cell.shifted]}{pool}"


def mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def seeds_words(cell: Settings, found: Results) -> str:
    """How many runs the figures rest on."""
    there, of = len(results.of_seeds(cell, found)), len(SEEDS)
    return f"{there} of {of} pre-set seeds" if there < of else f"{of} pre-set seeds"


def own_words(own: Mapping[int, Measured]) -> str:
    """What else is drawn: visitors' seeds, or nothing."""
    if not own:
        return ""
    seeds = f"seed{'s' * (len(own) > 1)} {listed(map(str, own))}"
    return f" Dashed: {seeds}, trained here, shown and never judged."


# --- Judgements ---------------------------------------------------------------------------------


def evidence(cell: Settings, found: Results) -> dict[Quantity, Evidence]:
    """What is judged of the chosen network: itself, and it beside the ones that it differs from."""
    own = results.of_seeds(cell, found)
    changed = {FALL: results.changes(own, own, middle, touching)}
    if cell.padding != "valid":
        valid = results.of_seeds(replace(cell, padding="valid"), found)
        changed[AGAINST_VALID] = results.changes(valid, own, touching, touching)
    still, moved = (results.of_seeds(replace(cell, shifted=how), found) for how in (False, True))
    changed[BY_TRAINING] = results.changes(still, moved, touching, touching)
    return {quantity: weigh(changes, SEEDS) for quantity, changes in changed.items()}


def judged(cell: Settings, found: Results) -> list[str]:
    """The judgements as sentences; what is said of several is said once."""
    said = [sentence(weighed, quantity) for quantity, weighed in evidence(cell, found).items()]
    return list(dict.fromkeys(said))


# --- The whole design ---------------------------------------------------------------------------


def at_the_border(pool: str, found: Results) -> pd.DataFrame:
    """Accuracy where the ink touches the border, of every network with this pool."""
    rows = {
        NAMES[padding]: {
            f"{READOUTS[readout]}, {TRAINED[shifted]}": figure(
                [touching(test) for test in tests_of(padding, readout, shifted, pool, found)]
            )
            for shifted in TRAINED
            for readout in READOUTS
        }
        for padding in PADDINGS
    }
    return pd.DataFrame(rows).T.rename_axis("padding")


def tests_of(
    padding: str, readout: str, shifted: bool, pool: str, found: Results
) -> list[Measured]:
    cell = Settings(padding, readout, shifted, pool)
    return list(results.of_seeds(cell, found).values())


def expectation(pool: str, found: Results) -> list[str]:
    """What became of the article's expectation, a line for each readout and way of training."""
    lines = []
    for shifted in TRAINED:
        for readout in READOUTS:
            cells = [Settings(padding, readout, shifted, pool) for padding in PADDINGS]
            became = {NAMES[cell.padding]: outcome(cell, found) for cell in cells}
            told = [
                f"{words} with {among([name for name in became if became[name] == words])}"
                for words in OUTCOMES
                if words in became.values()
            ]
            start = f"{READOUTS[readout]}, {TRAINED[shifted]}"
            lines.append(f"**{capitalized(start)}:** {'; '.join(told)}.")
    return lines


def among(names: Sequence[str]) -> str:
    """Some of the paddings in words."""
    return "every padding" if len(names) == len(PADDINGS) else listed(names)


WORSE = "worse at the border by more than 1 %"
SLIGHTLY = "worse at the border, perhaps by less than 1 %"
ALIKE = "as good at the border to within 1 %"
BETTER = "better at the border"
OPEN = "undecided whether worse"
ABSENT = "not judged yet, for want of runs,"
OUTCOMES = (WORSE, SLIGHTLY, ALIKE, BETTER, OPEN, ABSENT)


def outcome(cell: Settings, found: Results) -> str:
    """What the pre-set seeds say of a network's way from the middle to the border."""
    told = evidence(cell, found)[FALL].judgement
    if not told.complete or told.interval is None:
        return ABSENT
    if told.outcome == "equivalent":
        return ALIKE
    if told.outcome == "undecided":
        return OPEN
    if told.sign > 0:
        return BETTER
    return WORSE if told.interval.high < -told.least else SLIGHTLY


# --- The guess ----------------------------------------------------------------------------------

ASKED = Settings()
"""The network that the guess is about."""

GUESSES = {"nearly all": (0.9, 1.01), "about half": (0.35, 0.9), "few": (0.0, 0.35)}
"""What may be guessed, and from which share on up to which it is right."""


def reply(guess: str, found: Results) -> str:
    """Whether a guess came true; nothing where nothing is known."""
    tests = list(results.of_seeds(ASKED, found).values())
    if not tests or guess not in GUESSES:
        return ""
    share = mean([touching(test) for test in tests])
    low, high = GUESSES[guess]
    right = "right" if low <= share < high else "not so"
    return f"{right}, it is {percent(share)} over {seeds_words(ASKED, found)}"


# --- Shift consistency --------------------------------------------------------------------------


def consistencies(cell: Settings, found: Results) -> pd.DataFrame:
    """Shift consistency of every padding with either pool, read out and trained as chosen."""
    rows = {}
    for padding in PADDINGS:
        plain, blurred = (
            results.of_seeds(replace(cell, padding=padding, pool=pool), found)
            for pool in ("max", "anti-aliased")
        )
        rows[NAMES[padding]] = {
            "max pool": figure([consistency(test) for test in plain.values()]),
            "anti-aliased": figure([consistency(test) for test in blurred.values()]),
        }
    return pd.DataFrame(rows).T.rename_axis("padding")


def blurring(cell: Settings, found: Results) -> str:
    """Whether the anti-aliased pool makes the chosen padding more consistent."""
    plain, blurred = (
        results.of_seeds(replace(cell, pool=pool), found) for pool in ("max", "anti-aliased")
    )
    changes = results.changes(plain, blurred, consistency, consistency)
    said = sentence(weigh(changes, SEEDS), BY_BLURRING)
    return f"With {NAMES[cell.padding]}: {uncapitalized(said)}"
