"""Training runs: trained once, watched by any number of people, and kept.

A run is what its settings, its data and the training mathematics determine. Its length is no part
of it: a budget, in images, is a position along the run. Whoever asks for less is answered from
what is there; whoever asks for more continues it.

Training happens in background threads that know nothing of any page. Where runs are kept is in
`core/autoencoder/store.py`.
"""

from __future__ import annotations

import atexit
import contextlib
import logging
import math
import shutil
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Literal, Protocol

from core import data, machine
from core.arrays import Bytes
from core.autoencoder import figures, presets
from core.autoencoder.experiment import Run, Settings
from core.autoencoder.kinds import kind_of
from core.autoencoder.nearest import Nearby
from core.autoencoder.process import Process, RunFailed
from core.autoencoder.progress import Pace
from core.autoencoder.record import State, one_of_each
from core.autoencoder.store import Folder, Kept, Source, Store, identity
from core.data import mnist
from core.data.cache import cache_folder, sweep
from core.data.mnist import Stop
from core.limits import MB, Limits, limits
from core.settings import InputError

LOG = logging.getLogger("padding_lab.runs")

SHIPPED = Path(__file__).parent / "shipped"
PATIENCE = 30.0  # seconds that an unwatched run goes on
FAILURES = 100  # remembered

Status = Literal["absent", "waiting", "training", "finished", "stopped", "failed"]


class QueueFullError(RuntimeError):
    """No more runs can wait; the message says what to do."""


class OnProgress(Protocol):
    """Hears of a run: how far it got, or what is done before its first step, and its share.

    `testing` is how much of a checkpoint's test is done while one is under way.
    """

    def __call__(
        self,
        state: State | None,
        activity: str = "",
        share: float = 0.0,
        *,
        testing: float | None = None,
    ) -> None: ...


class Train(Protocol):
    """What trains: `train` below, or a stand-in in a test."""

    def __call__(
        self,
        settings: Settings,
        state: State | None,
        until: int,
        on_progress: OnProgress,
        stop: Stop,
        /,
    ) -> State | None: ...


@dataclass(frozen=True)
class View:
    """What can be said of a run at one moment."""

    settings: Settings
    status: Status
    target: int  # images asked for
    state: State | None = None  # the longest there is
    source: Source = "trained"
    images_seen: int = 0  # less than the state's where a shipped run is trained anew
    place: int = 0  # in the queue, from 1
    watchers: int = 0  # of a run that is active
    stopping: bool = False  # nobody watches it any more: it ends at its next step
    activity: str = ""  # what is done before the first step
    share: float = 0.0  # of that activity, done
    testing: float | None = None  # share done of the test that is under way
    done: float = 0.0  # share of the work up to the target, tests included
    error: Exception | None = None
    seconds_left: float | None = None  # None as long as it is not known

    @property
    def active(self) -> bool:
        """Whether it will change without being asked."""
        return self.status in ("waiting", "training")


# --- The registry -------------------------------------------------------------------------------


@dataclass
class Job:
    """A run that is wanted. Guarded by the registry's lock."""

    settings: Settings
    target: int
    state: State | None
    # When each watcher last looked; one who has left does not become a watcher again by looking.
    watchers: dict[str, float] = field(default_factory=dict)
    activity: str = ""
    share: float = 0.0
    testing: float | None = None
    start_images: int = 0
    tested: int = 0  # checkpoints that have been kept
    pace: Pace = field(default_factory=Pace)

    @property
    def images_seen(self) -> int:
        return 0 if self.state is None else self.state.images_seen

    @property
    def work(self) -> float:
        return kind_of(self.settings).work(self.settings, self.images_seen, self.testing)

    def hear(
        self,
        now: float,
        state: State | None,
        activity: str,
        share: float,
        testing: float | None,
    ) -> None:
        """Take in how far the run is at `now`, by the registry's clock."""
        self.state, self.activity, self.share, self.testing = state, activity, share, testing
        # The first step takes long, and says nothing of those that follow.
        if not activity and self.images_seen > self.start_images:
            self.pace.saw(now, self.work)


LEFT = -math.inf


