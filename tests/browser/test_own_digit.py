"""A digit is drawn: both outputs appear and change, and the slider shifts them."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.test_links import Visit


def opened(visit: Visit, app: str, width: int = 1280) -> tuple[Page, Locator]:
    page = visit(f"{app}/autoencoder?guess=better&open_digit=true", width=width)
    own = page.locator(".own-digit")
    expect(own.locator(".arm")).to_have_count(2)
    return page, own


def totals(own: Locator) -> list[str]:
    """What the figures of both networks say."""
    return own.locator(".figures").all_inner_texts()


def pictures(own: Locator) -> list[str]:
    """What both networks take in and give out, and their losses."""
    found: list[str] = own.locator(".arm canvas").evaluate_all(
        "all => all.map((canvas) => canvas.toDataURL())"
    )
    return found


@pytest.mark.parametrize("width", [1280, 400])
def test_strokes_of_a_mouse_go_through_both_networks(app: str, visit: Visit, width: int) -> None:
    page, own = opened(visit, app, width)
    paper = own.get_by_role("application", name=re.compile("Your digit"))
    paper.scroll_into_view_if_needed()
    box = paper.bounding_box()
    assert box is not None
    before, drawn = totals(own), pictures(own)
    page.mouse.move(box["x"] + 70, box["y"] + 50)
    page.mouse.down()
    page.mouse.move(box["x"] + 160, box["y"] + 50, steps=5)
    page.mouse.move(box["x"] + 110, box["y"] + 190, steps=8)
    page.mouse.up()
    for arm, told in enumerate(before):
        expect(own.locator(".figures").nth(arm)).not_to_have_text(told, use_inner_text=True)
    after = pictures(own)
    assert not set(after) & set(drawn)

    sentence = own.locator("[data-part=sentence]").inner_text()
    shift = own.get_by_role("slider", name="Shift to the right, pixels")
    shift.press("End")
    expect(own.locator("[data-part=label]")).to_have_text("Shift to the right: 12 px")
    expect(own.locator("[data-part=sentence]")).not_to_have_text(sentence)
    assert not set(pictures(own)) & set(after)
    shift.press("Home")
    expect(own.locator("[data-part=sentence]")).to_have_text(sentence)
    assert pictures(own) == after
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_keys_draw_and_clear(app: str, visit: Visit) -> None:
    page, own = opened(visit, app)
    paper = own.get_by_role("application", name=re.compile("Your digit"))
    example = totals(own)[0]
    figures = own.locator(".figures").first
    paper.focus()
    paper.press("ArrowUp")
    page.keyboard.down("Space")
    for _ in range(8):
        page.keyboard.press("ArrowDown")
    page.keyboard.up("Space")
    expect(figures).not_to_have_text(example, use_inner_text=True)
    drawn = totals(own)[0]
    own.get_by_role("button", name="Clear").click()
    expect(figures).not_to_have_text(drawn, use_inner_text=True)
    ink = "canvas => canvas.getContext('2d').getImageData(0, 0, 28, 28).data.some(v => v % 255)"
    assert not paper.evaluate(ink)
