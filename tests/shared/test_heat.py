"""A scale gives amounts the same colours in a chart and in a picture made of bytes."""

import numpy as np
import pytest

from pages.shared import charts, heat, signed
from pages.shared.charts import rgb
from pages.shared.heat import Scale

VIRIDIS = [(68, 1, 84), (253, 231, 36)]


def coloured(scale: Scale, *amounts: float) -> list[tuple[int, ...]]:
    return [tuple(map(int, pixel)) for pixel in scale.pixels(np.array([amounts]))[0]]


@pytest.mark.parametrize(
    ("scale", "ends"),
    [
        (Scale((2, 10), "share"), VIRIDIS),
        (Scale((1e-3, 1e3), "paths", log=True), VIRIDIS),
        (Scale((0, 4), "grey", colours=heat.GREYS), [(0, 0, 0), (255, 255, 255)]),
        (
            signed.scale(3, "score", charts.LIGHT),
            [rgb(charts.LIGHT.unpadded), rgb(charts.LIGHT.padded)],
        ),
    ],
)
def test_the_ends_of_a_domain_have_the_ends_of_the_colours(
    scale: Scale, ends: list[tuple[int, ...]]
) -> None:
    low, high = scale.domain
    assert coloured(scale, low, high) == ends
    assert coloured(scale, low - 1 if not scale.log else low / 2, 2 * high) == ends


def test_the_middle_is_mixed_in_rgb() -> None:
    assert coloured(Scale((0, 2), "grey", colours=heat.GREYS), 1) == [(127, 127, 127)]
    log = Scale((1, 100), "paths", log=True, colours=heat.GREYS)
    assert coloured(log, 10) == [(127, 127, 127)]


def test_a_signed_scale_is_neutral_at_zero() -> None:
    for palette, zero in ((charts.LIGHT, "#F0F0EE"), (charts.DARK, "#2A2F35")):
        assert coloured(signed.scale(0.25, "score", palette), 0) == [rgb(zero)]


def test_nothing_has_a_colour_of_its_own_and_a_little_has_not() -> None:
    for log in (False, True):
        scale = Scale((1e-6, 1), "share", log=log, nothing="#8A8A8A")
        assert coloured(scale, 0, 1e-9) == [rgb("#8A8A8A"), VIRIDIS[0]]


def test_a_map_without_a_range_has_one_colour() -> None:
    assert len(set(coloured(Scale((0, 0), "share"), 0, 0))) == 1


@pytest.mark.parametrize("pixels", [heat.CELLS, heat.CELLS + 1])
def test_many_pixels_are_one_picture(pixels: int) -> None:
    data, spec = heat.plain_map(np.ones((1, pixels)), Scale((0, 1), "share"))
    drawn_one_by_one = pixels <= heat.CELLS
    assert len(data) == (pixels if drawn_one_by_one else 1)
    assert ("url" in data.column_names) != drawn_one_by_one
    assert spec is heat.plain_map(np.zeros((1, pixels)), Scale((0, 1), "share"))[1]


def test_of_two_framed_pixels_the_chosen_one_s_frame_is_dashed() -> None:
    spec = heat.heat_map((2, 2), Scale((0, 1), "share"), marked="#000000")
    frames = {
        layer["transform"][-1]["filter"]: layer["mark"].get("strokeDash")
        for layer in spec.vega_lite["layer"][1:]
    }
    assert frames == {"datum.marked === 'target'": None, "datum.marked === 'chosen'": [3, 3]}


def test_maps_that_are_compared_share_a_domain() -> None:
    maps = [np.array([[0.0, 0.25]]), np.array([[0.5, 2.0]])]
    nothing = [np.zeros((1, 1))]
    assert heat.domain(maps, log=False) == (0, 2)
    assert heat.domain(maps, log=True) == (0.25, 2)
    assert heat.domain([np.full((1, 2), 3.0)], log=True) == (0.3, 3)
    assert heat.domain(nothing, log=False) == (0, 1)
    assert heat.domain(nothing, log=True) == (0.1, 1)
    assert heat.domain([np.array([[1e-320, 1]])], log=True) == (1e-300, 1)
