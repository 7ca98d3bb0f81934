"""MNIST's files: found, refused where wrong, downloaded from a server that misbehaves."""

import contextlib
import gzip
import hashlib
import http.server
import threading
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.arrays import Bytes
from core.data import mnist
from core.data.mnist import DamagedFile, MissingData, Stopped
from tests.servers import served

SMALL = replace(mnist.TRAIN, shape=(5, 28, 28), packed=4_000)
PIXELS = np.random.default_rng(0).integers(256, size=SMALL.shape, dtype=np.uint8)
GOOD = SMALL.header + PIXELS.tobytes()
SMALL = replace(SMALL, sha256=hashlib.sha256(GOOD).hexdigest())
PACKED = gzip.compress(GOOD)

Answer = Callable[[http.server.BaseHTTPRequestHandler], None]


@pytest.fixture(autouse=True)
def small_mnist(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """One small file instead of MNIST's four, an empty cache, quick time-outs."""
    monkeypatch.setattr(mnist, "FILES", (SMALL,))
    monkeypatch.setattr(mnist, "SILENCE", 0.2)
    monkeypatch.setenv("PADDING_LAB_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("MNIST_DIR", raising=False)


@pytest.fixture
def own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The folder that MNIST_DIR names."""
    folder = tmp_path / "own"
    folder.mkdir()
    monkeypatch.setenv("MNIST_DIR", str(folder))
    return folder


def load(report: mnist.OnProgress = lambda *_: None, stop: mnist.Stop = lambda: False) -> Bytes:
    return mnist.load(SMALL, report, stop)


@pytest.mark.parametrize(("name", "content"), [("", GOOD), (".gz", PACKED)], ids=["plain", "gzip"])
def test_own_file(own: Path, name: str, content: bytes) -> None:
    (own / (SMALL.name + name)).write_bytes(content)
    array = load()
    assert np.array_equal(array, PIXELS)
    assert not array.flags.writeable
    assert mnist.origin() == f"MNIST from {own}"


def of_shape(*shape: int) -> bytes:
    return replace(SMALL, shape=shape).header + PIXELS.tobytes()


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", "is not an IDX file of 3 dimensions"),
        (b"<html>" * 1000, "is not an IDX file of 3 dimensions"),
        (of_shape(3920), "is not an IDX file of 3 dimensions"),
        (of_shape(5, 32, 32), "has the shape 5×32×32, not 5×28×28"),
        (GOOD[:-1], "is truncated: 5×28×28 bytes should follow its header"),
        (GOOD[:16], "is truncated"),
        (GOOD[:9], "is truncated"),
        (GOOD + b"\0", "is too long"),
        (PACKED[:-9], "cannot be read: Compressed file ended"),
        (PACKED[:40] + bytes(8) + PACKED[48:], "cannot be read|wrong sha256"),
        (gzip.compress(GOOD + bytes(10**8)), "is too long"),
        (GOOD[:-1] + bytes([GOOD[-1] ^ 1]), "does not hold MNIST"),
    ],
    ids=[
        *("empty", "html", "dimensions", "shape", "truncated", "header only", "half a header"),
        *("long", "cut gzip", "broken gzip", "bomb", "one bit"),
    ],
)
def test_damaged_own_file_is_named(own: Path, content: bytes, fault: str) -> None:
    path = own / SMALL.name
    path.write_bytes(content)
    with pytest.raises(DamagedFile, match=fault) as caught:
        load()
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)
    assert path.exists()


class Mirrors:
    """Mirrors on this machine: `answers` by the first part of their path."""

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {}
        self.asked: list[str] = []
        self.hang = threading.Event()

    def answer(self, handler: http.server.BaseHTTPRequestHandler) -> None:
        mirror, name = handler.path.strip("/").split("/")
        assert name == SMALL.name + ".gz"
        self.asked.append(mirror)
        self.answers[mirror](handler)


def sending(content: bytes, promised: int | None = None, status: int = 200) -> Answer:
    def answer(handler: http.server.BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        handler.send_header("Content-Length", str(promised or len(content)))
        handler.end_headers()
        # The client hangs up on what is too long.
        with contextlib.suppress(ConnectionError):
            handler.wfile.write(content)

    return answer


def moving_to(place: str) -> Answer:
    def answer(handler: http.server.BaseHTTPRequestHandler) -> None:
        handler.send_response(302)
        handler.send_header("Location", place)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    return answer


@pytest.fixture
def mirrors(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mirrors]:
    mirrors = Mirrors()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            mirrors.answer(self)

        def log_message(self, *_: object) -> None:
            pass

    def hanging(handler: http.server.BaseHTTPRequestHandler) -> None:
        mirrors.hang.wait(10)

    def hanging_halfway(handler: http.server.BaseHTTPRequestHandler) -> None:
        sending(PACKED[:1000], promised=len(PACKED))(handler)
        handler.wfile.flush()
        mirrors.hang.wait(10)

    def resetting(handler: http.server.BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"nonsense\r\n")

    mirrors.answers = {
        "good": sending(PACKED),
        "cut": sending(PACKED[:1000], promised=len(PACKED)),
        "wrong": sending(gzip.compress(GOOD[:-1] + b"\0")),
        "html": sending(b"<html>please log in</html>"),
        "gone": sending(b"gone", status=404),
        "endless": sending(bytes(10**6)),
        "bomb": sending(zlib.compress(bytes(10**6), wbits=31)),
        "hanging": hanging,
        "halfway": hanging_halfway,
        "nonsense": resetting,
        "moved": moving_to(f"/good/{SMALL.name}.gz"),
        "inside": moving_to("https://10.0.0.1/secret"),
        "looping": moving_to(f"/looping/{SMALL.name}.gz"),
    }
    with served(Handler) as host:
        bases = tuple(f"http://{host}/{name}/" for name in mirrors.answers)
        monkeypatch.setattr(mnist, "MIRRORS", bases)
        yield mirrors
        mirrors.hang.set()


def only(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    """Leave just these mirrors, in this order."""
    base = mnist.MIRRORS[0].rsplit("/", 2)[0]
    monkeypatch.setattr(mnist, "MIRRORS", tuple(f"{base}/{name}/" for name in names))


def left() -> list[str]:
    """What lies in the download folder."""
    folder = mnist.download_folder()
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def test_download_is_kept(mirrors: Mirrors, monkeypatch: pytest.MonkeyPatch) -> None:
    only(monkeypatch, "good")
    told: list[tuple[float, str]] = []
    assert mnist.origin() is None
    assert np.array_equal(load(lambda *progress: told.append(progress)), PIXELS)
    assert told[-1] == (len(PACKED) / SMALL.packed, "Downloading MNIST from 127.0.0.1")
    assert left() == [SMALL.name + ".gz"]
    assert mnist.origin() == "MNIST, downloaded"
    assert np.array_equal(load(), PIXELS)
    assert mirrors.asked == ["good"]


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ("cut", "Compressed file ended"),
        ("wrong", "wrong sha256"),
        ("html", "not an IDX file"),
        ("gone", "HTTP 404"),
        ("endless", "sent more than"),
        ("bomb", "not an IDX file"),
        ("hanging", "timed out"),
        ("halfway", "timed out"),
        ("nonsense", "nonsense"),
        ("moved", "redirects to 127.0.0.1, no public https host"),
        ("inside", "redirects to 10.0.0.1, no public https host"),
    ],
)
def test_bad_mirror(
    mirrors: Mirrors, monkeypatch: pytest.MonkeyPatch, bad: str, reason: str
) -> None:
    only(monkeypatch, bad)
    with pytest.raises(
        MissingData, match=f"^MNIST is not on .*{reason}.* \\(127.0.0.1\\)\\. Set MNIST_DIR"
    ):
        load()
    assert left() == []
    only(monkeypatch, bad, "good")
    assert np.array_equal(load(), PIXELS)
    assert mirrors.asked == [bad, bad, "good"]
    assert left() == [SMALL.name + ".gz"]


def test_a_redirect_is_followed_where_it_may_lead(
    mirrors: Mirrors, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mnist, "LOOPBACK_TOO", True)
    only(monkeypatch, "looping", "inside", "moved")
    assert np.array_equal(load(), PIXELS)
    assert set(mirrors.asked) == {"looping", "inside", "moved", "good"}


@pytest.mark.parametrize(
    ("url", "public"),
    [
        ("https://93.184.216.34/file", True),
        ("http://93.184.216.34/file", False),
        ("ftp://93.184.216.34/file", False),
        ("https://10.0.0.1/", False),
        ("https://127.0.0.1/", False),
        ("https://localhost/", False),
        ("https://169.254.169.254/latest/meta-data", False),
        ("https://[::1]/", False),
        ("https://[::ffff:127.0.0.1]/", False),
        ("https://0/", False),
        ("https://", False),
        ("https://93.184.216.34:x/", False),
        ("file:///etc/passwd", False),
    ],
)
def test_what_is_a_public_host(url: str, public: bool) -> None:
    assert mnist.is_public(url) is public


def test_trickle_is_cut_off(mirrors: Mirrors, monkeypatch: pytest.MonkeyPatch) -> None:
    only(monkeypatch, "good")
    monkeypatch.setattr(mnist, "PATIENCE", -1.0)
    with pytest.raises(MissingData, match="too slow"):
        load()
    assert left() == []


def test_no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mnist, "MIRRORS", ("http://127.0.0.1:9/a/", "http://localhost:9/b/"))
    with pytest.raises(
        MissingData, match=r"Connection refused \(127.0.0.1, localhost\)\. Set MNIST_DIR"
    ):
        load()


def test_cache_that_cannot_be_written(
    mirrors: Mirrors, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("PADDING_LAB_CACHE", str(tmp_path / "file"))
    with pytest.raises(MissingData, match="Not a directory"):
        load()
    assert mirrors.asked == []


def test_damaged_download_is_replaced(mirrors: Mirrors, monkeypatch: pytest.MonkeyPatch) -> None:
    only(monkeypatch, "good")
    mnist.download_folder().mkdir(parents=True)
    (mnist.download_folder() / f"{SMALL.name}.gz").write_bytes(PACKED[:99])
    assert np.array_equal(load(), PIXELS)
    assert left() == [SMALL.name + ".gz"]


def test_stop(mirrors: Mirrors, monkeypatch: pytest.MonkeyPatch) -> None:
    only(monkeypatch, "good")
    with pytest.raises(Stopped):
        load(stop=lambda: True)
    assert left() == []


def test_threads_download_once(mirrors: Mirrors, monkeypatch: pytest.MonkeyPatch) -> None:
    only(monkeypatch, "good")
    with ThreadPoolExecutor(4) as pool:
        arrays = [task.result() for task in [pool.submit(load) for _ in range(4)]]
    assert all(np.array_equal(array, PIXELS) for array in arrays)
    assert mirrors.asked == ["good"]


def test_processes_may_download_at_once(
    mirrors: Mirrors, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    only(monkeypatch, "good")
    # Downloads without the lock that keeps threads apart: what separate processes do.
    with ThreadPoolExecutor(8) as pool:
        tasks = [
            pool.submit(mnist.download, SMALL, lambda *_: None, lambda: False) for _ in range(8)
        ]
        assert all(np.array_equal(task.result(), PIXELS) for task in tasks)
    assert len(mirrors.asked) == 8
    assert left() == [SMALL.name + ".gz"]


def test_real_files(mnist_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MNIST_DIR", str(mnist_dir))
    labels = mnist.load(mnist.TEST_LABELS, lambda *_: None, lambda: False)
    assert labels[:10].tolist() == [7, 2, 1, 0, 4, 1, 4, 9, 5, 9]
