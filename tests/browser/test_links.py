"""Links: every setting is in the URL, and a link opens the same page in a fresh browser."""

import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import settle
from tests.servers import serving

Visit = Callable[..., Page]


def test_a_deep_link_as_the_servers_very_first_request(
    browser: Browser, visit: Visit, tmp_path: Path
) -> None:
    with serving(tmp_path) as address:
        page = visit(f"{address}/autoencoder?pad_width=5&pad_mode=constant&pad_level=0.3")
        expect(page.get_by_role("slider", name="Pad width, pixels")).to_have_value("5")
        expect(page.get_by_role("slider", name="Grey level")).to_have_value("0.3")
        expect(page.get_by_text("Page not found")).to_have_count(0)
        expect(page.get_by_test_id("stSidebarNav")).to_have_count(0)


def test_settings_at_the_entry_lead_to_the_autoencoder(app: str, visit: Visit) -> None:
    page = visit(f"{app}/?pad_width=3")
    expect(page).to_have_url(f"{app}/autoencoder?pad_width=3")
    expect(page.get_by_role("slider", name="Pad width, pixels")).to_have_value("3")


def test_a_changed_setting_is_in_the_url_and_a_default_is_not(app: str, visit: Visit) -> None:
    page = visit(f"{app}/autoencoder")
    expect(page).to_have_url(f"{app}/autoencoder")
    slider = page.get_by_role("slider", name="Pad width, pixels")
    slider.press("ArrowRight")
    expect(page).to_have_url(f"{app}/autoencoder?pad_width=3")
    settle(page)
    slider.press("ArrowLeft")
    expect(page).to_have_url(f"{app}/autoencoder")


def test_a_setting_changed_after_the_guess_is_in_the_url(app: str, visit: Visit) -> None:
    page = visit(f"{app}/autoencoder")
    page.get_by_role("radio", name="worse").click()
    expect(page.get_by_role("heading", name="In this run the loss")).to_be_visible()
    settle(page)
    page.get_by_role("slider", name="Pad width, pixels").press("ArrowRight")
    expect(page).to_have_url(f"{app}/autoencoder?guess=worse&pad_width=3")


def test_what_a_link_asks_too_much_is_said_beside_the_control(app: str, visit: Visit) -> None:
    page = visit(f"{app}/autoencoder?pad_width=99")
    expect(page.get_by_text("pad_width must be a whole number from 0 to 8")).to_be_visible()
    expect(page).to_have_url(f"{app}/autoencoder")


def test_a_preset_is_shown_without_a_word_about_the_link(app: str, visit: Visit) -> None:
    page = visit(f"{app}/autoencoder?guess=better")
    for name, width in (("4 px", 4), ("6 px", 6)):
        page.get_by_role("button", name=name, exact=True).click()
        expect(page).to_have_url(f"{app}/autoencoder?guess=better&pad_width={width}")
        expect(page.get_by_text(f"Padded, {28 + 2 * width} × {28 + 2 * width}")).to_be_visible()
        settle(page)
        expect(page.get_by_test_id("stAlert")).to_have_count(0)


def test_what_one_page_holds_is_nothing_to_the_next(app: str, visit: Visit) -> None:
    # The stack of layers on the one is no number of layers on the other.
    page = visit(f"{app}/impact?guess=243")
    page.get_by_role("button", name="Five layers, 28 × 28").click()
    expect(page).to_have_url(re.compile("layers="))
    settle(page)
    page.get_by_role("link", name="Position", exact=True).click()
    expect(page.get_by_role("slider", name="Layers")).to_have_value("1")
    expect(page).to_have_url(f"{app}/shift_probe")
    expect(page.get_by_test_id("stAlert")).to_have_count(0)


def test_a_guess_is_there_on_a_return_by_link_and_by_the_browsers_back(
    app: str, visit: Visit
) -> None:
    page = visit(f"{app}/autoencoder?guess=better&pad_width=4")
    answer = page.get_by_role("heading", name="In this run the loss")
    expect(answer).to_be_visible()
    for name in ("Shapes", "Loss"):  # the second asks for a guess of its own
        page.get_by_role("link", name=name, exact=True).click()
        expect(answer).to_have_count(0)
        settle(page)
        expect(page.get_by_text("You guessed")).to_have_count(0)
        page.get_by_role("link", name="Autoencoder", exact=True).click()
        expect(answer).to_be_visible()
        expect(page.get_by_text("You guessed better")).to_be_visible()
        settle(page)
    page.get_by_role("link", name="Shapes", exact=True).click()
    expect(answer).to_have_count(0)
    settle(page)
    page.go_back()
    expect(answer).to_be_visible()
