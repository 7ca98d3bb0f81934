"""The autoencoder page: what it shows, says and does, as far as that needs no browser."""

import logging
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core import autoencoder, loss
from core.autoencoder import Run, Settings, runs
from core.autoencoder.process import Process
from core.autoencoder.store import Folder, Store
from pages.sections.autoencoder.finding import headline, moved, nats
from pages.shared.verdict import sentence, weigh
from tests.app import button, click, errors, open_page, words
from tests.made_up import keep, live
from tests.stand_in import Trainer, until, until_idle

SMALL: dict[str, Any] = {"dataset": "digits", "train_size": 5000, "images": 5000, "batch_size": 64}

CHOSEN = replace(
    autoencoder.LIVE.settings, dataset="digits", train_size=5000, batch_size=64, pad_width=2
)


@pytest.fixture(scope="module")
def trained() -> dict[str, autoencoder.Checkpoint]:
    """Both arms of a small experiment on generated digits, trained for real."""
    wanted = [Run(arm, 5000) for arm in autoencoder.arms(CHOSEN)]
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
    parts = loss.split_of(trained["unpadded"], trained["padded"])
    assert app.header[0].value == headline(parts)
    said = words(app)
    assert "In this run (seed 0, 5,000 images) the loss per pixel " + moved(parts.per_pixel) in said
    assert f"{trained['unpadded'].per_pixel:.4f}" in said
    assert f"to {nats(trained['padded'].interior)} an image" in said
    assert "generated digits · seed 0 · trained here" in said
    assert "1 of 5 pre-set seeds is here" in said
    assert "this run, seed 0, is one of them" in said
    assert "A seed fixes the initial weights" in said
    assert "A nat is the unit of" in said
    assert parameters(said) == ["320", "9,248", "9,248", "9,248", "289"]
    ours = f"{trained['padded'].train_loss:.4f}"
    assert list(app.table[0].value["padded"])[:4] == ["28,353", "28,353", "0.075", ours]


def parameters(said: str) -> list[str]:
    """Of each layer that has any, as the table says."""
    rows = [line.split(" | ") for line in said.splitlines() if line.startswith("| ")]
    return [row[-1].strip(" |") for row in rows[1:] if row[-1].strip(" |") not in ("", "---")]


def test_the_verdict_waits_for_a_guess(trained: dict[str, autoencoder.Checkpoint]) -> None:
    app = open_page("autoencoder", **SMALL)
    assert [header.value for header in app.header] == ["Sources"]
    app.segmented_control(key="guess").set_value("worse").run()
    assert app.header
    assert "You guessed *worse*: this run " in words(app)


def test_another_depth_says_what_it_does_to_the_sizes_before_it_is_trained() -> None:
    app = open_page("autoencoder", guess="worse", depth=3, channels=8, seed=78, **SMALL)
    assert not app.exception
    assert not app.warning
    said = words(app)
    assert "28 is not divisible by 8" in said
    assert "32 is divisible by 8" in said
    assert "3,073 parameters instead of 28,353" in said
    assert "\n| Crop |" in said


def until_still(*arms: Settings, images: int) -> None:
    """Wait until these runs train no more. Looking without a name keeps none of them alive."""
    until(lambda: not any(runs.registry().look(arm, images).active for arm in arms), 300)


def test_train_starts_both_arms_and_stop_ends_them() -> None:
    app = open_page("autoencoder", seed=76, **SMALL)
    click(app, "Train")
    assert [button.label for button in app.button if button.label == "Stop"]
    click(app, "Stop")
    arms = autoencoder.arms(replace(CHOSEN, seed=76))
    until_still(*arms, images=5000)
    for arm in arms:
        assert runs.registry().look(arm, 5000).status in ("absent", "stopped")


# --- Seeds --------------------------------------------------------------------------------------


CHANGES = (0.02, 0.03, 0.025, 0.018, 0.031, 0.022, 0.027, 0.024, 0.029, 0.021)


