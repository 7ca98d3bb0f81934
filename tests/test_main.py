"""The command line: one JSON object on stdout, words on stderr, exit 2 on bad input."""

import csv
import json
import os
import pty
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core import data
from core.__main__ import TOPICS, main
from core.autoencoder import LIVE, Run, presets, runs
from core.autoencoder.presets import every_run
from core.autoencoder.process import RunFailed
from core.autoencoder.record import as_shipped
from core.autoencoder.runs import Registry
from core.autoencoder.store import Folder, Store
from core.data import MissingData
from tests.stand_in import SETTINGS, Trainer, state_at

ROOT = Path(__file__).parents[1]
SMALL = ["--dataset", "digits", "--train-size", "1000", "--batch-size", "100"]

Answer = Callable[..., dict[str, Any]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Answer:
    """Run a command that succeeds and says nothing else; its answer."""

    def run(*words: str) -> dict[str, Any]:
        assert main(words) == 0
        out, err = capsys.readouterr()
        assert err == ""
        answer: dict[str, Any] = json.loads(out)
        return answer

    return run


@pytest.fixture
def trainer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Trainer:
    """A stand-in that the process's registry trains with; nothing is kept beyond the test."""
    trainer = Trainer()
    monkeypatch.setattr(runs, "train", trainer)
    monkeypatch.setattr(runs, "SHIPPED", tmp_path / "shipped")
    monkeypatch.setenv("PADDING_LAB_CACHE", str(tmp_path))
    store = Store(Folder(tmp_path / "runs"), Folder(tmp_path / "shipped"))
    registry = Registry(trainer, store)
    monkeypatch.setattr(runs, "registry", lambda: registry)
    return trainer


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> list[Run]:
    """Three small presets in place of all."""
    wanted = [Run(SETTINGS, images) for images in (1_000, 2_000)]
    monkeypatch.setattr(presets, "every_run", lambda: iter(wanted))
    return wanted


# --- autoencoder --------------------------------------------------------------------------------


def test_autoencoder_has_the_keys_of_the_contract(run: Answer, trainer: Trainer) -> None:
    answer = run("autoencoder", *SMALL, "--epochs", "3", "--pad-width", "2")
    assert {"config", "parameters", "history", "test", "seconds"} <= answer.keys()
    assert {"images_per_second", "device", "source"} <= answer.keys()
    assert answer["config"]["pad_width"] == 2
    assert answer["config"]["epochs"] == 3
    assert answer["parameters"] == 28_353
    assert [set(entry) for entry in answer["history"]] == [
        {"epoch", "images_seen", "train_loss", "test_loss"}
    ] * 3
    assert [entry["images_seen"] for entry in answer["history"]] == [1_000, 2_000, 3_000]
    test = answer["test"]
    assert set(test) == {"per_pixel", "total", "entropy_floor", "interior", "border"}
    assert test["total"] == pytest.approx(test["per_pixel"] * 32 * 32)
    assert test["total"] == pytest.approx(test["interior"] + test["border"])
    assert answer["source"] == "trained"


def test_a_budget_is_a_position_along_a_run(run: Answer, trainer: Trainer) -> None:
    long = run("autoencoder", *SMALL, "--epochs", "4")
    short = run("autoencoder", *SMALL, "--epochs", "2")
    assert short["history"] == long["history"][:2]
    run("autoencoder", *SMALL, "--epochs", "5")
    assert trainer.calls == [(0, 4_000), (4_000, 5_000)]


def test_what_changes_nothing_is_the_same_run(run: Answer, trainer: Trainer) -> None:
    run("autoencoder", *SMALL, "--epochs", "1")
    run("autoencoder", *SMALL, "--epochs", "1", "--pad-mode", "reflect", "--noise-first")
    assert len(trainer.calls) == 1


def test_a_run_trained_here_is_there_for_the_next_process(tmp_path: Path) -> None:
    """Real training. The process ends at once, yet its run is kept."""
    command = [sys.executable, "-m", "core", "autoencoder", *SMALL, "--epochs", "1"]
    environment = os.environ | {"PADDING_LAB_CACHE": str(tmp_path)}
    answers = [
        json.loads(
            subprocess.run(
                command, cwd=ROOT, env=environment, capture_output=True, check=True
            ).stdout
        )
        for _ in range(2)
    ]
    assert [answer.pop("source") for answer in answers] == ["trained", "cache"]
    assert answers[0] == answers[1]
    assert 0 < answers[0]["test"]["entropy_floor"] < answers[0]["test"]["total"]


# --- Bad input ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "TOPIC"),
        (["padding"], "invalid choice: 'padding'"),
        (["p" * 5_000], "invalid choice"),
        (["--", "autoencoder", "--epochs"], ""),
        (["autoencoder", "--pad-width", "9"], "pad_width must be a whole number from 0 to 8"),
        (["autoencoder", "--pad-width", "two"], "not 'two'"),
        (["autoencoder", "--pad-width", "9" * 5_000], "pad_width must be"),
        (["autoencoder", "--noise-factor", "nan"], "noise_factor must be a number from 0 to 1"),
        (["autoencoder", "--learning-rate", "inf"], "learning_rate must be"),
        (["autoencoder", "--dataset", "cifar"], "dataset must be one of mnist, digits"),
        (["autoencoder", "--device", "tpu"], "device must be one of auto, cpu, cuda, mps"),
        (["autoencoder", "--epochs", "0"], "epochs must be a whole number from 1 to 100"),
        (["autoencoder", "--epochs"], "expected one argument"),
        (["warm", "--sweep", "pad_width=0..9"], "pad_width must be a whole number from 0 to 8"),
        (["warm", "--sweep", "seed=0..999999"], "that is 1,000,000 runs, and 10,000 are allowed"),
        (["warm", "--sweep", "seed=0", "--preset", "mine"], "preset must be one of live, original"),
        (["warm", "--csv", "table.csv"], "--csv belongs to a sweep"),
        (["warm", "--preset", "original"], "--preset belongs to a sweep"),
        (["autoencoder", "--loss\nfast"], "unrecognized arguments"),
        (["autoencoder", "ü" * 5_000], "unrecognized arguments"),
        (["impact", "--size", "-1"], "size must be"),
        (["shapes", "--layers", "conf3"], "conf3"),
        (["warm", "--seed", "1"], "unrecognized arguments"),
    ],
)
def test_bad_input_is_one_line_and_exit_2(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str], trainer: Trainer
) -> None:
    assert main(words) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("error: ")
    assert err.count("\n") == 1
    assert len(err) < 500
    assert said in err
    assert not trainer.calls


