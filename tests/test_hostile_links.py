"""Whatever a link asks for, the page stands with its controls and says what it shows instead."""

from collections.abc import Mapping
from functools import cache
from typing import Any

import hypothesis
import numpy as np
import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from core import settings
from pages.shared.controls import escaped, told
from pages.shared.frame import TOPICS
from tests.app import open_page
from tests.test_kept_links import names

NAMES = {page: sorted(names(page) - {"guess"}) for page in TOPICS}

HOSTILE = (
    "inf", "-inf", "nan", "-1e999", "1e400", "9" * 400, "9" * 6_000, "0x10", "1_000", "٣", "²",
    "", " ", "-0", "1.5", "true", "None", "null", "[]", "{}", "0 0 0", "a b", "-1 -1",
    "<script>alert(1)</script>", "[x](javascript:alert(1))", "www.evil.example", "a@b.example",
    "https://evil.example", "$x^2$", ":red[x]", "**x**", "`x`", "# x", "| a | b |",
    "../../etc/passwd", "%00", "\u202e\u0000", "🙂" * 50, "e\u0301" * 100, "conv3" * 2_000,
    "x" * 100_000,
)  # fmt: skip

GUESS = "just show me"

KINDS = ("number_input", "slider", "select_slider", "selectbox", "toggle", "text_input")


def controls(app: AppTest) -> set[str]:
    """The names of the settings that can be changed."""
    return {widget.key for kind in KINDS for widget in getattr(app, kind)}


@cache
def stands(page: str) -> frozenset[str]:
    """The controls of a page that stand there also where no stack of layers can be read."""
    unread = open_page(page, guess=GUESS, layers="?", against="?")
    return frozenset(controls(unread) & controls(open_page(page, guess=GUESS)))


def check(page: str, asked: Mapping[str, str]) -> None:
    """The page that a link opens has its controls, and says in short words what is wrong."""
    parameters: dict[str, Any] = {**asked, "guess": GUESS}
    app = open_page(page, **parameters)
    said = [element.value for element in [*app.error, *app.warning]]
    assert not app.exception
    assert controls(app) >= stands(page)
    assert not any("Something went wrong" in words for words in said)
    assert all(len(words) < 1_000 for words in said)


@pytest.mark.parametrize("page", NAMES)
def test_every_setting_withstands_every_hostile_value(page: str) -> None:
    """All settings of a link are hostile at once, in another mixture each time."""
    rng = np.random.default_rng(0)
    mixtures = {name: rng.permutation(len(HOSTILE)) for name in NAMES[page]}
    for turn in range(len(HOSTILE)):
        check(page, {name: HOSTILE[order[turn]] for name, order in mixtures.items()})


VALUES = st.one_of(
    st.sampled_from(HOSTILE),
    st.text(max_size=80),
    st.floats().map(str),
    st.integers(-3, 40).map(str),  # many of them are in range, and meet others that are not
    st.integers().map(str),
    st.from_regex(r"((conv|maxpool|avgpool|up)[0-9]{1,2}(x[0-9])?(:[a-z0-9]+)? ?){1,4}"),
)

EXAMPLES = 60  # links to each page

OTHERS = ("step", "speed", "section", "frame", "_shown", "Train", "")  # no settings of a link


@pytest.mark.parametrize("page", NAMES)
def test_any_link_leaves_the_page_its_controls(page: str) -> None:
    @hypothesis.settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(st.fixed_dictionaries({}, optional=dict.fromkeys((*NAMES[page], *OTHERS), VALUES)))
    def holds(asked: dict[str, str]) -> None:
        check(page, asked)

    holds()


def test_there_are_enough_links() -> None:
    assert len(NAMES) * (len(HOSTILE) + EXAMPLES) >= 500


@pytest.mark.parametrize("frame", HOSTILE)
def test_a_hostile_frame_leaves_the_start_page_its_slider(frame: str) -> None:
    app = AppTest.from_file("../streamlit_app.py", default_timeout=60)
    app.query_params["frame"] = frame
    assert not app.run().exception
    assert not app.error
    assert app.get("bidi_component") or app.slider


@pytest.mark.parametrize("page", NAMES)
@pytest.mark.parametrize("guess", ["inf", "<b>", "x" * 100_000])
def test_a_hostile_guess_is_none(page: str, guess: str) -> None:
    app = open_page(page, guess=guess)
    assert not app.exception
    assert not app.error


@pytest.mark.parametrize(
    ("error", "said"),
    [
        ("/srv/my data/mnist/labels.gz is truncated", "labels.gz is truncated"),
        ("Permission denied: '/srv/x/.cache/runs'", "Permission denied: 'runs'"),
        (r"C:\Users\x\mnist\labels is no file", "labels is no file"),
        ("KeyError: 'conv3:same/reflect' and 1/2", "KeyError: 'conv3:same/reflect' and 1/2"),
        ("[x](javascript:alert(1)) <b>", "[x](javascript:alert(1)) <b>"),
    ],
)
def test_an_error_tells_no_folder_of_the_server(
    error: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MNIST_DIR", "/srv/my data/mnist")
    assert told(RuntimeError(error)) == escaped(said)


@pytest.mark.parametrize("value", HOSTILE)
def test_words_from_outside_are_text(value: str) -> None:
    shown = escaped(settings.refusal("size", settings.Whole(1, 9), value))
    for sign in "<>[]*`$|#":
        assert shown.replace("\\" + sign, "").count(sign) == 0
    assert "www." not in shown
    assert "://" not in shown
    assert "a@" not in shown
