"""Generated digits: deterministic, in MNIST's frame, and grey in MNIST's proportions."""

import subprocess
import sys

import numpy as np
import pytest

from core.data import digits
from core.entropy import entropy_floor

IMAGES, LABELS = digits.draw(3_000)


def test_digit_does_not_depend_on_how_many() -> None:
    for n in (0, 1, digits.BLOCK, 333):
        images, labels = digits.draw(n)
        assert images.shape == (n, 28, 28)
        assert np.array_equal(images, IMAGES[:n])
        assert np.array_equal(labels, LABELS[:n])


def test_seeds_differ() -> None:
    images, labels = digits.draw(64, seed=1)
    assert (images != IMAGES[:64]).any(axis=(1, 2)).all()
    assert (labels != LABELS[:64]).any()


def test_no_two_are_alike() -> None:
    assert len(np.unique(IMAGES.reshape(len(IMAGES), -1), axis=0)) == len(IMAGES)


def test_every_digit_as_often() -> None:
    assert np.bincount(LABELS, minlength=10) == pytest.approx(300, abs=60)


def test_frame() -> None:
    ink = IMAGES > 0
    longer = np.maximum(span(np.any(ink, axis=2)), span(np.any(ink, axis=1)))
    # The scan that measures a digit is a little coarser than the image.
    assert np.isin(longer, (18, 19, 20, 21, 22)).all()
    assert (longer == 20).mean() > 0.95


def span(inked: np.ndarray) -> np.ndarray:
    """From the first to the last inked line, both included: (n,) from (n, 28)."""
    return np.asarray(28 - inked.argmax(axis=1) - inked[:, ::-1].argmax(axis=1))


@pytest.mark.parametrize("axis", [1, 2], ids=["columns", "rows"])
def test_centre_of_mass_is_the_centre(axis: int) -> None:
    weight = IMAGES.sum(axis=axis, dtype=float)
    centre = weight @ (np.arange(28) + 0.5) / weight.sum(axis=1)
    assert centre.mean() == pytest.approx(14, abs=0.1)
    assert np.abs(centre - 14).max() < 1.2  # whole pixels, and never out of the image


def test_greys_are_in_mnists_proportions() -> None:
    black, mean = (IMAGES == 0).mean(), IMAGES.mean() / 255
    assert black == pytest.approx(0.809, abs=0.015)
    assert mean == pytest.approx(0.1307, abs=0.01)
    assert entropy_floor(IMAGES) == pytest.approx(0.0584, abs=0.004)


def test_digits_of_one_kind_look_alike() -> None:
    """A nearest-mean classifier trained on some tells others far above chance (0.1)."""
    flat = IMAGES.reshape(len(IMAGES), -1) / 255
    means = np.array([flat[:2_000][LABELS[:2_000] == digit].mean(axis=0) for digit in range(10)])
    distances = ((flat[2_000:, None] - means) ** 2).sum(axis=2)
    assert (distances.argmin(axis=1) == LABELS[2_000:]).mean() > 0.7


def test_content_is_found_without_matplotlib() -> None:
    code = (
        "import sys; from core.data.digits import *;print(content(), 'matplotlib' in sys.modules)"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.split() == [digits.content(), "False"]
