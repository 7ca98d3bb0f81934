"""A page's answer is held back until somebody has guessed, except from who came by a link."""

from typing import Any

import pytest

from pages.shared.opening import SHOW_ME, Opening
from tests.app import open_page, words

LINKS: dict[str, dict[str, Any]] = {
    "loss": {"pair": "Grey border"},
    "shift_probe": {"kernel": 5},
    "impact": {"size": 12},
    "shapes": {"size": 7},
    "check": {"size": 225},
}
"""A setting of each page whose links show a result without a guess."""

GUESS = {
    "autoencoder": "worse",
    "loss": "about 0.06",
    "shift_probe": "perfectly",
    "impact": "243",
    "shapes": "4",
    "check": "½ pixel",
}


@pytest.mark.parametrize("page", GUESS)
def test_an_answer_waits_for_a_guess_and_replies_to_it(page: str) -> None:
    app = open_page(page)
    assert not app.exception
    before, said = [header.value for header in app.header], words(app)
    assert "Choose a guess above" in said
    assert "You guessed" not in said
    app.segmented_control(key="guess").set_value(GUESS[page]).run()
    assert not app.exception
    assert len(app.header) > len(before)
    assert f"You guessed *{GUESS[page]}*" in words(app)


@pytest.mark.parametrize("page", GUESS)
def test_who_wants_no_guess_sees_the_answer_without_a_reply(page: str) -> None:
    app = open_page(page, guess=SHOW_ME, open="")  # a part that is folded away may ask in its turn
    assert not app.exception
    assert app.title
    assert "You guessed" not in words(app)
    assert "Choose a guess" not in words(app)


@pytest.mark.parametrize("page", LINKS)
def test_a_link_with_settings_shows_what_it_is_about_as_long_as_one_stays(page: str) -> None:
    app = open_page(page, open="", **LINKS[page])
    assert not app.exception
    headers = [header.value for header in app.header]
    assert headers
    assert "Choose a guess" not in words(app)
    app.query_params.clear()  # as where every control is back at its default
    app.run()
    assert [header.value for header in app.header] == headers


def test_rows_of_the_converter_are_a_setting_of_the_loss_page() -> None:
    app = open_page("loss", rows="28,28,0.1,")
    assert len(app.header) > 1
    assert "Choose a guess" not in words(app)


@pytest.mark.parametrize(
    ("opening", "revealed", "held_back", "reply"),
    [
        (Opening(None), False, True, ""),
        (Opening(None, linked=True), False, False, ""),
        (Opening("worse"), True, False, "You guessed *worse*: no."),
        (Opening(SHOW_ME), True, False, ""),
    ],
)
def test_an_opening(opening: Opening, revealed: bool, held_back: bool, reply: str) -> None:
    assert (opening.revealed, opening.held_back) == (revealed, held_back)
    assert opening.reply("no") == reply
    assert opening.reply() == reply.replace(": no", "")
