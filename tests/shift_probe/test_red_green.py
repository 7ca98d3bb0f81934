"""The miniature shows what Kayhan and van Gemert found, on images that are what they say."""

import numpy as np
import pytest

from core.settings import InputError
from core.shift_probe.red_green import PADDINGS, PUBLISHED, SIZE, Result, Settings, draw, run


@pytest.mark.parametrize("swapped", [False, True])
def test_images(swapped: bool) -> None:
    images, classes = draw(np.random.default_rng(0), 64, 2, swapped)
    for image, label in zip(images, classes, strict=True):
        red, green = (np.argwhere(channel) for channel in image)
        assert len(red) == len(green) == 4
        assert red[0, 0] == green[0, 0]
        left_is_red = red[0, 1] < green[0, 1]
        assert left_is_red == (label == 0)
        rows = {0: range(0, 4), 1: range(SIZE - 4, SIZE)}[int(label) ^ swapped]
        assert {*red[:, 0]} <= {*rows}


def test_valid_goes_by_the_place() -> None:
    assert run(Settings("valid")) == Result(similar=1, dissimilar=0)


def test_zeros_do_mostly() -> None:
    found = [run(Settings("same", seed=seed)) for seed in (0, 1)]
    assert all(result.similar == 1 for result in found)
    assert np.mean([result.dissimilar for result in found]) < 0.5


@pytest.mark.parametrize("padding", ["circular", "full"])
def test_invariant_padding_goes_by_the_order(padding: str) -> None:
    assert run(Settings(padding)) == Result(similar=1, dissimilar=1)


def test_a_run_repeats() -> None:
    assert run(Settings("valid", margin=6)) == run(Settings("valid", margin=6))


def test_published_figures_cover_every_padding() -> None:
    assert PUBLISHED.keys() == PADDINGS.keys()
    assert PUBLISHED["same"] == (99.8, 8.4)


def test_bad_input() -> None:
    with pytest.raises(InputError, match="padding must be one of valid, same, circular, full"):
        Settings("reflect")
    with pytest.raises(InputError, match="margin must be a whole number from 0 to 6"):
        Settings(margin=7)
