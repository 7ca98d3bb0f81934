"""How soon a page answers while others train: `python -m tests.benchmarks.responsiveness`.

The time from a click to the page's last change, for a visitor in a real browser who toggles
between kept runs and moves from page to page, while one or twenty sessions watch two runs, in
training or not. One watching session is a browser; the others speak its protocol from a process
of their own, because twenty browsers would measure this machine rather than the server.
"""

from __future__ import annotations

import argparse
import itertools
import re
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Browser, Page

from tests.benchmarks.data import dataset
from tests.benchmarks.visitors import chromium, click, figures, keep, visit, watching
from tests.servers import serving

PRESETS = ("4 px", "6 px")
PAGES = ("Influence", "Shapes", "Autoencoder")


def measure(page: Page, words: tuple[str, ...], clicks: int) -> tuple[float, float]:
    for word in words:
        page.get_by_text(word, exact=True).first.wait_for()
    clicked = itertools.islice(itertools.cycle(words), clicks)
    return figures([click(page, word) for word in clicked])


def row(browser: Browser, address: str, *, training: bool, sessions: int, clicks: int) -> str:
    query = f"dataset={dataset()}&train_size=20000&images=600000&seed={100 * training + sessions}"
    first = visit(browser, f"{address}/autoencoder?{query}")
    if training:
        first.get_by_role("button", name="Train", exact=True).click()
        first.get_by_text(re.compile("(s|min|h|seconds) left$")).first.wait_for()
    with watching(address, query, sessions - 1) as looks:
        page = visit(browser, f"{address}/autoencoder?guess=better")
        page.wait_for_timeout(3_000)
        start, looked = time.perf_counter(), looks()
        toggled = measure(page, PRESETS, clicks)
        rate = (looks() - looked) / (time.perf_counter() - start)
        moved = measure(page, PAGES, clicks)
    if training:
        first.get_by_test_id("stMain").get_by_role("button", name="Stop").click()
        first.get_by_test_id("stMain").get_by_role("button", name="Stop").wait_for(state="detached")
    for opened in (first, page):
        opened.context.close()
    cells = "".join(f"{number:9.0f}" for number in (*toggled, *moved))
    return f"{'two arms' if training else 'nothing':>10}{sessions:10}{rate:9.1f}{cells}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clicks", type=int, default=20)
    clicks = parser.parse_args().clicks
    print(f"{'':29}  preset, ms       another page, ms")
    print(f"{'trains':>10}{'watching':>10}{'looks/s':>9}" + f"{'median':>9}{'95 %':>9}" * 2)
    with tempfile.TemporaryDirectory() as folder:
        keep(Path(folder), PRESETS)
        with (
            serving(Path(folder), PADDING_LAB_CACHE=folder) as address,
            chromium() as browser,
        ):
            for training in (False, True):
                for sessions in (1, 20):
                    how = {"training": training, "sessions": sessions, "clicks": clicks}
                    print(row(browser, address, **how), flush=True)


if __name__ == "__main__":
    main()
