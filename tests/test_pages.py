"""Every page runs, shows its figures and survives a hostile link; no browser needed."""

import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core import autoencoder, runs
from core.autoencoder import Preset, Settings
from core.loss import compare

Open = Callable[..., AppTest]


@pytest.fixture
def visit() -> Open:
    """Open a page with query parameters."""

    def run(topic: str, **parameters: Any) -> AppTest:
        app = AppTest.from_file("../streamlit_app.py", default_timeout=60)
        app.switch_page(f"pages/{topic}.py")
        for name, value in parameters.items():
            app.query_params[name] = str(value)
        return app.run()

    return run


def words(app: AppTest) -> str:
    parts = [*app.title, *app.header, *app.subheader, *app.markdown, *app.caption]
    return "\n".join(str(part.value) for part in parts)


SMALL = {"dataset": "digits", "train_size": 1000, "images": 5000, "batch_size": 64}


@pytest.fixture(scope="module")
def trained() -> dict[str, autoencoder.Checkpoint]:
    """Both arms of a small experiment on generated digits, trained for real."""
    chosen = Settings(
        dataset="digits", train_size=1000, batch_size=64, learning_rate=3e-3, pad_width=2
    )
    wanted = [Preset(arm, 5000) for arm in autoencoder.arms(chosen)]
    views = runs.finish(runs.registry(), wanted)
    return {
        arm: view.state.checkpoints[-1]
        for arm, view in zip(("unpadded", "padded"), views, strict=True)
        if view.state is not None
    }


def test_autoencoder_says_what_the_runs_say(
    visit: Open, trained: dict[str, autoencoder.Checkpoint]
) -> None:
    app = visit("autoencoder", guess="better", **SMALL)
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


def test_the_verdict_waits_for_a_guess(
    visit: Open, trained: dict[str, autoencoder.Checkpoint]
) -> None:
    app = visit("autoencoder", **SMALL)
    assert not app.header
    app.segmented_control(key="guess").set_value("worse").run()
    assert len(app.header) == 1
    assert "You guessed: worse." in words(app)


def test_train_starts_both_arms_and_stop_ends_them(visit: Open) -> None:
    app = visit("autoencoder", seed=77, **SMALL)
    click(app, "Train")
    assert [button.label for button in app.button if button.label == "Stop"]
    click(app, "Stop")
    chosen = replace(autoencoder.LIVE.settings, dataset="digits", train_size=1000, batch_size=64)
    for arm in autoencoder.arms(replace(chosen, seed=77, pad_width=2)):
        # Nobody watches any more: looking without a name does not keep a run alive.
        while runs.registry().look(arm, 5000).active:
            pass
        assert runs.registry().look(arm, 5000).status in ("absent", "stopped")


def click(app: AppTest, label: str) -> None:
    next(button for button in app.button if button.label == label).click().run()


def test_a_preset_sets_the_controls(visit: Open) -> None:
    app = visit("autoencoder")
    click(app, "Grey border")
    assert app.selectbox(key="pad_mode").value == "constant"
    assert app.slider(key="pad_level").value == 0.5


def test_a_link_outside_a_range_is_told_the_range(visit: Open) -> None:
    app = visit("autoencoder", pad_width=12, pad_mode="mirror", noise_factor="nan", seed="0x1")
    assert not app.exception
    warnings = "\n".join(warning.value for warning in app.warning)
    assert "pad_width must be a whole number from 0 to 8, not '12'. Showing 2." in warnings
    assert "pad_mode must be one of edge, constant, reflect" in warnings
    assert "noise_factor must be a number from 0 to 1, not 'nan'" in warnings
    assert "seed must be a whole number from 0 to 2147483647, not '0x1'" in warnings
    app.run()
    assert not app.warning


def test_without_mnist_generated_digits_take_its_place(
    visit: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MNIST_DIR", raising=False)
    app = visit("autoencoder", seed=4242, train_size=1000, images=5000)
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
    visit: Open, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("the secret cause")

    monkeypatch.setattr(autoencoder, "arms", fail)
    with caplog.at_level(logging.ERROR):
        app = visit("autoencoder")
    assert not app.exception
    (error,) = app.error
    assert error.value.startswith("Something went wrong on this page")
    assert "secret cause" not in error.value
    assert "secret cause" in caplog.text
