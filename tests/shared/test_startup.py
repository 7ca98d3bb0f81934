"""What the server does before it answers."""

import asyncio
import gzip
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from starlette.datastructures import Headers
from starlette.types import Message, Receive, Scope, Send

from pages.shared.startup import AtHand, send_at_once

ROOT = Path(__file__).parents[2]
FILE = "/static/js/index.js"


class Behind:
    """The application behind `AtHand`: scripts never change; remembers what it was asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path: str = scope["path"]
        self.asked.append(path)
        kept = b"public, immutable" if path.endswith(".js") else b"no-cache"
        headers = [(b"cache-control", kept), (b"content-type", b"text/javascript")]
        headers += [(b"content-length", str(3 + len(path)).encode()), (b"etag", b'"1"')]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        for part in (b"of ", path.encode()):
            await send({"type": "http.response.body", "body": part, "more_body": True})
        await send({"type": "http.response.body"})


def ask(app: AtHand, path: str, method: str = "GET", **headers: str) -> tuple[Message, bytes]:
    """How an answer starts, and its body."""
    heard: list[Message] = []

    async def hear(message: Message) -> None:
        heard.append(message)

    async def receive() -> Message:
        raise AssertionError("nothing is sent with it")

    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "method": method, "path": path, "headers": raw}
    asyncio.run(app(scope, receive, hear))
    start, *parts = heard
    return start, b"".join(part.get("body", b"") for part in parts)


def test_a_file_that_never_changes_is_read_once() -> None:
    app = AtHand(behind := Behind())
    first, second = (ask(app, FILE) for _ in range(2))
    assert behind.asked == [FILE]
    assert first == second
    assert first[1] == f"of {FILE}".encode()
    assert ask(app, "/base/static/other.js")[1] == b"of /base/static/other.js"


def test_who_can_unpack_gets_it_packed() -> None:
    app = AtHand(behind := Behind())
    for _ in range(2):
        start, body = ask(app, FILE, accept_encoding="gzip, br")
        headers = Headers(raw=start["headers"])
        assert gzip.decompress(body) == f"of {FILE}".encode()
        assert headers["content-encoding"] == "gzip"
        assert headers["content-length"] == str(len(body))
        assert (headers["vary"], headers["etag"]) == ("Accept-Encoding", 'W/"1"')
        plain, body = ask(app, FILE)
        assert body == f"of {FILE}".encode()
        assert "content-encoding" not in Headers(raw=plain["headers"])
    assert behind.asked == [FILE] * 2


@pytest.mark.parametrize(
    ("path", "method", "headers"),
    [
        ("/static/unknown", "GET", {}),  # Streamlit answers with the page, which changes
        ("/media/picture.js", "GET", {}),
        (FILE, "HEAD", {}),
        (FILE, "GET", {"range": "bytes=0-1"}),
        (FILE, "GET", {"if_none_match": '"known"'}),
    ],
)
def test_anything_else_is_passed_on_each_time(
    path: str, method: str, headers: dict[str, str]
) -> None:
    app = AtHand(behind := Behind())
    for _ in range(2):
        assert ask(app, path, method, **headers)[1] == f"of {path}".encode()
    assert behind.asked == [path] * 2


def test_a_connection_does_not_hold_back_what_is_written() -> None:
    with socket.socket() as listening:  # as Streamlit makes it: without naming the protocol
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        send_at_once()
        with socket.create_connection(listening.getsockname(), timeout=10):
            accepted, _ = listening.accept()
            with accepted:
                assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


START = """
import asyncio, sys, streamlit_app
async def start():
    async with streamlit_app.ready(streamlit_app.app):
        print(*(name in sys.modules for name in ("pages.sections.impact.maps", "torch")))
asyncio.run(start())
"""


def test_pages_are_imported_before_anybody_asks_and_torch_is_not() -> None:
    done = subprocess.run(
        [sys.executable, "-c", START],
        cwd=ROOT,
        env={"STREAMLIT_SERVER_HEADLESS": "true"},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.split() == ["True", "False"]
