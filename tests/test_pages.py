"""Every page runs, shows its figures and survives a hostile link; no browser needed."""

import logging
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core import autoencoder, data
from core.autoencoder import Run, Settings, State, runs
from core.autoencoder.store import Folder, Store
from core.loss import compare
from pages.shared.pair import TICK, pause
from tests.app import click, open_page, words

SMALL = {"dataset": "digits", "train_size": 1000, "images": 5000, "batch_size": 64}


@pytest.fixture(scope="module")
def trained() -> dict[str, autoencoder.Checkpoint]:
    """Both arms of a small experiment on generated digits, trained for real."""
    chosen = Settings(
        dataset="digits", train_size=1000, batch_size=64, learning_rate=3e-3, pad_width=2
    )
    wanted = [Run(arm, 5000) for arm in autoencoder.arms(chosen)]
    views = runs.finish(runs.registry(), wanted)
    return {
        arm: view.state.checkpoints[-1]
        for arm, view in zip(("unpadded", "padded"), views, strict=True)
        if view.state is not None
    }


def test_autoencoder_says_what_the_runs_say(trained: dict[str, autoencoder.Checkpoint]) -> None:
    app = open_page("autoencoder", guess="better", **SMALL)
    assert not app.exception
    assert not app.error
    compared = compare(trained["unpadded"], trained["padded"])
    said = words(app)
    assert f"{trained['unpadded'].per_pixel:.4f}" in said
    assert f"{trained['padded'].total:.1f}" in said
    assert f"{abs(compared.per_pixel):.1%}".replace("%", " %") in said
    assert "generated digits · seed 0 · trained here" in said
    assert "One seed has no spread" in said
    parameters = [cell for cell in app.table[0].value["parameters"] if cell]
    assert parameters == ["320", "9,248", "9,248", "9,248", "289"]
    ours = f"{trained['padded'].train_loss:.4f}"
    assert list(app.table[1].value["padded"])[:4] == ["28,353", "28,353", "0.075", ours]


def test_the_verdict_waits_for_a_guess(trained: dict[str, autoencoder.Checkpoint]) -> None:
    app = open_page("autoencoder", **SMALL)
    assert not app.header
    app.segmented_control(key="guess").set_value("worse").run()
    assert len(app.header) == 1
    assert "You guessed: worse." in words(app)


def test_train_starts_both_arms_and_stop_ends_them() -> None:
    app = open_page("autoencoder", seed=77, **SMALL)
    click(app, "Train")
    assert [button.label for button in app.button if button.label == "Stop"]
    click(app, "Stop")
    chosen = replace(autoencoder.LIVE.settings, dataset="digits", train_size=1000, batch_size=64)
    for arm in autoencoder.arms(replace(chosen, seed=77, pad_width=2)):
        # Nobody watches any more: looking without a name does not keep a run alive.
        while runs.registry().look(arm, 5000).active:
            pass
        assert runs.registry().look(arm, 5000).status in ("absent", "stopped")


@pytest.mark.parametrize(
    ("watchers", "seconds"),
    [(0, 0.5), (1, 0.5), (5, 0.5), (6, 1), (10, 1), (11, 2), (20, 2), (21, 4), (500, 4)],
)
def test_where_many_watch_each_looks_more_rarely(watchers: int, seconds: float) -> None:
    view = runs.View(Settings(), "training", 5_000, watchers=watchers)
    assert pause([view, runs.View(Settings(), "finished", 5_000)], TICK) == seconds


@pytest.mark.parametrize("asked", ["7", "many"])
def test_a_length_that_is_not_offered_is_named(asked: str) -> None:
    app = open_page("autoencoder", images=asked)
    (warning,) = app.warning
    assert warning.value == (
        "The link's images must be one of 5000, 20000, 60000, 120000, 240000, 600000, "
        f"not '{asked}'. Showing 20000."
    )
    assert not open_page("autoencoder", images=5000).warning


