"""A lesson's link hides controls by name; what is no name is said, and nothing fails."""

import re
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages.shared.frame import TOPICS
from pages.shared.hide import MOST, NAMES, OTHERS, known, names, style, unknown
from tests.app import errors, open_page


def styles(app: AppTest) -> str:
    """The style sheets that hide what a link asks for, not the pages' own."""
    bodies = [part.proto.body for part in app.get("html")]
    return "\n".join(body for body in bodies if body.startswith("<style>.st-key"))


def test_a_link_lists_names() -> None:
    assert names("presets,seed") == ["presets", "seed"]
    assert names(" seed , seed,, ") == ["seed"]
    assert names("") == []
    assert len(names(",".join(map(str, range(10_000))))) <= MOST


def test_only_known_names_come_into_the_style_sheet() -> None:
    assert style(["seed", "rows"]) == ".st-key-seed, .st-key-converter { display: none; }"
    assert style(["</style><b>", "stApp", "x {} y"]) == ""
    assert style([]) == ""
    assert "st-key-open_why" in style(["open_why", "open_<b>"])
    assert "<b>" not in style(["open_why", "open_<b>"])


@pytest.mark.parametrize("asked", [["seeed"], ["a", "b", "c", "d", "e"], ["*bold*"], ["x" * 999]])
def test_what_is_no_name_is_said(asked: list[str]) -> None:
    said = unknown(["seed", *asked])
    assert asked[0][:4].strip("*") in said
    assert "seed," not in said
    assert len(said) < 400
    assert "*bold*" not in said


def test_nothing_is_said_of_known_names() -> None:
    assert unknown(list(NAMES)) == ""
    assert len(set(NAMES)) == len(NAMES)


@pytest.mark.parametrize("topic", TOPICS)
def test_every_control_of_a_page_can_be_hidden(topic: str) -> None:
    asked: dict[str, Any] = {"guess": "just show me", "open": "all", "hide": ",".join(NAMES)}
    app = open_page(topic, **asked)
    assert not errors(app)
    assert not app.warning
    drawn = {name for name in app.session_state["_controls"] if not name.startswith("_")}
    assert [name for name in drawn if not known(name)] == []
    hidden = set(re.findall(r"\.st-key-(\w+)", styles(app)))
    assert hidden == {OTHERS.get(name, name) for name in NAMES}


@pytest.mark.parametrize("hide", ["seeed,presets", "<script>", "%00", "a" * 5_000, ",,,"])
def test_a_strange_link_fails_nowhere(hide: str) -> None:
    app = open_page("shapes", hide=hide)
    assert not errors(app)
    assert len(app.warning) == (1 if hide.strip(",") else 0)
    assert "script" not in styles(app)


def test_hidden_controls_keep_what_the_link_sets() -> None:
    app = open_page("shapes", hide="size,presets", size="9", guess="3")
    assert not errors(app)
    assert app.number_input(key="size").value == 9


def test_the_start_page_hides_too() -> None:
    app = AppTest.from_file("../../streamlit_app.py", default_timeout=60)
    app.query_params["hide"] = "frame"
    app.run()
    assert not errors(app)
    assert app.title[0].value == "What padding really does to a network"
