"""Kept runs: named after all that decides them, read with care, bounded, shared by processes."""

import io
import logging
import os
import pickle
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core import autoencoder, data
from core.autoencoder import Settings, kinds
from core.autoencoder import store as run_store
from core.autoencoder.presets import every_run
from core.autoencoder.record import as_shipped, state_to_arrays
from core.autoencoder.runs import Registry
from core.autoencoder.store import LARGEST, Folder, Kept, Store, identity
from core.data.cache import replacing
from core.settings import InputError
from tests.stand_in import OTHER_VALUES, SETTINGS, Trainer, same, state_at, until_idle

ROOT = Path(__file__).parents[2]

# Written down when depth and channels became settings, before which they had no say.
SHIPPED_AT_FIRST = [
    "005b58744f1905b57b3fafde5a21f2a7",
    "08159f14ece1150da3a0fd8e934a93d4",
    "171536d61c05187f6979f089b217f032",
    "191ef6801b544737a4e6c1215f809967",
    "1a7a87647a05884b56e66e2adbab02e4",
    "1cd472d39033922c2caeefd16f5171e2",
    "200d971d17b75926695a617e5ba37b61",
    "28266e810967a6888c8ba56d5d1fe01d",
    "288a29501d981116fc564c57f2adf96c",
    "3048c80fe73e111ba3ab65bd0ef474cf",
    "37589ba1f893bd7e0e66a8d338161451",
    "3d58300a461cfa98e80c02b1dfdad1cd",
    "461b705561b5a3ec20f1e5277beb5b20",
    "487618b01dcb0d540dae337fb1b6e692",
    "4ed91ec20e1312102680a27f63d32d10",
    "5a39e936bc710cc038c8241a72fa3e63",
    "5ada6d7ca19b022ab2e422cd6814fae2",
    "5b840f1971b041b7d707c2b795ec425c",
    "5dff74109d01613547fffcc7dca8b049",
    "5e2ffbcb39433958962d9d631ae9e1ec",
    "5f0fa50d0c8347314700482e41c09dbf",
    "60a4a33520255ab52901703372407fb9",
    "646785a9405f92ef9a38e507b1206d44",
    "6ec9265285a85a45bb1e317bc90a06bf",
    "731c4c4ca7330fd77777cc1bd4b1ca56",
    "742e1489c8bb553730278b6ade98b774",
    "7cf0762a524a1a0e397f42eeeb04d912",
    "824e7d66fe14ad5e16e7613232b34486",
    "84ff28a12daa89af189edb190daec1b8",
    "85d61710b0b17d18497a41d6c941fdba",
    "91b3a471646b3ebe089664f3aa5248ad",
    "99258388ac2b97b3a3d7bd04a028d2a8",
    "9c939f48ca22589ebad0a4824cc3a06c",
    "9dd3c44686c51bf7d2b1284a06ba91fd",
    "9f2bc7d232ef5f3ff0c38d03ddbeefd6",
    "a058dcdf5c8503825a72a3a0c8482bd0",
    "a15329fa6a6f81255f5a08144cb9b71b",
    "a2ef9d247c213236f7d9f2e845cc38d9",
    "a5ab8267d2a2dac99241543ac7e57195",
    "a6df9bc0a67a79070801c9f1f465a7c0",
    "aecdb25838566901e57bc8110011fc20",
    "b41820b0519381541e2013b66dab2a4a",
    "b5a4a214b477b8bf88fb3330959c1b01",
    "b9b15e3609d524bda4cc93cc1e86b51b",
    "bbe6955bdc03695c7d9fd890293551d3",
    "bee7950d864be5149034c8942a141cef",
    "bf5d00ee9b98ef1e636605e4842b5815",
    "c26bd1d17640d4b46b487c2bd658f84c",
    "c7afef3d333ffac92e381dc6f6822080",
    "c8c81cf11f02a0c39ced4a23c70200ce",
    "cddecced9acc07720c02cb6148bb1143",
    "d9e2fc1113fcb2376e7108b96f855111",
    "e4ca97ffb869f540cf9049e66b058d8c",
    "ecde6f5c9f2597d831b81b1a1dd6b748",
    "f0d330dea70fa33ef747a6d06af157a2",
    "f105370a3823820f39d21b988ec38a7e",
    "f7964ee5e33f2d825b8de750b7ddbe4c",
]


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "runs")


