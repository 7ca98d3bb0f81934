"""The vote: what the speaker shows, what a voter sees, and what neither can be made to show."""

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.votes import is_name, new_name, rooms
from pages.sections.stage.vote import (
    VOTED,
    answered,
    ballot,
    code,
    invitation,
    own_address,
    spoken,
)
from pages.shared.charts import LIGHT
from pages.shared.hall import counted, told
from tests.app import click, errors, open_page, words
from tests.stage.test_slides import shown


@pytest.fixture
def room() -> str:
    """A room that is asked whether the network is better."""
    name = new_name()
    rooms().ask(name, "better")
    return name


def voter(room: str, **parameters: Any) -> AppTest:
    return open_page("stage", vote=room, **parameters)


@pytest.mark.parametrize("step", VOTED)
def test_a_speaker_opens_a_room_that_stays(step: str) -> None:
    app = open_page("stage", step=step)
    assert not errors(app)
    name = app.query_params["room"]
    assert is_name(name)
    assert rooms().asked(name) == step
    click(app, "PageDown")
    assert app.query_params["room"] == name


@pytest.mark.parametrize("wrong", ["", "UPPER1", "<script>", "x" * 1_000])
def test_what_is_no_room_is_replaced(wrong: str) -> None:
    app = open_page("stage", step="better", room=wrong)
    assert not errors(app)
    assert is_name(app.query_params["room"])


def test_a_vote_counts_once_and_can_be_changed(room: str) -> None:
    app = voter(room, step="better")
    assert app.title[0].value
    click(app, "better")
    assert "You guessed **better**" in words(app)
    click(app, "worse")
    assert counted(rooms().votes(room, "better"), VOTED["better"].choices) == {
        "better": 0,
        "the same": 0,
        "worse": 1,
    }
    assert "1 vote" in shown(open_page("stage", step="better", room=room))[0][0]


def test_a_voter_follows_to_the_next_question(room: str) -> None:
    app = voter(room, step="better")
    assert "To the question on the screen" not in [button.label for button in app.button]
    rooms().ask(room, "tell")
    app.run()
    click(app, "To the question on the screen")
    assert app.query_params["step"] == "tell"
    assert {*VOTED["tell"].choices} <= {button.label for button in app.button}


def test_without_a_step_the_question_is_that_on_the_screen(room: str) -> None:
    app = voter(room)
    assert {*VOTED["better"].choices} <= {button.label for button in app.button}


@pytest.mark.parametrize("wrong", ["hhhhhh", "", "<script>", "x" * 1_000])
def test_a_room_that_is_not_open_says_so(wrong: str) -> None:
    app = voter(wrong)
    assert not errors(app)
    assert not app.button
    assert "not open" in words(app)


def test_what_became_of_a_vote_is_said() -> None:
    assert "not counted" in answered("better", refused=True)
    assert "once" in answered(None, refused=False)
    assert "**better**" in answered("better", refused=False)


# --- The address --------------------------------------------------------------------------------


def test_the_address_is_the_page_s_own() -> None:
    found = own_address("https://lab.example.org/app/stage", {"vote": "hhhhhh"})
    assert found == "https://lab.example.org/app/stage?vote=hhhhhh"
    assert invitation(found) == "Scan and choose, or open lab.example.org/app/stage?vote=hhhhhh"


@pytest.mark.parametrize("page", [None, "", "javascript:alert(1)", "data:text/html,x", "/stage"])
def test_what_is_no_web_address_is_none(page: str | None) -> None:
    assert own_address(page, {"vote": "hhhhhh"}) is None
    assert "not known" in invitation(None)


def test_too_long_an_address_is_none() -> None:
    assert own_address("https://" + "a" * 500, {"vote": "hhhhhh"}) is None


@pytest.mark.parametrize("host", ["localhost:8501", "127.0.0.1", "[::1]:8501"])
def test_an_address_that_no_phone_reaches_is_said_to_be_one(host: str) -> None:
    assert "To rehearse" in invitation(own_address(f"http://{host}/stage", {"vote": "hhhhhh"}))


def test_a_hostile_address_stays_text() -> None:
    address = own_address("http://a.b/<img src=x onerror=alert(1)>", {"vote": "hhhhhh"})
    assert address is not None
    picture = ballot({"yes": 1}, address, LIGHT)
    assert "onerror" not in picture
    assert "<img" not in code(address)


# --- The bars -----------------------------------------------------------------------------------


def test_only_choices_are_counted() -> None:
    made = {"1": "yes", "2": "yes", "3": "no", "4": "what nobody offered"}
    assert counted(made, ("yes", "no", "open")) == {"yes": 2, "no": 1, "open": 0}
    assert spoken({"yes": 2, "no": 1}).endswith("yes: 2, no: 1")
    assert told({"yes": 2, "no": 1}) == " The hall guessed: yes 2, no 1."
    assert told({"yes": 0, "no": 0}) == ""


def test_the_answer_recalls_what_the_hall_guessed(room: str) -> None:
    rooms().vote(room, "better", "ann", "better")
    ((_, said),) = shown(open_page("stage", step="answer", room=room))
    assert said.endswith("The hall guessed: better 1, the same 0, worse 0.")
    assert "hall" not in shown(open_page("stage", step="answer"))[0][1]


def test_the_bars_grow_with_the_votes_and_stay_inside() -> None:
    few, many = (ballot({"yes": n, "no": 0}, None, LIGHT) for n in (3, 900))
    assert "3 votes" in few
    assert "900 votes" in many
    assert "1 vote<" in ballot({"yes": 1, "no": 0}, None, LIGHT)
    assert 'width="410.00"' in many
