"""How soon a run moves: `python -m tests.benchmarks.start [--clicks 6] [--whole]`.

The time from the click on *Train* to the first progress, to the first of both curves and to the
first verdict "so far", in a real browser that shares this machine's processor with the server and
the training; `--whole`: to the end of the run, too. "first" is the first run of a fresh server.
With MNIST where it is at hand.
"""

from __future__ import annotations

import argparse
import math
import tempfile
from collections.abc import Sequence
from pathlib import Path

from playwright.sync_api import Page

from tests.benchmarks.visitors import chromium, figures, visit
from tests.servers import serving

SEEN = ("progress", "both curves", "verdict so far", "end")

# Curves of two colours, and not those of the nearest result: both arms have begun.
CLICK = """
async wanted => {
  const buttons = () => [...document.querySelectorAll('button')].filter(
    one => /^Train( with a fresh seed)?$/.test(one.innerText.trim()));
  const start = performance.now(), seen = {};
  buttons()[0].click();
  while (!wanted.every(name => name in seen)) {
    const now = performance.now() - start;
    if (now > 180000) throw new Error('after 3 minutes: ' + JSON.stringify(seen));
    const bar = document.querySelector('[role=progressbar]');
    const lines = document.querySelectorAll('[data-testid=stVegaLiteChart] .mark-line path');
    const drawn = [...lines].filter(line => line.getAttribute('d'));
    const words = document.querySelector('[data-testid=stMain]').innerText;
    if (bar) seen['progress'] ??= now;
    const own = !words.includes('The nearest result');
    if (bar && own && new Set(drawn.map(line => line.getAttribute('stroke'))).size == 2)
      seen['both curves'] ??= now;
    if (bar && words.includes('So far, after')) seen['verdict so far'] ??= now;
    if ('progress' in seen && !bar && buttons().length) seen['end'] ??= now;
    await new Promise(resolve => setTimeout(resolve, 20));
  }
  return seen;
}
"""


def click(page: Page, wanted: Sequence[str]) -> dict[str, float]:
    """Milliseconds from the click to each of `wanted`, of `SEEN`; then the run is stopped."""
    seen: dict[str, float] = page.evaluate(CLICK, wanted)
    if "end" not in seen:
        stop = page.get_by_test_id("stMain").get_by_role("button", name="Stop")
        stop.click()
        stop.wait_for(state="detached")
    return seen


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clicks", type=int, default=6)
    parser.add_argument("--whole", action="store_true")
    asked = parser.parse_args()
    shown = SEEN if asked.whole else SEEN[:-1]
    times: list[dict[str, float]] = []
    with (
        tempfile.TemporaryDirectory() as folder,
        serving(Path(folder), PADDING_LAB_CACHE=folder) as address,
        chromium() as browser,
    ):
        for seed in range(100, 101 + asked.clicks):  # kept nowhere
            page = visit(browser, f"{address}/autoencoder?guess=better&seed={seed}")
            if not times:
                page.wait_for_timeout(5_000)  # what trains is prepared in the background
            times.append(click(page, shown))
            page.context.close()
    print(f"{'milliseconds':24}{'first':>8}{'median':>8}{'most':>8}")
    for name in shown:
        first, *later = [seen.get(name, math.nan) for seen in times]
        print(f"{name:24}{first:8.0f}{figures(later)[0]:8.0f}{max(later):8.0f}")


if __name__ == "__main__":
    main()