def only_file(folder: Folder) -> Path:
    (file,) = folder.path.iterdir()
    return file


# --- What a run is ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [field.name for field in fields(Settings)])
def test_every_setting_is_part_of_a_run(name: str) -> None:
    assert identity(replace(SETTINGS, **{name: OTHER_VALUES[name]})) != identity(SETTINGS)


def test_runs_that_were_shipped_keep_their_names() -> None:
    """A setting that is declared later leaves every earlier run's name as it was."""
    assert len(SHIPPED_AT_FIRST) == 57
    assert set(SHIPPED_AT_FIRST) <= {identity(run.settings) for run in every_run()}


def test_a_later_setting_away_from_its_default_names_another_run() -> None:
    later = [field for field in fields(Settings) if field.metadata["later"]]
    assert {field.name for field in later} >= {"depth", "channels"}
    names = [
        identity(replace(SETTINGS, depth=depth, channels=channels))
        for depth in range(1, 5)
        for channels in (8, 16, 32, 64)
    ]
    assert len(set(names)) == len(names)


def test_data_and_mathematics_are_part_of_a_run(monkeypatch: pytest.MonkeyPatch) -> None:
    names = {identity(SETTINGS)}
    anew = replace(kinds.AUTOENCODER, mathematics=autoencoder.MATHEMATICS + 1)
    monkeypatch.setattr(run_store, "kind_of", lambda settings: anew)
    names.add(identity.__wrapped__(SETTINGS))
    monkeypatch.setattr(data, "content", lambda dataset: "other pixels")
    names.add(identity.__wrapped__(SETTINGS))
    assert len(names) == 3


def test_equal_runs_have_equal_settings() -> None:
    unpadded = replace(SETTINGS, pad_mode="reflect", pad_level=0.5, noise_first=True)
    assert autoencoder.canonical(unpadded) == SETTINGS
    constant = replace(SETTINGS, pad_width=2, pad_mode="constant", pad_level=0.5)
    assert autoencoder.canonical(constant) == constant
    edge = replace(constant, pad_mode="edge")
    assert autoencoder.canonical(edge) == replace(edge, pad_level=0.0)


# --- Files --------------------------------------------------------------------------------------


def test_a_folder_gives_back_what_it_was_given(folder: Folder) -> None:
    assert folder.read(SETTINGS) is None
    before = state_at(SETTINGS, 2_500)
    folder.write(SETTINGS, before)
    after = folder.read(SETTINGS)
    assert same(before, after)
    assert after is not None
    assert after.continuable
    assert folder.read(replace(SETTINGS, seed=1)) is None


@pytest.mark.parametrize(("depth", "channels"), [(2, 32), (4, 64)], ids=["default", "largest"])
def test_the_longest_run_can_be_read(depth: int, channels: int) -> None:
    longest = replace(SETTINGS, pad_width=8, depth=depth, channels=channels)
    arrays = state_to_arrays(longest, state_at(longest, longest.max_images))
    assert sum(array.nbytes for array in arrays.values()) < LARGEST / 1.5


def test_a_run_is_kept_before_its_first_checkpoint(folder: Folder) -> None:
    folder.write(SETTINGS, state_at(SETTINGS, 500))
    assert same(folder.read(SETTINGS), state_at(SETTINGS, 500))


def test_a_shorter_run_does_not_replace_a_longer(folder: Folder) -> None:
    for seen in (2_000, 3_000, 1_000):
        folder.write(SETTINGS, state_at(SETTINGS, seen))
    assert same(folder.read(SETTINGS), state_at(SETTINGS, 3_000))


def test_equal_runs_are_equal_files(tmp_path: Path) -> None:
    contents = set()
    for name in "ab":
        folder = Folder(tmp_path / name)
        folder.write(SETTINGS, state_at(SETTINGS, 1_000))
        contents.add(only_file(folder).read_bytes())
    assert len(contents) == 1


