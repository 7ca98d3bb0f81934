"""Training runs: trained once, watched by any number of people, and kept.

A run is what its settings, its data and the training mathematics determine. Its length is no part
of it: a budget, in images, is a position along the run. Whoever asks for less is answered from
what is there; whoever asks for more continues it.

A run is looked for in three places: in memory, on disk, and among the runs that the repository
ships. Training happens in background threads that know nothing of any page.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import logging
import shutil
import sys
import threading
import time
import types
import zipfile
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

import numpy as np

from core import autoencoder, data
from core.autoencoder import LIVE, Preset, Settings, State
from core.cache import cache_folder, replacing
from core.mnist import Report, Stop
from core.settings import InputError

LOG = logging.getLogger("padding_lab.runs")

SHIPPED = Path(__file__).parent / "shipped"
PATIENCE = 30.0  # seconds that an unwatched run goes on
QUEUE = 16  # runs that may wait
MEMORY = 96  # runs kept in memory, about half a megabyte each
DISK = 512 * 2**20  # bytes kept on disk

Source = Literal["trained", "cache", "shipped"]
Status = Literal["absent", "waiting", "training", "finished", "stopped", "failed"]


class QueueFullError(RuntimeError):
    """No more runs can wait; the message says what to do."""


class Train(Protocol):
    """What trains: `train` below, or a stand-in in a test."""

    def __call__(
        self,
        settings: Settings,
        state: State | None,
        until: int,
        report: Callable[[State | None, str], None],
        stop: Callable[[], bool],
    ) -> State | None: ...


def identity(settings: Settings) -> str:
    """The name of a run: every setting, the data's content and the mathematics' version, hashed."""
    described = dataclasses.asdict(settings) | {
        "content": data.content(settings.dataset),
        "mathematics": autoencoder.MATHEMATICS,
    }
    return hashlib.sha256(json.dumps(described, sort_keys=True).encode()).hexdigest()[:32]


# --- places ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Folder:
    """Runs as `.npz` files of plain arrays; several processes may share it."""

    path: Path
    limit: int = DISK

    def read(self, settings: Settings) -> State | None:
        """The run kept for `settings`, or None. A damaged or foreign file is logged and skipped."""
        name = identity(settings)
        file = self.path / f"{name}.npz"
        try:
            with np.load(file, allow_pickle=False) as arrays:
                if str(arrays["run"]) != name:
                    raise InputError("it holds another run")
                state = autoencoder.state_from_arrays(settings, arrays)
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            LOG.warning("Skipped the kept run %s: %s", file, error)
            return None
        return state

    def write(self, settings: Settings, state: State) -> None:
        """Keep a run, whole or not at all. A full or read-only disk is logged, nothing more."""
        if not state.checkpoints:
            return  # too short to say anything
        name = identity(settings)
        try:
            with replacing(self.path / f"{name}.npz") as part, part.open("wb") as file:
                arrays = autoencoder.state_to_arrays(state)
                np.savez_compressed(file, allow_pickle=False, run=np.array(name), **arrays)
            self._forget_oldest()
        except OSError as error:
            LOG.warning("Could not keep a run in %s: %s", self.path, error)

    def names(self) -> Iterator[str]:
        """The names of all runs kept here."""
        return (file.stem for file in sorted(self.path.glob("*.npz")))

    def _forget_oldest(self) -> None:
        files = sorted(self.path.glob("*.npz"), key=lambda file: file.stat().st_mtime, reverse=True)
        kept = 0
        for file in files:
            kept += file.stat().st_size
            if kept > self.limit:
                file.unlink(missing_ok=True)


@dataclass(frozen=True)
class Kept:
    """A run and where it came from."""

    state: State
    source: Source


# --- the registry ------------------------------------------------------------------------------


@dataclass
class Job:
    """A run that is wanted. Guarded by the registry's lock."""

    settings: Settings
    target: int
    status: Status = "waiting"
    activity: str = ""
    state: State | None = None
    watchers: dict[str, float] = field(default_factory=dict)
    left: set[str] = field(default_factory=set)
    started: float = 0.0
    start_images: int = 0


@dataclass(frozen=True)
class View:
    """What can be said of a run at one moment."""

    settings: Settings
    status: Status
    target: int
    state: State | None = None
    source: Source = "trained"
    place: int = 0
    activity: str = ""
    error: Exception | None = None
    seconds_left: float | None = None

    @property
    def active(self) -> bool:
        """Whether it will change without being asked."""
        return self.status in ("waiting", "training")

    @property
    def images_seen(self) -> int:
        return 0 if self.state is None else self.state.images_seen


