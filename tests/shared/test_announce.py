"""A page's answer is spoken once it is there, and never a second time for another page."""

import json

import pytest
from streamlit.testing.v1 import AppTest

from tests.app import open_page


def spoken(app: AppTest) -> str:
    """What the page's live regions hold."""
    assert not app.exception
    regions = [part.proto for part in app.get("bidi_component")]
    return "\n".join(json.loads(r.json) for r in regions if r.component_name == "announced")


@pytest.mark.parametrize(
    ("topic", "guess", "answer"),
    [
        ("impact", "9", "The centre counts 59,049 times as much as a corner"),
        ("shapes", "3", "“same” makes 4 of 7"),
        ("autoencoder", "better", "In this run the loss per pixel fell by"),
        ("loss", "0", "You guessed 0"),
        ("shift_probe", "perfectly", "Yes: after"),
    ],
)
def test_an_answer_is_spoken(topic: str, guess: str, answer: str) -> None:
    assert answer not in spoken(open_page(topic))
    assert answer in spoken(open_page(topic, guess=guess))
