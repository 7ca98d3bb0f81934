"""How soon a run moves: `python -m tests.benchmarks.start [--clicks 6]`.

The time from the click on *Train* to the first progress and to the first of both curves, in a real
browser that shares this machine's processor with the server and the training. "first" is the first
run of a fresh server. With MNIST where it is at hand.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from playwright.sync_api import Page

from tests.benchmarks.visitors import chromium, figures, visit
from tests.browser.conftest import serving

# Curves of two colours: both arms have begun.
CLICK = """
async () => {
  const button = [...document.querySelectorAll('button')].find(
    one => /^Train( with a fresh seed)?$/.test(one.innerText.trim()));
  const start = performance.now(), seen = {};
  button.click();
  while (!seen.curves) {
    const now = performance.now() - start, bar = document.querySelector('[role=progressbar]');
    const lines = document.querySelectorAll('[data-testid=stVegaLiteChart] .mark-line path');
    const drawn = [...lines].filter(line => line.getAttribute('d'));
    if (bar) seen.progress ??= now;
    if (bar && new Set(drawn.map(line => line.getAttribute('stroke'))).size == 2) seen.curves = now;
    await new Promise(resolve => setTimeout(resolve, 20));
  }
  return [seen.progress, seen.curves];
}
"""


def click(page: Page) -> tuple[float, float]:
    """Milliseconds from the click to progress and to both curves; then the run is stopped."""
    progress, curves = page.evaluate(CLICK)
    stop = page.get_by_test_id("stMain").get_by_role("button", name="Stop")
    stop.click()
    stop.wait_for(state="detached")
    return progress, curves


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clicks", type=int, default=6)
    clicks = parser.parse_args().clicks
    times: list[tuple[float, float]] = []
    with (
        tempfile.TemporaryDirectory() as folder,
        serving(Path(folder), PADDING_LAB_CACHE=folder) as address,
        chromium() as browser,
    ):
        for seed in range(100, 101 + clicks):  # kept nowhere
            page = visit(browser, f"{address}/autoencoder?guess=better&seed={seed}")
            if not times:
                page.wait_for_timeout(5_000)  # what trains is prepared in the background
            times.append(click(page))
            page.context.close()
    print(f"{'milliseconds':24}{'first':>8}{'median':>8}{'most':>8}")
    progress, curves = zip(*times, strict=True)
    for name, (first, *later) in (("progress", progress), ("both curves", curves)):
        print(f"{name:24}{first:8.0f}{figures(later)[0]:8.0f}{max(later):8.0f}")


if __name__ == "__main__":
    main()
