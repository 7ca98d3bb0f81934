"""A full queue in a real browser: who is turned away sees the nearest result, and can go to it."""

import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from tests.servers import serving

Visit = Callable[..., Page]

LONG = "guess=better&dataset=digits&train_size=5000&batch_size=64&images=120000"


def test_who_is_turned_away_sees_the_nearest_result(
    browser: Browser, visit: Visit, tmp_path: Path
) -> None:
    bounds = {"PADDING_LAB_WORKERS": "1", "PADDING_LAB_QUEUE": "2"}
    with serving(tmp_path, PADDING_LAB_CACHE=str(tmp_path / "cache"), **bounds) as address:
        busy = visit(f"{address}/autoencoder?{LONG}")
        busy.get_by_role("button", name="Train", exact=True).click()
        # One arm trains, the other waits: there is room for one more, and not for two.
        expect(busy.get_by_text("padded: waiting, place 1")).to_be_visible()
        page = visit(f"{address}/autoencoder?guess=better&seed=1034")
        page.get_by_role("button", name="Train", exact=True).click()
        expect(page.get_by_text("The queue is full, ")).to_be_visible()
        expect(page.get_by_text("has a seed of 0 instead of 1034.")).to_be_visible()
        expect(page.get_by_text("That run: per pixel the loss fell by")).to_be_visible()
        curves = page.locator(
            "[data-testid=stVegaLiteChart] canvas, [data-testid=stVegaLiteChart] svg"
        )
        expect(curves).to_have_count(2)
        page.get_by_role("button", name="Show that run").click()
        expect(page).not_to_have_url(re.compile("seed="))
        expect(page.get_by_text("In this run (seed 0, 20,000 images)")).to_be_visible()
        verdict = page.get_by_role("paragraph").filter(has_text="This run: per pixel the loss fell")
        expect(verdict).to_be_visible()
        expect(page.get_by_role("button", name="Show that run")).to_have_count(0)
