"""A real server and a real browser. Skipped, and said so, where Chromium is not installed."""

import os
import shutil
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

ROOT = Path(__file__).parents[2]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
QUIET += ["--disable-component-update", "--disable-sync", "--no-first-run"]

expect.set_options(timeout=30_000)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        reason = "Chromium is not installed: no browser test can run"
        # A continuous-integration run that tests no page in a browser must not pass in silence.
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield running
        running.close()


@contextmanager
def serving(
    folder: Path,
    *,
    streamlit: Sequence[str] = ("-m", "streamlit"),
    script: str = "streamlit_app.py",
    **environment: str,
) -> Iterator[str]:
    """The app on a free port; the address to reach it at. What it logs goes to `folder`/log.

    `streamlit` is what Python is to run as Streamlit, `script` what that is to run.
    """
    with started(folder, streamlit, environment, script) as (_, address):
        yield address


@contextmanager
def started(
    folder: Path,
    streamlit: Sequence[str],
    environment: dict[str, str],
    script: str = "streamlit_app.py",
) -> Iterator[tuple["subprocess.Popen[bytes]", str]]:
    """The process of such a server, and its address."""
    port = free_port()
    command = [sys.executable, *streamlit, "run", script]
    command += [f"--server.port={port}", "--server.address=127.0.0.1", "--server.headless=true"]
    with (folder / "log").open("w") as log:
        server = subprocess.Popen(
            command, cwd=ROOT, env=os.environ | environment, stdout=log, stderr=log
        )
    try:
        address = f"http://127.0.0.1:{port}"
        wait_until_healthy(server, address)
        yield server, address
    finally:
        server.terminate()
        server.wait(20)


def free_port() -> int:
    """A port that nobody listened at just now."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def wait_until_healthy(server: "subprocess.Popen[bytes]", address: str) -> None:
    """Wait until the app answers at `address`; RuntimeError where `server` ends, or never does."""
    for _ in range(300):
        if server.poll() is not None:
            raise RuntimeError(f"the server ended at once with exit code {server.returncode}")
        try:
            with urllib.request.urlopen(f"{address}/_stcore/health", timeout=5):
                return
        except OSError:
            # The port is not open yet; the server itself gives no sign to wait for.
            try:
                server.wait(0.1)
            except subprocess.TimeoutExpired:
                continue
    raise RuntimeError("the server did not become healthy")


@pytest.fixture(scope="session")
def app(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One server for all tests that do not need their own; its address."""
    with serving(tmp_path_factory.mktemp("server")) as address:
        yield address


@pytest.fixture
def visit(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Open an address as a new visitor and wait until the page has been drawn."""
    contexts = []

    def open_page(address: str, width: int = 1280, dark: bool = False) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme="dark" if dark else "light"
        )
        contexts.append(context)
        page = context.new_page()
        page.goto(address)
        settle(page)
        return page

    yield open_page
    for context in contexts:
        context.close()


def settle(page: Page) -> None:
    """Wait until the app is connected and its script has run."""
    page.wait_for_selector("[data-testid=stApp][data-test-connection-state=CONNECTED]")
    page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]")
