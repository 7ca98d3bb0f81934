"""How soon a kept run is shown: `python -m tests.benchmarks.toggle [--clicks 20]`.

The time from a click on a preset to the page's last change, in a real browser, against the same
page with nothing to look up: its runs stand ready in a dictionary. The runs are made up, of the
size of real ones. "first" is the first click on each preset, which reads the runs from disk.
"""

from __future__ import annotations

import argparse
import itertools
import tempfile
from pathlib import Path

from core.autoencoder import Settings, runs
from core.autoencoder.runs import View
from tests.benchmarks.visitors import chromium, click, figures, keep, made_up, shown, visit
from tests.servers import serving

NAMES = ("4 px", "6 px")
SIZES = {"4 px": "36 × 36", "6 px": "40 × 40"}  # on the page, once it shows the preset
WITHOUT_LOOKUP = (
    "-c",
    "from tests.benchmarks import toggle; toggle.without_lookup();"
    "from streamlit.web.cli import main; main()",
)


def without_lookup() -> None:
    """Put a dictionary in the place of this process's registry."""
    views = {
        settings: View(settings, "finished", state.images_seen, state, "cache", state.images_seen)
        for name in NAMES
        for settings in shown(name)
        for state in [made_up(settings)]
    }
    nothing = View(Settings(), "absent", 0)

    class Ready:
        def look(self, settings: Settings, images: int, watcher: str | None = None) -> View:
            return views.get(settings, nothing)

    runs.registry = Ready  # type: ignore[assignment]


def measure(folder: Path, clicks: int, streamlit: tuple[str, ...]) -> list[float]:
    """Milliseconds of each click, to and fro between two presets."""
    times = []
    with (
        serving(folder, streamlit=streamlit, PADDING_LAB_CACHE=str(folder)) as address,
        chromium() as browser,
    ):
        page = visit(browser, f"{address}/autoencoder?guess=better")
        for name in itertools.islice(itertools.cycle(NAMES), clicks + len(NAMES)):
            times.append(click(page, name))
            assert SIZES[name] in page.inner_text("body"), f"the page does not show {name}"
    return times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clicks", type=int, default=20)
    clicks = parser.parse_args().clicks
    print(f"{'milliseconds':24}{'first':>8}{'median':>8}{'95 %':>8}")
    for name, streamlit in {
        "kept on disk": ("-m", "streamlit"),
        "nothing to look up": WITHOUT_LOOKUP,
    }.items():
        with tempfile.TemporaryDirectory() as folder:
            keep(Path(folder), NAMES)
            first, second, *later = measure(Path(folder), clicks, streamlit)
        median, high = figures(later)
        print(f"{name:24}{max(first, second):8.0f}{median:8.0f}{high:8.0f}", flush=True)


if __name__ == "__main__":
    main()
