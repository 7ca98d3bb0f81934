"""Every text is declared once, linked where it is used, and listed where it is linked."""

import re
from pathlib import Path

import pytest

from pages.shared import sources
from pages.shared.frame import TOPICS
from pages.shared.sources import PAGES, Source, cite, entry
from tests.app import open_page

NAMES = {name: value for name, value in vars(sources).items() if isinstance(value, Source)}
PAGES_FOLDER = Path(sources.__file__).parents[1]


def code_of(topic: str) -> str:
    """The source code of a topic's page and its sections."""
    files = [PAGES_FOLDER / f"{topic}.py", *(PAGES_FOLDER / "sections" / topic).glob("*.py")]
    return "\n".join(file.read_text() for file in files)


@pytest.mark.parametrize("topic", TOPICS)
def test_a_page_lists_what_it_cites_and_cites_what_it_lists(topic: str) -> None:
    cited = {source for name, source in NAMES.items() if re.search(rf"\b{name}\b", code_of(topic))}
    assert set(PAGES[topic]) == cited
    assert len(PAGES[topic]) == len(cited)


@pytest.mark.parametrize("topic", TOPICS)
def test_no_page_writes_a_source_s_address_or_number_itself(topic: str) -> None:
    for source in NAMES.values():
        number = source.address.rstrip("/").rsplit("/", 1)[-1]
        assert source.address not in code_of(topic)
        assert number not in re.sub("#.*", "", code_of(topic))


@pytest.mark.parametrize("name", NAMES)
def test_a_source_is_whole(name: str) -> None:
    source = NAMES[name]
    assert all((source.authors, source.title, source.venue))
    assert 1980 <= source.year <= 2023
    assert re.fullmatch(r"https://[\w.-]+\.\w+/?\S*", source.address)
    arxiv = re.search(r"arXiv (\S+)$", source.venue)
    assert arxiv is None or source.address == f"https://arxiv.org/abs/{arxiv[1]}"


def test_a_citation_is_a_link() -> None:
    islam = "https://arxiv.org/abs/2001.08248"
    assert cite(sources.ISLAM) == f"[Islam et al. 2020]({islam})"
    assert cite(sources.ISLAM, "asked before") == f"[asked before]({islam})"


def test_an_entry_ends_its_title_once() -> None:
    assert "(2021). [Does padding matter in deep learning models?](https" in entry(sources.SCHEIDL)
    assert "Autoencoders in Keras.](" in entry(sources.KERAS_BLOG)
    assert entry(sources.MIND_THE_PAD).endswith(
        " [mind-the-pad.github.io](https://mind-the-pad.github.io)."
    )


@pytest.mark.parametrize("topic", TOPICS)
def test_every_page_ends_with_its_sources(topic: str) -> None:
    app = open_page(topic)
    assert not app.exception
    assert app.header[-1].value == "Sources"
    listed = app.markdown[-1].value
    assert listed.count("\n- ") + 1 == len(PAGES[topic])
    assert all(source.address in listed for source in PAGES[topic])
