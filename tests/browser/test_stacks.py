"""The pages on impact and shapes, as far as only a browser shows it."""

import re
from collections.abc import Callable
from urllib.parse import parse_qs, urlparse

import pytest
from playwright.sync_api import Page, expect

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
        "shapes?guess=4",
        "impact?guess=243",
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
