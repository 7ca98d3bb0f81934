"""The whole app within 690 MB: `python -m tests.benchmarks.small_server [--megabytes 690]` (Linux).

One visitor opens every page with all that is folded away, measures on /impact, uploads a large
picture, pastes code, and trains the live preset from start to end. The server and its process that
trains stand under a cgroup's limit where one can be set (as root, cgroup v1 or v2): what does not
fit is killed, and said. Where none can be set, what they take together is looked at twice a second.
"""

from __future__ import annotations

import argparse
import io
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from PIL import Image
from playwright.sync_api import FilePayload, Page

from core.machine import processor
from tests.benchmarks.data import dataset
from tests.benchmarks.memory import watched
from tests.benchmarks.visitors import chromium
from tests.browser.conftest import settle
from tests.servers import ROOT, serving

PAGES = sorted(page.stem for page in (ROOT / "pages").glob("*.py"))
NAME = f"padding_lab_{os.getpid()}"
CODE = "nn.Sequential(nn.Conv2d(3, 64, 7, 2, 3), nn.MaxPool2d(3, 2, 1), nn.Conv2d(64, 64, 3))"

# Joins the group before it becomes Streamlit: what is imported counts.
JOIN = """
import os, runpy, sys
with open(sys.argv[1], "w") as group:
    group.write(str(os.getpid()))
sys.argv[:2] = ["streamlit"]
runpy.run_module("streamlit", run_name="__main__")
"""


class Group(NamedTuple):
    """A cgroup with a limit: where a process joins it, and where its figures stand."""

    folder: Path
    limit: str
    peak: str


def group(megabytes: int) -> Group | None:
    """A fresh cgroup with this limit; None where none can be made."""
    for root, limit, peak in (
        (Path("/sys/fs/cgroup/memory"), "memory.limit_in_bytes", "memory.max_usage_in_bytes"),
        (Path("/sys/fs/cgroup"), "memory.max", "memory.peak"),
    ):
        try:
            (root / NAME).mkdir()
            (root / NAME / limit).write_text(str(megabytes * 2**20))
        except OSError:
            continue
        return Group(root / NAME, limit, peak)
    return None


@contextmanager
def limited(megabytes: int) -> Iterator[tuple[str, Callable[[], int], str]]:
    """A server: its address, the most that it has taken so far in MB, and how that is known."""
    made = group(megabytes)
    with tempfile.TemporaryDirectory() as folder:
        if made is None:
            with serving(Path(folder), PADDING_LAB_CACHE=folder) as address, watched() as seen:
                yield address, lambda: max(seen), "looked at twice a second, under no limit"
            return
        join = ("-c", JOIN, str(made.folder / "cgroup.procs"))
        try:
            with serving(Path(folder), streamlit=join, PADDING_LAB_CACHE=folder) as address:
                peak = made.folder / made.peak
                yield address, lambda: int(peak.read_text()) // 2**20, "under a cgroup's limit"
        finally:
            made.folder.rmdir()


def picture() -> FilePayload:
    """As large a picture as is taken: 2,000 × 2,000 pixels."""
    file = io.BytesIO()
    Image.effect_noise((2_000, 2_000), 60).save(file, "PNG")
    return {"name": "noise.png", "mimeType": "image/png", "buffer": file.getvalue()}


def walk(page: Page, address: str, tell: Callable[[str], None]) -> None:
    """Everything, one after the other."""
    page.set_default_timeout(180_000)

    def visit(topic: str, query: str = "guess=just+show+me&open=all") -> None:
        page.goto(f"{address}/{topic}?{query}")
        settle(page)

    for topic in PAGES:
        visit(topic)
        tell(f"/{topic}")
    visit("impact", "size=64&layers=conv3x16:same+conv3x16:same&measured=true&open=all")
    page.get_by_role("heading", name="The trained autoencoder").wait_for()
    settle(page)
    tell("measured")
    page.locator("input[type=file]").first.set_input_files(picture())
    settle(page)
    tell("picture")
    visit("check", "given=code&guess=just+show+me")
    page.get_by_role("textbox").first.fill(CODE)
    page.get_by_role("textbox").first.press("Control+Enter")
    settle(page)
    tell("code")
    visit("autoencoder", f"guess=better&seed=1234&dataset={dataset()}")
    page.get_by_role("button", name="Train", exact=True).click()
    page.get_by_role("button", name="Train with a fresh seed").wait_for(timeout=600_000)
    tell("trained")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=690)
    megabytes = parser.parse_args().megabytes
    with chromium() as browser, limited(megabytes) as (address, most, how):
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        walk(page, address, lambda what: print(f"{what:16}{most():5} MB at most", flush=True))
        peak = most()
    fits = "came through" if peak <= megabytes else "did not fit"
    print(f"Everything {fits} within {megabytes} MB, {how}, on {processor()}")


if __name__ == "__main__":
    main()
