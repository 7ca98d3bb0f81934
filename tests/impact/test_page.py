"""The page on impact: its maps' words, its presets, its links, and what it does without torch."""

import io
import sys
from functools import partial
from typing import Any

import numpy as np
import pytest
from PIL import Image

from core.autoencoder.store import Folder
from core.impact import impact
from core.layers import parse_stack
from tests.app import click, errors, open_page, words

impact_page = partial(open_page, "impact")

FIVE = " ".join(["conv3"] * 5)
FIVE_SAME = " ".join(["conv3:same"] * 5)


def test_it_opens_on_the_figures_and_keeps_the_deep_ones() -> None:
    app = impact_page()
    assert not errors(app)
    assert "10 × 10: corner 4, centre 9" in words(app)
    assert "59,049" not in words(app)
    assert [header.value for header in app.header] == ["Sources"]


def test_a_guess_brings_the_articles_numbers() -> None:
    app = impact_page()
    app.segmented_control(key="guess").set_value("243").run()
    assert not errors(app)
    said = words(app)
    assert "The centre counts 59,049 times as much as a corner" in said
    assert "40 % of the pixels count less than a tenth" in said
    assert "corner keeps 15.6 % of the centre's paths, and 14 % of the pixels" in said
    # What is compared below are the stacks of the question.
    assert list(app.table[0].value["left"])[:3] == ["59,049", "9,216", "15.6 %"]
    assert list(app.table[0].value["right"])[:3] == ["59,049", "1", "0.00169 %"]


def test_one_layer_lies_under_the_microscope_whatever_the_stacks() -> None:
    asked: list[dict[str, Any]] = [{"guess": 243}, {"layers": "up2", "against": "maxpool2"}]
    for link in (*asked, {"layers": "conv16:same", "against": "conv16:same"}):
        app = impact_page(size=28, **link)
        assert not errors(app)
        assert "**One layer under the microscope.**" in words(app)
    assert "at most 12 can be told apart" in words(app)


def test_deeper_stacks_show_reach_beside_paths() -> None:
    app = impact_page(size=28, layers=FIVE_SAME, against=FIVE, row=14, column=14)
    assert not errors(app)
    assert "Pixel (14, 14): **59,049** paths lead to **121** of 28 × 28 outputs" in words(app)
    assert list(app.table[0].value["left"])[:3] == ["59,049", "9,216", "15.6 %"]


@pytest.mark.parametrize(
    ("preset", "said"),
    [
        ("Five layers, 28 × 28", "A corner counts 15.6 % of the centre"),
        ("Stride 2: PyTorch, TensorFlow", "more paths above than below"),
        ("ResNet's strides: 224, 225", "**15.5 % more paths above than below**"),
        ("Uniform, and yet", "The top left pixel meets only 4 of the kernel's 9 weights"),
        ("Second ring", "**A corner counts"),
        ("Fifty layers, 224 × 224", "A corner counts"),
    ],
)
def test_each_preset_is_one_click(preset: str, said: str) -> None:
    app = impact_page(guess=9)
    click(app, preset)
    assert not errors(app)
    assert said in words(app)


def test_a_hover_shows_more_digits_than_a_browser_s_number_holds() -> None:
    stack = " ".join(["conv3:same"] * 20)
    app = impact_page(size=20, layers=stack)
    largest = f"{impact(parse_stack(stack), 20, 20).maximum:,}"
    assert len(largest) > 20
    charts = app.get("vega_lite_chart")
    assert any(largest.encode() in chart.proto.data.data for chart in charts)


@pytest.mark.parametrize("amount", ["share", "paths"])
@pytest.mark.parametrize("scale", ["linear", "log"])
def test_every_amount_on_every_scale(amount: str, scale: str) -> None:
    app = impact_page(layers="conv64s64:same " * 40, against="conv2s3", amount=amount, scale=scale)
    assert not errors(app)


@pytest.mark.parametrize("layers", ["conv", "💥" * 1_000, "conv64", "up64 up64 up64", " "])
@pytest.mark.parametrize(("field", "stays"), [("layers", "right"), ("against", "left")])
def test_a_bad_stack_is_explained_and_the_other_stays(layers: str, field: str, stays: str) -> None:
    app = impact_page(guess=9)
    app.text_input(key=field).set_value(layers).run()
    assert len(errors(app)) == 1
    assert errors(app)[0].startswith("layers")
    assert list(app.table[0].value.columns) == [stays]


def test_paths_beyond_a_float_are_still_counted() -> None:
    app = impact_page(size=256, layers="conv64:same " * 100, amount="paths", scale="log")
    assert not errors(app)
    assert "outgrow the colour scale" in words(app)
    assert "× 10³" in app.table[0].value["left"].iloc[0]


def test_a_picture_takes_the_digits_place_and_anything_else_is_refused() -> None:
    app = impact_page(size=28, layers=FIVE_SAME, against=FIVE)
    corner = np.zeros((56, 56), np.uint8)
    corner[:6:2, :6] = 255
    file = io.BytesIO()
    Image.fromarray(corner).save(file, "PNG")
    app.file_uploader(key="own").set_value(("p.png", file.getvalue(), "image/png")).run()
    assert not errors(app)
    assert "**100 % of its detail lies on pixels that count under a tenth**" in words(app)
    app.file_uploader(key="own").set_value(("p.png", b"<svg/>", "image/png")).run()
    assert "must be a PNG or JPEG picture" in errors(app)[0]


def test_random_networks_are_measured_when_asked() -> None:
    app = impact_page(measured="true", draws=4)
    assert not errors(app)
    measured = app.table[1].value
    assert list(measured.index) == ["top left corner", "centre"]
    mean = impact(parse_stack("conv3:same"), 10, 10).map.mean()
    assert list(measured["paths"]) == [f"{4 / mean:.3g}", f"{9 / mean:.3g}"]
    assert "**Unpadded**, 28 × 28: the top left corner counts" in words(app)


def test_without_a_trained_run_there_is_a_way_to_train_it(shelf: Folder) -> None:
    app = impact_page(measured="true", draws=3)
    assert not errors(app)
    assert "No trained run is kept on this server yet" in words(app)


def test_without_torch_only_the_measurement_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    app = impact_page(measured="true", draws=3)
    assert not errors(app)
    assert "needs PyTorch" in app.info[0].value


def test_a_link_that_asks_too_much_is_answered_plainly() -> None:
    app = impact_page(size="10000", row="-1", scale="cubic")
    assert not app.exception
    assert len(app.warning) == 3


def test_the_probe_opens_with_the_same_layers() -> None:
    app = impact_page(size=12, layers="conv3:same/replicate " * 2, against="conv3s2")
    asked = "size=12&kernel=3&layers=2&padding=same&padding_mode=replicate"
    link = f"[Probe 2 × conv3:same/replicate](shift_probe?{asked})"
    assert link in [part.value for part in app.markdown]


def test_after_a_guess_the_stacks_of_the_question_are_compared() -> None:
    app = impact_page()
    app.segmented_control(key="guess").set_value("9").run()
    assert app.text_input(key="layers").value == FIVE_SAME
    assert app.text_input(key="against").value == FIVE
    # The address says so, too: who copies it shows the same stacks.
    asked = {name: app.query_params[name] for name in ("size", "layers", "against")}
    assert asked == {"size": "28", "layers": FIVE_SAME, "against": FIVE}
    app.segmented_control(key="guess").set_value("243").run()
    assert not app.exception
    linked = impact_page(layers="conv5")
    linked.segmented_control(key="guess").set_value("9").run()
    assert linked.text_input(key="layers").value == "conv5"
