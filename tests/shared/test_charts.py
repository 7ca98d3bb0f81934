"""Charts are drawn once, and no page looks inside."""

import ast
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import altair as alt
import pytest
from streamlit.testing.v1 import AppTest

from pages.shared import changes, charts, grids
from tests.app import errors, open_page

PAGES = Path(__file__).parents[2] / "pages"

OPENED: dict[str, dict[str, Any]] = {
    "autoencoder": {"guess": "better"},
    "loss": {"guess": "0"},
    "shift_probe": {"guess": "perfectly"},
    "impact": {"guess": "9", "row": 2, "column": 3},
    "shapes": {"guess": "4"},
}


def drawn(app: AppTest) -> list[dict[str, Any]]:
    """The specification of every chart on the page."""
    assert not errors(app)
    return [json.loads(chart.proto.spec) for chart in app.get("vega_lite_chart")]


@pytest.mark.parametrize("topic", OPENED)
def test_a_page_that_is_drawn_again_draws_no_chart_again(
    topic: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = open_page(topic, **OPENED[topic])
    first = drawn(app)
    assert first

    def refuse(*given: Any, **named: Any) -> None:
        raise AssertionError("drawn again")

    for chart in (alt.Chart, alt.LayerChart):
        monkeypatch.setattr(chart, "to_dict", refuse)
    assert drawn(app.run()) == first


@pytest.mark.parametrize("topic", OPENED)
def test_streamlit_s_front_end_gets_what_it_writes_into(topic: str) -> None:
    """It sets sides of a chart's padding, and takes data and theme from beside the chart."""
    for spec in drawn(open_page(topic, **OPENED[topic])):
        assert isinstance(spec.get("padding", {}), dict)
        assert isinstance(spec["autosize"], dict)
        assert spec["config"]["background"] == "transparent"
        assert not {"data", "datasets", "$schema"} & set(spec)


def test_equal_arguments_give_the_same_chart_and_others_another() -> None:
    def picture(size: int) -> charts.Spec:
        looks = grids.amounts("pixel", grids.GREY), grids.rectangles("frame", strokeDash=(4, 4))
        return grids.board((size, size), 10, looks)

    assert picture(4) is picture(4)
    assert picture(4) is not picture(5)
    axis = charts.Axis("images", (0, 10))
    first, second = (charts.lines({"a": colour}, axis, axis) for colour in ("#000000", "#FFFFFF"))
    assert first is not second
    assert first is charts.lines({"a": "#000000"}, charts.Axis("images", (0, 10)), axis)


CHARTS_OWN = ("vega_lite", "vega_lite_chart", "altair_chart")


def inside(tree: ast.AST) -> Iterator[str]:
    """Where code writes Vega-Lite by hand, or reaches into a chart that was drawn."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Dict):
            keys = {key.value for key in node.keys if isinstance(key, ast.Constant)}
            if keys & {"mark", "encoding"}:
                yield f"line {node.lineno}: Vega-Lite by hand"
        elif isinstance(node, ast.Attribute) and node.attr in CHARTS_OWN:
            yield f"line {node.lineno}: .{node.attr}"


@pytest.mark.parametrize(
    "file",
    [file for file in sorted(PAGES.rglob("*.py")) if file != PAGES / "shared" / "charts.py"],
    ids=lambda file: str(file.relative_to(PAGES)),
)
def test_only_the_shared_charts_look_inside_a_chart(file: Path) -> None:
    assert not list(inside(ast.parse(file.read_text(encoding="utf-8"))))


def test_what_reaches_inside_is_seen() -> None:
    for code in ('{"mark": "bar"}', "spec.vega_lite['layer'][0]", "st.vega_lite_chart(data, spec)"):
        assert list(inside(ast.parse(code)))
    assert not list(inside(ast.parse('charts.show(table, spec, key="layer")')))


@pytest.mark.parametrize("ends", [[0.0, 1.0], [-3.0, 8.0, 2.0], [5.0]])
def test_a_domain_holds_all_its_ends_and_a_share_to_spare(ends: list[float]) -> None:
    low, high = changes.around(ends, 0.1)
    assert low <= min(ends) <= max(ends) <= high
    assert high - low == pytest.approx(1.2 * (max(ends) - min(ends)))
