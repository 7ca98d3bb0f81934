"""The start page."""

import itertools

import pytest
from streamlit.testing.v1 import AppTest

from core.loss import Framed
from pages.sections.start.frame import sentence
from pages.sections.start.questions import QUESTIONS
from pages.shared.frame import TOPICS
from tests.app import errors, words

PLAIN = Framed(0, (80.0, 84.0, 82.0, 86.0, 88.0), (0.0,) * 5)


def start_page(**parameters: str) -> AppTest:
    app = AppTest.from_file("../../streamlit_app.py", default_timeout=60)
    for name, value in parameters.items():
        app.query_params[name] = value
    return app.run()


def test_it_asks_every_question_and_leads_to_each() -> None:
    app = start_page()
    assert not errors(app)
    assert list(QUESTIONS) == list(TOPICS)
    assert all(question.asks in words(app) for question in QUESTIONS.values())


@pytest.mark.parametrize("frame", ["9", "-1", "inf", "2.5", "", "²", "<b>", "9" * 5000])
def test_a_frame_that_is_none_is_no_frame(frame: str) -> None:
    app = start_page(frame=frame)
    assert not errors(app)
    assert "frame" not in app.query_params


def test_a_frame_in_the_address_stays_there() -> None:
    assert start_page(frame="4").query_params["frame"] == "4"


@pytest.mark.parametrize(
    ("factor", "wobble", "answer"),
    [(1.05, 0.0, "No: "), (1.0, 0.02, "That stays open: "), (0.9, 0.0, "By this much: ")],
)
def test_the_sentence_follows_from_the_totals(factor: float, wobble: float, answer: str) -> None:
    for width, border in itertools.product(range(1, 9), (0.01, 0.3)):
        shaken = [
            factor * loss + wobble * loss * (-1) ** i for i, loss in enumerate(PLAIN.interiors)
        ]
        frame = Framed(width, tuple(loss - border for loss in shaken), (border,) * 5)
        said = sentence(frame, PLAIN)
        assert answer in said
        assert "5 seeds" in said
        assert ("+5.0 %" in said) == (factor == 1.05)


def test_without_a_frame_there_is_nothing_to_compare() -> None:
    assert "%" not in sentence(PLAIN, PLAIN)
