"""A web server of this machine's own, for tests of what asks one."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


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
