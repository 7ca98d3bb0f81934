"""The start page: a frame is dragged wider, and the loss per pixel falls."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.test_links import Visit


@pytest.mark.parametrize("size", [(1440, 900), (1024, 768), (400, 850)], ids=str)
def test_a_frame_dragged_wider_shows_the_loss_fall(
    app: str, visit: Visit, size: tuple[int, int]
) -> None:
    page = visit(app)
    page.set_viewport_size({"width": size[0], "height": size[1]})
    counter, sentence = (page.locator(f"[data-part={part}]") for part in ("counter", "sentence"))
    expect(counter).to_have_text("0.110")
    noisy = page.locator("[data-part=noisy]")
    box = noisy.bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + 0.85 * box["width"], middle)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.99 * box["width"], middle, steps=5)
    expect(counter).to_have_text("0.048")  # before the mouse is let go
    page.mouse.up()
    expect(page).to_have_url(re.compile(r"\?frame=8$"))
    expect(sentence).to_contain_text("No: ")
    expect(counter).to_be_in_viewport(ratio=1)


def test_a_link_to_a_frame_opens_it_and_keys_move_it(app: str, visit: Visit) -> None:
    page = visit(f"{app}/?frame=2")
    counter = page.locator("[data-part=counter]")
    expect(counter).to_have_text("0.086")
    width = page.get_by_role("slider", name="Width of the black frame, pixels")
    width.press("ArrowLeft")
    width.press("ArrowLeft")
    expect(counter).to_have_text("0.110")
    expect(page).to_have_url(re.compile(r":\d+/$"))


def test_each_page_leads_on_to_the_next(app: str, visit: Visit) -> None:
    page = visit(app)
    page.get_by_role("link", name="Autoencoder →").click()
    for following in ("loss", "shift_probe", "impact", "shapes", "check"):
        page.get_by_role("link", name=re.compile("^Next: ")).click()
        expect(page).to_have_url(re.compile(f"/{following}$"))
    expect(page.get_by_role("link", name=re.compile("^Next: "))).to_have_count(0)
