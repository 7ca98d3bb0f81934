"""The README's pictures, from the running app: `python -m tests.pictures`. They go to `.github`."""

from __future__ import annotations

import io
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import FloatRect, Page, expect

from tests.benchmarks.visitors import chromium, visit
from tests.browser.conftest import settle
from tests.servers import ROOT, serving

FOLDER = ROOT / ".github"
SLOW = [1500, *[500] * 7, 2500]  # milliseconds of each width
COLOURS = 64  # enough for greys and two hues
MARGIN = 16


def widening(page: Page) -> list[Image.Image]:
    """The start page's frame at every width, from none on."""
    width = page.get_by_role("slider", name="Width of the black frame, pixels")
    width.press("End")
    settle(page)
    box = page.locator(".widening-frame").bounding_box()  # at its largest
    assert box is not None
    clip = FloatRect(
        x=box["x"] - MARGIN,
        y=box["y"] - MARGIN,
        width=box["width"] + 2 * MARGIN,
        height=box["height"] + 2 * MARGIN,
    )
    width.press("Home")
    pictures: list[Image.Image] = []
    for pixels, _ in enumerate(SLOW):
        expect(width).to_have_value(str(pixels))
        settle(page)  # what is being drawn anew is pale
        width.blur()
        pictures.append(Image.open(io.BytesIO(page.screenshot(clip=clip))))
        width.press("ArrowRight")
    return pictures


def main() -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        serving(Path(folder), PADDING_LAB_CACHE=folder) as address,
        chromium() as browser,
    ):
        page = visit(browser, address)
        page.set_viewport_size({"width": 900, "height": 1_000})
        first, *rest = [
            picture.convert("P", palette=Image.Palette.ADAPTIVE, colors=COLOURS)
            for picture in widening(page)
        ]
        first.save(
            FOLDER / "widening.gif", save_all=True, append_images=rest, duration=SLOW, loop=0
        )
        page = visit(browser, f"{address}/autoencoder?guess=better")
        page.get_by_text("Loss per pixel: the mean").scroll_into_view_if_needed()
        page.wait_for_timeout(1_000)  # a chart is drawn when it comes into sight
        chart = page.locator("[data-testid=stHorizontalBlock]:has([data-testid=stVegaLiteChart])")
        chart.last.screenshot(path=FOLDER / "curves.png")
    for picture in sorted(FOLDER.iterdir()):
        print(f"{picture.relative_to(ROOT)}: {picture.stat().st_size / 1_000:,.0f} kB")


if __name__ == "__main__":
    main()
