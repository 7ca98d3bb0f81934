"""A server that is ended in the middle of a run: soon, in peace, and with what it has."""

import asyncio
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlencode

from core.autoencoder import Settings
from core.autoencoder.store import Folder
from tests.benchmarks.session import connected
from tests.servers import started

CHOSEN = Settings(
    dataset="digits", train_size=1_000, batch_size=32, seed=5, device="cpu", channels=8, depth=1
)
ARMS = (CHOSEN, replace(CHOSEN, pad_width=2))


async def train(address: str, kept: Callable[[], list[int]]) -> None:
    """Ask for a long run of both arms, and leave once both have been kept."""
    names = "dataset train_size batch_size seed device learning_rate channels depth"
    asked = {name: getattr(CHOSEN, name) for name in names.split()} | {"images": 60_000}
    async with asyncio.timeout(120), connected(address) as session:
        await session.ask(name="autoencoder", query=urlencode({"guess": "worse"} | asked))
        await session.press("Train")
        await session.until(lambda: len(kept()) == len(ARMS))  # at their first checkpoints


def test_a_server_that_is_ended_keeps_its_runs(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "runs")

    def kept() -> list[int]:
        states = [folder.read(arm) for arm in ARMS]
        return [state.images_seen for state in states if state is not None]

    environment = {"PADDING_LAB_CACHE": str(tmp_path)}
    with started(tmp_path, ("-m", "streamlit"), environment) as (server, address):
        # In a thread of its own: the tests' browser has an event loop in this one.
        with ThreadPoolExecutor(1) as visitor:
            visitor.submit(lambda: asyncio.run(train(address, kept))).result(timeout=180)
        server.send_signal(signal.SIGTERM)
        assert server.wait(timeout=5) == 0
    assert all(0 < seen < 60_000 for seen in kept())
    assert len(kept()) == len(ARMS)
    assert all(file.suffix == ".npz" for file in folder.path.iterdir())
    assert "Traceback" not in (tmp_path / "log").read_text()
