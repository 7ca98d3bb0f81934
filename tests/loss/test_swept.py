"""Sweeps on the loss page: every run where it belongs, and only what the runs say."""

import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.autoencoder import results, sweep
from core.autoencoder.figures import Figures
from core.autoencoder.results import Kept
from core.autoencoder.store import identity
from core.loss.swept import SHIPPED, At, Swept, Trained, axes, sweeps, swept
from pages.sections.loss.words import sweep_title, sweep_words
from tests.app import open_page, words

GRID = "pad_width=0..2 noise_factor=0.5,0.3 seed=0..2"


def made_up(text: str, there: Callable[[Any], bool] = lambda settings: True) -> Kept:
    """A sweep whose runs lose 80 nats, a tenth for each seed, and 10 for each unit of noise."""
    of = sweep.read(text)
    runs = [of.run(point) for point in of.points() if there(of.run(point).settings)]
    return Kept(
        of,
        {
            run: Figures(
                80 + run.settings.seed / 10 + 10 * run.settings.noise_factor,
                float(run.settings.pad_width),
            )
            for run in runs
        },
    )


# --- The runs -----------------------------------------------------------------------------------


def test_a_sweep_is_drawn_along_all_it_sweeps_but_the_seed() -> None:
    assert axes(sweep.read("noise_factor=0.3,0.5 seed=0..4 pad_width=0..8 depth=2")) == [
        "pad_width",
        "noise_factor",
    ]
    assert axes(sweep.read("seed=0..9")) == []


def test_every_run_stands_at_its_value_with_its_losses() -> None:
    found = swept(made_up(GRID), "pad_width", {"noise_factor": 0.3})
    assert [run.value for run in found.trained] == [0, 0, 0, 1, 1, 1, 2, 2, 2]
    assert [run.arm for run in found.trained[2:4]] == ["unpadded", "padded"]
    assert found.of == 9
    last = found.trained[-1]
    assert last.total == pytest.approx(80.2 + 3 + 2)
    assert last.per_pixel == pytest.approx(last.total / 32**2)
    at = found.along(total=True)[-1]
    assert at[:2] == (2, 3)
    assert at[2:] == pytest.approx((85.1, 85.0, 85.2))


def test_numbers_are_put_in_order_and_words_are_not() -> None:
    found = swept(made_up(GRID), "noise_factor", {"pad_width": 1})
    assert [at.value for at in found.along(total=False)] == [0.3, 0.5]
    assert found.numeric
    modes = swept(made_up("pad_mode=wrap,edge pad_width=2"), "pad_mode", {})
    assert [run.value for run in modes.trained] == ["wrap", "edge"]
    assert not modes.numeric
    assert not swept(made_up("noise_first=true,false pad_width=2"), "noise_first", {}).numeric


def test_what_is_not_here_is_counted_and_not_drawn() -> None:
    kept = made_up(GRID, lambda settings: settings.pad_width != 1)
    found = swept(kept, "pad_width", {"noise_factor": 0.5})
    assert [at.value for at in found.along(total=True)] == [0, 2]
    assert (len(found.trained), found.of) == (6, 9)


