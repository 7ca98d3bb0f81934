"""How soon a visitor sees a picture: `python -m tests.benchmarks.first_picture [--rounds 5]`.

Milliseconds from a fresh browser's request to the first picture in sight, beside a Streamlit page
with one line chart and nothing else, in turn. Warm: a server that has shown the page before; cold:
one that has just answered that it is up. Browser and server share this machine's processor.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser

from core.machine import processor
from tests.benchmarks.visitors import chromium
from tests.servers import ROOT, serving

PLAIN = "import streamlit as st\nst.line_chart([1, 3, 2])\n"
OURS = ("", *sorted(page.stem for page in (ROOT / "pages").glob("*.py")))
DEADLINE = 60_000  # milliseconds

PICTURE = """
const inSight = element => {
  const box = element.getBoundingClientRect();
  return box.width > 60 && box.height > 60 && box.top < innerHeight && box.bottom > 0;
};
const drawn = element =>
  element.tagName !== 'IMG' || (element.complete && element.naturalWidth > 0);
const look = () => {
  const main = document.querySelector('[data-testid=stMain]');
  const pictures = [...(main?.querySelectorAll('canvas, svg, img') ?? [])];
  if (pictures.some(picture => inSight(picture) && drawn(picture)))
    window.firstPicture = performance.now();
  else soon();
};
// Asked for before a frame is laid out, boxes would have it laid out twice.
const soon = () => requestAnimationFrame(() => setTimeout(look));
soon();
"""


@contextmanager
def server(plain: bool) -> Iterator[str]:
    """A fresh server with an empty cache: the plain page's, or ours."""
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "plain.py"
        script.write_text(PLAIN)
        app = str(script) if plain else "streamlit_app.py"
        with serving(Path(folder), script=app, PADDING_LAB_CACHE=folder) as address:
            yield address


def first_picture(browser: Browser, address: str) -> float:
    """Milliseconds from the request to the first picture in sight, in a browser without a cache."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.add_init_script(PICTURE)
    page.goto(address)
    page.wait_for_function("window.firstPicture !== undefined", timeout=DEADLINE)
    taken: float = page.evaluate("window.firstPicture")
    context.close()
    return taken


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    with chromium() as browser:
        warm: dict[str | None, list[float]] = {page: [] for page in (None, *OURS)}
        with server(plain=True) as plain, server(plain=False) as ours:
            for page in (None, *OURS):
                first_picture(browser, plain if page is None else f"{ours}/{page}")
            for _ in range(rounds):
                for page, times in warm.items():
                    address = plain if page is None else f"{ours}/{page}"
                    times.append(first_picture(browser, address))
        cold: dict[str | None, list[float]] = {page: [] for page in warm}
        for _ in range(rounds):
            for page, times in cold.items():
                with server(plain=page is None) as address:
                    times.append(first_picture(browser, f"{address}/{page or ''}"))
    print(f"On {processor()}, medians of {rounds}:\n")
    print("| | warm, ms | × plain | cold, ms | × plain |\n| --- | --- | --- | --- | --- |")
    for page in warm:
        name = "one line chart" if page is None else f"`/{page}`"
        columns = []
        for seen in (warm, cold):
            median = statistics.median(seen[page])
            columns += [f"{median:,.0f}", f"{median / statistics.median(seen[None]):.2f}"]
        print(f"| {name} | {' | '.join(columns)} |")


if __name__ == "__main__":
    main()
