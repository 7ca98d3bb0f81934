"""The page on the probe: what it says is what the science says, and every setting is a link."""

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.shift_probe import Network, Settings, train
from core.shift_probe.code import program
from tests.app import click, open_page


def probe_page(**query: object) -> AppTest:
    app = open_page("shift_probe", timeout=120, **query)
    assert not app.exception
    return app


def words(app: AppTest) -> str:
    parts = [*app.header, *app.subheader, *app.markdown, *app.caption]
    return "\n".join(str(part.value) for part in parts)


def test_the_answer_waits_for_a_guess() -> None:
    app = probe_page()
    assert [header.value for header in app.header] == ["Before training", "Sources"]
    app.segmented_control(key="guess").set_value("no, it cannot").run()
    said = words(app)
    assert app.header[0].value.startswith("Yes: after 16 steps it tells the upper left corner")
    assert "You guessed *no, it cannot*." in said
    assert "5 of the 9 weights touch other positions and never the target" in said
    assert "9 classes of positions" in said
    assert "4 of the 9 weights touch the target" in said
    assert "4 of 4 are positive, as in the article's figure, and 5 of the 5 others negative" in said
    assert "The output moves with the image" in said
    assert "The margin, the smallest size of a score for weights of length 1, is **0.482**" in said
    assert "Training agrees: it is perfect after 16 steps." in said
    assert "2 of 13 are safe: same with circular and full with zeros" in said
    assert "On a large image one layer shows the border 1 px deep, five layers 5 px" in said
    paddings, depths, published = (table.value for table in app.table)
    assert list(paddings["leaks"]).count("no") == 2
    assert list(depths.loc["same, reflect"]) == ["2", "3", "4", "5", "6"]
    assert depths.loc["full, zeros, with biases and ReLUs", "3 layers"] == "≥ 4"
    assert list(published.loc["same"])[:2] == ["99.8 %", "8.4 %"]


def test_a_percent_sign_stays_beside_its_number() -> None:
    said = words(probe_page(guess="perfectly"))
    assert "it classifies 100\u00a0% of them rightly" in said


def test_no_part_opens_on_nothing() -> None:
    """With several layers there are paths, and no weights that touch or do not."""
    assert "**Which weights touch the target?**" in [
        fold.label for fold in probe_page(guess="perfectly").expander
    ]
    deep = probe_page(layers=2)
    assert "**Which weights touch the target?**" not in [fold.label for fold in deep.expander]


def test_a_step_shows_the_network_at_that_step() -> None:
    app = probe_page(guess="perfectly")
    run = train(Network(Settings()))
    for step in (16, 0, 7):
        app.slider(key="step").set_value(step).run()
        snapshot = run.history[step]
        said = words(app)
        assert f"Step {step} of 16" in said
        assert f"loss {snapshot.loss:.3f} nats" in said
        assert f"sum **{snapshot.scores[5, 5]:+.2f}**".replace("-", "−") in said
    click(app, "Rewind")
    assert "Step 0 of 16" in words(app)
    click(app, "Forward")
    assert app.slider(key="step").value == 1
    app.number_input(key="seed").set_value(1).run()
    other = train(Network(Settings(seed=1)))
    assert f"Step {other.steps} of {other.steps}" in words(app)  # a new run is shown finished


# In a class of its own, and yet a mixture of others.
MIXTURE = {"kernel": 2, "padding_mode": "partial", "target_row": 9, "target_col": 9}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"padding": "full"}, "No: on this image every position always has the same score"),
        ({"padding_mode": "circular"}, "Proved: no weights single out the target"),
        ({"target_row": 5, "target_col": 5}, "63 other positions always get its score"),
        ({**MIXTURE}, "Not this position: no kernel singles it out"),
        ({**MIXTURE, "seed": 1}, "the amounts are positive, so the target cannot be above zero"),
        (
            {"size": 3, "kernel": 2, "layers": 2, "padding_mode": "replicate", "target_col": 1},
            "no proof that there are none",
        ),
        (
            {"size": 3, "kernel": 2, "layers": 2, "padding": "valid", "target_col": 1},
            "only a corner can be singled out",
        ),
        (
            {"size": 3, "kernel": 4, "padding": "full", "padding_mode": "circular"},
            "is too small to show it: all its positions are alike",
        ),
        (
            {"size": 3, "kernel": 3, "padding": "valid"},
            "each by another weight of the kernel",
        ),
        (
            {"layers": 2, "padding": "valid"},
            "On a large image one layer shows the border 2 px deep, five layers 10",
        ),
        ({"kernel": 1}, "every padding is safe"),
    ],
)
def test_a_link_with_settings_opens_on_their_finding(
    query: dict[str, object], expected: str
) -> None:
    app = probe_page(**query)
    assert not app.error
    assert expected in words(app)


