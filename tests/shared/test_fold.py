"""What is folded away is neither made nor sent, until it is asked for."""

import pytest
from streamlit.testing.v1 import AppTest

PAGE = """
import streamlit as st
from core.settings import Whole, setting
from dataclasses import dataclass
from pages.shared import controls
from pages.shared.fold import fold

@dataclass(frozen=True)
class Settings:
    depth: int = setting(3, Whole(0, 9), "how deep")

def inside(name):
    if name == "second":
        controls.control(Settings, "depth", "Depth")
    st.write(f"inside {name}")

controls.remember_link("topic")
fold("first", "What is in the first?", lambda: inside("first"))
fold("second", "And in the second?", lambda: inside("second"), settings=("depth",))
"""


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ({}, []),
        ({"open_first": "true"}, ["first"]),
        ({"open": "all"}, ["first", "second"]),
        ({"depth": "5"}, ["second"]),
        ({"open": "some", "open_first": "maybe", "width": "5"}, []),
    ],
)
def test_a_link_opens_what_it_asks_for(query: dict[str, str], shown: list[str]) -> None:
    app = AppTest.from_string(PAGE)
    app.query_params.update(query)
    app.run()
    assert not app.exception
    assert [expander.label for expander in app.expander] == [
        "**What is in the first?**",
        "**And in the second?**",
    ]
    assert [text.value for text in app.markdown] == [f"inside {name}" for name in shown]


def test_it_stays_open_while_its_control_is_put_back() -> None:
    app = AppTest.from_string(PAGE)
    app.query_params["depth"] = "5"
    app.run()
    app.number_input(key="depth").set_value(3).run()  # the default, which leaves the address
    assert [text.value for text in app.markdown] == ["inside second"]
