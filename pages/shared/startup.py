"""What the server does before it answers, so that the first picture is soon there.

Three things keep a visitor waiting that are done once here: the first run of a page imports for a
second and more; Streamlit reads each of the sixty scripts that a browser needs from the disk, in
five turns of a thread; and its answers wait for each other on their way.
"""

from __future__ import annotations

import asyncio
import gc
import gzip
import signal
import socket
import webbrowser
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from importlib import import_module
from pkgutil import walk_packages

import streamlit as st
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn import Server

import pages.sections
import pages.shared
from core import machine


@asynccontextmanager
async def ready(_app: object) -> AsyncIterator[None]:
    """While the server starts; it answers once this has been entered."""
    await asyncio.to_thread(import_pages)
    send_at_once()
    exit_on_signals()
    machine.share()
    machine.freeze()
    if not st.get_option("server.headless"):  # as Streamlit does where it starts the server itself
        webbrowser.open(f"http://localhost:{st.get_option('server.port')}")
    yield


def import_pages() -> None:
    """Import all that pages are made of, but for what only training needs."""
    for package in (pages.shared, pages.sections):
        for module in walk_packages(package.__path__, f"{package.__name__}."):
            import_module(module.name)


def send_at_once() -> None:
    """Have every small write leave at once, on all connections to this process.

    Else the second of two waits until the first is acknowledged, 40 ms: Streamlit 1.67 makes its
    socket without naming the protocol, and asyncio then leaves Nagle's algorithm on. What listens
    hands the option down to what it accepts.
    """
    for found in gc.get_objects():
        if isinstance(found, socket.socket):
            with suppress(OSError):  # closed, or not TCP
                if found.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
                    found.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def exit_on_signals() -> None:
    """Have SIGTERM and Ctrl-C end the process as its last line would: runs are kept at exit.

    Once uvicorn has shut down it sends itself the signal again, which nothing registered survives.
    """
    server = getattr(signal.getsignal(signal.SIGTERM), "__self__", None)
    if not isinstance(server, Server):
        return

    def end(number: int, _frame: object) -> None:
        server.force_exit = server.should_exit and number == signal.SIGINT  # an impatient one
        server.should_exit = True

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)


class AtHand:
    """Keeps in memory what Streamlit says may be kept for ever: its own scripts, styles and fonts.

    A browser asks for sixty of them before it draws anything, for which the server took 120 ms of
    CPU, and now takes 20; packed they are a third of 3 MB. In all there are 23 MB, of which
    browsers ask for a few.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._kept: dict[tuple[str, bool], tuple[Message, bytes]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not _whole_file(scope):
            await self._app(scope, receive, send)
            return
        name = scope["path"], "gzip" in Headers(scope=scope).get("accept-encoding", "")
        if name not in self._kept:
            said: list[Message] = []

            async def hear(message: Message) -> None:
                said.append(message)

            await self._app(scope, receive, hear)
            start, *parts = said
            body = b"".join(part.get("body", b"") for part in parts)
            if not _for_ever(start):
                await _answer(send, start, body)
                return
            if name[1] and _packs(start):
                start, body = await asyncio.to_thread(_packed, start, body)
            self._kept[name] = start, body
        await _answer(send, *self._kept[name])


async def _answer(send: Send, start: Message, body: bytes) -> None:
    await send(dict(start))
    await send({"type": "http.response.body", "body": body})


def _packs(start: Message) -> bool:
    """Whether a file is text, and not packed yet."""
    headers = Headers(raw=start["headers"])
    text = "text/" in headers.get("content-type", "") or "script" in headers.get("content-type", "")
    return text and "content-encoding" not in headers


def _packed(start: Message, body: bytes) -> tuple[Message, bytes]:
    """The same answer as gzip."""
    small = gzip.compress(body, 6, mtime=0)
    headers = MutableHeaders(raw=list(start["headers"]))
    headers["content-encoding"], headers["content-length"] = "gzip", str(len(small))
    headers.add_vary_header("Accept-Encoding")
    if "etag" in headers:  # the same file, but not the same bytes
        headers["etag"] = f"W/{headers['etag']}"
    return {**start, "headers": headers.raw}, small


def _whole_file(scope: Scope) -> bool:
    """Whether one of Streamlit's files is asked for, all of it and whatever the browser has."""
    if scope["type"] != "http" or scope["method"] != "GET" or "/static/" not in scope["path"]:
        return False
    headers = Headers(scope=scope)
    return not any(name in headers for name in ("range", "if-none-match", "if-modified-since"))


def _for_ever(start: Message) -> bool:
    """Whether an answer is a file that never changes; an unknown address gets the page instead."""
    return start["status"] == 200 and "immutable" in Headers(raw=start["headers"]).get(
        "cache-control", ""
    )
