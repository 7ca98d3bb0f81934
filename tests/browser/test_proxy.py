"""The README's proxy before servers: real nginx. Skipped, and said so, where there is none."""

import re
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import settle
from tests.servers import proxied, served


class Named(BaseHTTPRequestHandler):
    """Answers with the number of its server."""

    def __init__(self, number: int, *rest: object) -> None:
        self.number = number
        super().__init__(*rest)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(str(self.number).encode())

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def two_servers() -> Iterator[list[str]]:
    with served(partial(Named, 1)) as first, served(partial(Named, 2)) as second:
        yield [first, second]


def ask(address: str, cookie: str = "") -> tuple[str, str]:
    """The answer, and the cookie that comes with it."""
    asked = urllib.request.Request(address, headers={"Cookie": cookie} if cookie else {})
    with urllib.request.urlopen(asked, timeout=10) as answer:
        return answer.read().decode(), answer.headers["Set-Cookie"].split(";")[0]


def test_who_has_come_stays_with_a_server_and_visitors_are_spread(
    tmp_path: Path, two_servers: list[str]
) -> None:
    with proxied(tmp_path, two_servers) as address:
        visitors = [ask(address) for _ in range(40)]
        assert {server for server, _ in visitors} == {"1", "2"}
        for server, cookie in visitors:
            assert ask(address, cookie) == (server, cookie)
        _, given = ask(address, "server=made-up; b=1")
        assert re.fullmatch("server=[0-9a-f]{32}", given)


def test_the_app_works_behind_it(app: str, visit: Callable[..., Page], tmp_path: Path) -> None:
    with proxied(tmp_path, [app.removeprefix("http://")]) as address:
        page = visit(f"{address}/shapes")
        page.get_by_role("link", name="Influence", exact=True).click()
        settle(page)
        expect(page).to_have_url(re.compile("/impact"))
        with urllib.request.urlopen(f"{address}/_stcore/health", timeout=10) as health:
            assert health.read() == b"ok"
            assert "frame-ancestors 'none'" in health.headers["Content-Security-Policy"]
        with pytest.raises(urllib.error.HTTPError, match="404"):
            urllib.request.urlopen(f"{address}/_stcore/metrics", timeout=10)
