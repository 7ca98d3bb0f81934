"""The border section on its page: guessed first, every control, and a run of one's own."""

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from core.autoencoder import runs as registry_of_runs
from core.autoencoder.runs import Registry
from core.autoencoder.store import Folder, Store
from core.classifier import Settings, runs
from pages.sections.check import border_live
from tests.app import button, click, errors, open_page, words
from tests.classifier.test_runs import state

border_page = partial(open_page, "check", guess="just show me", open="all")


def test_it_is_asked_before_it_is_told() -> None:
    app = border_page()
    assert not errors(app)
    assert "see it for every padding" in words(app)
    assert "Is it the padding?" not in words(app)
    app.segmented_control(key="border_guess").set_value("few").run()
    assert not errors(app)
    assert "You guessed *few*" in words(app)
    assert "Is it the padding?" in words(app)


def test_a_link_to_a_network_shows_it_at_once() -> None:
    app = open_page("check", digits_padding="circular", readout="linear", pool="anti-aliased")
    assert not errors(app)
    assert "Circular, a linear layer, trained in the middle, anti-aliased" in words(app)


def test_every_control_changes_the_network() -> None:
    app = border_page(border_guess="just show me")
    app.segmented_control(key="digits_padding").set_value("image").run()
    app.segmented_control(key="readout").set_value("linear").run()
    app.segmented_control(key="pool").set_value("anti-aliased").run()
    app.toggle(key="shifted").set_value(True).run()
    assert not errors(app)
    assert "Image padding, a linear layer, trained anywhere, anti-aliased" in words(app)


def test_a_fresh_seed_is_trained_and_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Settings] = []

    def train(settings: Any, before: Any, until: int, report: Any, stop: Any) -> Any:
        asked.append(settings)
        return state(settings)

    registry = Registry(train, Store(Folder(tmp_path)))
    monkeypatch.setattr(registry_of_runs, "registry", lambda: registry)
    app = border_page(border_guess="just show me")
    click(app, "Train it with a fresh seed")
    registry.wait(30)
    app.run()
    assert not errors(app)
    assert [settings.seed for settings in asked] == [6]
    assert "seed 6, trained here, shown and never judged" in words(app)
    assert "Seed 6 · trained here" in words(app)
    assert button(app, "Train it with a fresh seed")
    assert set(border_live.own(Settings())) == {6}


def test_what_a_run_is_at_is_said() -> None:
    view = runs.look(Settings(dataset="digits", seed=99))
    at = partial(replace, view, status="training")
    assert border_live.doing(at(activity="Getting ready")) == "Seed 99: getting ready"
    assert border_live.doing(at(images_seen=640)) == "Seed 99: 640 of 12,000 images seen"
    assert border_live.doing(at(testing=0.5)) == "Seed 99: moving the test digits"
    waiting = replace(view, status="waiting", place=2)
    assert border_live.doing(waiting) == "Seed 99: waiting, number 2 in the queue"