def put(shelf: Folder, seed: int, change: float, **changes: int) -> None:
    """Both arms of the question as asked, the shared pixels' loss changed by `change`."""
    unpadded = 80.0 + 0.1 * seed
    keep(shelf, live(seed=seed, **changes), unpadded, 0.0)
    keep(shelf, live(seed=seed, pad_width=2, **changes), unpadded * (1 + change), 0.1)


def seeds_drawn(app: AppTest) -> str:
    """What stands below the picture of the seeds."""
    captions = [caption.value for caption in app.caption if caption.value.startswith("Dots: ")]
    return str(captions[0])  # the controls at the page's end have theirs


def test_visitors_seeds_are_shown_and_never_judged(shelf: Folder) -> None:
    for seed, change in enumerate(CHANGES):
        put(shelf, seed, change)
    judged = sentence(weigh(dict(enumerate(CHANGES)), range(10)))
    before = open_page("autoencoder", guess="worse")
    assert judged in words(before)
    assert "the padded network is worse" in words(before)
    assert "hollow" not in seeds_drawn(before)
    put(shelf, 10, -0.5)
    put(shelf, 11, -0.4)
    after = open_page("autoencoder", guess="worse", seed=11)
    assert judged in words(after)
    assert "this run, seed 11, is not one of them" in words(after)
    assert "hollow" in seeds_drawn(after)


def test_nothing_is_judged_before_all_seeds_are_there(shelf: Folder) -> None:
    for seed, change in enumerate(CHANGES[:4]):
        put(shelf, seed, change)
    app = open_page("autoencoder", guess="worse")
    said = words(app)
    assert "4 of 10 pre-set seeds are here" in said
    assert "changes by +1.8 % to +3.0 %" in said
    assert "the padded network is" not in said
    assert "Train pre-set seed 4" in [button.label for button in app.button]


def test_a_fresh_seed_is_none_that_is_judged_and_none_that_is_there(shelf: Folder) -> None:
    put(shelf, 0, 0.02)
    put(shelf, 10, 0.02)
    app = open_page("autoencoder", guess="worse")
    click(app, "Train with a fresh seed")
    assert app.number_input(key="seed").value == 11
    click(app, "Stop")
    again = open_page("autoencoder", guess="worse")
    click(again, "Train pre-set seed 1")
    assert again.number_input(key="seed").value == 1
    click(again, "Stop")


def test_without_padding_there_is_nothing_to_judge(shelf: Folder) -> None:
    keep(shelf, live(), 80.0, 0.0)
    app = open_page("autoencoder", guess="worse", pad_width=0)
    assert not app.exception
    assert app.header[0].value == "Nothing is padded, so there is nothing to explain"
    said = words(app)
    assert "one and the same run (seed 0, 20,000 images)" in said
    assert "pre-set seeds" not in said
    assert "border holds" not in said
    assert "two image sizes" not in said


def test_the_post_and_this_run_are_told_apart(shelf: Folder) -> None:
    put(shelf, 0, 0.02)
    app = open_page("autoencoder", guess="worse")
    assert app.title[0].value == (
        "A post pads MNIST by 2 pixels, and its loss falls 24.2 %. Is the network better?"
    )
    assert app.header[0].value.startswith("In this run the loss per pixel fell by 21.8 %")
    assert "25 %" not in words(app)


def test_a_length_that_is_not_what_was_asked_has_its_reason() -> None:
    said = words(open_page("autoencoder", images=5000))
    assert (
        "no batch of 32 is split, so the run ends with the batch that reaches them, at 5,024"
        in said
    )
    assert "Asked for" not in words(open_page("autoencoder"))


# --- Looking ------------------------------------------------------------------------------------


@pytest.mark.parametrize("asked", ["7", "many"])
def test_a_length_that_is_not_offered_is_named(asked: str) -> None:
    app = open_page("autoencoder", images=asked)
    (warning,) = app.warning
    assert warning.value == (
        "The link's images must be one of 5000, 20000, 60000, 120000, 240000, 600000, "
        f"not '{asked}'. Showing 20000."
    )
    assert not open_page("autoencoder", images=5000).warning


