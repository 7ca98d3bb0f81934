"""Where files are kept between runs, and how they get there whole or not at all."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

STALE = 24 * 3600  # age at which a half-written file has lost its writer, seconds


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
    for orphan in path.parent.glob(".*.part"):
        # Another process may be sweeping too.
        try:
            if time.time() - orphan.stat().st_mtime > STALE:
                orphan.unlink()
        except FileNotFoundError:
            continue
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    os.close(handle)
    part = Path(name)
    try:
        yield part
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