def test_data_that_cannot_be_had_are_bad_input(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("MNIST_DIR", raising=False)
    registry = Registry(runs.train, Store(Folder(tmp_path)))
    monkeypatch.setattr(runs, "registry", lambda: registry)
    assert main(["autoencoder"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("error: MNIST is not on this computer and could not be downloaded")
    assert err.count("\n") == 1


@pytest.mark.parametrize("topic", TOPICS)
def test_every_topic_says_what_it_takes(topic: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([topic, "--help"])
    assert ended.value.code == 0
    assert topic in capsys.readouterr().out


# --- Code to copy -------------------------------------------------------------------------------

CODE = {
    "autoencoder": (["--pad-width", "2", "--epochs", "3"], "IMAGES = 180_000"),
    "shift_probe": (["--padding", "full"], "F.pad(image, (2, 2, 2, 2))"),
    "impact": (["--layers", "conv3 avgpool2:ceil"], "show(model, 10, 10)"),
    "loss": (["--total", "77", "--height", "28", "--width", "28"], "per_pixel = total / pixels"),
    "shapes": (["--layers", "conv3x4 maxpool2:same"], "nn.Conv2d(1, 4, 3)"),
}


@pytest.mark.parametrize("topic", CODE)
def test_code_is_all_that_is_printed(
    topic: str, capsys: pytest.CaptureFixture[str], trainer: Trainer
) -> None:
    words, line = CODE[topic]
    assert main([topic, *words, "--code"]) == 0
    out, err = capsys.readouterr()
    compile(out, topic, "exec")
    assert line in out
    assert out.endswith(")\n")
    assert err == ""
    assert not trainer.calls


def test_code_for_bad_input_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["shapes", "--layers", "maxpool2:1", "--code"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("error: layers: 'maxpool2:1': Keras's pools take")


@pytest.mark.parametrize("topic", ["warm", "ship"])
def test_what_finds_nothing_has_no_code(topic: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([topic, "--code"]) == 2
    assert "unrecognized arguments: --code" in capsys.readouterr().err


# --- warm and ship ------------------------------------------------------------------------------


def test_every_run_is_offered_once() -> None:
    wanted = list(every_run())
    assert len({settings for settings, _ in wanted}) == len(wanted)
    live = {settings for settings, images in wanted if images == LIVE.images}
    assert {settings.pad_width for settings in live} == set(range(9))
    assert {settings.seed for settings, _ in wanted} == set(range(10))


def test_warm_trains_what_is_missing_and_lists_what_is_there(
    trainer: Trainer,
    few: list[Run],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    run: Answer,
) -> None:
    monkeypatch.delenv("MNIST_DIR", raising=False)
    listed = run("warm", "--list")
    assert listed["mnist"] is None
    assert [entry["status"] for entry in listed["runs"]] == ["absent", "absent"]
    assert not trainer.calls
    assert main(["warm"]) == 0
    out, err = capsys.readouterr()
    assert [entry["status"] for entry in json.loads(out)["runs"]] == ["finished", "finished"]
    assert err.startswith("MNIST is not on this computer")  # the talk's fresh seeds will miss it
    assert trainer.steps == 4
    listed = run("warm", "--list")
    assert [(entry["images"], entry["images_seen"]) for entry in listed["runs"]] == [
        (1_000, 2_000),
        (2_000, 2_000),
    ]
    assert listed["runs"][0]["source"] == "trained"
    assert listed["runs"][0]["train_size"] == 1_000


def test_warm_trains_nothing_that_is_shipped(
    trainer: Trainer, few: list[Run], mnist_dir: Path, run: Answer
) -> None:
    Folder(runs.SHIPPED).write(SETTINGS, as_shipped(state_at(SETTINGS, 2_000), weights=False))
    answer = run("warm")
    assert [entry["source"] for entry in answer["runs"]] == ["shipped", "shipped"]
    assert answer["mnist"] == data.available()
    assert not trainer.calls


def test_warm_trains_a_sweep_into_a_table(
    trainer: Trainer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    grid = "pad_width=0..2 dataset=digits train_size=1000 batch_size=100"
    path = tmp_path / "table.csv"
    for calls in (3, 3):  # what is kept is not trained again
        assert main(["warm", "--sweep", grid, "--csv", str(path)]) == 0
        assert len(trainer.calls) == calls
    out, err = capsys.readouterr()
    before, after = err.splitlines()
    assert before.startswith("3 runs. To train: about ")
    assert after == "3 runs, all of them here already."
    answer = json.loads(out.splitlines()[-1])
    assert answer["sweep"] == grid
    assert [entry["pad_width"] for entry in answer["runs"]] == [0, 1, 2]
    assert [entry["epochs"] for entry in answer["runs"]] == [1, 1, 1]
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["total"] for row in rows] == [str(entry["total"]) for entry in answer["runs"]]


def test_a_run_of_a_sweep_that_fails_is_a_row(
    trainer: Trainer, capsys: pytest.CaptureFixture[str]
) -> None:
    trainer.error = RunFailed("it did not work out")
    assert main(["warm", "--sweep", "dataset=digits train_size=1000 seed=0,1"]) == 1
    answer = json.loads(capsys.readouterr().out)
    assert [entry["message"] for entry in answer["runs"]] == ["it did not work out"] * 2


def test_a_sweep_without_its_images_ends_at_once(
    trainer: Trainer, capsys: pytest.CaptureFixture[str]
) -> None:
    trainer.error = MissingData("MNIST is not on this computer")
    assert main(["warm", "--sweep", "seed=0..99 train_size=1000"]) == 2
    assert capsys.readouterr().err.endswith("error: MNIST is not on this computer\n")


def test_ship_writes_every_run(trainer: Trainer, few: list[Run], run: Answer) -> None:
    answer = run("ship")
    assert [entry["status"] for entry in answer["runs"]] == ["finished", "finished"]
    state = Folder(runs.SHIPPED).read(SETTINGS)
    assert state is not None
    assert state.images_seen == 2_000


# --- At a terminal ------------------------------------------------------------------------------


@pytest.mark.parametrize(("sign", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_who_is_stopped_ends_in_peace_and_keeps_what_there_is(
    tmp_path: Path, sign: signal.Signals, status: int
) -> None:
    """Real training, at a terminal: a bar moves until Ctrl-C; then no trace, and a kept run."""
    terminal, theirs = pty.openpty()
    words = ["autoencoder", *SMALL, "--epochs", "100", "--device", "cpu"]
    process = subprocess.Popen(
        [sys.executable, "-m", "core", *words],
        cwd=ROOT,
        env=os.environ | {"PADDING_LAB_CACHE": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=theirs,
        # What a shell starts in the background ignores Ctrl-C, and so do its children: tests, too.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    os.close(theirs)
    said, deadline = "", time.monotonic() + 120
    while "2%, 0 of 1 runs" not in said:  # two epochs
        assert select.select([terminal], [], [], max(0, deadline - time.monotonic()))[0], said
        said += os.read(terminal, 4096).decode()
    process.send_signal(sign)
    out, _ = process.communicate(timeout=5)
    said += os.read(terminal, 65_536).decode()
    assert process.returncode == status
    assert out == b""
    assert "Traceback" not in said
    assert "\rStopped. What has been trained is kept." in said.replace("\n", "")
    (kept,) = (tmp_path / "runs").iterdir()
    assert kept.suffix == ".npz"
