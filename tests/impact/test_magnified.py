"""The microscope's panels say what `core.impact.microscope` counts, for any stack."""

from dataclasses import replace
from fractions import Fraction

import pytest

from core.impact.microscope import image, magnify
from core.layers import PADDING_MODES, parse_layer, parse_stack
from pages.sections.impact.microscope import drawn, layers, panel, short, written
from pages.sections.impact.sides import Side
from pages.shared import charts


def sides(left: str, right: str, size: int = 10, other: int = 10) -> list[Side]:
    return [
        Side.of("left", parse_stack(left), size, size),
        Side.of("right", parse_stack(right), other, other),
    ]


def test_all_modes_stand_beside_the_layer_without_padding() -> None:
    found = layers(sides("conv3:same", "conv3"))
    assert [(str(layer), names) for (layer, _), names in found.items()] == [
        ("conv3:same", ("left",)),
        *((f"conv3:same/{mode}", ()) for mode in PADDING_MODES[1:]),
        ("conv3", ("right",)),
    ]


def test_a_mode_stands_once_and_names_its_sides() -> None:
    found = layers(sides("conv3x16:same/reflect conv3", "conv3:same/partial"))
    assert {str(layer): names for (layer, _), names in found.items() if names} == {
        "conv3:same/reflect": ("left",),
        "conv3:same/partial": ("right",),
    }
    assert len(found) == len(PADDING_MODES)
    assert len(layers(sides("conv3:same", "conv3:same", 10, 12))) == 2 * len(PADDING_MODES)


def test_without_a_convolution_an_ordinary_one_is_shown() -> None:
    found = layers(sides("maxpool2 conv3", "up2"))
    assert next(str(layer) for layer, _ in found) == "conv3:same"
    assert not any(found.values())


@pytest.mark.parametrize("mode", PADDING_MODES)
@pytest.mark.parametrize("word", ["conv3:same", "conv5:full", "conv3s2:1"])
def test_a_panel_says_what_is_counted(mode: str, word: str) -> None:
    layer = replace(parse_layer(word), padding_mode=mode)
    seen = magnify(layer, image(10, 10), (1, 0))
    shown = panel(layer, (10, 10), (1, 0), ("left",))
    assert shown["name"] == mode
    assert shown["about"] == f"{layer}, left"
    assert shown["middles"] == [window.middle for window in seen.windows]
    for window in seen.windows:
        said = shown["windows"]["{} {}".format(*window.middle)]
        assert said["sum"].startswith(f"Sum {window.sum}")
        assert said["sum"].endswith(written(window.sum * window.factor))
        assert sum(int(shown["values"][cell]) for cell in said["cells"]) == window.sum
        assert sum(shown["padded"][cell] for cell in said["cells"]) == window.padded
        assert said["padding"].startswith(f"{window.padded or 'none'} of ")
        assert said["pixel"] == (
            f"pixel {written(window.pixel)} × here, {written(seen.pixel)} × in all"
        )


def test_what_does_not_fit_says_so_and_the_others_stay() -> None:
    found = layers(sides("conv5:same", "conv40", 2, 40))
    panels = [panel(layer, size, (0, 0), names) for (layer, size), names in found.items()]
    given = drawn(panels, (0, 0), charts.LIGHT)
    refused = [each["about"] for each in given["panels"] if "refused" in each]
    assert refused == ["conv5:same/reflect", "conv40, right"]
    assert given["rows"] == given["columns"] == [0, 1]


def test_numbers_have_the_digits_that_mean_something() -> None:
    assert written(9) == "9"
    assert written(Fraction(9, 4)) == "2.25"
    assert written(Fraction(99, 2)) == "49.5"
    assert [short(Fraction(n, 4)) for n in (36, 25, 49, 42)] == ["9", "6.25", "12.2", "10.5"]
