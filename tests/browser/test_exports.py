"""Each page's picture, data and link, taken away as a visitor does it."""

import io
import json
import re
from collections.abc import Callable
from xml.etree import ElementTree

import pandas as pd
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.conftest import settle

PAGES = ("autoencoder", "loss", "shift_probe", "impact", "shapes", "check")
GUESSED = re.compile("just show me|show me", re.IGNORECASE)


@pytest.mark.parametrize("topic", PAGES)
def test_everything_can_be_taken_away(app: str, visit: Callable[..., Page], topic: str) -> None:
    page = visit(f"{app}/{topic}")
    page.get_by_test_id("stMain").get_by_text(GUESSED).first.click()
    expect(page).to_have_url(re.compile("guess="))
    settle(page)
    expect(page.get_by_role("button", name="Pause")).to_have_count(0)  # what plays has ended
    page.get_by_role("button", name=re.compile("^Take it away")).click()

    def taken(kind: str) -> bytes:
        with page.expect_download() as coming:
            page.get_by_role("button", name=kind, exact=True).click()
        assert re.fullmatch(rf"padding-lab-.*\.{kind.lower()}", coming.value.suggested_filename)
        return coming.value.path().read_bytes()

    with Image.open(io.BytesIO(taken("PNG"))) as picture:
        assert picture.width >= 1_600  # sharp across a slide
    assert ElementTree.fromstring(taken("SVG")).tag.endswith("svg")
    rows = pd.read_csv(io.BytesIO(taken("CSV")))
    told = json.loads(taken("JSON"))
    assert len(rows) == len(told["rows"]) > 0
    assert list(rows.columns) == list(told["rows"][0])
    assert told["link"].startswith(f"{app}/{topic}?")
    expect(page.get_by_text(told["link"], exact=True)).to_be_visible()