@pytest.mark.parametrize(
    ("pays", "said"),
    [
        (True, "bf16 is quicker than fp32"),
        (False, "bf16 is slower than fp32"),
        (None, "Whether bf16 pays on this server's processor could not be tried"),
    ],
)
def test_who_asks_for_bf16_is_told_whether_it_pays(
    monkeypatch: pytest.MonkeyPatch, pays: bool | None, said: str
) -> None:
    monkeypatch.setattr(Process, "bf16_pays", lambda process: pays)
    assert said in words(open_page("autoencoder", precision="bf16"))
    assert "bf16 is" not in words(open_page("autoencoder"))


def test_a_preset_sets_the_controls() -> None:
    app = open_page("autoencoder")
    click(app, "Grey border")
    assert app.segmented_control(key="pad_mode").value == "constant"
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
    runs.process().close()  # the next one starts with what is set here
    app = open_page("autoencoder", seed=4242, train_size=1000, images=5000)
    click(app, "Train")
    until(lambda: len(app.run().info) == 1, 300)
    (info,) = app.info
    assert info.value.startswith("MNIST is not on this computer and could not be downloaded")
    assert info.value.endswith("So this run uses generated digits.")
    click(app, "Stop")
    until(lambda: "Stop" not in [button.label for button in app.run().button], 300)
    assert {"Train", "Continue"} & {button.label for button in app.button}
    runs.process().close()


def test_an_error_in_a_page_is_a_sentence_and_a_log_entry(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("the secret cause")

    monkeypatch.setattr(runs, "registry", fail)
    with caplog.at_level(logging.ERROR):
        app = open_page("autoencoder")
    assert not app.exception
    (error,) = app.error
    assert error.value.startswith("Something went wrong on this page")
    assert "secret cause" not in error.value
    assert "secret cause" in caplog.text


def test_a_run_that_costs_too_much_is_for_home(shelf: Folder) -> None:
    asked = {"train_size": 60_000, "images": 600_000, "batch_size": 8, "pad_width": 8}
    app = open_page("autoencoder", guess="worse", **asked)
    assert not errors(app)
    assert "a core busy for about" in words(app)
    assert not [one.label for one in app.button if one.label.startswith(("Train", "Continue"))]
    (commands,) = (one.value for one in app.code if "python -m core autoencoder" in one.value)
    assert commands.splitlines()[1] == (
        "python -m core autoencoder --pad-width 8 --batch-size 8 --learning-rate 0.003"
    )


def test_an_error_is_text_and_names_no_folder(
    shelf: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    trainer = Trainer()
    trainer.error = RuntimeError("www.evil.example <b> in /srv/secret/file")
    registry = runs.Registry(trainer, Store(shelf))
    monkeypatch.setattr(runs, "registry", lambda: registry)
    app = open_page("autoencoder", guess="worse")
    click(app, "Train")
    until_idle()
    (said,) = errors(app.run())
    assert "www." not in said
    assert "secret" not in said
    assert "file" in said


OTHER_SERVER = """
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from core.autoencoder import LIVE, Run, runs
from core.autoencoder.store import Folder, Store

padded = replace(
    LIVE.settings, dataset="digits", train_size=5_000, batch_size=64, pad_width=2, seed=81
)
with closing(runs.Registry(runs.train, Store(Folder(Path(sys.argv[1]))))) as registry:
    runs.finish(registry, Run(padded, 5_000).arms)
"""


def test_what_another_server_has_trained_is_shown_without_a_restart(shelf: Folder) -> None:
    app = open_page("autoencoder", guess="better", seed=81, **SMALL)
    assert button(app, "Train")  # nothing is there yet, and the page has seen that
    subprocess.run(
        [sys.executable, "-c", OTHER_SERVER, str(shelf.path)],
        cwd=Path(__file__).parents[2],
        check=True,
        timeout=120,
    )
    app.run()
    assert not errors(app)
    assert words(app).count("seed 81 · from this server's cache") == 2
    assert app.header[0].value.startswith("In this run the loss per pixel fell by ")
