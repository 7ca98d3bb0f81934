"""A full hall: `python -m tests.benchmarks.hall [--sessions 100] [--arrive 30] [--different]
[--servers 1]`.

Sessions speak Streamlit's own protocol, from a process of their own: a hundred browsers would
measure this machine rather than the server. Each opens `/autoencoder` at some moment of the first
`arrive` seconds, asks for the same run (`--different`: for one of its own), goes to `/impact`,
toggles three presets there, comes back and watches until its run has ended or was refused. Printed
are the times until a page or a toggle was answered, what did not come, how many of those who were
refused saw the nearest result that is kept, and the memory of all that serves. Several `servers`
share a folder behind the README's nginx.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

from core.machine import processor
from tests.benchmarks.data import dataset
from tests.benchmarks.memory import watched
from tests.benchmarks.session import connected
from tests.benchmarks.visitors import figures
from tests.servers import proxied, serving

ROOT = Path(__file__).parents[2]
TOGGLES = ("Five layers, 28 × 28", "Stride 2: PyTorch, TensorFlow", "One layer, 10 × 10")
ENDED = "Train with a fresh seed"  # the button of a run that has come to its end
NEAREST, GO = "The nearest result", "Show that run"  # what introduces it, and its button
FULL = "queue"  # a word of the sentence for whom no place is left
DEADLINE = 300.0  # seconds for everything that one session does


@dataclass
class Seen:
    """What one session has seen: seconds until an answer, None where none came."""

    page: float | None = None
    toggles: list[float] = field(default_factory=list)
    ended: bool = False
    refused: bool = False
    nearest: bool = False
    error: str = ""


async def visit(address: str, query: str, wait: float, seen: Seen) -> None:
    """Everything that one session does."""
    await asyncio.sleep(wait)
    start = time.perf_counter()
    async with connected(address) as session:
        await session.ask(name="autoencoder", query=query)
        seen.page = time.perf_counter() - start
        if "Train" in session.buttons:
            await session.press("Train")
        autoencoder, impact = session.links["autoencoder"], session.links["impact"]
        await session.ask(page=impact, query="size=12")  # a link shows what it asks for
        for label in TOGGLES:
            start = time.perf_counter()
            await session.press(label)
            seen.toggles.append(time.perf_counter() - start)
        await session.ask(page=autoencoder, query=query)
        await session.until(lambda: ENDED in session.buttons or FULL in session.words)
        seen.ended, seen.refused = ENDED in session.buttons, FULL in session.words
        shown = any(NEAREST in said for said in session.paragraphs)
        seen.nearest = shown and GO in session.buttons


async def fill(address: str, queries: list[str], arrive: float) -> list[Seen]:
    """All sessions; each has `DEADLINE` seconds."""
    every = [Seen() for _ in queries]

    async def bounded(number: int) -> None:
        seen = every[number]
        try:
            wait = arrive * number / len(queries)
            await asyncio.wait_for(visit(address, queries[number], wait, seen), DEADLINE)
        except Exception as error:
            seen.error = f"{type(error).__name__}: {error}"

    await asyncio.gather(*map(bounded, range(len(queries))))
    return every


def hall(
    address: str,
    sessions: int,
    arrive: float,
    *,
    different: bool = False,
    run: str = "images=20000",
) -> list[Seen]:
    """What visitors see who arrive within `arrive` seconds; they live in a process of their own.

    `run` is what they ask for, as in a link, beside a seed.
    """
    asked = f"guess=better&dataset={dataset()}&{run}"
    queries = [f"{asked}&seed={1000 + number * different}" for number in range(sessions)]
    filled = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.hall", "--fill", address],
        input=json.dumps([queries, arrive]),
        cwd=ROOT,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        timeout=arrive + DEADLINE + 60,
    )
    return [Seen(**seen) for seen in json.loads(filled.stdout)]


def table(every: list[Seen]) -> str:
    """What all have seen, in Markdown."""
    pages = [seen.page for seen in every if seen.page is not None]
    toggles = [taken for seen in every for taken in seen.toggles]
    rows = ["| | came | median, s | 95 %, s |", "| --- | --- | --- | --- |"]
    for name, times, of in (
        ("first page", pages, len(every)),
        ("toggle", toggles, len(TOGGLES) * len(every)),
    ):
        median, most = figures(times) if times else (float("nan"), float("nan"))
        rows.append(f"| {name} | {len(times)} of {of} | {median:.2f} | {most:.2f} |")
    rows.append(
        f"| run seen to its end | {sum(seen.ended for seen in every)} of {len(every)} | | |"
    )
    turned_away = [seen for seen in every if seen.refused]
    rows.append(f"| refused in words | {len(turned_away)} of {len(every)} | | |")
    nearest = sum(seen.nearest for seen in turned_away)
    rows.append(f"| of them, shown the nearest result | {nearest} of {len(turned_away)} | | |")
    return "\n".join(rows)


@contextmanager
def served_by(servers: int) -> Iterator[str]:
    """The address of a fresh server, or of the proxy before several that share a fresh folder."""
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        own = [Path(stack.enter_context(tempfile.TemporaryDirectory())) for _ in range(servers + 1)]
        addresses = [
            stack.enter_context(serving(log, PADDING_LAB_CACHE=folder)) for log in own[:servers]
        ]
        if servers == 1:
            yield addresses[0]
        else:
            hosts = [address.removeprefix("http://") for address in addresses]
            yield stack.enter_context(proxied(own[servers], hosts))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sessions", type=int, default=100, choices=range(1, 501), metavar="N")
    parser.add_argument("--arrive", type=float, default=30.0, metavar="SECONDS")
    parser.add_argument("--different", action="store_true")
    parser.add_argument("--servers", type=int, default=1, choices=range(1, 9), metavar="N")
    parser.add_argument("--fill", metavar="ADDRESS", help=argparse.SUPPRESS)  # the visitors' own
    asked = parser.parse_args()
    if asked.fill:
        every = asyncio.run(fill(asked.fill, *json.load(sys.stdin)))
        print(json.dumps([asdict(seen) for seen in every]))
        return
    with served_by(asked.servers) as address, watched() as seen:
        every = hall(address, asked.sessions, asked.arrive, different=asked.different)
    where = f"{asked.servers} servers on " if asked.servers > 1 else ""
    print(f"{asked.sessions} sessions within {asked.arrive:g} s on {where}{processor()}")
    print(f"{table(every)}\nAll processes, shared pages counted once: {max(seen)} MB at most")
    for error in sorted({seen.error for seen in every if seen.error}):
        print(error)


if __name__ == "__main__":
    main()
