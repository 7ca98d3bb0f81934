"""The README's figures on digits at the border: `python -m tests.benchmarks.border`.

They are those of the runs that the repository ships; nothing is trained.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from statistics import mean

from core.classifier import PADDINGS, SEEDS, Settings, cells, results
from core.classifier.experiment import READOUTS
from core.judgement import Judgement
from pages.sections.check import border_words as words
from pages.shared.verdict import weigh
from pages.shared.words import percent

COLUMNS = [(readout, shifted) for shifted in (False, True) for readout in READOUTS]


def lines(found: words.Results) -> Iterator[str]:
    """Tables and sentences, in the README's order."""
    middles = [mean(map(words.middle, words.tests_of(*cell.cell, found))) for cell in cells()]
    yield f"right on {percent(min(middles)).removesuffix(' %')} to {percent(max(middles))}"
    at_border = words.at_the_border("max", found)
    yield from table(at_border.columns, [(str(name), *row) for name, row in at_border.iterrows()])
    for said in words.expectation("max", found):
        yield said.replace("**", "")
    blurred = {
        padding: [consistencies(Settings(padding, *column), found) for column in COLUMNS]
        for padding in PADDINGS
    }
    yield from table(
        at_border.columns, [(words.NAMES[name], *row) for name, row in blurred.items()]
    )
    told = Counter(outcome(judged) for judged in judgements(found)).most_common()
    counts = ", ".join(f"{said} in {count}" for said, count in told)
    yield f"of {sum(count for _, count in told)} networks it is {counts}"


def table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """A table of Markdown."""
    for row in (("padding", *columns), ("---",) * (1 + len(columns)), *rows):
        yield f"| {' | '.join(row)} |"


def consistencies(cell: Settings, found: words.Results) -> str:
    """Mean shift consistency of a cell without and with the anti-aliased pool."""
    before, after = (
        percent(mean(map(words.consistency, words.tests_of(*pooled.cell, found))))
        for pooled in (cell, blurred(cell))
    )
    return f"{before.removesuffix(' %')} → {after}"


def blurred(cell: Settings) -> Settings:
    return replace(cell, pool="anti-aliased")


def judgements(found: words.Results) -> Iterator[Judgement]:
    """What is judged of the anti-aliased pool's effect on shift consistency, network by network."""
    for cell in cells():
        if cell.pool == "max":
            plain, other = (results.of_seeds(one, found) for one in (cell, blurred(cell)))
            changes = results.changes(plain, other, words.consistency, words.consistency)
            yield weigh(changes, SEEDS).judgement


def outcome(judged: Judgement) -> str:
    if judged.outcome != "different":
        return "equal to within 1 %" if judged.outcome == "equivalent" else "undecided"
    return "higher" if judged.sign > 0 else "lower"


if __name__ == "__main__":
    print(*lines(results.read()), sep="\n")
