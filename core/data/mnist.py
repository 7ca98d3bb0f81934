"""MNIST's four files: found in the user's folder or the cache, downloaded where missing, checked.

The format is IDX (http://yann.lecun.com/exdb/mnist): two zero bytes, the type (8: unsigned byte),
the number of dimensions, each dimension as four bytes, the highest first, then the data.
"""

from __future__ import annotations

import gzip
import hashlib
import http.client
import ipaddress
import math
import os
import socket
import threading
import time
import urllib.error
import urllib.request
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPMessage
from pathlib import Path
from typing import IO, BinaryIO, cast
from urllib.parse import urlsplit

import numpy as np

from core.arrays import Bytes
from core.data.cache import cache_folder, replacing
from core.settings import InputError

OnProgress = Callable[[float, str], None]  # how much is done, in [0, 1], and what is being done
Stop = Callable[[], bool]


class MissingData(InputError):
    """The data cannot be had. The message, one line, says why."""


class DamagedFile(InputError):
    """A file is not what it should be. The message names the file and the fault."""

    def __init__(self, path: Path, fault: str) -> None:
        super().__init__(f"{path} {fault}")
        self.fault = fault


class Stopped(Exception):
    """The user stopped the work."""


@dataclass(frozen=True)
class File:
    """One of MNIST's files."""

    name: str
    shape: tuple[int, ...]
    packed: int  # size of the mirrors' gzip file, bytes
    sha256: str  # of the unpacked file

    @property
    def header(self) -> bytes:
        sizes = b"".join(size.to_bytes(4, "big") for size in self.shape)
        return bytes((0, 0, 8, len(self.shape))) + sizes


TRAIN = File(
    "train-images-idx3-ubyte",
    (60_000, 28, 28),
    9_912_422,
    "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
)
TRAIN_LABELS = File(
    "train-labels-idx1-ubyte",
    (60_000,),
    28_881,
    "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
)
TEST = File(
    "t10k-images-idx3-ubyte",
    (10_000, 28, 28),
    1_648_877,
    "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
)
TEST_LABELS = File(
    "t10k-labels-idx1-ubyte",
    (10_000,),
    4_542,
    "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
)
FILES = (TRAIN, TRAIN_LABELS, TEST, TEST_LABELS)

MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
    "http://yann.lecun.com/exdb/mnist/",
)
SILENCE = 8.0  # how long a mirror may say nothing, seconds
PATIENCE = 300.0  # how long it may take over one file, seconds
LOOPBACK_TOO = False  # a test's mirrors answer on this computer
CHUNK = 2**16  # bytes

_downloading = threading.Lock()  # two arms that start together download once


def content() -> str:
    """What decides the pixels: the checksums of the four files."""
    return hashlib.sha256("".join(file.sha256 for file in FILES).encode()).hexdigest()


def read(path: Path, file: File) -> Bytes:
    """The array in an IDX file, gzipped or not, read-only. DamagedFile where it is not MNIST's."""
    size = len(file.header) + math.prod(file.shape)
    try:
        found = _unpack(path, size + 1)
    except (OSError, EOFError, zlib.error) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise DamagedFile(path, f"cannot be read: {reason}") from None
    wanted = "×".join(map(str, file.shape))
    if not found.startswith(file.header[:4]):
        raise DamagedFile(path, f"is not an IDX file of {len(file.shape)} dimensions")
    if found[: len(file.header)] != file.header[: len(found)]:
        given = [found[at : at + 4] for at in range(4, len(file.header), 4)]
        shape = "×".join(str(int.from_bytes(length, "big")) for length in given)
        raise DamagedFile(path, f"has the shape {shape}, not {wanted}")
    if len(found) != size:
        fault = "is truncated" if len(found) < size else "is too long"
        raise DamagedFile(path, f"{fault}: {wanted} bytes should follow its header")
    if hashlib.sha256(found).hexdigest() != file.sha256:
        raise DamagedFile(path, "does not hold MNIST: its content has the wrong sha256")
    array = np.frombuffer(found, np.uint8, offset=len(file.header)).reshape(file.shape)
    array.flags.writeable = False
    return array


def _unpack(path: Path, limit: int) -> bytearray:
    """The first `limit` bytes of a file, unpacked if it is gzip: no file can ask for more."""
    with path.open("rb") as raw:
        packed = raw.read(2) == b"\x1f\x8b"
        raw.seek(0)
        source = cast(BinaryIO, gzip.GzipFile(fileobj=raw)) if packed else raw
        found, filled = bytearray(limit), 0
        # In pieces: one read would hold the content twice.
        while piece := source.read(min(2**20, limit - filled)):
            found[filled : filled + len(piece)] = piece
            filled += len(piece)
    del found[filled:]
    return found


def own_folder() -> Path | None:
    """The folder that MNIST_DIR names."""
    named = os.environ.get("MNIST_DIR")
    return Path(named) if named else None


def download_folder() -> Path:
    """Where downloaded files are kept."""
    return cache_folder() / "mnist"


