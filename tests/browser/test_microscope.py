"""A kernel moved by keys and by pointer: the sums on screen are PyTorch's, in every mode."""

import re

import torch
import torch.nn.functional as F
from playwright.sync_api import Locator, Page, expect

from core.impact.microscope import image
from tests.browser.test_links import Visit

ONE_LAYER = "impact?guess=9&size=10&layers=conv3:same&against=conv3"
TORCH_S = {"zeros": "constant", "reflect": "reflect", "replicate": "replicate"} | {
    "circular": "circular"
}


def opened(visit: Visit, app: str, width: int = 1280) -> Page:
    page = visit(f"{app}/{ONE_LAYER}", width=width)
    board(page).wait_for()
    return page


def board(page: Page) -> Locator:
    return page.get_by_role("application", name=re.compile("A kernel near pixel"))


def sums(page: Page) -> dict[str, str]:
    """What each panel says of the kernel's position, by the mode's name."""
    panels = page.locator(".microscope .panel")
    names, said = panels.locator(".name"), panels.locator(".sum")
    return dict(zip(names.all_inner_texts(), said.all_inner_texts(), strict=True))


def test_keys_move_the_kernel_and_the_sums_are_torch_s(app: str, visit: Visit) -> None:
    page = opened(visit, app)
    kernel = board(page)
    kernel.focus()
    values = torch.from_numpy(image(10, 10).astype(float))[None, None]
    ones = torch.ones(1, 1, 3, 3, dtype=torch.float64)
    outputs = {
        name: F.conv2d(F.pad(values, (1,) * 4, mode), ones)[0, 0] for name, mode in TORCH_S.items()
    }
    for row in range(5):
        for column in range(5):
            expect(kernel).to_have_attribute("data-column", str(column))
            expect(kernel).to_have_attribute("data-row", str(row))
            found = sums(page)
            for name, output in outputs.items():
                assert found[name] == f"Sum {output[row, column]:.0f}"
            inside = row > 0 and column > 0
            assert found["no padding"] == (found["zeros"] if inside else "no window here")
            if column < 4:
                kernel.press("ArrowRight")
        kernel.press("ArrowDown")
        for _ in range(4):
            kernel.press("ArrowLeft")
    expect(page.locator(".microscope [role=status]")).to_contain_text("Row 4, column 0. conv3:same")


def test_the_pointer_moves_all_kernels_at_once(app: str, visit: Visit) -> None:
    page = opened(visit, app, width=400)
    cells = page.locator(".microscope .values").nth(1)
    cells.scroll_into_view_if_needed()
    box = cells.bounding_box()
    assert box is not None
    side = box["width"] / 7  # one padded cell, and six of the image
    page.mouse.move(box["x"] + 3.5 * side, box["y"] + 4.5 * side)
    expect(board(page)).to_have_attribute("data-row", "3")
    expect(board(page)).to_have_attribute("data-column", "2")
    found = sums(page)
    whole = image(10, 10)[2:5, 1:4].sum()
    assert set(found.values()) == {f"Sum {whole}"}  # no window here lies on padding
    assert page.evaluate("document.documentElement.scrollWidth") <= 400


def test_another_pixel_is_magnified_when_it_is_chosen(app: str, visit: Visit) -> None:
    page = opened(visit, app)
    row = page.get_by_role("spinbutton", name="Row")
    row.fill("9")
    row.press("Enter")
    expect(board(page)).to_have_attribute("aria-label", re.compile(r"\(9, 0\)"))
    expect(board(page)).to_have_attribute("data-row", "9")
    board(page).press("ArrowDown")
    expect(board(page)).to_have_attribute("data-row", "9")  # the last place for a kernel
    for key in ("ArrowUp", "ArrowUp", "ArrowRight", "Enter"):
        board(page).press(key)
    expect(board(page)).to_have_attribute("aria-label", re.compile(r"\(7, 1\)"))
    expect(row).to_have_value("7")
    expect(page).to_have_url(re.compile("row=7&column=1"))
