"""Every slide without a browser: it draws, fits its words, and says what its figures say."""

import json
import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.autoencoder import runs
from core.autoencoder.presets import AS_ASKED
from core.autoencoder.store import Folder, Store
from core.impact import impact
from core.layers import parse_stack
from core.loss import Framed
from pages.sections.autoencoder import stage as autoencoder
from pages.sections.autoencoder.stage import Course, Moment, growing, labels, said, ticks
from pages.sections.autoencoder.stage_answer import picture, verdict
from pages.sections.impact.stage import counts, ratio, sentence
from pages.sections.loss.stage import division_words, per_pixel_words, total_words
from pages.sections.shapes.stage import sentence as pooled_words
from pages.sections.stage.sequence import STEPS, find
from pages.sections.start import stage as start
from pages.shared import svg
from pages.shared.charts import LIGHT
from pages.shared.frame import START, TOPICS
from pages.shared.verdict import weigh
from pages.shared.words import unbroken
from tests.app import click, errors, open_page
from tests.stand_in import Trainer, until, until_idle

LONGEST = 125  # letters of a sentence: two lines on a slide of 1024 × 768 pixels


def shown(app: AppTest) -> list[tuple[str, str]]:
    """The pictures and sentences of a slide."""
    (part,) = app.get("bidi_component")
    shots: list[list[str]] = json.loads(part.proto.json)["shots"]
    return [(drawn, words) for drawn, words in shots]


def test_every_topic_has_its_slides_in_reading_order() -> None:
    names = [step.name for step in STEPS]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z_]+", name) for name in names)
    assert not {*names} & {*TOPICS, START}
    firsts = list(dict.fromkeys(step.topic for step in STEPS if step.topic != START))
    assert firsts == list(TOPICS)


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
def test_a_slide_is_a_question_a_picture_and_a_sentence(step: Any) -> None:
    app = open_page("stage", step=step.name)
    assert not errors(app)
    assert not app.warning
    assert [title.value for title in app.title] == [unbroken(step.question)]
    assert app.query_params["step"] == step.name
    pictures = shown(app)
    assert pictures
    for drawn, words in pictures:
        assert drawn.startswith("<svg ")
        assert 0 < len(words) <= LONGEST, words
        sizes = [float(size) for size in re.findall(r'font-size="([\d.]+)"', drawn)]
        assert min(sizes) >= svg.TYPE


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        (START, "frame"),
        ("loss", "divide"),
        ("impact", "one_layer"),
        ("<b>", "frame"),
        ("", "frame"),
    ],
)
def test_an_address_names_a_slide_or_a_topic(asked: str, name: str) -> None:
    assert find(asked).name == name
    app = open_page("stage", step=asked)
    assert not errors(app)
    assert app.query_params["step"] == name


def test_buttons_lead_on_and_back_and_no_further_than_there_are_slides() -> None:
    app = open_page("stage", step="falls")
    for label, name in (
        *(("Right", "total"), ("PageDown", "train"), ("Left", "total"), ("PageUp", "falls")),
        *(("Home", "frame"), ("Left", "frame"), ("End", "remember"), ("PageDown", "remember")),
    ):
        click(app, label)
        assert not errors(app)
        assert app.query_params["step"] == name


# --- What is said follows from the figures ------------------------------------------------------


def framed(change: float, border: float) -> list[Framed]:
    """Widths from none on, each total `change` more than the one before."""
    plain = (80.0, 84.0, 82.0, 86.0, 88.0)
    every = [Framed(0, plain, (0.0,) * 5)]
    for width in range(1, 9):
        total = [(1 + change) ** width * loss for loss in plain]
        inner = tuple(loss - border for loss in total)
        every.append(Framed(width, inner, (border,) * 5))
    return every


@pytest.mark.parametrize("change", [-0.2, 0.0, 0.01, 0.5])
@pytest.mark.parametrize("border", [0.1, 2])
def test_the_bars_sentences_follow_from_the_losses(change: float, border: float) -> None:
    every = framed(change, border)
    falls = all(after.per_pixel < every[i].per_pixel for i, after in enumerate(every[1:]))
    assert per_pixel_words(every).startswith("Every" if falls else "Not every")
    none = every[-1].total >= every[0].total
    assert ("At no width" in total_words(every)) == none
    assert f"{every[2].size ** 2 / 784 - 1:.1%}".replace("%", " %") in division_words(
        every[0], every[2]
    )
    for width in every:
        words = start.said(width, every)
        assert len(words) <= LONGEST
        if width.pad_width:
            lower = width.per_pixel < every[0].per_pixel
            assert ("lower" in words) == lower


