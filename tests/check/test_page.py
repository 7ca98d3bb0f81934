"""The page on a network of one's own: what it says, what a link asks of it, and what it refuses."""

from fractions import Fraction
from functools import partial

import numpy as np
import pytest
from hypothesis import assume, given, settings

from core.check import chain
from core.check.graph import Graph
from core.check.networks import NETWORKS, network
from core.check.report import Report
from core.layers import parse_stack
from core.steps import RESNET
from pages.sections.check import cards, compare, pictures, words
from pages.sections.check.link import MAX_CODE, MAX_LINK, packed, unpacked
from pages.sections.check.settings import EXAMPLE
from pages.shared import charts
from tests.app import errors, open_page
from tests.app import words as said
from tests.check.networks import graphs
from tests.strategies import unless_refused

check_page = partial(open_page, "check")


def test_it_opens_on_the_question_and_keeps_the_answer() -> None:
    app = check_page()
    assert not errors(app)
    assert "15.5" not in said(app)
    assert [header.value for header in app.header] == ["Sources"]


def test_a_guess_brings_the_answer_and_the_tool() -> None:
    app = check_page()
    app.segmented_control(key="guess").set_value("½ pixel").run()
    assert not errors(app)
    text = said(app)
    assert "so it is after the first layer" in text
    assert "**15.5 pixels up and 15.5 pixels left** of the centre: 5 layers" in text
    assert "At 225 × 225 none does" in text
    assert "At 224 × 224: 5 layers padded unevenly" in text


def test_a_guess_s_comments_are_true() -> None:
    graph = network("resnet18").graph
    assert not any(map(any, words.shifts(Report(graph, 225, 225))))
    assert [float(shift) for shift in Report(graph, 224, 224).lopsided[0].shift] == [-0.5, -0.5]


def test_a_size_that_does_not_fit_is_named_with_those_that_do() -> None:
    text = said(check_page(network="unet", size=222))
    assert "1 join of maps that differ in size" in text
    assert "joins maps of 27 × 27 and 26 × 26" in text
    assert "the nearest are 224, 208, 240 and 192" in text


def test_a_chosen_network_comes_with_its_image() -> None:
    app = check_page(guess="just show me")
    app.selectbox(key="network").set_value("lenet5").run()
    assert not errors(app)
    assert app.number_input(key="size").value == 32
    assert "At 32 × 32 everything fits" in said(app)


def test_pasted_code_is_read_and_held_by_the_link() -> None:
    app = check_page(given="code")
    assert not errors(app)
    assert "code" not in app.query_params
    code = EXAMPLE.replace("MaxPool2d(2)", "MaxPool2d(3, stride=2, padding=1)")
    app.text_area(key="code_text").set_value(code).run()
    assert not errors(app)
    link = app.query_params["code"]
    link = link if isinstance(link, str) else link[0]
    assert unpacked(link) == code
    again = check_page(given="code", code=link)
    assert again.text_area(key="code_text").value == code
    assert "3 layers padded unevenly" in said(again)


@pytest.mark.parametrize(
    ("code", "part"),
    [
        ("import os; os.system('touch /tmp/owned')", ""),
        ("<script>alert(1)</script>", ""),
        ("nn.Sequential(nn.Conv2d(3, 8, 99999))", ""),
        ("x = (" * 2_000, ""),
        ("![x](https://evil.example/p.png)", ""),
    ],
)
def test_bad_code_is_a_sentence(code: str, part: str) -> None:
    app = check_page(given="code")
    app.text_area(key="code_text").set_value(code).run()
    (error,) = errors(app)
    assert part in error
    assert "https://" not in error
    assert "<script" not in error.replace("\\<", "")


def test_code_that_is_too_long_is_said_and_not_dropped() -> None:
    app = check_page(given="code")
    app.text_area(key="code_text").set_value("x = 1\n" * 17_000).run()
    (error,) = errors(app)
    assert "102,000 characters: expected at most 20,000" in error


def test_pasted_code_comes_with_its_image() -> None:
    app = check_page(given="code")
    code = """
from keras import Input, Sequential, layers
model = Sequential([Input((28, 28, 1)), layers.Conv2D(8, 3, padding="same")])
"""
    app.text_area(key="code_text").set_value(code).run()
    assert "At 28 × 28 everything fits" in said(app)
    app.number_input(key="size").set_value(40).run()
    app.text_area(key="code_text").set_value(code.replace("8, 3", "16, 3")).run()
    assert "At 40 × 40 everything fits" in said(app)  # chosen, and the code speaks of no other
    app.text_area(key="code_text").set_value(code.replace("28, 28", "20, 30")).run()
    assert "At 20 × 30 everything fits" in said(app)


def test_every_layer_is_listed_without_nones() -> None:
    app = check_page(guess="just show me", open_every="true")
    (shown,) = [each.value for each in app.dataframe if "sees padding" in each.value]
    assert shown["sees padding"].tolist()[:2] == ["5.3 %", ""]


def test_a_link_with_layers_or_code_alone_means_them() -> None:
    app = check_page(layers="conv3:same/circular", size=8)
    assert not errors(app)
    assert app.segmented_control(key="given").value == "layers"
    assert "At 8 × 8 everything fits" in said(app)
    app = check_page(code=packed(EXAMPLE.replace("32", "16")))
    assert not errors(app)
    assert "nn.Conv2d(3, 16, 3" in str(app.text_area(key="code_text").value)


def test_a_link_that_holds_no_code_is_said() -> None:
    app = check_page(given="code", code="AAAA")
    assert not errors(app)
    assert "cannot be read" in app.warning[0].value
    assert app.text_area(key="code_text").value == EXAMPLE


# --- Links ---------------------------------------------------------------------------------------


