"""Where runs are kept: in memory, in a folder on disk, and among those that the repository ships.

Kept runs are plain arrays in `.npz` files, named after what they are a run of. Whatever lies under
that name may be anybody's: it is read within bounds, checked, and else skipped.
"""

from __future__ import annotations

import hashlib
import json
import logging
import threading
import zipfile
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from core import data
from core.autoencoder.experiment import Settings
from core.autoencoder.kinds import kind_of
from core.autoencoder.record import State
from core.data.cache import newest, parts, replacing
from core.limits import MB, Limits
from core.settings import InputError, named

LOG = logging.getLogger("padding_lab.runs")

LISTED = 300  # runs of a folder whose settings are looked at
LARGEST = 32 * 2**20  # bytes of one run, unpacked: the longest has half of that

Source = Literal["trained", "cache", "shipped"]


@lru_cache(maxsize=4096)
def identity(settings: Settings) -> str:
    """The name of a run: its settings, the data's content and the mathematics' version, hashed."""
    described = named(settings) | {
        "content": data.content(settings.dataset),
        "mathematics": kind_of(settings).mathematics,
    }
    return hashlib.sha256(json.dumps(described, sort_keys=True).encode()).hexdigest()[:32]


@dataclass(frozen=True)
class Folder:
    """Runs as files. Several processes may share it; the bound is `limit` bytes in all."""

    path: Path
    limit: int = Limits.disk_mb * MB

    def read(self, settings: Settings) -> State | None:
        """The run kept for `settings`, or None. A damaged or foreign file is logged and skipped."""
        path = self._path(settings)
        try:
            return _read(path, settings) if path.is_file() else None
        except FileNotFoundError:  # another process has just forgotten it
            return None
        except Exception as error:  # a file can fail in as many ways as there are libraries below
            LOG.warning("Skipped the kept run %s: %s: %s", path, type(error).__name__, error)
            return None

    def write(self, settings: Settings, state: State) -> None:
        """Keep a run, whole or not at all; where a longer one is kept, that stays.

        A full or read-only disk is logged, nothing more.
        """
        there = self.read(settings)
        if there is not None and there.images_seen > state.images_seen:
            return
        arrays = kind_of(settings).to_arrays(settings, state)
        arrays["run"] = np.array(identity(settings))
        arrays["settings"] = np.array(json.dumps(vars(settings)))
        try:
            with replacing(self._path(settings)) as part, part.open("wb") as file:
                np.savez_compressed(file, allow_pickle=False, **arrays)
            self._forget_oldest()
        except OSError as error:
            LOG.warning("Could not keep a run in %s: %s", self.path, error)

    def reached(self) -> dict[Settings, int]:
        """How many images the autoencoder's runs that are kept here have seen.

        Looks at those that were kept last, and at their settings alone.
        """
        last = newest(self.path, "*.npz")[:LISTED]
        every = (_about(path, status.st_mtime_ns) for status, path in last)
        return dict(each for each in every if each is not None)

    def _path(self, settings: Settings) -> Path:
        return self.path / f"{identity(settings)}.npz"

    def _forget_oldest(self) -> None:
        files = newest(self.path, "*.npz")
        kept = 0
        for part in parts(self.path):  # they take room, whether their writers live or not
            with suppress(OSError):
                kept += part.stat().st_size
        for status, path in files:
            kept += status.st_size
            if kept > self.limit:
                with suppress(OSError):
                    path.unlink()


def _read(path: Path, settings: Settings) -> State:
    """The run in a file; raises anything at all for a file that is none."""
    with _opened(path) as arrays:
        if str(arrays["run"]) != identity(settings):
            raise InputError("it holds another run")
        state: State = kind_of(settings).from_arrays(settings, arrays)
        return state


@lru_cache(4 * LISTED)
def _about(path: Path, _kept_at: int) -> tuple[Settings, int] | None:
    """A file's run and how many images it has seen; None where it does not say, or not truly."""
    with suppress(Exception), _opened(path) as arrays:  # whoever reads the file whole is told
        settings = Settings(**json.loads(str(arrays["settings"])))
        if identity(settings) == path.stem:
            return settings, int(arrays["images_seen"])
    return None


@contextmanager
def _opened(path: Path) -> Iterator[Mapping[str, NDArray[Any]]]:
    """A file's arrays, each read when it is asked for."""
    with path.open("rb") as file:
        with zipfile.ZipFile(file) as archive:  # of a few bytes that unpack to many, say
            unpacked = sum(member.file_size for member in archive.infolist())
        if unpacked > LARGEST:
            raise InputError(f"it unpacks to {unpacked:,} bytes, more than any run has")
        file.seek(0)
        with np.load(file, allow_pickle=False) as arrays:
            yield arrays


@dataclass(frozen=True)
class Kept:
    """A run and where it came from."""

    state: State
    source: Source

    @cached_property
    def bytes(self) -> int:
        """What its arrays take."""
        parts = [self.state, *self.state.checkpoints]
        arrays = {id(value): value for part in parts for value in vars(part).values()}
        return sum(value.nbytes for value in arrays.values() if isinstance(value, np.ndarray))


class Store:
    """The three places, asked in order; what was found stays in memory, least recently used last.

    Of each run the memory holds what has got furthest.
    """

    def __init__(
        self, folder: Folder, shipped: Folder | None = None, *, memory: int = Limits.memory_mb * MB
    ) -> None:
        self.folder = folder
        self.shipped = shipped
        self._limit = memory
        self._lock = threading.Lock()
        self._memory: OrderedDict[str, Kept] = OrderedDict()

    def recall(self, settings: Settings) -> Kept | None:
        """The run as the memory has it."""
        name = identity(settings)
        with self._lock:
            if name in self._memory:
                self._memory.move_to_end(name)
            return self._memory.get(name)

    def find(self, settings: Settings, images: int) -> Kept | None:
        """The run from the first place that has it up to `images`, else the longest there is."""
        kept = self.recall(settings)
        places: list[tuple[Source, Folder | None]]
        places = [("cache", self.folder), ("shipped", self.shipped)]
        for source, folder in places:
            if folder is None or (kept is not None and kept.state.images_seen >= images):
                continue
            state = folder.read(settings)
            if state is not None:
                kept = self._remember(settings, Kept(state, source))
        return kept

    def continuable(self, settings: Settings) -> State | None:
        """The longest run that can be continued; a shipped one cannot."""
        kept = self.recall(settings)
        states = (kept.state if kept else None, self.folder.read(settings))
        return max(
            (state for state in states if state is not None and state.continuable),
            key=lambda state: state.images_seen,
            default=None,
        )

    def remember(self, settings: Settings, state: State) -> None:
        """Keep a run in memory."""
        self._remember(settings, Kept(state, "trained"))

    def keep(self, settings: Settings, state: State) -> None:
        """Keep a run on disk and in memory."""
        self.folder.write(settings, state)
        self.remember(settings, state)

    def _remember(self, settings: Settings, kept: Kept) -> Kept:
        """Keep `kept` in memory unless what is there got further; what is kept then."""
        name = identity(settings)
        with self._lock:
            there = self._memory.get(name)
            if there is None or kept.state.images_seen > there.state.images_seen:
                self._memory[name] = kept
            self._memory.move_to_end(name)
            while len(self._memory) > 1 and self._bytes() > self._limit:
                self._memory.popitem(last=False)
            return self._memory[name]

    def _bytes(self) -> int:
        return sum(kept.bytes for kept in self._memory.values())
