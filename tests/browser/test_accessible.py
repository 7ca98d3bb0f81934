"""axe-core finds nothing on any page that is ours to mend, before and after the guess.

What is Streamlit's own is listed below, rule by rule. A page is looked at on a wide and on a narrow
screen, light and dark.
"""

from importlib import resources
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import settle
from tests.browser.test_links import Visit

AXE = (resources.files("axe_playwright_python") / "axe.min.js").read_text()

TOPICS = ("", "autoencoder", "loss", "shift_probe", "impact", "shapes", "check")
SCREENS = {
    "wide and light": (1440, False),
    "wide and dark": (1440, True),
    "narrow and light": (400, False),
    "narrow and dark": (400, True),
}

STREAMLIT_S_OWN = {
    # The dropzone of the file uploader is a presentational section that can be focused.
    "presentation-role-conflict": "[data-testid=stFileUploaderDropzone]",
    # The frame around a block of code takes the focus; what scrolls is inside it.
    # A table that is too wide scrolls, and takes no focus.
    "scrollable-region-focusable": "[data-testid=stCode] pre, [data-testid=stTable] div",
    # The colours of code.
    "color-contrast": "[data-testid=stCode] .token",
}
"""By axe's rule, what it finds there."""


def found(page: Page) -> list[str]:
    """What axe finds on the page, but for what is Streamlit's own: rule, element and reason."""
    page.evaluate(AXE)
    result: dict[str, Any] = page.evaluate("axe.run({resultTypes: ['violations']})")
    assert len(result["passes"]) > 10, "axe has not looked at a page"
    return [
        f"{violation['id']}: {node['html'][:200]} ({node['failureSummary']})"
        for violation in result["violations"]
        for node in violation["nodes"]
        if not is_streamlit_s(page, violation["id"], node["target"][0])
    ]


def is_streamlit_s(page: Page, rule: str, target: str) -> bool:
    own = STREAMLIT_S_OWN.get(rule)
    return own is not None and page.locator(target).and_(page.locator(own)).count() > 0


@pytest.mark.parametrize("screen", SCREENS)
@pytest.mark.parametrize("topic", TOPICS)
def test_axe_finds_nothing_of_ours(app: str, visit: Visit, topic: str, screen: str) -> None:
    width, dark = SCREENS[screen]
    page = visit(f"{app}/{topic}", width=width, dark=dark)
    settled(page)
    assert found(page) == []
    if topic:
        page.goto(f"{app}/{topic}?guess=just+show+me&open=all")
        settled(page)
        assert found(page) == []


def settled(page: Page) -> None:
    """Wait until everything is drawn, and its colours no longer move."""
    settle(page)
    page.get_by_role("heading", name="Sources").wait_for()
    page.locator("[data-testid=stSkeleton]").first.wait_for(state="detached")
    # A slider is off, and pale, as long as its picture plays.
    expect(page.locator("[data-testid=stSlider]:has(:disabled, [disabled])")).to_have_count(0)
    page.wait_for_function(
        # What a table's scrolling moves rests with it.
        "document.getAnimations().every((one) => one.playState !== 'running' || "
        "!(one.timeline instanceof DocumentTimeline) || "
        "one.effect.getComputedTiming().iterations === Infinity)"
    )


def test_pages_and_header_leave_a_phone_nine_tenths(app: str, visit: Visit) -> None:
    page = visit(f"{app}/shapes", width=400)
    settled(page)
    page.set_viewport_size({"width": 400, "height": 850})
    names = page.locator(".st-key-pages a:visible")
    boxes = [box for name in names.all() if (box := name.bounding_box()) is not None]
    assert len(boxes) == len(TOPICS)
    assert max(box["y"] + box["height"] for box in boxes) <= 85
    assert min(min(box["width"], box["height"]) for box in boxes) >= 24
    for name in names.all():
        name.click(trial=True)  # nothing lies over it


def test_a_link_that_has_the_focus_shows_it(app: str, visit: Visit) -> None:
    page = visit(app)
    settled(page)
    link = page.locator(".st-key-pages a").nth(1)
    page.locator(".st-key-pages a").first.focus()
    page.keyboard.press("Tab")
    assert link.evaluate("link => link === document.activeElement")
    assert link.evaluate("link => getComputedStyle(link).outlineStyle") == "solid"


def test_an_answer_is_spoken_by_a_region_that_was_there_before(app: str, visit: Visit) -> None:
    page = visit(f"{app}/impact")
    settled(page)
    region = page.locator(".st-key-announced_answer [role=status]")
    expect(region).to_have_text("")
    region.evaluate("region => (region.stayed = true)")
    page.get_by_role("radio", name="243").click()
    expect(region).to_have_text("The centre counts 59,049 times as much as a corner")
    assert region.evaluate("region => region.stayed")


def test_the_end_of_a_table_that_is_too_wide_is_shaded(app: str, visit: Visit) -> None:
    page = visit(f"{app}/shapes?guess=3", width=400)
    settled(page)
    table = page.get_by_test_id("stDataFrame").first
    shaded = """([table, opacity]) => getComputedStyle(table, "::after").opacity === opacity"""
    frame = table.element_handle()
    page.wait_for_function(shaded, arg=[frame, "1"])
    table.locator(".dvn-scroller").evaluate("part => part.scrollTo(part.scrollWidth, 0)")
    page.wait_for_function(shaded, arg=[frame, "0"])
