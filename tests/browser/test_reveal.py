"""After a guess the answer appears where the eye is: inside the window, without scrolling."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import settle
from tests.browser.test_links import Visit

GUESSES = {
    "autoencoder": "better",
    "loss": "0",
    "shift_probe": "no, it cannot",
    "impact": "243",
    "shapes": "3",
    "check": "0 pixels",
}


@pytest.mark.parametrize("size", [(1440, 900), (1024, 768), (400, 850)], ids=str)
def test_the_answer_to_a_guess_is_inside_the_window(
    app: str, visit: Visit, size: tuple[int, int]
) -> None:
    page = visit(app, width=size[0])
    page.set_viewport_size({"width": size[0], "height": size[1]})
    for topic, guess in GUESSES.items():
        page.goto(f"{app}/{topic}")
        settle(page)
        page.locator(".st-key-guess").get_by_text(guess, exact=True).click()
        seen = page.get_by_text("You guessed").and_(page.locator(":not(.announced)"))
        expect(seen).to_be_in_viewport()
