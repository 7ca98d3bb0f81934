"""Where files are kept between runs, and how they get there whole or not at all."""

from __future__ import annotations

import os
import sys
import tempfile
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
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
        if sys.platform == "win32":
            return Path(name), handle
        fcntl.flock(handle, fcntl.LOCK_EX)
        if Path(name).exists():  # else somebody swept it before it was locked
            return Path(name), handle
        os.close(handle)
