"""The README says of the shipped runs what the pages say of them."""

from dataclasses import replace
from pathlib import Path

import pytest

from core.autoencoder import Checkpoint, Run, arms
from core.autoencoder.presets import AS_ASKED, ORIGINAL_PADDED, judged_seeds
from core.autoencoder.runs import SHIPPED
from core.autoencoder.store import Folder
from core.classifier import results
from core.loss.comparison import compare
from pages.shared.post import POST
from pages.shared.verdict import sentence, weigh
from tests.benchmarks import border

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


def test_the_figures_at_the_border() -> None:
    for line in border.lines(results.read()):
        assert line in README