def test_the_presets_are_a_sweep_that_comes_with_the_app(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PADDING_LAB_CACHE", str(tmp_path))
    (shipped,) = sweeps()
    assert shipped.sweep.text == SHIPPED
    assert len(shipped.figures) == len(shipped.sweep) == 45


# --- The sentences ------------------------------------------------------------------------------


def along(*means: float, values: Sequence[Any] = range(99)) -> list[At]:
    return [At(value, 3, mean, mean - 1, mean + 1) for value, mean in zip(values, means)]  # noqa: B905


@pytest.mark.parametrize(
    ("per_pixel", "total", "said"),
    [
        (
            along(0.11, 0.08, 0.05),
            along(84.0, 86.0, 85.0),
            "From pad width 0 to 2 the loss per pixel goes from 0.1100 to 0.0500, the total lies "
            "between 84.0 (0) and 86.0 (1)",
        ),
        (
            along(0.1, 0.1, 0.1),
            along(84.01, 84.02, 84.03),
            "From pad width 0 to 2 the loss per pixel stays at 0.1000, the total stays at 84.0",
        ),
        (
            along(0.1),
            along(84.0),
            "With pad width 0 the loss per pixel is 0.1000, the total is 84.0",
        ),
        ([], [], "The losses against the pad width"),
    ],
)
def test_the_title_says_how_the_means_go(per_pixel: Any, total: Any, said: str) -> None:
    assert sweep_title("pad width", per_pixel, total, numeric=True) == said


def test_words_have_no_course() -> None:
    some = along(3.0, 2.0, 1.0, values=("edge", "wrap", "noise"))
    assert sweep_title("pad mode", some, some, numeric=False) == (
        "By pad mode the loss per pixel lies between 1.0000 (noise) and 3.0000 (edge), the total "
        "lies between 1.0 (noise) and 3.0 (edge)"
    )
    two = along(1.0, 2.0, values=(False, True))
    assert "(false) and 2.0 (true)" in sweep_title("noise first", two, two, numeric=False)


@given(st.lists(st.floats(1, 999), min_size=1, max_size=6))
def test_no_title_says_that_means_go_one_way_where_they_do_not(means: list[float]) -> None:
    said = sweep_title("depth", along(*means), along(*means), numeric=True)
    if "goes from" in said:
        assert means in (sorted(means), sorted(means, reverse=True))
        assert f"{means[0]:.4f} to {means[-1]:.4f}" in said
    if between := re.search(r"total lies between ([\d.]+) .* and ([\d.]+) \(\d+\)$", said):
        assert [f"{min(means):.1f}", f"{max(means):.1f}"] == [*between.groups()]


def runs(*losses: Sequence[float], setting: str = "pad_width", missing: int = 0) -> Swept:
    """Runs with these losses in total, at a value after the other."""
    trained = tuple(
        Trained(value, seed, value, loss / 784, loss)
        for value, some in enumerate(losses)
        for seed, loss in enumerate(some)
    )
    return Swept(setting, "live", trained, len(trained) + missing)


def test_the_words_count_seeds_and_what_is_missing() -> None:
    said = sweep_words(runs([99.0, 101.0], [100.0, 100.0]), {})
    assert "over 2 seeds, whose losses are at most 2 % apart." in said
    assert "divided by (28 + 2p)²" in said
    assert "runs are here" not in said
    said = sweep_words(runs([99.0, 101.0], [100.0], setting="depth", missing=1), {"seed": "3"})
    assert said.startswith("Drawn are the runs with seed 3. Each dot is a run;")
    assert "over 1 to 2 seeds" in said
    assert "(28 + 2p)²" not in said
    assert "3 of 4 runs are here" in said
    assert "how far seeds are apart, it cannot say" in sweep_words(runs([1.0], [2.0]), {})
    none = sweep_words(runs(missing=9), {"depth": "3", "noise first": "true"})
    assert none == "None of its 9 runs with depth 3 and noise first true is here yet."


# --- The page -----------------------------------------------------------------------------------


@pytest.fixture
def keep(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[Kept], None]:
    """Keep a made-up sweep as the command line does."""
    monkeypatch.setenv("PADDING_LAB_CACHE", str(tmp_path))

    def write(kept: Kept) -> None:
        results.folder().mkdir(exist_ok=True)
        rows = [[identity(run.settings), run.images, *f] for run, f in kept.figures.items()]
        told = {"sweep": kept.sweep.text, "preset": kept.sweep.preset, "runs": rows}
        path = results.folder() / f"{len(list(results.folder().iterdir()))}.json"
        path.write_text(json.dumps(told))

    return write


def test_the_page_draws_what_comes_with_it(keep: Callable[[Kept], None]) -> None:
    app = open_page("loss", guess="0", open_sweeps="true", open="")
    assert not app.exception
    said = words(app)
    assert re.search(r"From pad width 0 to 8 the loss per pixel goes from 0\.1\d+ to 0\.04", said)
    assert "over 5 seeds" in said
    assert app.code[0].value.startswith("python -m core warm --sweep")
    assert not [box for box in app.selectbox if box.key in ("sweep", "along")]


def test_the_page_draws_a_sweep_that_is_there(keep: Callable[[Kept], None]) -> None:
    keep(made_up(GRID, lambda settings: settings.seed < 2))
    app = open_page("loss", guess="0", sweep=GRID, open="")
    assert not app.exception
    assert not app.warning
    said = words(app)
    assert "From pad width 0 to 2 the loss per pixel goes from 0.1085 to 0.0850" in said
    assert "the total goes from 85.0 to 87.0" in said
    assert "6 of 9 runs are here" in said
    app.selectbox(key="sweep_noise_factor").set_value("0.3").run()
    assert "the total goes from 83.0 to 85.0" in words(app)
    app.selectbox(key="along").set_value("noise factor").run()
    assert "From noise factor 0.3 to 0.5 the loss per pixel" in words(app)
    app.selectbox(key="sweep").set_value(SHIPPED).run()
    assert not app.exception
    assert "From pad width 0 to 8" in words(app)


def test_a_link_to_a_sweep_that_is_not_here_says_so(keep: Callable[[Kept], None]) -> None:
    keep(made_up("pad_mode=edge,wrap pad_width=2 seed=0,1"))
    app = open_page("loss", guess="0", sweep="depth=1..4", along="x", open="")
    assert not app.exception
    assert "By pad mode the loss per pixel stays at" in words(app)
    assert any("The link's sweep must be one of" in warning.value for warning in app.warning)
