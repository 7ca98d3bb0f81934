"""The probe as a visitor operates it: it plays, and a click moves the target."""

import re
from collections.abc import Callable
from typing import Literal

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import settle

Visit = Callable[..., Page]


def test_training_plays_from_the_start_and_the_slider_takes_the_keyboard(
    app: str, visit: Visit
) -> None:
    page = visit(f"{app}/shift_probe?guess=perfectly")
    expect(page.get_by_text("Step 16 of 16")).to_be_visible()
    page.get_by_role("button", name="Rewind").click()
    expect(page.get_by_text("Step 0 of 16")).to_be_visible()
    page.get_by_role("button", name="Play").click()
    expect(page.get_by_text("Step 16 of 16")).to_be_visible()
    expect(page.get_by_role("button", name="Play")).to_be_visible()
    settle(page)
    page.get_by_role("slider", name="Training step").press("ArrowLeft")
    expect(page.get_by_text("Step 15 of 16")).to_be_visible()


@pytest.mark.parametrize("wish", ["reduce", "no-preference"])
def test_a_guess_plays_the_training_unless_less_motion_is_asked_for(
    app: str, visit: Visit, wish: Literal["reduce", "no-preference"]
) -> None:
    page = visit(app)
    page.emulate_media(reduced_motion=wish)
    page.goto(f"{app}/shift_probe")
    settle(page)
    page.get_by_role("radio", name="perfectly").click()
    step = page.get_by_text(re.compile(r"^Step \d+ of 16"))
    expect(step).to_be_visible()
    assert step.inner_text().startswith("Step 16 ") == (wish == "reduce")
    expect(page.get_by_text("Step 16 of 16")).to_be_visible()


def test_a_click_on_the_image_moves_the_target(app: str, visit: Visit) -> None:
    page = visit(f"{app}/shift_probe?guess=perfectly")
    chart = page.locator(".st-key-target_image").get_by_test_id("stVegaLiteChart")
    image = chart.locator("canvas, svg").first
    image.click(position={"x": 2 + 3.5 * 25, "y": 2 + 2.5 * 25})  # 25 screen pixels a pixel
    expect(page).to_have_url(f"{app}/shift_probe?guess=perfectly&target_row=2&target_col=3")
    expect(page.get_by_text("63 other positions always get its score")).to_be_visible()


def test_the_page_fits_a_phone(app: str, visit: Visit) -> None:
    page = visit(f"{app}/shift_probe?guess=perfectly", width=400)
    main = page.get_by_test_id("stMain")
    assert main.evaluate("element => element.scrollWidth <= element.clientWidth")
