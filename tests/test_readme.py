"""The README says of the shipped runs what the pages say of them."""

from dataclasses import replace
from pathlib import Path

import pytest

from core.autoencoder import Checkpoint, Run, arms
from core.autoencoder.presets import AS_ASKED, ORIGINAL_PADDED, judged_seeds
from core.autoencoder.runs import SHIPPED
from core.autoencoder.store import Folder
from core.classifier import Settings, results
from core.loss.comparison import compare
from pages.sections.check import border_words
from pages.shared.post import POST
from pages.shared.verdict import sentence, weigh

ROOT = Path(__file__).parents[1]
README = " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())


def shipped(run: Run, seed: int) -> tuple[Checkpoint, Checkpoint]:
    """Both arms of a shipped experiment, at their end."""
    states = [Folder(SHIPPED).read(arm) for arm in arms(replace(run.settings, seed=seed))]
    unpadded, padded = (state.checkpoints[-1] for state in states if state is not None)
    return unpadded, padded


@pytest.mark.parametrize("run", [AS_ASKED, ORIGINAL_PADDED], ids=["as asked", "original"])
def test_the_verdict_is_that_of_the_pages(run: Run) -> None:
    seeds = judged_seeds(run)
    changes = {seed: compare(*shipped(run, seed)).shared for seed in seeds}
    assert sentence(weigh(changes, seeds)) in README


def test_the_posts_figures() -> None:
    assert f"from {POST.unpadded} to {POST.padded}, by {POST.fell}" in README


def test_the_classifiers_figures() -> None:
    found = results.read()
    for padding, row in border_words.at_the_border("max", found).iterrows():
        assert f"| {padding} | " + " | ".join(v for v in row if v != "–") + " |" in README
    for line in border_words.expectation("max", found):
        assert "want of runs" in line or line.replace("**", "") in README
    for _, row in border_words.consistencies(Settings(), found).iterrows():
        before, after = (value.split(" %")[0] for value in row)
        assert f"{before} to {after} %" in README
