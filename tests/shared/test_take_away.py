"""What can be taken away for a slide: the finding as the title, labels that do not collide."""

from contextlib import AbstractContextManager, nullcontext
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
import streamlit as st
from matplotlib.patches import Rectangle

from pages.shared import take_away
from tests.app import errors, open_page
from tests.shared.test_charts import OPENED

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@pytest.fixture
def slide(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> "Figure":
    """The picture that a page of this topic offers."""
    offered: dict[str, Any] = {}
    monkeypatch.setattr(take_away, "take_away", lambda name, **what: offered.update(what))
    app = open_page(request.param, **OPENED[request.param])
    assert not errors(app)
    drawn: Figure = offered["picture"]()
    drawn.canvas.draw()
    return drawn


@pytest.mark.parametrize("slide", OPENED, indirect=True)
def test_a_slide_has_its_finding_as_title_and_labels_apart(slide: "Figure") -> None:
    title = slide.get_suptitle()
    assert len(title) > 20
    for axes in slide.axes:
        for axis, first, last in ((axes.xaxis, "x0", "x1"), (axes.yaxis, "y0", "y1")):
            labels = [label for label in axis.get_ticklabels() if label.get_text()]
            boxes = [label.get_window_extent() for label in labels]
            ends = sorted((getattr(box, first), getattr(box, last)) for box in boxes)
            assert all(one[1] < following[0] for one, following in pairwise(ends)), title


@pytest.mark.parametrize(
    ("slide", "frame"),
    [
        ("autoencoder", (1.5, 1.5, 29.5, 29.5)),
        ("loss", (1.5, 1.5, 29.5, 29.5)),
        ("shift_probe", (-0.5, -0.5, 0.5, 0.5)),
    ],
    indirect=["slide"],
)
def test_the_digit_in_its_padding_and_the_target_are_framed(
    slide: "Figure", frame: tuple[float, ...]
) -> None:
    framed = [patch for axes in slide.axes if axes.images for patch in axes.patches]
    assert [
        tuple(patch.get_bbox().extents) for patch in framed if isinstance(patch, Rectangle)
    ] == [frame]


@pytest.mark.parametrize(
    ("offered", "said"),
    [
        ({}, "Take it away: link"),
        ({"table": lambda: None}, "Take it away: data, link"),
        (
            {"picture": lambda: None, "table": lambda: None, "code": "import torch"},
            "Take it away: picture, data, link, code",
        ),
    ],
)
def test_the_button_names_what_there_is(
    monkeypatch: pytest.MonkeyPatch, offered: dict[str, Any], said: str
) -> None:
    labels = []

    def popover(label: str, **_: Any) -> AbstractContextManager[None]:
        labels.append(label)
        return nullcontext()

    monkeypatch.setattr(st, "popover", popover)
    take_away.take_away("padding-lab", **offered)
    assert labels == [said]
