"""What a visitor costs the server: `python -m tests.benchmarks.rerun [--times 20] [PAGE …]`.

CPU time of the server's process in milliseconds, and kilobytes sent: for a new session's page, for
each move of one of its controls, and for each look at a run in training that has gone on since the
last one (`live`: autoencoder). The median of `times` requests, one after another. The first of each
kind, which makes what all visitors share, stands apart. The runs that go on are made up: nothing
trains. On a busy machine even CPU time grows by half: compare only what was measured side by side.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from core.autoencoder import LIVE, Point, Settings, runs
from core.autoencoder.record import State
from core.autoencoder.runs import View
from tests.benchmarks.memory import server
from tests.benchmarks.session import connected
from tests.benchmarks.visitors import made_up
from tests.servers import serving

SEED = 1000  # of the run that goes on for ever; nobody ships it
GOING_ON = (
    "-c",
    "from tests.benchmarks import rerun; rerun.go_on();from streamlit.web.cli import main; main()",
)


@dataclass(frozen=True)
class Visit:
    """A page, its link, and between which values its control moves; without one, its buttons."""

    query: str
    values: tuple[str, ...] = ()
    control: str = ""


VISITS = {
    "start": Visit(""),
    "autoencoder": Visit("guess=better", ("4 px", "6 px")),
    "live": Visit(f"guess=better&seed={SEED}"),
    "loss": Visit("guess=0", ("4 px", "Grey border"), "Padded arm"),
    "shift_probe": Visit("guess=perfectly", ("valid", "same"), "Padding"),
    "impact": Visit("guess=9&size=12", ("Five layers, 28 × 28", "One layer, 10 × 10")),
    "shapes": Visit("guess=3", ("LeNet-5", "ResNet's strides at 224")),
}


# --- In the server --------------------------------------------------------------------------------


def go_on() -> None:
    """Have this process's registry say that the runs of `SEED` train and get on at every look."""
    registry = runs.registry()

    class GoingOn:
        def __init__(self) -> None:
            self._looks = itertools.count()

        def __getattr__(self, name: str) -> object:
            return getattr(registry, name)

        def look(self, settings: Settings, images: int, watcher: str | None = None) -> View:
            if settings.seed != SEED:
                return registry.look(settings, images, watcher)
            state = at(settings, 5_000 + next(self._looks) // 2 * 32)
            return View(settings, "training", images, state, images_seen=state.images_seen)

    standing_in = GoingOn()
    runs.registry = lambda: standing_in  # type: ignore[assignment,return-value]


@cache
def _tested(settings: Settings) -> State:
    return made_up(settings, LIVE.images // 4)


def at(settings: Settings, seen: int) -> State:
    """A run that has seen so many images, with a point every 512 of them."""
    seen %= LIVE.images
    state = _tested(settings)
    points = tuple(Point(at, at / 5_000, 0.3, 0.2) for at in range(512, seen, 512))
    return replace(state, images_seen=seen, points=points)


# --- The visitors ---------------------------------------------------------------------------------


@dataclass
class Cost:
    """Of requests of one kind: milliseconds of CPU, the first apart, and kilobytes of the last."""

    first: float
    later: float
    sent: float


def used(process: int) -> float:
    """Milliseconds of CPU that all threads of `process` have used."""
    # Linux: the clock of another process, as clock_getcpuclockid(3) numbers it.
    return 1_000 * time.clock_gettime((~process << 3) | 2)


async def spent(process: int, request: Awaitable[int]) -> tuple[float, float]:
    """Milliseconds of a request that tells how many bytes it brought, and kilobytes.

    What the server does after its answer, such as collecting garbage, is the request's, too.
    """
    before = used(process)
    sent = await request
    await asyncio.sleep(REST)
    return used(process) - before, sent / 1_000


REST = 0.05  # seconds


async def visit(address: str, name: str, process: int, times: int) -> dict[str, Cost]:
    """What a page costs, by what is asked for."""
    asked = VISITS[name]

    async def again(request: Callable[[str], Awaitable[int]], values: tuple[str, ...]) -> Cost:
        """The cost of a request with the first of its values, and with all in turn."""
        turns = itertools.islice(itertools.cycle(values), len(values) + times)
        (first, _), *every = [await spent(process, request(value)) for value in turns]
        later = [milliseconds for milliseconds, _ in every[len(values) - 1 :]]
        return Cost(first, statistics.median(later), every[-1][1])

    async def page(topic: str) -> int:
        async with connected(address) as session:
            await session.ask(name=topic, query=asked.query)
            return session.received

    topic = {"start": "", "live": "autoencoder"}.get(name, name)
    costs = {"page": await again(page, (topic,))}
    async with connected(address) as session:
        await session.ask(name=topic, query=asked.query)
        session.rest()

        async def toggle(value: str) -> int:
            before = session.received
            if asked.control:
                await session.choose(asked.control, value)
            else:
                await session.press(value)
            return session.received - before

        async def tick(fragment: str) -> int:
            before = session.received
            await session.ask(fragment=fragment)
            return session.received - before

        if asked.values:
            costs["toggle"] = await again(toggle, asked.values)
        if session.live:
            costs["tick"] = await again(tick, (session.live,))
    return costs


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pages", nargs="*", choices=[*VISITS, []], metavar="PAGE")
    parser.add_argument("--times", type=int, default=20)
    given = parser.parse_args()
    print(f"{'CPU, ms':24}{'first':>8}{'later':>8}{'sent, kB':>10}")
    with (
        tempfile.TemporaryDirectory() as folder,
        serving(Path(folder), streamlit=GOING_ON, PADDING_LAB_CACHE=folder) as address,
    ):
        asyncio.run(warm_up(address))
        for name in given.pages or VISITS:
            costs = asyncio.run(visit(address, name, server(), given.times))
            for kind, cost in costs.items():
                row = f"{cost.first:8.0f}{cost.later:8.1f}{cost.sent:10.0f}"
                print(f"{name + ', ' + kind:24}{row}", flush=True)


async def warm_up(address: str) -> None:
    """Until what a server prepares in the background is prepared."""
    async with connected(address) as session:
        await session.ask()
    process, before = server(), -1.0
    while (now := used(process)) > before + 20:
        before = now
        await asyncio.sleep(1)


if __name__ == "__main__":
    main()