@pytest.mark.parametrize(("pays", "word"), [(True, "quicker"), (False, "slower")])
def test_who_asks_for_bf16_is_told_whether_it_pays(
    monkeypatch: pytest.MonkeyPatch, pays: bool, word: str
) -> None:
    monkeypatch.setattr("core.autoencoder.training.bf16_pays", lambda: pays)
    assert f"bf16 is {word} than fp32" in words(open_page("autoencoder", precision="bf16"))
    assert "bf16 is" not in words(open_page("autoencoder"))


def test_a_preset_sets_the_controls() -> None:
    app = open_page("autoencoder")
    click(app, "Grey border")
    assert app.selectbox(key="pad_mode").value == "constant"
    assert app.slider(key="pad_level").value == 0.5


def test_a_link_outside_a_range_is_told_the_range() -> None:
    app = open_page("autoencoder", pad_width=12, pad_mode="mirror", noise_factor="nan", seed="0x1")
    assert not app.exception
    warnings = "\n".join(warning.value for warning in app.warning)
    assert "pad_width must be a whole number from 0 to 8, not '12'. Showing 2." in warnings
    assert "pad_mode must be one of edge, constant, reflect" in warnings
    assert "noise_factor must be a number from 0 to 1, not 'nan'" in warnings
    assert "seed must be a whole number from 0 to 2147483647, not '0x1'" in warnings
    app.slider(key="pad_width").set_value(3).run()
    assert "pad_width" not in "\n".join(warning.value for warning in app.warning)


def test_going_from_preset_to_preset_is_no_fault_of_the_link() -> None:
    app = open_page("autoencoder", pad_width=4)
    click(app, "6 px")
    click(app, "Grey border")
    assert not app.warning


def test_without_mnist_generated_digits_take_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MNIST_DIR", raising=False)
    app = open_page("autoencoder", seed=4242, train_size=1000, images=5000)
    click(app, "Train")
    chosen = replace(autoencoder.LIVE.settings, train_size=1000, seed=4242)
    while runs.registry().look(chosen, 5000).active:
        pass
    app.run()
    (info,) = app.info
    assert info.value.startswith("MNIST is not on this computer and could not be downloaded")
    assert info.value.endswith("So this run uses generated digits.")
    click(app, "Stop")


