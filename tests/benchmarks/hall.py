"""A full hall: `python -m tests.benchmarks.hall [--sessions 100] [--arrive 30] [--different]`.

Sessions speak Streamlit's own protocol, from a process of their own: a hundred browsers would
measure this machine rather than the server. Each opens `/autoencoder` at some moment of the first
`arrive` seconds, asks for the same run (`--different`: for one of its own), goes to `/impact`,
toggles three presets there, comes back and watches until its run has ended or was refused. Printed
are the times until a page or a toggle was answered, what did not come, and the server's memory.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import re
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets import Subprotocol
from websockets.asyncio.client import ClientConnection, connect

from core import data
from core.machine import processor
from tests.benchmarks.memory import megabytes, server
from tests.benchmarks.visitors import figures
from tests.browser.conftest import serving

TOGGLES = ("Five layers, 28 × 28", "Stride 2: PyTorch, TensorFlow", "One layer, 10 × 10")
ENDED = "Train with a fresh seed"  # the button of a run that has come to its end
FULL = "queue"  # a word of the sentence for whom no place is left
DEADLINE = 300.0  # seconds for everything that one session does

DONE = (ForwardMsg.FINISHED_SUCCESSFULLY, ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY)


@dataclass
class Seen:
    """What one session has seen: seconds until an answer, None where none came."""

    page: float | None = None
    toggles: list[float] = field(default_factory=list)
    ended: bool = False
    refused: bool = False
    error: str = ""


class Session:
    """One visitor: what is on the page, and how to use it."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._page, self._query, self._finished = "", "", asyncio.Event()
        self._ticking: asyncio.Task[None] | None = None
        self._news = asyncio.Condition()
        self.buttons: dict[str, tuple[str, str]] = {}  # by label: id, fragment
        self.links: dict[str, str] = {}  # pages' hashes by name
        self.words = ""  # of warnings and errors

    async def ask(
        self,
        *,
        name: str = "",
        query: str = "",
        page: str = "",
        fragment: str = "",
        press: str = "",
    ) -> None:
        """Have a page or a fragment drawn, pressing a button, and wait until it is."""
        message = BackMsg()
        rerun = message.rerun_script
        self._query = query if name or page else self._query
        rerun.page_name, rerun.query_string = name, self._query
        rerun.page_script_hash = page or ("" if name else self._page)
        rerun.fragment_id = fragment
        if press:
            rerun.widget_states.widgets.add(id=press, trigger_value=True)
        self._finished.clear()
        if page:
            self.buttons.clear()
            self._rest()
        await self._socket.send(message.SerializeToString())
        await self._finished.wait()

    async def press(self, label: str) -> None:
        identity, fragment = self.buttons[label]
        await self.ask(press=identity, fragment=fragment)

    async def until(self, seen: Callable[[], bool]) -> None:
        """Wait until something is on the page, which draws itself anew meanwhile."""
        async with self._news:
            await self._news.wait_for(seen)

    async def listen(self) -> None:
        async for received in self._socket:
            message = ForwardMsg.FromString(received)
            kind = message.WhichOneof("type")
            if kind == "new_session":
                self._page = message.new_session.page_script_hash
            elif kind == "page_info_changed":
                self._query = message.page_info_changed.query_string
            elif kind == "delta":
                self._read(message)
            elif kind in ("auto_rerun", "stop_auto_rerun"):
                self._rest()
                if kind == "auto_rerun":
                    rerun = message.auto_rerun
                    self._ticking = asyncio.create_task(
                        self._tick(rerun.fragment_id, rerun.interval)
                    )
            elif kind == "script_finished" and message.script_finished in DONE:
                self._finished.set()
            async with self._news:
                self._news.notify_all()

    def _read(self, message: ForwardMsg) -> None:
        element = message.delta.new_element
        kind = element.WhichOneof("type")
        if kind == "button":
            label = re.sub(r"^:primary\[\*\*(.*)\*\*\]$", r"\1", element.button.label)  # is chosen
            self.buttons[label] = (element.button.id, message.delta.fragment_id)
        elif kind == "page_link":
            self.links[element.page_link.page] = element.page_link.page_script_hash
        elif kind == "alert":
            self.words += element.alert.body

    def _rest(self) -> None:
        if self._ticking:
            self._ticking.cancel()

    async def _tick(self, fragment: str, interval: float) -> None:
        while True:
            await asyncio.sleep(interval)
            message = BackMsg()
            message.rerun_script.page_script_hash = self._page
            message.rerun_script.query_string = self._query
            message.rerun_script.fragment_id = fragment
            message.rerun_script.is_auto_rerun = True
            await self._socket.send(message.SerializeToString())


@asynccontextmanager
async def connected(address: str) -> AsyncIterator[Session]:
    socket = address.replace("http", "ws", 1) + "/_stcore/stream"
    subprotocols = [Subprotocol("streamlit")]
    async with connect(
        socket, subprotocols=subprotocols, max_size=None, open_timeout=DEADLINE, ping_interval=None
    ) as opened:
        session = Session(opened)
        listening = asyncio.create_task(session.listen())
        try:
            yield session
        finally:
            listening.cancel()


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


def _fill(address: str, queries: list[str], arrive: float, report: Connection) -> None:
    report.send(asyncio.run(fill(address, queries, arrive)))


def hall(
    address: str, sessions: int, arrive: float, *, different: bool = False, images: int = 20_000
) -> list[Seen]:
    """What visitors see who arrive within `arrive` seconds; they live in a process of their own."""
    dataset = "mnist" if data.available() else "digits"
    asked = f"guess=better&dataset={dataset}&images={images}"
    queries = [f"{asked}&seed={1000 + number * different}" for number in range(sessions)]
    spawn = multiprocessing.get_context("spawn")
    mine, theirs = spawn.Pipe()
    process = spawn.Process(target=_fill, args=(address, queries, arrive, theirs), daemon=True)
    process.start()
    try:
        if not mine.poll(arrive + DEADLINE + 60):
            raise TimeoutError("the hall has not emptied in time")
        every: list[Seen] = mine.recv()
        return every
    finally:
        process.kill()
        process.join(10)


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
    rows.append(f"| refused in words | {sum(seen.refused for seen in every)} of {len(every)} | | |")
    return "\n".join(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sessions", type=int, default=100, choices=range(1, 501), metavar="N")
    parser.add_argument("--arrive", type=float, default=30.0, metavar="SECONDS")
    parser.add_argument("--different", action="store_true")
    asked = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        serving(Path(folder), PADDING_LAB_CACHE=folder) as address,
    ):
        every = hall(address, asked.sessions, asked.arrive, different=asked.different)
        most = megabytes(server(), "VmHWM")
    print(f"{asked.sessions} sessions within {asked.arrive:g} s on {processor()}")
    print(f"{table(every)}\nServer's memory at most: {most} MB")
    for error in sorted({seen.error for seen in every if seen.error}):
        print(error)


if __name__ == "__main__":
    main()
