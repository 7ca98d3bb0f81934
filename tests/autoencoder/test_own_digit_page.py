"""What the page says of a visitor's own digit, and what it takes from a canvas or a file."""

import base64
import io
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from core.autoencoder import Settings
from core.autoencoder.own_digit import Tried
from core.data import SIZE
from pages.sections.autoencoder.own_digit import HELD, UPLOAD, decoded, example, reading, sentence
from tests.app import errors, open_page, words


def one(total: float, pad_width: int = 0) -> Tried:
    size = SIZE + 2 * pad_width
    blank = np.zeros((size, size), np.uint8)
    return Tried(blank, blank, np.full((size, size), total / size**2), 0.0, pad_width)


@pytest.mark.parametrize(
    ("unpadded", "padded", "said"),
    [
        (one(80), one(80), "Nothing is padded: both networks are one and the same."),
        (one(80), one(84, 2), "19.6 % lower, its total 5.0 % higher. Only the division"),
        (one(80), one(76, 2), "27.3 % lower, its total 5.0 % lower."),
        (one(80), one(160, 2), "53.1 % higher, its total 100.0 % higher."),
        (one(80), one(80, 2), "23.4 % lower, its total the same to 0.1 %. Only the division"),
        (one(10), one(4000, 2), "306 times as high, its total 400 times as high."),
    ],
)
def test_the_sentence_says_what_both_losses_do(unpadded: Tried, padded: Tried, said: str) -> None:
    found = sentence(unpadded, padded)
    assert said in found
    assert ("Only the division" in found) == ("Only the division" in said)


@pytest.mark.parametrize("variation", ["plain", "inverted", "cropped"])
@pytest.mark.parametrize("noise_factor", [0.0, 0.5])
def test_what_is_done_to_a_digit_is_said_of_these_runs(variation: str, noise_factor: float) -> None:
    said = reading(Settings(variation=variation, noise_factor=noise_factor))
    assert ("Then it is inverted" in said) == (variation == "inverted")
    assert ("taken as you draw it" in said) == (variation == "cropped")
    assert ("The noise stays the same" in said) == (noise_factor > 0)


def test_only_a_digit_is_taken_from_a_canvas() -> None:
    digit = bytes(range(256)) * 3 + bytes(16)
    assert decoded(base64.b64encode(digit).decode()) == digit
    wrong: list[Any] = [None, 7, "", "💥", "A" * 784, base64.b64encode(digit[1:]).decode(), {}]
    assert [decoded(sent) for sent in wrong] == [None] * len(wrong)


def test_a_picture_becomes_white_on_black_and_anything_else_is_refused() -> None:
    app = open_page("autoencoder", guess="better")
    assert not errors(app)
    assert "Draw into the black square" in words(app)
    dark_on_light = np.full((56, 56), 255, np.uint8)
    dark_on_light[20:36, 20:36] = 0
    file = io.BytesIO()
    Image.fromarray(dark_on_light).save(file, "PNG")
    app.file_uploader(key=UPLOAD).set_value(("d.png", file.getvalue(), "image/png")).run()
    assert not errors(app)
    digit = np.frombuffer(app.session_state[HELD][0], np.uint8).reshape(SIZE, SIZE)
    assert (digit[10:18, 10:18] == 255).all()
    assert digit.sum() == 255 * 64
    app.file_uploader(key=UPLOAD).set_value(("d.png", b"<svg/>", "image/png")).run()
    assert "must be a PNG or JPEG picture" in errors(app)[0]


def test_where_no_weights_are_kept_it_says_where_they_are() -> None:
    app = open_page("autoencoder", guess="better", seed=1)
    assert not errors(app)
    assert "not the networks themselves" in words(app)
    assert not app.file_uploader


def test_the_example_is_a_digit() -> None:
    assert len(example()) == SIZE * SIZE
    assert max(example()) > 200


def test_settings_that_the_words_do_not_name_change_none() -> None:
    plain = Settings()
    assert reading(plain) == reading(replace(plain, pad_width=8, pad_mode="noise", channels=8))
