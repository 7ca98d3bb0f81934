"""The README says of the shipped runs what the pages say of them."""

from pathlib import Path

from core.classifier import results
from pages.shared.post import POST
from tests.benchmarks import border, protocol

ROOT = Path(__file__).parents[1]
README = " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())


def test_the_figures_of_the_original_protocol() -> None:
    for line in protocol.lines():
        assert line in README


def test_the_posts_figures() -> None:
    assert f"from {POST.unpadded} to {POST.padded}, by {POST.fell}" in README


def test_the_figures_at_the_border() -> None:
    for line in border.lines(results.read()):
        assert line in README