def test_code_comes_back_from_a_link() -> None:
    for chosen in NETWORKS.values():
        link = packed(chosen.code)
        assert link is not None
        assert unpacked(link) == chosen.code


def test_a_link_is_bounded_both_ways() -> None:
    bomb = packed("x" * 1_000_000)
    assert bomb is not None
    assert unpacked(bomb) is None
    assert unpacked("A" * (MAX_LINK + 1)) is None
    assert packed("".join(map(chr, range(33, 20_000)))) is None
    whole = packed("y" * MAX_CODE)
    assert whole is not None
    assert unpacked(whole) == "y" * MAX_CODE
    assert unpacked(whole[:-4]) is None
    assert unpacked("%%%") is None
    assert unpacked("ü") is None


def test_layers_that_are_not_followed_have_no_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    text = (
        "from torch import nn\nclass Net(nn.Module):\n    def __init__(self):\n"
        "        super().__init__()\n        self.conv = nn.Conv2d(3, 8, 3, padding=1)\n"
        "    def forward(self, x):\n        return self.conv(x).flatten(2)\nmodel = Net()\n"
    )

    def refuse(table: object) -> None:
        raise AssertionError("a column holds both numbers and words")

    monkeypatch.setattr("streamlit.dataframe_util.fix_arrow_incompatible_column_types", refuse)
    app = open_page("check", guess="half", source="code", code=packed(text))
    assert not errors(app)
    layers = next(frame.value for frame in app.dataframe if "pad top" in frame.value)
    assert list(layers["layer"]) == ["conv", "flatten"]
    assert list(layers["pad top"]) == ["1", ""]
    assert layers["sees padding"][1] == ""


# --- Words, pictures and remedies, for every report ----------------------------------------------


def tell(found: Report) -> list[str]:
    """Every sentence that the page could show of a report, and every picture drawn."""
    sentences = [words.summary(found)]
    shown: list[str] = []
    for made in cards.cards(found):
        picture = made.picture(charts.LIGHT)
        assert picture.ndim == 3
        assert max(picture.shape) <= 2 * 400
        sentences += [made.title, made.alt]
        shown.append(made.title)
        if made.remedy is not None:
            assert bool(made.remedy.torch) == bool(made.remedy.keras)
    assert len(set(shown)) == len(shown)
    if any(item.share for item in found.contaminated):
        drawn = [str(item.node) for item in pictures.steps_of(found)]
        assert drawn[-1] in words.reach(found).replace("\\", "")
        assert len(set(drawn)) == len(drawn) <= 8
    for item in compare.others(found, found.height + 1, "circular"):
        assert compare.row(item)["network"]
    return sentences


@settings(deadline=None, max_examples=40)
@given(graphs())
def test_every_report_can_be_told(graph: Graph) -> None:
    with unless_refused():
        found = Report(graph, 9, 8)
    assume(found.contaminated)
    for sentence in tell(found):
        assert sentence
        assert "None" not in sentence
        assert "Fraction" not in sentence


@pytest.mark.parametrize("name", NETWORKS)
def test_ready_made_networks_can_be_told(name: str) -> None:
    size = 572 if name == "unet_2015" else 96  # it crops, and needs what it was made for
    tell(Report(network(name).graph, size, size))


def test_a_shift_is_short_in_a_table() -> None:
    half = Fraction(1, 2)
    assert words.sides(-half, Fraction(3)) == "0.5 up, 3 right"
    assert words.sides(Fraction(0), -2 * half) == "1 left"
    assert words.sides(Fraction(0), Fraction(0)) == "none"


def test_titles_say_what_was_found() -> None:
    odd = Report(chain(parse_stack("maxpool2")), 7, 7)
    assert words.unused(odd) == "No output ever sees 1 row and 1 column of the image"
    even = Report(chain(parse_stack("conv3:same")), 8, 8)
    assert words.summary(even) == (
        "At 8 × 8 everything fits, nothing is left out, and padding is even"
    )
    assert words.leak(even) == "Where something lies leaks, up to 1 pixel in from the border"
    circular = Report(chain(parse_stack("conv3:same/circular")), 8, 8)
    assert words.leak(circular) == "Padding tells no place from another"
    assert words.corner(circular) == "A corner counts as much as any pixel"
    small = Report(chain(parse_stack("conv3s2:1 conv3s2:1")), 4, 4)
    assert "no longer than" in words.leak(small)
    tiny = Report(chain(parse_stack("conv3:same")), 1, 1)
    assert words.leak(tiny) == "The image is no longer than the network's stride, 1 pixel"


def test_how_deep_it_leaks_is_said_of_each_axis() -> None:
    """One pixel of rows is not half of the image, and a column's middle is not a row's."""
    flat = Report(chain(parse_stack("conv7s4:3 conv3s2:1")), 30, 10)
    assert flat.leak.depths == (5, 1)
    assert words.leak(flat) == "Where something lies leaks, up to 5 pixels in from the border"


@pytest.mark.parametrize(
    ("share", "told"),
    [(0.00037, "0.037 %"), (0.69, "69 %"), (0.9961, "99.6 %"), (0.99999, "100 %"), (1, "100 %")],
)
def test_a_share_has_no_exponent(share: float, told: str) -> None:
    assert words.part(share) == told


def test_the_picture_of_a_leak_marks_the_rows_and_columns_that_tell() -> None:
    drawn = pictures.leak(Report(chain(parse_stack(RESNET)), 224, 224), charts.LIGHT)
    marked = (drawn == charts.rgb(charts.LIGHT.padded)).all(axis=2)
    middle = marked[112]
    assert np.flatnonzero(middle).tolist() == [0, 1, *range(191, 224)]
