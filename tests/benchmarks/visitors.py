"""What the benchmarks of the pages share: kept runs to show, a stopwatch, and watching visitors."""

from __future__ import annotations

import asyncio
import multiprocessing
import statistics
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from core.autoencoder import LIVE, Point, Settings, arms
from core.autoencoder.experiment import next_point
from core.autoencoder.presets import PADDED
from core.autoencoder.record import State
from core.autoencoder.store import Folder
from tests.benchmarks.session import connected
from tests.browser.conftest import CHROMIUM, QUIET
from tests.stand_in import state_at

# --- Kept runs: made up, but of the size and shape of real ones -----------------------------------


def made_up(settings: Settings, images: int = LIVE.images) -> State:
    """A run of the live preset's length with a full curve, in no time."""
    seen, points = 0, []
    while (seen := next_point(seen)) <= images:
        loss = 0.1 + 0.2 * 2 ** (-seen / 2_000)
        points.append(Point(seen, seen / settings.train_size, loss, loss - 0.005))
    return replace(state_at(settings, images), points=tuple(points))


def shown(name: str) -> Iterator[Settings]:
    """The runs that a preset's page looks at: both arms, every seed."""
    for seed in range(3):
        yield from arms(replace(PADDED[name].settings, seed=seed))


def keep(cache: Path, names: Sequence[str]) -> None:
    """Keep made-up runs for the presets `names`."""
    for name in names:
        for settings in shown(name):
            Folder(cache / "runs").write(settings, made_up(settings))


# --- The stopwatch --------------------------------------------------------------------------------

# When the page's main part last changed: its elements, or what is drawn on a canvas. Not counted
# is what nobody sees: a hidden toolbar, and where exactly a slider puts its number.
WATCH = """
window.lastChange = 0;
const unseen = '[data-testid^=stElementToolbar], [data-testid=stSlider]';
const seen = element => element?.closest('[data-testid=stMain]') && !element.closest(unseen);
new MutationObserver(changes => {
  if (changes.some(change => seen(change.target.parentElement)))
    window.lastChange = performance.now();
}).observe(document, {subtree: true, childList: true, characterData: true, attributes: true});
for (const name of ['fill', 'stroke', 'fillRect', 'fillText', 'clearRect', 'drawImage']) {
  const draw = CanvasRenderingContext2D.prototype[name];
  CanvasRenderingContext2D.prototype[name] = function (...words) {
    window.lastChange = performance.now();
    return draw.apply(this, words);
  };
}
"""

# From the click to the last change that it caused: nothing has changed since for `quiet` ms.
CLICK = """
async ([label, quiet]) => {
  const button = [...document.querySelectorAll('button, a')].find(
    one => one.innerText.trim() === label);
  const start = performance.now();
  button.click();
  while (window.lastChange < start || performance.now() - window.lastChange < quiet)
    await new Promise(resolve => setTimeout(resolve, 10));
  return window.lastChange - start;
}
"""


def click(page: Page, label: str, quiet: int = 1_500) -> float:
    """Milliseconds from the click on a button or link to the page's last change."""
    taken: float = page.evaluate(CLICK, [label, quiet])
    return taken


@contextmanager
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield running
        running.close()


def visit(browser: Browser, address: str) -> Page:
    """A new visitor's page, drawn and still."""
    page = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
    page.set_default_timeout(120_000)
    page.add_init_script(WATCH)
    page.goto(address)
    page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]")
    page.wait_for_timeout(2_000)
    return page


def figures(times: Sequence[float]) -> tuple[float, float]:
    """The median and the 95th percentile."""
    ordered = sorted(times)
    return statistics.median(ordered), ordered[round(0.95 * (len(ordered) - 1))]


# --- Watching visitors: what a browser sends, without the browser's own work ----------------------


@contextmanager
def watching(address: str, query: str, count: int) -> Iterator[Callable[[], float]]:
    """`count` more visitors of a page, in a process of their own; how often they have looked."""
    fresh = multiprocessing.get_context("spawn")  # a fork would inherit the browser's event loop
    looks = fresh.Value("i", 0)
    process = fresh.Process(target=_watch, args=(address, query, count, looks), daemon=True)
    process.start()
    try:
        yield lambda: looks.value
    finally:
        process.kill()
        process.join(60)


def _watch(address: str, query: str, count: int, looks: Synchronized[int]) -> None:
    asyncio.run(_visitors(address, query, count, looks))


async def _visitors(address: str, query: str, count: int, looks: Synchronized[int]) -> None:
    await asyncio.gather(*(_visitor(address, query, looks) for _ in range(count)))


async def _visitor(address: str, query: str, looks: Synchronized[int]) -> None:
    def looked() -> None:
        with looks.get_lock():
            looks.value += 1

    async with connected(address, looked) as session:
        await session.ask(name="autoencoder", query=query)
        await asyncio.Event().wait()  # whoever started this process ends it
