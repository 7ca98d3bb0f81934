"""Where files are kept between runs, and how they get there whole or not at all."""

from __future__ import annotations

import os
import secrets
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

if sys.platform != "win32":
    import fcntl

STALE = 24 * 3600  # where files cannot be locked: age of one that has lost its writer, seconds


def cache_folder() -> Path:
    """PADDING_LAB_CACHE, else padding-lab in XDG_CACHE_HOME, else in ~/.cache. May not exist."""
    if own := os.environ.get("PADDING_LAB_CACHE"):
        return Path(own)
    if user := os.environ.get("XDG_CACHE_HOME"):
        return Path(user) / "padding-lab"
    return Path.home() / ".cache" / "padding-lab"


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary file that takes the place of `path` at once, or vanishes if the block fails.

    Readers see the old file or the new one whole, however many processes write. Makes the folder.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    sweep(path.parent)
    part, handle = _claim(path)
    try:
        yield part
        if sys.platform == "win32":
            os.close(handle)  # an open file cannot be moved there
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
        if sys.platform != "win32":
            os.close(handle)


def newest(folder: Path, pattern: str) -> list[tuple[os.stat_result, Path]]:
    """The files in `folder` that match, the last written first, and what is known of each.

    What another process removes meanwhile is left out.
    """
    found = []
    for path in folder.glob(pattern):
        with suppress(OSError):
            found.append((path.stat(), path))
    return sorted(found, key=lambda file: (file[0].st_mtime_ns, file[1]), reverse=True)


def parts(folder: Path) -> Iterator[Path]:
    """The half-written files in `folder`, of living writers and of dead ones."""
    return folder.glob(".*.part")


def sweep(folder: Path) -> None:
    """Remove the half-written files in `folder` whose writers were killed."""
    for part in parts(folder):
        with suppress(OSError):  # its writer has finished, or another process sweeps too
            if sys.platform == "win32":
                if time.time() - part.stat().st_mtime > STALE:
                    part.unlink()
                continue
            with part.open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)  # fails where a writer lives
                part.unlink()


def _claim(path: Path) -> tuple[Path, int]:
    """A new file beside `path`, and the handle that holds a lock on it as long as it is open."""
    while True:
        part = path.with_name(f".{path.name}.{secrets.token_hex(8)}.part")
        # Whoever the umask lets may read it, so that a group can share the folder: files of
        # `tempfile` are their owner's alone.
        handle = os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o666)
        if sys.platform == "win32":
            return part, handle
        fcntl.flock(handle, fcntl.LOCK_EX)
        if part.exists():  # else somebody swept it before it was locked
            return part, handle
        os.close(handle)
