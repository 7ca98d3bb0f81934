"""What every test shares: real MNIST where it is given, a cache of its own, and no network."""

import os
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path

import hypothesis
import pytest

from core import machine
from core.autoencoder import Settings, runs
from core.autoencoder.process import Process
from core.autoencoder.store import Folder, Store
from core.data import mnist

# Torch's own threads would take the cores from the tests beside this one: read when it is imported.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# A machine that is busy with something else is no defect.
hypothesis.settings.register_profile("unhurried", deadline=None)
hypothesis.settings.load_profile("unhurried")


class Unprepared(Process):
    """Starts with its first run: a page that is drawn costs a test no process that trains."""

    def prepare(self, wanted: Iterable[Settings]) -> None:
        pass


@pytest.fixture(scope="session", autouse=True)
def apart_from_the_user(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep the whole session, and the processes it starts, off the user's cache and the network."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PADDING_LAB_CACHE", str(tmp_path_factory.mktemp("cache")))
        for scheme in ("http_proxy", "https_proxy"):
            patch.setenv(scheme, "http://127.0.0.1:9")  # the discard port: nobody answers
        patch.setenv("no_proxy", "127.0.0.1,localhost")
        patch.setattr(mnist, "MIRRORS", ())
        machine.once("process", Unprepared)
        yield


@pytest.fixture(scope="session")
def mnist_dir() -> Path:
    """The folder of the real MNIST files; skips where there is none."""
    named = os.environ.get("MNIST_DIR")
    if not named:
        pytest.skip("MNIST_DIR does not name a folder with MNIST")
    return Path(named)


@pytest.fixture
def shelf(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Folder]:
    """The only runs that there are: none yet."""
    folder = Folder(tmp_path)
    with closing(runs.Registry(runs.train, Store(folder))) as registry:
        monkeypatch.setattr(runs, "registry", lambda: registry)
        yield folder
