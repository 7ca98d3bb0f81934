"""The page on sizes: what it says, what a link asks of it, and what it refuses."""

from functools import partial

import pytest
from streamlit.testing.v1 import AppTest

from core.shapes import PRESETS, Preset
from tests.app import errors, open_page

shapes_page = partial(open_page, "shapes")


def words(app: AppTest) -> str:
    return "\n".join(part.value for part in [*app.header, *app.subheader, *app.markdown])


def test_it_opens_on_the_question_and_keeps_the_answer() -> None:
    app = shapes_page()
    assert not errors(app)
    assert "**? × ?**" in words(app)
    assert [header.value for header in app.header] == ["Sources"]


def test_a_guess_brings_the_answer_and_the_stack() -> None:
    app = shapes_page()
    app.segmented_control(key="guess").set_value("4").run()
    assert not errors(app)
    text = words(app)
    assert "“same” makes 4 of 7, “valid” makes 3" in text
    assert "⌊(7 − 2) / 2⌋ + 1 = 3" in text
    assert "28 × 28 × 1 becomes 28 × 28 × 1, and every pixel is seen" in text
    table = app.dataframe[0].value
    assert table["out"][5] == "4 × 4 × 8"
    assert table["pads (top, bottom)"][5] == "0, 1"


def test_a_link_opens_its_own_stack() -> None:
    app = shapes_page(size="7", layers="maxpool2")
    assert not errors(app)
    assert "1 row and 1 column of the image are never seen" in words(app)
    assert app.dataframe[0].value["unused rows, columns"][0] == "1, 1"


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.name)
def test_each_preset_is_one_click(preset: Preset) -> None:
    app = shapes_page(guess="4")
    next(button for button in app.button if preset.name in button.label).click().run()
    assert not errors(app)
    assert app.text_input(key="layers").value == preset.layers
    assert preset.about in words(app)
    assert any(
        "torch.nn" in block.value or "from torch import nn" in block.value for block in app.code
    )


@pytest.mark.parametrize(
    ("layers", "said"),
    [
        ("conv3:sane", "same, valid, full or a number"),
        ("😀" * 2_500, "expected conv, maxpool, avgpool or up"),
        ("conv3 " * 5_000, "at most 100 layers"),
        ("[x](https://example.com)", "\\[x\\](https\\:\u2060//example.com)"),
        ("conv64", "expected a smaller kernel or more padding"),
        ("", "at least one layer"),
    ],
)
def test_bad_layers_are_explained_beside_their_field(layers: str, said: str) -> None:
    app = shapes_page(guess="4")
    app.text_input(key="layers").set_value(layers).run()
    assert said in "".join(errors(app))
    assert not app.dataframe


@pytest.mark.parametrize(
    ("layers", "said"),
    [
        ("conv3:full", "Keras has no 'full' padding"),
        ("conv3s2d2", "Keras refuses a stride together with a dilation"),
        ("maxpool2:full", "expected same, valid, ceil or a number"),
    ],
)
def test_what_keras_refuses_is_said(layers: str, said: str) -> None:
    assert said in "".join(errors(shapes_page(layers=layers)))


def test_both_lengths_of_a_layer_are_compared() -> None:
    app = shapes_page(size=8, width=7, layers="maxpool2")
    assert not errors(app)
    assert "1 column of the image is never seen" in words(app)
    assert list(app.table[0].value.index) == ["maxpool2 on 8", "maxpool2 on 7"]


def test_a_stack_without_windows_is_taken_apart_too() -> None:
    app = shapes_page(size=3, layers="up2 up3")
    assert not errors(app)
    assert "3 × 3 × 1 becomes 18 × 18 × 1, and every pixel is seen" in words(app)
    assert "Both ends of each layer's input" not in words(app)


def test_why_pad_follows_the_kernel() -> None:
    app = shapes_page(guess="4")
    assert "Centred on the first pixel, a kernel of 3 needs 1 cell outside the image" in words(app)
    app.slider(key="kernel").set_value(5).run()
    assert not errors(app)
    assert "a kernel of 5 needs 2 cells outside the image" in words(app)
    assert "“valid” gives 2 × 1: the third column is in no window" in words(app)
    assert "16 windows: 9 of 2 × 2, 3 of 2 × 1, 3 of 1 × 2 and 1 of 1 × 1" in words(app)


def test_what_pytorch_refuses_is_said() -> None:
    app = shapes_page(convention="torch", layers="conv3s2:same")
    assert "PyTorch refuses 'same' with a stride" in "".join(errors(app))


def test_a_link_that_asks_too_much_is_answered_plainly() -> None:
    app = shapes_page(size="99999")
    assert not app.exception
    assert "size must be a whole number from 1 to 4096" in app.warning[0].value
