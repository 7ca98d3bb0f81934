"""The pages on impact and shapes, as far as only a browser shows it."""

import re
from collections.abc import Callable
from urllib.parse import parse_qs, quote_plus, urlparse

import pytest
from playwright.sync_api import Page, expect

from pages.sections.impact.settings import FIVE, FIVE_SAME

Visit = Callable[..., Page]


def asked(page: Page) -> dict[str, list[str]]:
    return parse_qs(urlparse(page.url).query)


def test_a_click_on_a_map_explains_that_pixel(app: str, visit: Visit) -> None:
    page = visit(f"{app}/impact?size=10&row=1")
    chart = page.locator(".st-key-map_left").get_by_test_id("stVegaLiteChart")
    expect(chart.locator("svg, canvas").first).to_be_attached()
    # The fifth pixel of the fifth row: a map of 10 pixels has squares of 32 screen pixels.
    chart.click(position={"x": 4.5 * 32, "y": 4.5 * 32})
    expect(page.get_by_role("spinbutton", name="Row")).to_have_value("4")
    expect(page).to_have_url(re.compile("row=4.*column=4"))


def test_a_link_copied_after_a_guess_shows_the_stacks_of_the_question(
    app: str, visit: Visit
) -> None:
    page = visit(f"{app}/impact")
    for guess in ("243", "59,049"):
        page.get_by_role("radio", name=guess).click()
        expect(page).to_have_url(re.compile(quote_plus(guess)))
        expect(page).to_have_url(re.compile("size=28"))
        expect(page.get_by_role("textbox", name="Layers, right")).to_have_value(FIVE)
        expect(page.get_by_test_id("stException")).to_have_count(0)
    again = visit(page.url)
    expect(again.get_by_role("textbox", name="Layers, left")).to_have_value(FIVE_SAME)


def test_the_probe_opens_at_the_size_of_the_stack(app: str, visit: Visit) -> None:
    page = visit(f"{app}/impact?size=12&open_uniform=true")
    with page.expect_popup() as opened:
        page.get_by_role("link", name="Probe conv3:same").click()
    expect(opened.value.get_by_role("slider", name="Image size")).to_have_value("12")


def test_a_preset_is_a_link(app: str, visit: Visit) -> None:
    page = visit(f"{app}/shapes?guess=4")
    page.get_by_role("button", name="LeNet-5").click()
    expect(page.get_by_text("32 × 32 × 1 becomes 1 × 1 × 10")).to_be_visible()
    assert asked(page)["convention"] == ["torch"]
    assert asked(page)["layers"][0].startswith("conv5x6 avgpool2")
    again = visit(page.url)
    expect(again.get_by_text("32 × 32 × 1 becomes 1 × 1 × 10")).to_be_visible()


@pytest.mark.parametrize(
    "address",
    [
        "shapes?guess=4&open=all",
        "impact?guess=243&open=all",
        "loss?guess=0&open=all",
        "autoencoder?guess=worse&open=all",
        "impact?size=224&layers=conv3s2:1+conv3s2:1&against_size=225&against=conv3s2:1",
    ],
)
def test_every_figure_is_drawn_and_fits_a_phone(app: str, visit: Visit, address: str) -> None:
    page = visit(f"{app}/{address}", width=400)
    figures = page.locator("[data-testid=stVegaLiteChart], [data-testid=stImage]")
    expect(page.get_by_text("Take it away", exact=False)).to_be_visible()
    expect(figures.nth(3)).to_be_attached()
    for number in range(figures.count()):
        expect(figures.nth(number).locator("svg, canvas, img").first).to_be_attached()
    expect(page.get_by_test_id("stAlert")).to_have_count(0)
    wide = "() => document.querySelector('[data-testid=stMain]').scrollWidth"
    assert page.evaluate(wide) <= 400
