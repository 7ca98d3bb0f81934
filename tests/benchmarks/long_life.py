"""A long life, sped up: `python -m tests.benchmarks.long_life [--visits 3000] [--runs 100]`.

Visitors without a browser come one after another, a few at a time, each with a session of its own:
to every page in turn, and now and then for a small run of both arms that is kept nowhere. Printed
are, ten times on the way and once all have left: memory of the server, resident, and of all its
processes together (PSS), its threads and its open files (Linux). What grows by the visit would show
as a line that does not level off. Streamlit keeps up to 128 sessions for two minutes after their
visitors have left, with three open files each, and looks after them when the next one comes. After
`--minutes` nobody comes any more; how many did is said.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from pathlib import Path

from core.machine import processor
from tests.benchmarks.memory import megabytes, server, together
from tests.benchmarks.session import connected
from tests.servers import serving

AT_ONCE = 4  # visitors
DEADLINE = 300.0  # seconds for one visit
PAGES = {
    "autoencoder": "guess=better",
    "loss": "guess=0",
    "shift_probe": "guess=perfectly",
    "impact": "guess=9&size=12",
    "shapes": "guess=3",
    "check": "guess=just+show+me",
}
BOUNDS = {"PADDING_LAB_MEMORY_MB": "4"}  # so little that 40 of the runs fill it
RUN = "guess=better&dataset=digits&train_size=5000&images=5000&batch_size=512&channels=8&depth=1"


async def look(address: str, page: str, query: str) -> None:
    async with connected(address) as session:
        await session.ask(name=page, query=query)


async def train(address: str, seed: int) -> None:
    async with connected(address) as session:
        await session.ask(name="autoencoder", query=f"{RUN}&seed={seed}")
        await session.press("Train")
        await session.until(lambda: "Train with a fresh seed" in session.buttons)


async def live(address: str, visits: int, runs: int, seconds: float) -> tuple[int, int]:
    """All visits and runs, `AT_ONCE` at a time, that begin in time; how many came to nothing."""
    numbers, done, failed = iter(range(visits)), 0, 0
    begun = time.monotonic()

    async def visitor() -> None:
        nonlocal done, failed
        for number in numbers:
            if time.monotonic() - begun > seconds:
                return
            page, query = list(PAGES.items())[number % len(PAGES)]
            try:
                async with asyncio.timeout(DEADLINE):
                    if number * runs // visits != (number + 1) * runs // visits:
                        await train(address, 10_000 + number)
                    else:
                        await look(address, page, query)
            except Exception as error:
                failed += 1
                print(f"visit {number}: {type(error).__name__}: {error}", flush=True)
            done += 1
            if done % max(1, visits // 10) == 0:
                tell(f"{done}", time.monotonic() - begun)

    await asyncio.gather(*(visitor() for _ in range(AT_ONCE)))
    return done, failed


def tell(visits: str, seconds: float) -> None:
    process = server()
    files = len(list(Path(f"/proc/{process}/fd").iterdir()))
    threads = len(list(Path(f"/proc/{process}/task").iterdir()))
    memory = f"{megabytes(process, 'VmRSS')} MB | {together()} MB"
    print(f"| {visits} | {seconds:.0f} | {memory} | {threads} | {files} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--visits", type=int, default=3_000)
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--rest", type=float, default=150.0, metavar="SECONDS")
    given = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        serving(Path(folder), PADDING_LAB_CACHE=folder, **BOUNDS) as address,
    ):
        print(f"{given.visits} visits, {given.runs} of them with a run, on {processor()}\n")
        print("| visits | seconds | server | all | threads | files |")
        print("| --- | --- | --- | --- | --- | --- |")
        done, failed = asyncio.run(live(address, given.visits, given.runs, 60 * given.minutes))
        time.sleep(given.rest)
        asyncio.run(look(address, "shapes", ""))
        tell("all left", given.rest)
        print(f"\n{done} came, {failed} of them for nothing")


if __name__ == "__main__":
    main()