class Registry:
    """All runs of this process: those that are kept, those in training, and the queue."""

    def __init__(
        self,
        train: Train,
        store: Store,
        *,
        bounds: Limits | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._train = train
        self._store = store
        self._bounds = bounds or Limits()
        self._clock = clock
        self._lock = threading.Lock()
        self._jobs: dict[str, Job] = {}
        self._queue: deque[str] = deque()  # the jobs that no worker has begun
        self._failures: OrderedDict[str, Exception] = OrderedDict()
        self._threads: set[threading.Thread] = set()
        self._closed = False
        self._nearby = Nearby(self._reached)

    def look(self, settings: Settings, images: int, watcher: str | None = None) -> View:
        """What is there now of a run up to `images`. Starts nothing.

        A `watcher` (a session's name) keeps a run in training alive by looking, until it leaves.
        """
        name = identity(settings)
        images = min(images, settings.max_images)
        with self._lock:
            self._drop_unwatched()
            job = self._jobs.get(name)
            if job is not None:
                view = self._view(name, job, images)
                if view.active and watcher is not None and job.watchers.get(watcher) != LEFT:
                    job.watchers[watcher] = self._clock()
                return view
            failure = self._failures.get(name)
        kept = self._store.find(settings, images)
        if kept is not None and kept.state.images_seen >= images:
            return _with(kept, View(settings, "finished", images))
        status: Status = "failed" if failure else "stopped" if kept else "absent"
        return _with(kept, View(settings, status, images, error=failure))

    def start(
        self, settings: Settings, images: int, watcher: str, *, most: int | None = None
    ) -> None:
        """Have a run trained up to `images`, unless it is there or on its way already.

        Raises QueueFullError where too many runs wait, or where this `watcher` has `most` runs in
        training and waiting.
        """
        name = identity(settings)
        images = min(images, settings.max_images)
        with self._lock:
            self._drop_unwatched()
            job = self._jobs.get(name)
            if most is not None and self._watched_by(watcher, but=name) >= most:
                raise QueueFullError(
                    f"{most} of your runs are in training or in the queue already: stop one, or "
                    "try again when one has finished"
                )
            if job is None:
                # What was trained since somebody looked is in memory; the disk is the worker's.
                kept = self._store.recall(settings)
                if kept is not None and kept.state.images_seen >= images:
                    return
                state = kept.state if kept is not None and kept.state.continuable else None
                job = Job(settings, images, state)
                self._enqueue(name, job)
            job.target = max(job.target, images)
            job.watchers[watcher] = self._clock()

    def leave(self, settings: Settings, watcher: str) -> None:
        """Watch a run no longer; one that nobody watches stops at its next step."""
        with self._lock:
            job = self._jobs.get(identity(settings))
            if job is not None:
                job.watchers[watcher] = LEFT
            self._drop_unwatched()

    def nearest(self, experiment: Run) -> list[Run]:
        """The few kept experiments nearest to one that is not, the nearest first.

        One of them may have been forgotten meanwhile.
        """
        return self._nearby.to(experiment)

    def _reached(self) -> dict[Settings, int]:
        """How many images the kept runs have seen: what is shipped, and what the cache has."""
        shipped = self._store.shipped
        found = {} if shipped is None else dict(_shipped(shipped.path))
        for settings, images in self._store.folder.reached().items():
            found[settings] = max(images, found.get(settings, 0))
        return found

    def close(self, patience: float = 3.0) -> None:
        """Stop all training, and wait until what there is has been kept."""
        with self._lock:
            self._closed = True
        self.wait(patience)

    def wait(self, patience: float) -> None:
        """Wait until nothing is in training any more and all has been kept; so many seconds."""
        with self._lock:
            threads = list(self._threads)
        deadline = time.monotonic() + patience
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    # The lock is held in what follows.

    def _enqueue(self, name: str, job: Job) -> None:
        if len(self._queue) >= self._bounds.queue:
            raise QueueFullError(
                f"The queue is full, {self._bounds.queue} runs are waiting already: try again "
                "when one has finished"
            )
        if len(self._threads) < self._bounds.workers:
            thread = threading.Thread(target=self._work, name="training", daemon=True)
            thread.start()  # it cannot take a job before the lock is free
            self._threads.add(thread)
        self._jobs[name] = job
        self._queue.append(name)
        self._failures.pop(name, None)

    def _view(self, name: str, job: Job, images: int) -> View:
        kept = self._store.recall(job.settings)
        if kept is not None and kept.state.images_seen >= images:
            return _with(kept, View(job.settings, "finished", images))
        if job.state is not None and (kept is None or kept.state.images_seen < job.images_seen):
            kept = Kept(job.state, "trained")
            # At its own target a run is finished once it has been kept.
            if images <= job.images_seen < job.target:
                return _with(kept, View(job.settings, "finished", images))
        target = min(images, job.target)
        wanted = kind_of(job.settings).work(job.settings, target, None)
        view = replace(
            _with(kept, View(job.settings, "training", target)),
            images_seen=job.images_seen,
            watchers=self._watchers(job),
            done=min(job.work / wanted, 1.0),
        )
        if name in self._queue:
            return replace(view, status="waiting", place=self._queue.index(name) + 1)
        return replace(
            view,
            stopping=not self._watched(job),
            activity=job.activity,
            share=job.share,
            testing=job.testing,
            seconds_left=job.pace.seconds(max(wanted - job.work, 0.0)),
        )

    def _watchers(self, job: Job) -> int:
        now = self._clock()
        return sum(now - looked < PATIENCE for looked in list(job.watchers.values()))

    def _watched_by(self, watcher: str, *, but: str) -> int:
        now = self._clock()
        return sum(
            now - job.watchers.get(watcher, LEFT) < PATIENCE
            for name, job in self._jobs.items()
            if name != but
        )

    def _watched(self, job: Job) -> bool:
        return not self._closed and self._watchers(job) > 0

    def _drop_unwatched(self) -> None:
        for name in [name for name in self._queue if not self._watched(self._jobs[name])]:
            self._queue.remove(name)
            del self._jobs[name]

    # The workers; the lock is free.

    def _work(self) -> None:
        """Train what waits, first come, first served, until nothing waits."""
        while True:
            with self._lock:
                self._drop_unwatched()
                if not self._queue:
                    self._threads.discard(threading.current_thread())
                    return
                job = self._jobs[self._queue.popleft()]
            try:
                self._run(job)
            except Exception as error:
                self._fail(job, error)

    def _run(self, job: Job) -> None:
        def on_progress(
            state: State | None,
            activity: str = "",
            share: float = 0.0,
            *,
            testing: float | None = None,
        ) -> None:
            with self._lock:
                job.hear(self._clock(), state, activity, share, testing)

            tested = 0 if state is None else len(state.checkpoints)
            if state is not None and tested > job.tested:
                job.tested = tested
                self._store.keep(job.settings, state)  # whatever ends the process later

        self._store.find(job.settings, job.target)  # another process may have got further
        begun = self._store.continuable(job.settings)
        if begun is not None:
            job.start_images, job.tested = begun.images_seen, len(begun.checkpoints)
        on_progress(begun)
        while not self._end(job):
            state = self._train(
                job.settings, job.state, job.target, on_progress, lambda: not self._watched(job)
            )
            on_progress(state)
            kept = self._store.recall(job.settings)
            if state is not None and (kept is None or kept.state.images_seen < state.images_seen):
                self._store.keep(job.settings, state)
        if (kept := self._store.recall(job.settings)) is not None:
            LOG.info(log_line(job.settings, kept, begun))

    def _end(self, job: Job) -> bool:
        """End a job that has got as far as it was to get, or that nobody watches."""
        with self._lock:
            kept = self._store.recall(job.settings)
            seen = max(job.images_seen, kept.state.images_seen if kept else 0)
            if seen < job.target and self._watched(job):
                return False
            del self._jobs[identity(job.settings)]
            return True

    def _fail(self, job: Job, error: Exception) -> None:
        """Leave the run as far as it got, and the message for whoever looks."""
        error = run_error(error)
        LOG.info("run=%s failed: %s", identity(job.settings), error)
        # Through its traceback it would hold all the images in memory.
        error.__traceback__ = error.__context__ = error.__cause__ = None
        name = identity(job.settings)
        with self._lock:
            if job.state is not None:
                self._store.remember(job.settings, job.state)
            self._failures[name] = error
            while len(self._failures) > FAILURES:
                self._failures.popitem(last=False)
            del self._jobs[name]


@lru_cache(4)
def _shipped(folder: Path) -> dict[Settings, int]:
    """The runs that `folder` ships, and how many images each has seen."""
    return {run.settings: run.images for run in figures.read(folder, presets.every_run())}


def log_line(settings: Settings, kept: Kept, begun: State | None) -> str:
    """A run that has ended, for the log; time and images since it went on from `begun`."""
    state = kept.state
    images = state.images_seen - (begun.images_seen if begun else 0)
    seconds = state.seconds - (begun.seconds if begun else 0.0)
    if kept.source != "trained":  # meanwhile by another process, say
        images, seconds = 0, 0.0
    speed = images / seconds if seconds else 0.0
    return (
        f"run={identity(settings)} source={kept.source} device={state.device!r} "
        f"images_seen={state.images_seen} seconds={seconds:.1f} images_per_second={speed:.0f}"
    )


def run_error(error: Exception) -> Exception:
    """An error of a run as whoever watches is told it, in one line; its trace goes to the log."""
    if isinstance(error, InputError | RunFailed):
        return error
    LOG.error("A run failed", exc_info=error)
    words = f"{type(error).__name__}: {str(error)[:200]}"
    return RunFailed(f"Training failed ({words}); the log says more")


def _with(kept: Kept | None, view: View) -> View:
    if kept is None:
        return view
    seen = kept.state.images_seen
    return replace(view, state=kept.state, source=kept.source, images_seen=seen)


def finish(
    registry: Registry,
    wanted: Sequence[Run],
    on_progress: Callable[[Sequence[View]], None] = lambda views: None,
) -> list[View]:
    """Have all `wanted` runs trained that are not there yet, and wait for them.

    `on_progress` hears of all of them several times a second. Raises what a run raised; whatever
    the end, the runs that are not there by then are left.
    """
    views: dict[Run, View] = {}
    finish_each(registry, wanted, on_progress, views.__setitem__, fatal=(Exception,))
    return [views[run] for run in wanted]


def finish_each(
    registry: Registry,
    wanted: Iterable[Run],
    on_progress: Callable[[Sequence[View]], None] = lambda views: None,
    on_end: Callable[[Run, View], None] = lambda run, view: None,
    *,
    fatal: tuple[type[Exception], ...] = (),
) -> None:
    """`finish`, where a run that fails is no other's end, unless what it raised is `fatal`.

    `on_end` hears of each run once it is there or has failed, with its state; `on_progress` of all,
    without: the states of thousands of runs would fill the memory.
    """
    every = list(dict.fromkeys(wanted))
    views = [View(run.settings, "absent", run.images) for run in every]
    me = f"finish {threading.get_ident()}"
    waiting: deque[int] = deque()
    under_way: set[int] = set()

    def look(i: int, watcher: str | None = None) -> View:
        view = registry.look(*every[i], watcher)
        views[i] = replace(view, state=None)
        return view

    for i, run in enumerate(every):
        if (view := look(i)).status == "finished":
            on_end(run, view)
        else:
            waiting.append(i)
    try:
        while waiting or under_way:
            with contextlib.suppress(QueueFullError):
                while waiting:
                    registry.start(*every[waiting[0]], me)
                    under_way.add(waiting.popleft())
            for i in sorted(under_way):
                view = look(i, me)
                if isinstance(view.error, fatal):
                    raise view.error
                if view.error is not None or view.status == "finished":
                    under_way.remove(i)
                    on_end(every[i], view)
                elif not view.active:
                    under_way.remove(i)
                    waiting.append(i)  # forgotten, as on a laptop that slept
            on_progress(views)
            time.sleep(0.1)
    finally:
        for i in under_way:
            registry.leave(every[i].settings, me)
    on_progress(views)


# --- The process's own registry -----------------------------------------------------------------


def train(
    settings: Settings,
    state: State | None,
    until: int,
    on_progress: OnProgress,
    stop: Stop,
) -> State | None:
    """Load or make the images, then train; what is being done is reported throughout."""
    on_progress(state, "Getting ready")
    machine.lower_priority()
    from core.autoencoder import training

    try:
        images = load(settings, lambda share, words: on_progress(state, words, share), stop)
    except data.Stopped:
        return state
    train_set = image_set(settings, images.train, "train")
    test_set = image_set(settings, images.test, "test")
    on_progress(state, "")
    trained = training.train(
        settings,
        train_set,
        test_set,
        until,
        state,
        on_progress=on_progress,
        stop=stop,
        samples=one_of_each(images.test_labels),
    )
    return trained if trained.images_seen else None


def image_set(settings: Settings, pictures: Bytes, split: str) -> data.NoisySet:
    """The pictures (n, 28, 28) as a run of `settings` sees them, in training or in testing."""
    return data.noisy_set(
        data.vary(pictures, settings.variation),
        pad_width=settings.pad_width,
        pad_mode=settings.pad_mode,
        pad_level=settings.pad_level,
        noise_factor=settings.noise_factor,
        noise_first=settings.noise_first,
        seed=settings.seed,
        split=split,
    )


_loading = threading.Lock()
_loaded: dict[tuple[str, int], data.Images] = {}


def load(settings: Settings, on_progress: mnist.OnProgress, stop: Stop) -> data.Images:
    """The data set, loaded once for both arms. Raises data.Stopped when `stop` says so."""
    key = settings.dataset, settings.train_size
    with _loading:
        if stop():
            raise data.Stopped
        if key not in _loaded:
            _loaded.clear()  # a small server has room for one
            _loaded[key] = data.load(*key, on_progress, stop)
        return _loaded[key]


def prepare(wanted: Iterable[Settings]) -> None:
    """Have at hand what the first of these runs would wait for: torch, compiled, and the images.

    In this process; the server's pages ask `process()` for it.
    """
    with contextlib.suppress(ImportError):  # where torch is missing, only training is
        from core.autoencoder import training

        for settings in wanted:
            training.warm_up(settings)
            with contextlib.suppress(InputError):  # who trains is told
                if settings.dataset != "mnist" or data.available():
                    load(settings, lambda share, words: None, lambda: False)


def ship(
    wanted: Sequence[Run],
    on_progress: Callable[[Sequence[View]], None] = lambda views: None,
    *,
    trainer: Train | None = None,
    bounds: Limits | None = None,
) -> list[View]:
    """Train all `wanted` runs and write them to the repository, replacing what is there.

    They come from no cache but the command's own, which only lets an interrupted one go on.
    `trainer` is what trains in place of this process, as many at once as `bounds` allow. Raises
    InputError, and replaces nothing, where a run fails.
    """
    own = Store(Folder(cache_folder() / "ship"))
    ended: dict[Run, View] = {}
    with closing(Registry(trainer or train, own, bounds=bounds)) as registry:
        finish_each(registry, wanted, on_progress, ended.__setitem__)
    failures = [view.error for view in ended.values() if view.error is not None]
    if failures:
        raise InputError(
            f"{len(failures)} of {len(ended)} runs failed, and nothing was shipped. The others are "
            f"kept: the command goes on from there. The first: {failures[0]}"
        )
    views = [ended[run] for run in wanted]
    shutil.rmtree(SHIPPED, ignore_errors=True)
    found = {}
    for view in views:
        assert view.state is not None
        asked = Run(view.settings, view.target)
        Folder(SHIPPED).write(view.settings, presets.shipped(asked, view.state))
        found[asked] = figures.of(view.state.checkpoints[-1])
    figures.write(SHIPPED, found)
    return views


def registry() -> Registry:
    """The registry of this process. It outlives Streamlit's reload of changed sources."""
    return machine.once("registry", _registry)


def _registry() -> Registry:
    made = Registry(process().train, store(), bounds=limits())
    atexit.register(_close, made)
    return made


def store() -> Store:
    """Where this process's runs are kept. What writers left that were killed is swept away."""
    for every in cache_folder().glob("*/"):
        sweep(every)
    folder = Folder(cache_folder() / "runs", limits().disk_mb * MB)
    return Store(folder, Folder(SHIPPED), memory=limits().memory_mb * MB)


def process() -> Process:
    """The process that trains for this one."""
    return machine.once("process", Process)


def _close(registry: Registry) -> None:
    """At the end of this process: what is being trained or written is kept."""
    with contextlib.suppress(KeyboardInterrupt):  # an impatient one
        registry.close()
    process().close()
