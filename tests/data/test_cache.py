"""Files reach the cache whole or not at all."""

import os
from pathlib import Path

import pytest

from core.data import cache


@pytest.mark.parametrize(
    ("environment", "folder"),
    [
        ({"PADDING_LAB_CACHE": "/a", "XDG_CACHE_HOME": "/b"}, "/a"),
        ({"XDG_CACHE_HOME": "/b"}, "/b/padding-lab"),
        ({"HOME": "/c"}, "/c/.cache/padding-lab"),
    ],
    ids=["own", "xdg", "home"],
)
def test_cache_folder(
    environment: dict[str, str], folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("PADDING_LAB_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert cache.cache_folder() == Path(folder)


def test_replacing(tmp_path: Path) -> None:
    path = tmp_path / "new" / "file"
    with cache.replacing(path) as part:
        part.write_text("whole")
        assert not path.exists()
    assert path.read_text() == "whole"
    assert list(path.parent.iterdir()) == [path]


def test_replacing_leaves_nothing_behind_on_failure(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("old")

    def write_half() -> None:
        with cache.replacing(path) as part:
            part.write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        write_half()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_replacing_sweeps_up_after_killed_writers(tmp_path: Path) -> None:
    dead, alive = tmp_path / ".file.1.part", tmp_path / ".file.2.part"
    for part in (dead, alive):
        part.touch()
    os.utime(dead, (0, 0))
    with cache.replacing(tmp_path / "file"):
        pass
    assert sorted(tmp_path.iterdir()) == [alive, tmp_path / "file"]
