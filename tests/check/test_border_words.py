"""The words of the border section: true for every network, whatever its runs found."""

import re
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest

from core.classifier import DISTANCES, PADDINGS, SEEDS, SIDES, Measured, Settings, cells, results
from pages.sections.check import border, border_words
from pages.sections.check.border_words import NAMES, OUTCOMES

ALL = list(results.wanted())


def made_up(middle: int, near: int, alike: int = 480) -> Measured:
    row = tuple(round(near + (middle - near) * d / DISTANCES[-1]) for d in DISTANCES)
    return Measured(middle, (row,) * len(SIDES), ((alike,) * (len(DISTANCES) - 1),) * len(SIDES))


def every(middle: int, near: int, *, spread: int = 1) -> dict[Settings, Measured]:
    return {run: made_up(middle, near + spread * (run.seed % 2)) for run in ALL}


def said(cell: Settings, found: Mapping[Settings, Measured]) -> str:
    return "\n".join(
        [
            border_words.headline(cell, found),
            *border_words.judged(cell, found),
            *border_words.expectation(cell.pool, found),
            border_words.blurring(cell, found),
            border_words.reply("few", found),
            border.described(border.table(cell, found)),
            border_words.at_the_border(cell.pool, found).to_string(),
            border_words.consistencies(cell, found).to_string(),
        ]
    )


@pytest.mark.parametrize("cell", cells(), ids=lambda cell: " ".join(map(str, cell.cell)))
def test_every_network_is_put_into_words(cell: Settings) -> None:
    """Any counts, and any part of the runs there: no crash, no not-a-number, no loose brackets."""
    random = np.random.default_rng(cells().index(cell))
    for share in (0, 0.05, 0.5, 1):
        kept = [run for run in ALL if random.random() < share]
        counts = random.choice([0, 1, 250, 499, 500], (len(kept), 3)).tolist()
        text = said(cell, {run: made_up(*count) for run, count in zip(kept, counts, strict=True)})
        assert not re.search(r"nan|inf\b|None(?! of the)|[{}]", text)


@pytest.mark.parametrize("cell", cells(), ids=lambda cell: " ".join(map(str, cell.cell)))
def test_each_outcome_is_said_of_the_runs_that_have_it(cell: Settings) -> None:
    for near, wanted in ((100, 0), (490, 2), (483, 1), (499, 3)):
        outcome = border_words.outcome(cell, every(490, near, spread=0 if near == 490 else 1))
        assert OUTCOMES.index(outcome) == wanted or (near, outcome) == (483, OUTCOMES[0])
    noisy = {run: made_up(490, 490 + (200 if run.seed % 2 else -200) // 2) for run in ALL}
    assert border_words.outcome(cell, noisy) == border_words.OPEN
    missing = {run: test for run, test in noisy.items() if run.seed != SEEDS[-1]}
    assert border_words.outcome(cell, missing) == border_words.ABSENT


def test_every_padding_has_its_place_in_each_line() -> None:
    found = every(490, 100) | {run: made_up(490, 490) for run in ALL if run.padding == "circular"}
    lines = border_words.expectation("max", found)
    assert len(lines) == 4
    for line in lines:
        assert all(line.count(name) == 1 for name in NAMES.values())
    alike = border_words.expectation("max", every(490, 100))
    assert all("with every padding" in line for line in alike)


def test_a_padding_is_set_against_valid_and_valid_against_nothing() -> None:
    found = every(490, 100)
    for padding in PADDINGS:
        judged = border_words.evidence(Settings(padding), found)
        assert (border_words.AGAINST_VALID in judged) == (padding != "valid")


@pytest.mark.parametrize(("near", "guess"), [(495, "nearly all"), (250, "about half"), (90, "few")])
def test_a_guess_is_right_where_its_share_was_found(near: int, guess: str) -> None:
    found = every(499, near)
    for other in border_words.GUESSES:
        assert border_words.reply(other, found).startswith("right") == (other == guess)
    assert border_words.reply(guess, {}) == ""
    assert border_words.reply("just show me", found) == ""


def test_what_is_drawn_is_what_was_measured() -> None:
    cell = Settings("same")
    drawn = border.table(cell, every(490, 100, spread=0))
    assert set(drawn["kind"]) == {"chosen", "valid", "other"}
    assert len(drawn) == len(PADDINGS) * len(DISTANCES)
    at_border = drawn[(drawn["line"] == NAMES["same"]) & (drawn["distance"] == 0)]
    assert at_border["accuracy"].item() == pytest.approx(20)
    assert border.table(cell, {}).empty
    assert border.described(drawn).count("20.0 % at the border") == len(PADDINGS)


def test_one_run_has_no_spread_and_no_judgement() -> None:
    found = {Settings(seed=SEEDS[0]): made_up(490, 100)}
    assert border_words.figure([0.2]) == "20.0 %"
    assert border_words.figure([]) == "–"
    assert "Nothing is judged" in border_words.judged(Settings(), found)[0]
    assert border_words.seeds_words(Settings(), found) == "1 of 5 pre-set seeds"
    assert border_words.seeds_words(replace(Settings(), seed=7), every(1, 1)) == "5 pre-set seeds"