def arrays_of(settings: Settings = SETTINGS) -> dict[str, Any]:
    return state_to_arrays(settings, state_at(settings, 1_000)) | {
        "run": np.array(identity(settings))
    }


def packed(arrays: dict[str, Any]) -> bytes:
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)
    return file.getvalue()


def flipped(content: bytes) -> bytes:
    changed = bytearray(content)
    for at in range(2_000, len(changed) - 2_000, 1_000):
        changed[at] ^= 0xFF
    return bytes(changed)


def npy(shape: tuple[int, ...], descr: str = "<f8") -> bytes:
    file = io.BytesIO()
    header = {"descr": descr, "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(file, header)
    return file.getvalue()


def bomb() -> bytes:
    """A few dozen kilobytes that unpack to 64 megabytes."""
    file = io.BytesIO()
    with (
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("run.npy", "w", force_zip64=True) as inner,
    ):
        inner.write(npy((2**27,)))
        for _ in range(16):
            inner.write(bytes(2**22))
    return file.getvalue()


def member(name: str, content: bytes) -> bytes:
    """A kept run with one member's content replaced."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for key, array in arrays_of().items():
            if key != name:
                part = io.BytesIO()
                np.save(part, array)
                archive.writestr(f"{key}.npy", part.getvalue())
        archive.writestr(f"{name}.npy", content)
    return file.getvalue()


GOOD = packed(arrays_of())

HOSTILE = {
    "empty": b"",
    "truncated": GOOD[: len(GOOD) // 2],
    "flipped bits": flipped(GOOD),
    "text": b"hello",
    "an array": npy((3,)) + bytes(24),
    "an array of a terabyte": npy((2**37,)),
    "a pickle": pickle.dumps({"run": identity(SETTINGS)}),
    "pickled inside": packed(arrays_of() | {"words": np.array([{}, []], object)}),
    "a zip of something else": member("run", b"hello"),
    "a terabyte inside": member("run", npy((2**37,))),
    "a bomb": bomb(),
    "a broken header": member("run", b"\x93NUMPY\x01\x00\x10\x00" + b"(" * 16),
    "no name": packed({k: v for k, v in arrays_of().items() if k != "run"}),
    "another run": packed(arrays_of() | {"run": np.array("0" * 32)}),
    "another run's file": packed(arrays_of(replace(SETTINGS, seed=1))),
    "another size": packed(arrays_of() | {"maps": np.zeros((1, 3, 32, 32), np.float32)}),
    "not finite": packed(arrays_of() | {"sums": np.array([np.nan, 0.0, 1.0])}),
    "no time": packed(arrays_of() | {"sums": np.array([0.0, 0.0, 0.0])}),
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE)
def test_what_is_no_such_run_is_skipped_said_and_replaced(
    content: bytes, folder: Folder, caplog: pytest.LogCaptureFixture
) -> None:
    folder.write(SETTINGS, state_at(SETTINGS, 1_000))
    file = only_file(folder)
    file.write_bytes(content)
    assert folder.read(SETTINGS) is None
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert str(file) in record.getMessage()
    folder.write(SETTINGS, state_at(SETTINGS, 1_000))
    assert same(folder.read(SETTINGS), state_at(SETTINGS, 1_000))


def test_a_bomb_is_not_unpacked(folder: Folder, caplog: pytest.LogCaptureFixture) -> None:
    folder.path.mkdir()
    (folder.path / f"{identity(SETTINGS)}.npz").write_bytes(bomb())
    assert folder.read(SETTINGS) is None
    assert "it unpacks to 67,108,992 bytes, more than any run has" in caplog.text


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo], ids=["folder", "pipe"])
def test_what_is_no_file_is_no_run(
    make: Callable[[Path], None], folder: Folder, caplog: pytest.LogCaptureFixture
) -> None:
    folder.path.mkdir()
    make(folder.path / f"{identity(SETTINGS)}.npz")
    assert folder.read(SETTINGS) is None
    folder.write(SETTINGS, state_at(SETTINGS, 1_000))  # and nothing is raised


def test_a_folder_that_cannot_be_written_is_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("in the way")
    folder = Folder(tmp_path / "file" / "runs")
    assert folder.read(SETTINGS) is None
    assert not caplog.records
    folder.write(SETTINGS, state_at(SETTINGS, 1_000))
    assert "Could not keep a run" in caplog.text


def test_the_disk_is_bounded_and_forgets_the_oldest(folder: Folder) -> None:
    runs = [replace(SETTINGS, seed=seed) for seed in range(5)]
    folder.write(runs[0], state_at(runs[0], 1_000))
    size = only_file(folder).stat().st_size
    small = Folder(folder.path, limit=3 * size + size // 2)
    for age, settings in enumerate(runs[1:]):
        small.write(settings, state_at(settings, 1_000))
        for file in folder.path.iterdir():
            status = file.stat()
            os.utime(file, (status.st_atime, status.st_mtime - 10))
        assert len(list(folder.path.iterdir())) == min(age + 2, 3)
    assert [small.read(settings) is not None for settings in runs] == [False] * 2 + [True] * 3


def test_half_written_files_count(folder: Folder) -> None:
    folder.write(SETTINGS, state_at(SETTINGS, 1_000))
    size = only_file(folder).stat().st_size
    with replacing(folder.path / "download") as part:
        part.write_bytes(bytes(size))
        small = Folder(folder.path, limit=2 * size + size // 2)
        for seed in (1, 2):
            one = replace(SETTINGS, seed=seed)
            small.write(one, state_at(one, 1_000))
        assert len(list(folder.path.glob("*.npz"))) == 1


SHARE = """
import sys
from dataclasses import replace
from pathlib import Path
from core.autoencoder.store import Folder
from tests.stand_in import OTHER_VALUES, SETTINGS, state_at

folder = Folder(Path(sys.argv[1]), limit=int(sys.argv[2]))
print("ready", flush=True)
sys.stdin.readline()
for seen in range(1_000, 5_000, 1_000):
    for seed in range(3):
        settings = replace(SETTINGS, seed=seed)
        folder.write(settings, state_at(settings, seen))
"""


def test_processes_share_a_folder(folder: Folder, caplog: pytest.LogCaptureFixture) -> None:
    """Two write and forget, this one reads: it finds nothing or a whole run, never half of one."""
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", SHARE, str(folder.path), str(2 * len(GOOD))],
            cwd=Path(__file__).parents[2],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    for writer in writers:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write("\n")
        writer.stdin.flush()
    found, deadline = 0, time.monotonic() + 120
    while any(writer.poll() is None for writer in writers):
        assert time.monotonic() < deadline
        for seed in range(3):
            settings = replace(SETTINGS, seed=seed)
            state = folder.read(settings)
            if state is not None:
                found += 1
                assert same(state, state_at(settings, state.images_seen))
    assert found > 0
    assert [writer.communicate(timeout=60)[1] for writer in writers] == ["", ""]
    assert not caplog.records
    assert all(file.suffix == ".npz" for file in folder.path.iterdir())


# --- Three places -------------------------------------------------------------------------------


def test_places_are_asked_in_order(tmp_path: Path, folder: Folder) -> None:
    shipped = Folder(tmp_path / "shipped")
    shipped.write(SETTINGS, as_shipped(state_at(SETTINGS, 2_000), weights=True))
    found = Store(folder, shipped).find(SETTINGS, 2_000)
    assert found is not None
    assert found.source == "shipped"
    folder.write(SETTINGS, state_at(SETTINGS, 2_000))
    store = Store(folder, shipped)
    assert store.recall(SETTINGS) is None
    found = store.find(SETTINGS, 1_000)
    assert found is not None
    assert found.source == "cache"
    only_file(folder).unlink()
    assert store.find(SETTINGS, 2_000) is found
    assert store.recall(SETTINGS) is found


def test_the_longest_is_found_where_none_is_long_enough(tmp_path: Path, folder: Folder) -> None:
    shipped = Folder(tmp_path / "shipped")
    shipped.write(SETTINGS, as_shipped(state_at(SETTINGS, 3_000), weights=False))
    folder.write(SETTINGS, state_at(SETTINGS, 2_000))
    store = Store(folder, shipped)
    store.remember(SETTINGS, state_at(SETTINGS, 1_000))
    found = store.find(SETTINGS, 9_000)
    assert found is not None
    assert (found.state.images_seen, found.source) == (3_000, "shipped")
    to_continue = store.continuable(SETTINGS)
    assert to_continue is not None
    assert to_continue.images_seen == 2_000


def test_a_shipped_run_cannot_be_continued(tmp_path: Path, folder: Folder) -> None:
    shipped = Folder(tmp_path / "shipped")
    shipped.write(SETTINGS, as_shipped(state_at(SETTINGS, 3_000), weights=True))
    store = Store(folder, shipped)
    assert store.find(SETTINGS, 3_000) is not None
    assert store.continuable(SETTINGS) is None


def test_a_result_is_the_same_wherever_it_comes_from(tmp_path: Path, folder: Folder) -> None:
    trained = state_at(SETTINGS, 3_000)
    shipped = Folder(tmp_path / "shipped")
    shipped.write(SETTINGS, as_shipped(trained, weights=True))
    asked = autoencoder.Run(SETTINGS, 2_000)
    reports = [autoencoder.report(asked, trained)]
    for store in (Store(shipped), Store(folder, shipped)):
        found = store.find(SETTINGS, 2_000)
        assert found is not None
        reports.append(autoencoder.report(asked, found.state))
        for kept, made in zip(found.state.checkpoints, trained.checkpoints, strict=True):
            assert same(replace(kept, weights=None), replace(made, weights=None))
    assert reports[0] == reports[1] == reports[2]


def test_memory_is_bounded_and_forgets_what_was_not_used(folder: Folder) -> None:
    runs = [replace(SETTINGS, seed=seed) for seed in range(4)]
    size = Kept(state_at(SETTINGS, 500), "trained").bytes
    assert size == 3 * 4 * autoencoder.parameter_count(SETTINGS)
    store = Store(folder, memory=3 * size)
    for settings in runs[:3]:
        store.remember(settings, state_at(settings, 500))
    assert store.recall(runs[0]) is not None
    store.remember(runs[3], state_at(runs[3], 500))
    assert [store.recall(settings) is not None for settings in runs] == [True, False, True, True]


def test_memory_keeps_a_run_larger_than_itself(folder: Folder) -> None:
    store = Store(folder, memory=1)
    store.remember(SETTINGS, state_at(SETTINGS, 500))
    assert store.recall(SETTINGS) is not None


# --- Two servers --------------------------------------------------------------------------------

OTHER = """
import sys
from pathlib import Path
from core.autoencoder.store import Folder
from tests.stand_in import SETTINGS, state_at

Folder(Path(sys.argv[1])).write(SETTINGS, state_at(SETTINGS, int(sys.argv[2])))
"""


def test_what_another_server_has_trained_is_there_at_the_next_look(tmp_path: Path) -> None:
    """Two processes on one cache folder: nothing found, or found before, stands in the way."""
    with closing(Registry(Trainer(), Store(Folder(tmp_path)))) as registry:
        assert registry.look(SETTINGS, 1_000).status == "absent"
        for images in (1_000, 2_000):
            words = [sys.executable, "-c", OTHER, str(tmp_path), str(images)]
            subprocess.run(words, cwd=ROOT, check=True, timeout=60)
            view = registry.look(SETTINGS, images)
            assert (view.status, view.source) == ("finished", "cache")
            assert same(view.state, state_at(SETTINGS, images))


def test_a_run_that_failed_here_is_there_once_another_server_has_it(tmp_path: Path) -> None:
    trainer = Trainer()
    trainer.error = InputError("no data")
    with closing(Registry(trainer, Store(Folder(tmp_path)))) as registry:
        registry.start(SETTINGS, 1_000, "me")
        until_idle()
        assert registry.look(SETTINGS, 1_000).status == "failed"
        words = [sys.executable, "-c", OTHER, str(tmp_path), "1000"]
        subprocess.run(words, cwd=ROOT, check=True, timeout=60)
        view = registry.look(SETTINGS, 1_000)
        assert (view.status, view.source, view.error) == ("finished", "cache", None)
