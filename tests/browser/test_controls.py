"""Every control of every page does something that can be seen, before the guess and after it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.visitor import Visitor
from tests.servers import ROOT, serving

PAGES = ["", *sorted(page.stem for page in (ROOT / "pages").glob("*.py"))]

LATER = {"speed": "how fast a picture plays is seen once it does"}
REFUSES = {
    "convention": "PyTorch has not all of Keras's layers: the page says which, and why",
    "code_text": "words on one line are no Python: the page says so, and where",
}
FLEETING = {"show_nearest": "after Stop it is there unless both runs have begun by then"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """The app with an empty cache: its address, and the file that it logs to."""
    folder = tmp_path_factory.mktemp("controls")
    with serving(folder, PADDING_LAB_CACHE=str(folder / "cache")) as address:
        yield address, folder / "log"


@pytest.fixture(scope="module")
def passed() -> set[tuple[str, str]]:
    """The links that have led where they say: a guess changes nothing about them."""
    return set()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A fresh browser that lets a page write to the clipboard."""
    context = browser.new_context(
        viewport={"width": 1280, "height": 900},
        permissions=["clipboard-read", "clipboard-write"],
    )
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("topic", PAGES)
@pytest.mark.parametrize("guessed", [False, True], ids=["fresh", "guessed"])
def test_every_control_does_something(
    server: tuple[str, Path], page: Page, passed: set[tuple[str, str]], topic: str, guessed: bool
) -> None:
    address, log = server
    visitor = Visitor(
        page,
        f"{address}/{topic}",
        log,
        later=LATER,
        refuses=REFUSES,
        fleeting=FLEETING,
        passed=passed,
    )
    fresh, revealed = visitor.address, visitor.guess()
    if guessed and revealed is None:
        pytest.skip("this page asks for no guess")
    if revealed is not None:
        visitor.address = revealed
        if not guessed:
            visitor.pass_by()  # some settings reveal as much as a guess
            visitor.address = fresh
    complaints = visitor.use_everything()
    assert not complaints, "\n".join(["", *complaints])
