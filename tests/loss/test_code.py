"""The program to copy converts as the command line does, and the page's is its pair of runs."""

from pathlib import Path

import pytest

from core.autoencoder import presets
from core.autoencoder.code import program as experiment
from core.loss import Settings, convert
from core.loss.code import program
from tests.app import open_page
from tests.copied import run


@pytest.mark.parametrize(
    "given",
    [
        Settings(per_pixel=0.099, height=28, width=28),
        Settings(total=77.44, height=32, width=31),
        Settings(per_pixel=1e-30, height=1, width=1_000_000),
    ],
)
def test_it_converts(given: Settings, tmp_path: Path) -> None:
    converted = convert(given)
    said = f"per pixel {converted.per_pixel} in total {converted.total}"
    assert run(program(given), tmp_path) == [said]


def test_the_page_gives_away_its_pair_of_runs() -> None:
    codes = [block.value for block in open_page("loss", pair="Noise border").code]
    assert experiment(presets.PADDED["Noise border"]) in [code + "\n" for code in codes] + codes
