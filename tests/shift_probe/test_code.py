"""The program to copy runs under every padding, and prints the very run that the page shows."""

from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.layers import PADDING_MODES, PADDINGS
from core.shift_probe import Network, Settings, train
from core.shift_probe.code import program
from tests.copied import run

EXPERIMENTS = [
    *[Settings(size=7, padding=p, padding_mode=m) for p in PADDINGS for m in PADDING_MODES],
    *[Settings(size=6, kernel=2, layers=2, padding_mode=m, seed=1) for m in PADDING_MODES],
    Settings(size=8, layers=2, bias=True, target=(0, 3)),
    Settings(size=5, padding="full", bias=True),
    Settings(size=3, kernel=2, layers=2, padding="valid", target=(0, 1)),
    Settings(size=5, kernel=1, target=(4, 4)),
    Settings(size=9, layers=3, padding="valid", target=(8, 8), seed=3),
]


def name(settings: Settings) -> str:
    return "-".join(str(getattr(settings, field.name)) for field in fields(settings))


@pytest.mark.parametrize("settings", EXPERIMENTS, ids=name)
def test_it_takes_our_steps(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    ours = train(Network(settings))
    theirs: dict[str, Any] = {}
    exec(compile(program(settings), "copied", "exec"), theirs)
    assert theirs["steps"] == ours.steps
    weights = theirs["weights"].numpy()
    kernels = ours.final.kernels.ravel()
    np.testing.assert_allclose(weights[: kernels.size], kernels, rtol=1e-6, atol=1e-8)
    scores = theirs["found"].numpy().reshape(settings.size, settings.size)
    np.testing.assert_allclose(scores, ours.final.scores, rtol=1e-6, atol=1e-8)
    *_, counts, answer = capsys.readouterr().out.splitlines()
    classes = Network(settings).distinct_scores
    assert counts == f"{ours.steps} steps, {classes} different scores"
    assert answer == f"{ours.final.accuracy:.2%} of the positions are answered rightly"
    if settings.bias:
        assert weights[-1] / Network(settings).outputs == pytest.approx(ours.final.bias)


def test_it_runs_by_itself(tmp_path: Path) -> None:
    *_, counts, answer = run(program(Settings()), tmp_path)
    assert counts == "16 steps, 9 different scores"
    assert answer == "100.00% of the positions are answered rightly"


@pytest.mark.parametrize("field", [field.name for field in fields(Settings)])
def test_every_setting_changes_the_program(field: str) -> None:
    other: dict[str, Any] = {
        "size": 11,
        "kernel": 5,
        "layers": 2,
        "padding": "full",
        "padding_mode": "reflect",
        "bias": True,
        "target": (1, 2),
        "seed": 9,
    }
    assert program(replace(Settings(), **{field: other[field]})) != program(Settings())


@pytest.mark.parametrize("settings", EXPERIMENTS, ids=name)
def test_lines_fit_a_slide(settings: Settings) -> None:
    assert max(map(len, program(settings).splitlines())) <= 100
