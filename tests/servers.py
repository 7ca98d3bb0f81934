"""Servers of this machine, for tests and benchmarks: the app, the README's proxy, any other."""

import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")


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


@contextmanager
def proxied(folder: Path, servers: list[str]) -> Iterator[str]:
    """The README's proxy before `servers` (host:port); its address."""
    if NGINX is None:
        if os.environ.get("CI"):
            pytest.fail("nginx is not installed")
        pytest.skip("nginx is not installed: the recipe cannot be tried")
    port = free_port()
    found = re.search(r"```nginx\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert found
    upstream = "".join(f"server {server}; " for server in servers)
    recipe = re.sub(r"(server 127\.0\.0\.1:\d+; )+", upstream, found[1])
    recipe = recipe.replace("listen 80;", f"listen 127.0.0.1:{port};")
    places = "".join(
        f"{kind}_temp_path {folder}/{kind};\n"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "nginx.conf").write_text(
        f"daemon off; pid {folder}/pid; error_log {folder}/log; events {{}}\n"
        f"http {{ access_log off; {places}{recipe} }}"
    )
    command = [NGINX, "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", f"{folder}/log"]
    checked = subprocess.run([*command, "-t"], capture_output=True, text=True, timeout=20)
    assert checked.returncode == 0, checked.stderr
    process = subprocess.Popen(command)
    try:
        address = f"http://127.0.0.1:{port}"
        wait_until_healthy(process, address)
        yield address
    finally:
        process.terminate()
        process.wait(20)


@contextmanager
def served(handler: Callable[..., BaseHTTPRequestHandler]) -> Iterator[str]:
    """Requests answered by `handler`, on a free port; where, as host:port."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    answering = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    answering.start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        answering.join(60)
        server.server_close()


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
