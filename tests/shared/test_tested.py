"""Pictures of a network that was tested, in words."""

import re

import pytest

from pages.shared.tested import map_words, samples_words
from tests.made_up import checkpoint


@pytest.mark.parametrize("pad_width", [0, 1, 2, 8])
def test_a_map_in_words_is_that_of_the_network(pad_width: int) -> None:
    tested = checkpoint(pad_width, interior=76.84, border=0.31 if pad_width else 0.0)
    tested.loss_map[pad_width + 3, pad_width + 5] = 0.9
    said = map_words("padded", tested)
    numbers = [float(number) for number in re.findall(r"\d+(?:\.\d+)?", said)]
    *amounts, most, row, column = numbers
    expected = [tested.interior, tested.border] if pad_width else [tested.total]
    assert amounts == pytest.approx(expected, rel=0.02)
    assert (most, row, column) == (0.9, pad_width + 3, pad_width + 5)


def test_samples_in_words() -> None:
    said = samples_words("unpadded", checkpoint(0, interior=76.84, border=0))
    assert "76.8 nats" in said