def test_a_link_outside_a_range_is_told_the_range() -> None:
    app = probe_page(size=99, target_row=10, padding="wide", bias="perhaps")
    warnings = "\n".join(warning.value for warning in app.warning)
    assert "size must be a whole number from 3 to 32, not '99'" in warnings
    assert "target_row must be a whole number from 0 to 9, not '10'" in warnings
    assert "padding must be one of same, valid, full" in warnings
    assert "bias must be true or false" in warnings


def test_what_does_not_fit_is_said_below_the_controls() -> None:
    app = probe_page(size=3, kernel=7, padding_mode="reflect")
    said = app.error[0].value.replace("\\", "")  # escaped, as all words from outside
    assert "reflect padding of 3 on an input of 3: expected at most 2" in said
    app.segmented_control(key="padding_mode").set_value("zeros").run()
    assert not app.error


def test_a_smaller_image_keeps_the_target_inside() -> None:
    app = probe_page(target_row=9, target_col=4)
    app.slider(key="size").set_value(5).run()
    assert not app.exception
    assert not app.error
    assert (app.number_input(key="target_row").value, app.number_input(key="target_col").value) == (
        4,
        4,
    )


def test_torch_agrees_with_the_scores() -> None:
    app = probe_page(padding_mode="partial", layers=2)
    click(app, "Check the trained scores in PyTorch")
    (said,) = (m.value for m in app.markdown if "largest difference" in m.value)
    assert float(said.split()[-1].rstrip(".")) < 1e-9


def test_the_code_to_take_away_runs_this_experiment() -> None:
    app = probe_page(guess="perfectly", padding_mode="symmetric", bias="true")
    code = program(Settings(padding_mode="symmetric", bias=True))
    assert app.code[-1].value.rstrip() == code.rstrip()


def test_the_readout_runs_when_asked() -> None:
    app = probe_page(guess="perfectly")
    click(app, "Read the position out")
    (table,) = (t.value for t in app.table if "8 layers" in t.value)
    r2 = {
        name: float(cell.split()[0].replace("−", "-")) for name, cell in table["8 layers"].items()
    }
    assert r2["zeros"] > 0.2
    assert np.abs([r2[name] for name in ("valid", "reflect", "replicate", "circular")]).max() < 0.05


def test_red_and_green_train_when_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.shift_probe.red_green.STEPS", 2)  # the science has its own tests
    app = probe_page(guess="perfectly", margin=3)
    app.segmented_control(key="_seeds").set_value(1).run()
    click(app, "Train 4 paddings on 1 seed")
    (table,) = (t.value for t in app.table if "similar, here" in t.value)
    assert all(cell.endswith(" %") for cell in table["dissimilar, here"])
    assert "On swapped places" in words(app)


def test_a_guess_plays_the_training_from_its_start() -> None:
    app = probe_page()
    app.segmented_control(key="guess").set_value("perfectly").run()
    assert "Step 0 of 16, random weights" in words(app)
    app.run()  # as the clock does
    assert "Step 1 of 16" in words(app)


def test_a_guess_that_is_taken_back_plays_nothing() -> None:
    app = probe_page()
    app.segmented_control(key="guess").set_value("perfectly").run()
    app.segmented_control(key="guess").set_value(None).run()
    assert "_play" not in app.session_state