class Registry:
    """All runs of this process: what is known of each, and the queue of those being trained."""

    def __init__(
        self,
        train: Train,
        folder: Folder,
        shipped: Folder,
        *,
        workers: int = 2,
        patience: float = PATIENCE,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._train = train
        self._folder = folder
        self._shipped = shipped
        self._workers = workers
        self._patience = patience
        self._clock = clock
        self._lock = threading.Lock()
        self._memory: OrderedDict[str, Kept] = OrderedDict()
        self._jobs: dict[str, Job] = {}
        self._queue: deque[str] = deque()
        self._failures: OrderedDict[str, Exception] = OrderedDict()
        self._running = 0

    def look(self, settings: Settings, images: int, watcher: str | None = None) -> View:
        """What is there now of a run up to `images`. Starts nothing.

        A `watcher` (a session's name) keeps a run in training alive by looking.
        """
        name = identity(settings)
        with self._lock:
            job = self._jobs.get(name)
            if job is not None:
                if watcher is not None and watcher not in job.left:
                    job.watchers[watcher] = self._clock()
                # A job that has reached its own target is finished once its run is kept.
                if job.state is not None and images <= job.state.images_seen < job.target:
                    return View(settings, "finished", images, job.state)
                return self._view(name, job)
            failure = self._failures.get(name)
        kept = self._find(settings, images)
        if kept is None:
            return View(settings, "failed" if failure else "absent", images, error=failure)
        if kept.state.images_seen >= images:
            return View(settings, "finished", images, kept.state, kept.source)
        status: Status = "failed" if failure else "stopped"
        return View(settings, status, images, kept.state, kept.source, error=failure)

    def start(self, settings: Settings, images: int, watcher: str) -> None:
        """Have a run trained up to `images`, unless it is there or on its way already.

        Raises QueueFullError where too many runs wait.
        """
        name = identity(settings)
        kept = self._find(settings, images)
        if kept is not None and kept.state.images_seen >= images:
            return
        with self._lock:
            job = self._jobs.get(name)
            if job is None:
                if len(self._queue) >= QUEUE:
                    raise QueueFullError(
                        f"{QUEUE} runs are waiting already: try again when one has finished"
                    )
                state = kept.state if kept is not None and kept.state.continuable else None
                job = Job(settings, images, state=state)
                self._jobs[name] = job
                self._queue.append(name)
                self._failures.pop(name, None)
            job.target = max(job.target, images)
            job.left.discard(watcher)
            job.watchers[watcher] = self._clock()
            if self._running < self._workers:
                self._running += 1
                threading.Thread(target=self._work, name="training", daemon=True).start()

    def leave(self, settings: Settings, watcher: str) -> None:
        """Watch a run no longer, whatever one looks at; what nobody watches stops at once."""
        with self._lock:
            job = self._jobs.get(identity(settings))
            if job is not None:
                job.watchers.pop(watcher, None)
                job.left.add(watcher)

    def _find(self, settings: Settings, images: int) -> Kept | None:
        """The run from the first place that has it up to `images`, else the longest there is."""
        name = identity(settings)
        with self._lock:
            best = self._memory.get(name)
            if best is not None:
                self._memory.move_to_end(name)
        places: list[tuple[Folder, Source]] = [(self._folder, "cache"), (self._shipped, "shipped")]
        for folder, source in places:
            if best is not None and best.state.images_seen >= images:
                break
            state = folder.read(settings)
            if state is not None and (best is None or state.images_seen > best.state.images_seen):
                best = Kept(state, source)
        if best is not None:
            with self._lock:
                self._remember(name, best)
        return best

    def _remember(self, name: str, kept: Kept) -> None:
        self._memory[name] = kept
        self._memory.move_to_end(name)
        while len(self._memory) > MEMORY:
            self._memory.popitem(last=False)

    def _view(self, name: str, job: Job) -> View:
        """What can be said of a job in the queue or in training; the lock is held."""
        if job.status == "waiting":
            place = self._queue.index(name) + 1
            return View(job.settings, "waiting", job.target, job.state, place=place)
        seen = 0 if job.state is None else job.state.images_seen
        trained = seen - job.start_images
        left = None
        if trained > 0:
            left = (job.target - seen) * (self._clock() - job.started) / trained
        return View(
            job.settings,
            "training",
            job.target,
            job.state,
            activity=job.activity,
            seconds_left=left,
        )

    def _watched(self, job: Job) -> bool:
        now = self._clock()
        return any(now - seen < self._patience for seen in list(job.watchers.values()))

    def _work(self) -> None:
        """Train what waits, first come, first served, until nothing waits."""
        while True:
            with self._lock:
                if not self._queue:
                    self._running -= 1
                    return
                name = self._queue.popleft()
                job = self._jobs[name]
                job.status = "training"
                job.started = self._clock()
                job.start_images = 0 if job.state is None else job.state.images_seen
            self._run(name, job)

    def _run(self, name: str, job: Job) -> None:
        def report(state: State | None, activity: str) -> None:
            with self._lock:
                if job.activity and not activity:
                    job.started = self._clock()  # the data are there: steps are timed from here
                job.state = state
                job.activity = activity

        try:
            state = job.state
            while True:
                state = self._train(
                    job.settings, state, job.target, report, lambda: not self._watched(job)
                )
                if state is not None:
                    self._folder.write(job.settings, state)
                if self._close(name, job, state):
                    return
        except Exception as error:
            # What was asked for was wrong, and says so; anything else is for whoever keeps the log.
            expected = isinstance(error, InputError)
            LOG.log(logging.INFO if expected else logging.ERROR, "A run failed", exc_info=error)
            with self._lock:
                self._failures[name] = error
                while len(self._failures) > MEMORY:
                    self._failures.popitem(last=False)
                del self._jobs[name]

    def _close(self, name: str, job: Job, state: State | None) -> bool:
        """End a job, unless more has been asked of it since its training returned."""
        with self._lock:
            seen = 0 if state is None else state.images_seen
            if self._watched(job) and seen < job.target:
                return False
            if state is not None:
                self._remember(name, Kept(state, "trained"))
            del self._jobs[name]
            return True


def finish(
    registry: Registry,
    wanted: Sequence[Preset],
    report: Callable[[Sequence[View]], None] = lambda views: None,
) -> list[View]:
    """Have all `wanted` runs trained that are not there yet, and wait for them.

    `report` hears of all of them a few times a second. Raises what a run raised.
    """
    me = "finish"
    while True:
        views = [registry.look(settings, images, me) for settings, images in wanted]
        for view in views:
            if view.error is not None:
                raise view.error
        report(views)
        if all(view.status == "finished" for view in views):
            return views
        absent = [view for view in views if view.status in ("absent", "stopped")]
        under_way = sum(view.active for view in views)
        for view in absent[: max(0, QUEUE - under_way)]:
            registry.start(view.settings, view.target, me)
        time.sleep(0.1)


# --- the process's own registry -----------------------------------------------------------------


def train(
    settings: Settings,
    state: State | None,
    until: int,
    report: Callable[[State | None, str], None],
    stop: Callable[[], bool],
) -> State | None:
    """Load or make the images, then train; what is being done is reported throughout."""
    report(state, "Getting ready")
    from core import training

    try:
        images = _load(settings, lambda share, words: report(state, words), stop)
    except data.Stopped:
        return state
    made = {
        split: data.noisy_set(
            data.vary(pictures, settings.variation),
            pad_width=settings.pad_width,
            pad_mode=settings.pad_mode,
            pad_level=settings.pad_level,
            noise_factor=settings.noise_factor,
            noise_first=settings.noise_first,
            seed=settings.seed,
            split=split,
        )
        for split, pictures in {"train": images.train, "test": images.test}.items()
    }
    report(state, "")
    return training.train(
        settings,
        made["train"],
        made["test"],
        until,
        state,
        report=lambda now: report(now, ""),
        stop=stop,
        samples=autoencoder.one_of_each(images.test_labels),
    )


_loading = threading.Lock()
_loaded: OrderedDict[tuple[str, int], data.Images] = OrderedDict()


def _load(settings: Settings, report: Report, stop: Stop) -> data.Images:
    """The data set, loaded once for both arms."""
    key = settings.dataset, settings.train_size
    with _loading:
        if key not in _loaded:
            _loaded.clear()  # a small server has room for one
            _loaded[key] = data.load(*key, report, stop)
        return _loaded[key]


def ship(
    wanted: Sequence[Preset], report: Callable[[Sequence[View]], None] = lambda views: None
) -> list[View]:
    """Have all `wanted` runs at hand and write them to the repository, replacing what is there.

    Weights go with seed 0 and with the runs that no page trains in passing, the long ones.
    """
    views = finish(registry(), wanted, report)
    shutil.rmtree(SHIPPED, ignore_errors=True)
    for view in views:
        assert view.state is not None
        weights = view.settings.seed == 0 or view.target > LIVE.images
        Folder(SHIPPED).write(view.settings, autoencoder.as_shipped(view.state, weights=weights))
    return views


def registry() -> Registry:
    """The registry of this process. It outlives Streamlit's reload of changed sources."""
    # That reload evicts modules that belong to a source file; this one belongs to none.
    home = sys.modules.setdefault("padding_lab_runs", types.ModuleType("padding_lab_runs"))
    found: Registry = vars(home).setdefault(
        "registry", Registry(train, Folder(cache_folder() / "runs"), Folder(SHIPPED))
    )
    return found