@pytest.mark.parametrize("last", [Moment(20_000, 0.1, 0.08), Moment(512, 0.5, 0.7)])
def test_the_training_s_sentence_follows_from_the_last_moment(last: Moment) -> None:
    course = Course((Moment(256, 0.7, 0.7), last), (784, 1024), 20_000)
    words = said("Live", course)
    assert words.startswith(f"Live, after {last.images_seen:,} images: ")
    per_pixel = "20.0 % lower" if last.padded < last.unpadded else "40.0 % higher"
    total = "4.5 % higher" if last.padded < last.unpadded else "82.9 % higher"
    assert f"{per_pixel} per pixel, {total} in total" in words
    assert [len(part.moments) for part in growing(course)] == [1, 2]


@pytest.mark.parametrize(
    ("changes", "answer"),
    [
        ([0.02, 0.03, 0.025], "The padded network is worse: over 3 seeds "),
        ([-0.02, -0.03, -0.025], "The padded network is better: over 3 seeds "),
        ([0.001, 0.0, -0.001], "Equivalent, to 1 %: over 3 seeds "),
        ([0.1, -0.1, 0.01], "Undecided: over 3 seeds "),
        ([0.1], "Not judged yet: 1 of 3 pre-set seeds are here."),
        ([], "Not judged yet: 0 of 3 pre-set seeds are here."),
    ],
)
def test_the_answer_is_the_judgement_s(changes: list[float], answer: str) -> None:
    evidence = weigh(dict(enumerate(changes)), range(3))
    assert verdict(evidence).startswith(answer)
    places = [float(x) for x in re.findall(r'cx="([-\d.]+)"', picture(evidence, LIGHT))]
    assert len(places) == len(changes)
    assert all(20 < x < svg.WIDTH - 20 for x in places)


def test_the_curves_axes_have_few_round_numbers() -> None:
    assert ticks(0.07, 0.75) == [0.1, 0.2, 0.5]
    assert ticks(71.7, 768) == [100, 200, 500]
    assert ticks(0.05, 0.3) == [0.05, 0.1, 0.2]


def test_names_at_the_lines_ends_do_not_collide() -> None:
    ends = {"unpadded": (200.0, 100.0), "padded": (200.0, 101.0)}
    heights = [float(y) for words in labels(ends, LIGHT) for y in y_of(words)]
    assert abs(heights[0] - heights[1]) >= svg.TYPE


def y_of(words: str) -> list[str]:
    return re.findall(r' y="([\d.]+)"', words)


def test_the_maps_sentence_is_counted() -> None:
    maps = {"valid": impact(parse_stack("conv3 conv3"), 10, 10)}
    assert sentence(maps) == "With “valid” the centre has 81 times as many paths as a corner."
    assert counts(maps["valid"]) == "corner 1, centre 81"
    assert ratio(impact(parse_stack("conv3:same"), 10, 10)) == "2.25 times"


def test_what_pooling_drops_is_computed() -> None:
    from pages.sections.shapes.halving import pooled

    image = pooled()[-1]
    assert "makes 3 of 7" in pooled_words(image)
    assert pooled_words(image[:6, :6]).count("drops nothing") == 1


def test_words_in_a_picture_are_escaped() -> None:
    assert "<b>" not in svg.text(0, 0, "<b>", "#000000")
    assert unbroken("by 2.5 % or 3 px a day") == "by 2.5\u00a0% or 3\u00a0px a day"
    assert unbroken("to 8.5 nats, 5.1 points ± 2.7 less").split(" ") == [
        "to",
        "8.5\u00a0nats,",
        "5.1\u00a0points\u00a0±\u00a02.7",
        "less",
    ]


# --- A training on stage ------------------------------------------------------------------------


@pytest.fixture
def trainer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Trainer]:
    """A stand-in for training, and no run that is there already."""
    stand_in = Trainer(held=True)
    with closing(runs.Registry(stand_in, Store(Folder(tmp_path)))) as registry:
        monkeypatch.setattr(runs, "registry", lambda: registry)
        yield stand_in
        stand_in.let_go()
    until_idle()


def test_without_a_recording_the_slide_says_so_and_trains(trainer: Trainer) -> None:
    app = open_page("stage", step="train")
    assert not errors(app)
    assert shown(app)[0][1] == autoencoder.NOTHING
    click(app, "Train live")
    assert not errors(app)
    trainer.await_calls(2)
    assert shown(app)[0][1].startswith("Live. ")
    click(app, "Show the recording")
    trainer.let_go()
    assert not errors(app)
    run = AS_ASKED.but(seed=10)
    until(lambda: not any(runs.registry().look(*arm).active for arm in run.arms))


def test_a_recording_says_that_it_is_one_and_ends_with_the_test() -> None:
    pictures = shown(open_page("stage", step="train"))
    assert all(words.startswith("A recording, after ") for _, words in pictures)
    assert "after 20,000 images" in pictures[-1][1]
    assert len({drawn for drawn, _ in pictures}) == len(pictures)