def find(file: File) -> Path | None:
    """Where `file` lies on this computer: in the user's folder, else among the downloads."""
    folders = (own_folder(), download_folder())
    paths = (folder / (file.name + end) for folder in folders if folder for end in ("", ".gz"))
    return next((path for path in paths if path.is_file()), None)


def origin() -> str | None:
    """Where MNIST is on this computer, in words; None where it would have to be downloaded."""
    folders = {path.parent if (path := find(file)) else None for file in FILES}
    if None in folders:
        return None
    return f"MNIST from {own_folder()}" if folders == {own_folder()} else "MNIST, downloaded"


def load(file: File, on_progress: OnProgress, stop: Stop) -> Bytes:
    """The array in one of FILES, downloaded if need be, read-only.

    Raises DamagedFile for a wrong file in the user's folder (a wrong download is replaced),
    MissingData where no mirror has the file, and Stopped when `stop` says so while it downloads.
    """
    if (array := _read_local(file)) is not None:
        return array
    while not _downloading.acquire(timeout=0.1):
        _raise_if(stop)
    try:
        # Another thread may have brought it while this one waited.
        array = _read_local(file)
        return download(file, on_progress, stop) if array is None else array
    finally:
        _downloading.release()


def _read_local(file: File) -> Bytes | None:
    """The array in a file on this computer; None where it has to be downloaded."""
    path = find(file)
    if path is None:
        return None
    try:
        return read(path, file)
    except DamagedFile:
        if path.parent == own_folder():
            raise
        return None


def download(file: File, on_progress: OnProgress, stop: Stop) -> Bytes:
    """The array in `file` from the first mirror that sends it right, kept as a download.

    Raises MissingData where no mirror has it, and Stopped when `stop` says so. Processes may do so
    at once; threads of one process wait for each other in `load`.
    """
    hosts: dict[str, list[str]] = {}
    for mirror in MIRRORS:
        host = urlsplit(mirror).hostname or mirror
        try:
            with replacing(download_folder() / f"{file.name}.gz") as part:
                _fetch(mirror + file.name + ".gz", part, file, on_progress, stop)
                return read(part, file)
        except (OSError, http.client.HTTPException, DamagedFile) as error:
            hosts.setdefault(_reason(error), []).append(host)
    reasons = "; ".join(f"{reason} ({', '.join(which)})" for reason, which in hosts.items())
    raise MissingData(
        f"MNIST is not on this computer and could not be downloaded: {reasons}. "
        "Set MNIST_DIR to a folder that has it, or use the generated digits"
    )


def _fetch(url: str, part: Path, file: File, on_progress: OnProgress, stop: Stop) -> None:
    """What `url` sends, into `part`: bounded in time and size, since anything may answer."""
    start, most = time.monotonic(), 2 * file.packed + CHUNK
    words = f"Downloading MNIST from {urlsplit(url).hostname}"
    before = sum(other.packed for other in FILES[: FILES.index(file)])
    request = urllib.request.Request(url, headers={"User-Agent": "padding-lab"})
    _raise_if(stop)
    opener = urllib.request.build_opener(_Redirects)
    with opener.open(request, timeout=SILENCE) as response, part.open("wb") as out:
        done = 0
        # read1 returns with what has come, so that a trickle cannot outlast PATIENCE.
        while piece := response.read1(CHUNK):
            _raise_if(stop)
            done += len(piece)
            if done > most:
                raise OSError(f"sent more than {most:,} bytes")
            if time.monotonic() - start > PATIENCE:
                raise TimeoutError("too slow")
            out.write(piece)
            on_progress((before + min(done, file.packed)) / sum(f.packed for f in FILES), words)


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Redirects that stay on public https hosts: a mirror may not point into this network."""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        if not is_public(newurl):
            fp.close()
            raise OSError(f"redirects to {urlsplit(newurl).hostname}, no public https host")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def is_public(url: str) -> bool:
    """Whether `url` is https on a host all of whose addresses are public."""
    try:
        parts = urlsplit(url)
        found = socket.getaddrinfo(parts.hostname, parts.port or 443, type=socket.SOCK_STREAM)
        addresses = [ipaddress.ip_address(address[0]) for *_, address in found]
    except (OSError, ValueError):
        return False
    if LOOPBACK_TOO and all(address.is_loopback for address in addresses):
        return True
    return parts.scheme == "https" and all(address.is_global for address in addresses)


def _raise_if(stop: Stop) -> None:
    if stop():
        raise Stopped


def _reason(error: Exception) -> str:
    """Why a mirror failed, in a few words."""
    if isinstance(error, DamagedFile):
        return f"what came {error.fault}"
    if isinstance(error, urllib.error.HTTPError):
        return f"HTTP {error.code}"
    if isinstance(error, urllib.error.URLError) and isinstance(error.reason, OSError):
        error = error.reason
    words = getattr(error, "strerror", None) or str(error) or type(error).__name__
    # A server's nonsense is quoted in it.
    return "".join(letter if letter.isprintable() else " " for letter in words)[:80].strip()
