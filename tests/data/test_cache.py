"""Files reach the cache whole or not at all."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from core.data import cache

ROOT = Path(__file__).parents[2]


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


@pytest.mark.skipif(sys.platform == "win32", reason="there is no group")
@pytest.mark.parametrize(("mask", "mode"), [(0o002, 0o664), (0o022, 0o644), (0o077, 0o600)])
def test_a_group_shares_what_the_umask_lets_it(tmp_path: Path, mask: int, mode: int) -> None:
    before = os.umask(mask)
    try:
        with cache.replacing(tmp_path / "file") as part:
            part.write_text("whole")
    finally:
        os.umask(before)
    assert (tmp_path / "file").stat().st_mode & 0o777 == mode


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


WRITER = """
import sys
from pathlib import Path
from core.data.cache import replacing

with replacing(Path(sys.argv[1])) as part:
    part.write_text("half")
    print(part.name, flush=True)
    sys.stdin.readline()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there age tells a dead writer")
def test_a_killed_writer_s_half_goes_and_a_living_one_s_stays(tmp_path: Path) -> None:
    command = [sys.executable, "-c", WRITER, str(tmp_path / "file")]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    writers = [subprocess.Popen(command, cwd=ROOT, **pipes) for _ in range(2)]
    dead, alive = (
        tmp_path / writer.stdout.readline().strip() for writer in writers if writer.stdout
    )
    assert set(cache.parts(tmp_path)) == {dead, alive}
    writers[0].kill()
    writers[0].communicate(timeout=60)
    cache.sweep(tmp_path)
    assert list(cache.parts(tmp_path)) == [alive]
    writers[1].communicate("\n", timeout=60)
    assert list(tmp_path.iterdir()) == [tmp_path / "file"]
    assert (tmp_path / "file").read_text() == "half"


def test_half_written_files_go_at_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PADDING_LAB_CACHE", str(tmp_path))
    for folder in ("runs", "mnist"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / ".file.1.part").touch()
    found = subprocess.run(
        [sys.executable, "-m", "core", "warm", "--list"],
        cwd=ROOT,
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert found.returncode == 0
    assert [list(cache.parts(tmp_path / folder)) for folder in ("runs", "mnist")] == [[], []]
