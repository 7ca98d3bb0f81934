"""Whatever a link asks for, the page stands with its controls and says what it shows instead."""

from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core import settings
from pages.shared.controls import plain, told
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

CASES = {
    page: [(name, value) for name in names for value in HOSTILE] for page, names in NAMES.items()
}


GUESS = "just show me"

KINDS = ("number_input", "slider", "select_slider", "selectbox", "toggle", "text_input")


def controls(app: AppTest) -> set[str]:
    """The names of the settings that can be changed."""
    return {widget.key for kind in KINDS for widget in getattr(app, kind)}


def test_there_are_enough_cases() -> None:
    assert sum(map(len, CASES.values())) > 1_000


@pytest.mark.parametrize("page", NAMES)
def test_a_hostile_link_leaves_the_page_standing(page: str) -> None:
    """Each page is opened with every setting hostile, in another mixture each time."""
    rng = np.random.default_rng(0)
    # What stands there also where no stack of layers can be read.
    stands = controls(open_page(page, guess=GUESS, layers="?", against="?"))
    mixtures = {name: rng.permutation(len(HOSTILE)) for name in NAMES[page]}
    for turn in range(len(HOSTILE)):
        asked: dict[str, Any] = {name: HOSTILE[order[turn]] for name, order in mixtures.items()}
        app = open_page(page, **asked, guess=GUESS)
        said = [element.value for element in [*app.error, *app.warning]]
        assert not app.exception, asked
        assert controls(app) >= stands, asked
        assert not any("Something went wrong" in words for words in said), asked
        assert all(len(words) < 1_000 for words in said), asked


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
    assert told(RuntimeError(error)) == plain(said)


@pytest.mark.parametrize("value", HOSTILE)
def test_words_from_outside_are_text(value: str) -> None:
    shown = plain(settings.refusal("size", settings.Whole(1, 9), value))
    for sign in "<>[]*`$|#":
        assert shown.replace("\\" + sign, "").count(sign) == 0
    assert "www." not in shown
    assert "://" not in shown
    assert "a@" not in shown
