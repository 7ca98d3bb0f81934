"""The converter: typed into in place, kept in the URL and on a return to the page."""

from collections.abc import Callable

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import settle

Visit = Callable[..., Page]

ROW = 35  # pixels, of the editor's grid; its narrow columns are 150 wide


def cell(page: Page, row: int, column: int) -> Locator:
    """What the editor says of a cell to who does not see it."""
    return page.get_by_test_id(f"glide-cell-{column}-{row}")


def put(page: Page, row: int, column: int, text: str) -> None:
    """Type into a cell; the editor is a canvas, so its cells are found by their place."""
    grid = page.get_by_test_id("stDataFrame").first.bounding_box()
    assert grid is not None
    page.mouse.click(grid["x"] + 75 + 150 * column, grid["y"] + ROW * (row + 1.5))
    expect(cell(page, row, column)).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    editor = page.locator("#portal input")
    editor.fill(text)
    editor.press("Enter")


def test_either_loss_can_be_typed_and_the_other_follows(app: str, visit: Visit) -> None:
    page = visit(f"{app}/loss")
    expect(page.get_by_role("heading", name="Per pixel 24.2 % lower, in total 1.1")).to_be_visible()
    put(page, 1, 3, "102.4")
    expect(
        page.get_by_role("heading", name="Per pixel 1.0 % higher, in total 31.9")
    ).to_be_visible()
    expect(page).to_have_url(f"{app}/loss?rows=28%2C28%2C0.099%2C%3B32%2C32%2C%2C102.4")
    # The editor is made anew with what follows, and keeps no cell selected.
    expect(cell(page, 1, 2)).to_have_text("0.1")
    put(page, 1, 2, "0.05")
    expect(
        page.get_by_role("heading", name="Per pixel 49.5 % lower, in total 34.0")
    ).to_be_visible()
    settle(page)
    # Away and back: what was typed is still there.
    page.get_by_role("link", name="Autoencoder", exact=True).click()
    page.get_by_role("link", name="Loss", exact=True).click()
    expect(
        page.get_by_role("heading", name="Per pixel 49.5 % lower, in total 34.0")
    ).to_be_visible()
    expect(page).to_have_url(f"{app}/loss?rows=28%2C28%2C0.099%2C%3B32%2C32%2C0.05%2C")