def test_an_error_in_a_page_is_a_sentence_and_a_log_entry(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("the secret cause")

    monkeypatch.setattr(autoencoder, "arms", fail)
    with caplog.at_level(logging.ERROR):
        app = open_page("autoencoder")
    assert not app.exception
    (error,) = app.error
    assert error.value.startswith("Something went wrong on this page")
    assert "secret cause" not in error.value
    assert "secret cause" in caplog.text


# --- Loss ---------------------------------------------------------------------------------------


@pytest.fixture
def shelf(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Folder]:
    """The only runs that there are: none yet."""
    folder = Folder(tmp_path)
    with closing(runs.Registry(runs.train, Store(folder))) as registry:
        monkeypatch.setattr(runs, "registry", lambda: registry)
        yield folder


def keep(shelf: Folder, settings: Settings, interior: float, border: float) -> None:
    """Put a run on the shelf whose loss is spread evenly over the original pixels and the ring."""
    ring = data.ring(28, 28, settings.pad_width)
    loss_map = np.where(ring, border / max(1, ring.sum()), interior / 784).astype(np.float32)
    # Black towards the edge, as MNIST is.
    entropy_map = np.pad(np.full((20, 20), 45.53 / 400, np.float32), 4 + settings.pad_width)
    sample = np.zeros((1, *ring.shape), np.uint8)
    none = np.empty(0, np.float32)
    checkpoints = tuple(
        autoencoder.Checkpoint(
            *(position, position / settings.train_size, 0.1),
            *(loss_map, loss_map / 10, 1 - loss_map / 10, entropy_map),
            *(sample, sample, sample, None),
        )
        for position in autoencoder.checkpoint_positions(settings, 20_000)
    )
    shelf.write(
        settings, State(20_000, none, none, none, 0.0, 0.0, (), checkpoints, 40.0, "a test")
    )


def live(**changes: Any) -> Settings:
    return autoencoder.canonical(replace(autoencoder.LIVE.settings, **changes))


def test_loss_converts_before_there_are_any_runs(shelf: Folder) -> None:
    app = open_page("loss", guess="0")
    assert not app.exception
    assert not app.error
    assert app.header[0].value == "Per pixel 24.2 % lower, in total 1.1 % lower"
    rows = app.dataframe[0].value
    assert rows["per pixel"][:2].tolist() == [0.099, 0.075]
    assert rows["total"][:2].tolist() == [77.616, 76.8]
    labels = [button.label for button in app.button]
    assert "Train the 6 missing runs" in labels
    assert "Train the 27 missing runs" in labels


def test_loss_says_what_the_runs_say(shelf: Folder) -> None:
    for seed, shift in enumerate((0.0, 0.1, 0.2)):
        keep(shelf, live(seed=seed), 78.4 + shift, 0.0)
        keep(shelf, live(seed=seed, pad_width=2), 78.4 + 2 * shift, 0.1)
        keep(shelf, live(seed=seed, pad_width=2, pad_mode="noise"), 90.0 + shift, 170.0)
    app = open_page("loss", guess="about 0.06")
    assert not app.exception
    assert not app.error
    said = words(app)
    assert "You guessed *about 0.06*: right. The greys alone cost **0.0581**" in said
    assert "58 % of the unpadded loss is a floor, 0.13 % of the padded loss lies on the" in said
    assert "It is **59 %** of the famous 0.099" in said
    assert "T / (28 + 2p)² foretells the loss per pixel to within 0.25 %" in said
    assert "Per pixel: better. On the pixels both arms share: cannot tell" in said
    assert "the explanation holds for 1 of 2 borders" in said
    trials = app.table[0].value
    # 240 greys that can only be guessed, each at 0.65123 nats, on top of the unpadded 78.5.
    assert trials.loc["Noise border", "on the border, predicted"] == "156.29"
    assert trials.loc["Noise border", "per pixel, predicted"] == f"{(78.5 + 156.294) / 1024:.4f}"
    assert trials.loc["Noise border", "off by"] == f"{100 * (260.1 / 234.794 - 1):+.1f} %"
    assert trials["it"].tolist() == ["holds", "fails"]
    whole, shared = app.table[1].value, app.table[2].value
    assert whole["padded is"].tolist() == ["better"] * 4
    assert shared["padded is"].tolist() == ["cannot tell"] * 4


def test_loss_reads_rows_from_the_link_and_refuses_nonsense_beside_them(shelf: Folder) -> None:
    rows = "28,28,,77.616;-3,32,0.1,;32,2.5,0.1,;32,32,nan,;x,32,0.1,;10,10,1e999,;1,1,1,1;,,,,,,9"
    app = open_page("loss", rows=rows, pair="mirror", seeds=99)
    assert not app.exception
    shown = app.dataframe[0].value
    assert shown.loc[0, "per pixel"] == 77.616 / 784
    told = shown["check"].tolist()
    assert told[0] == ""
    assert told[1] == "height must be a whole number from 1 to 1000000, not '-3'"
    assert told[2] == "width must be a whole number from 1 to 1000000, not '2.5'"
    assert told[3] == "one of per_pixel and total must be given, and not both"
    assert told[4] == "height must be given: a whole number from 1 to 1000000"
    assert told[5] == "per_pixel must be a number from 0 to 1e+30, not 'inf'"
    warnings = "\n".join(warning.value for warning in app.warning)
    assert "seeds must be a whole number from 1 to 10, not '99'. Showing 3." in warnings
    assert "The link's pair must be one of" in warnings


def test_loss_trains_what_is_missing_and_stops(shelf: Folder) -> None:
    app = open_page("loss", seeds=1)
    click(app, "Train the 2 missing runs")
    assert any(button.label == "Stop" for button in app.button)
    click(app, "Stop")
    assert "Train the 2 missing runs" in [button.label for button in app.button]
