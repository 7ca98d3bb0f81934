"""The kept result nearest to one that is not there: found, told apart, and gone to."""

import json
import random
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from core import autoencoder
from core.autoencoder import Run, Settings, next_checkpoint, runs
from core.autoencoder.nearest import (
    BY_CHANCE,
    FEW,
    FRESH,
    LENGTHS,
    Difference,
    Nearby,
    differences,
    distance,
    nearest,
)
from core.autoencoder.presets import AS_ASKED, PADDED
from core.autoencoder.store import Folder, Store, identity
from core.classifier import Settings as Classifier
from core.limits import Limits
from pages.sections.autoencoder.nearest import GO, PHRASES, go, phrase, words
from tests.app import button, click, open_page
from tests.app import words as said_on
from tests.classifier.test_runs import state as classified
from tests.made_up import keep, live
from tests.stand_in import OTHER_VALUES, Clock, Trainer, state_at

CHOICES: dict[str, list[Any]] = {
    name: [getattr(AS_ASKED.settings, name), value] for name, value in OTHER_VALUES.items()
}
CHOICES |= {"pad_width": [0, 1, 2, 3, 8], "seed": [0, 1, 7], "train_size": [5_000, 20_000, 60_000]}


@st.composite
def experiments(draw: st.DrawFn) -> Run:
    """An experiment near the live preset, at one of the offered lengths."""
    drawn = st.fixed_dictionaries({}, optional={n: st.sampled_from(v) for n, v in CHOICES.items()})
    settings = autoencoder.canonical(replace(AS_ASKED.settings, **draw(drawn)))
    return Run(settings, next_checkpoint(settings, draw(st.sampled_from(LENGTHS))))


def reached(kept: list[Run]) -> dict[Settings, int]:
    """Both arms of `kept`, as far as they go."""
    found: dict[Settings, int] = {}
    for run in kept:
        for arm in run.arms:
            found[arm.settings] = max(arm.images, found.get(arm.settings, 0))
    return found


@given(experiments(), st.lists(experiments(), max_size=8), st.randoms(use_true_random=False))
def test_what_is_found_is_there_and_nothing_is_nearer(
    asked: Run, kept: list[Run], order: random.Random
) -> None:
    there = reached(kept)
    assume(any(there.get(arm.settings, 0) < arm.images for arm in asked.arms))
    found = nearest(asked, there)
    assert len(found) == min(FEW, len({run.settings for run in found}))
    for run in found:
        assert all(there[arm.settings] >= arm.images for arm in run.arms)
        assert run.images in [next_checkpoint(run.settings, length) for length in LENGTHS]
        assert differences(asked, run)
    far = [distance(asked, run) for run in found]
    assert far == sorted(far)
    for run in kept:
        assert far[0] <= distance(asked, run)
    shuffled = list(there.items())
    order.shuffle(shuffled)
    assert [distance(asked, run) for run in nearest(asked, dict(shuffled))] == far


@given(experiments(), experiments())
def test_differences_are_what_it_takes_to_get_there(asked: Run, kept: Run) -> None:
    changes = {each.name: each.kept for each in differences(asked, kept)}
    images = changes.pop("images", asked.images)
    assert replace(asked.settings, **changes) == kept.settings
    assert abs(images - kept.images) < max(asked.settings.batch_size, kept.settings.batch_size)
    assert not differences(asked, asked)


@given(experiments(), experiments(), st.sampled_from(sorted(CHOICES)))
def test_a_setting_as_it_was_asked_for_is_no_farther(asked: Run, kept: Run, name: str) -> None:
    same = {name: getattr(asked.settings, name)}
    assume(name not in ("train_size", "batch_size"))  # they move the lengths
    nearer = Run(autoencoder.canonical(replace(kept.settings, **same)), kept.images)
    assert distance(asked, nearer) <= distance(asked, kept) or name == "seed"


@pytest.mark.parametrize(
    ("asked", "kept", "better"),
    [
        ({"pad_width": 3}, {"pad_width": 4}, {"pad_width": 3, "variation": "inverted"}),
        ({"pad_width": 1}, {"pad_width": 0}, {"pad_width": 8}),
        ({"pad_mode": "reflect"}, {"seed": 0}, {"pad_mode": "reflect", "depth": 3, "beta2": 0.95}),
        ({"seed": 5}, {"depth": 3, "seed": 5}, {"seed": 0}),
        ({"depth": 4}, {"depth": 2}, {"depth": 3, "seed": 3}),
        ({"learning_rate": 1e-2}, {"learning_rate": 1e-4}, {"learning_rate": 3e-3}),
    ],
)
def test_what_is_nearer(
    asked: Mapping[str, Any], kept: Mapping[str, Any], better: Mapping[str, Any]
) -> None:
    wanted, first, second = (AS_ASKED.but(**changes).arms[1] for changes in (asked, kept, better))
    (run, *_) = nearest(wanted, reached([first, second]))
    assert run == second


def test_an_experiment_is_there_where_both_its_arms_are() -> None:
    unpadded, padded = AS_ASKED.arms
    asked = AS_ASKED.but(seed=9)
    assert not nearest(asked, {padded.settings: padded.images})
    assert not nearest(asked, {unpadded.settings: 4_000, padded.settings: 20_000})
    there = {unpadded.settings: 5_024, padded.settings: 20_000}
    assert Run(padded.settings, 5_024) in nearest(asked, there)


def test_a_longer_run_holds_the_length_that_was_asked_for() -> None:
    asked = AS_ASKED.but(seed=9)
    there = reached([AS_ASKED._replace(images=600_000)])
    assert AS_ASKED in nearest(asked, there)


def test_every_preset_is_its_own_nearest_for_another_seed() -> None:
    kept = reached(list(PADDED.values()))
    for preset in PADDED.values():
        assert nearest(preset.but(seed=77), kept)[0] == preset


# --- What is kept -------------------------------------------------------------------------------


def test_a_list_is_good_for_a_while() -> None:
    clock, there = Clock(), reached([AS_ASKED])
    nearby = Nearby(lambda: dict(there), clock)
    asked = AS_ASKED.but(seed=9)
    assert nearby.to(asked)[0] == AS_ASKED
    there.clear()
    assert nearby.to(asked)[0] == AS_ASKED
    clock.now += FRESH
    assert nearby.to(asked) == []


def test_the_cache_says_what_it_holds(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    one, other = live(seed=1), live(seed=2, pad_width=4)
    folder.write(one, state_at(one, 5_024))
    folder.write(other, state_at(other, 20_000))
    assert folder.reached() == {one: 5_024, other: 20_000}
    folder.write(one, state_at(one, 20_000))
    assert folder.reached() == {one: 20_000, other: 20_000}


def test_what_says_nothing_true_of_itself_is_passed_over(tmp_path: Path) -> None:
    folder, mine, other = Folder(tmp_path), live(seed=1), live(seed=2)
    folder.write(Classifier(), classified(Classifier()))  # type: ignore[arg-type]
    (tmp_path / "damaged.npz").write_bytes(b"PK")
    settings, seen = np.array(json.dumps(vars(other))), np.array(20_000)
    np.savez(tmp_path / f"{identity(mine)}.npz", settings=settings, images_seen=seen)  # another's
    np.savez(tmp_path / f"{identity(other)}.npz", images_seen=seen)  # an older one
    assert folder.reached() == {}


def test_what_is_shipped_and_what_is_cached_are_both_found(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    mine = AS_ASKED.but(pad_mode="symmetric", seed=3)
    store = Store(folder, Folder(runs.SHIPPED))
    with closing(runs.Registry(Trainer(), store)) as registry:
        asked = AS_ASKED.but(pad_mode="symmetric", seed=4)
        assert registry.nearest(asked)[0].settings.pad_mode == "edge"
        keep(folder, mine.settings, 80.0, 0.1)
    with closing(runs.Registry(Trainer(), store)) as registry:
        assert registry.nearest(asked)[0] == mine  # its unpadded arm is shipped


# --- What is said -------------------------------------------------------------------------------


def test_every_setting_has_its_words() -> None:
    assert set(PHRASES) == {*Settings.__dataclass_fields__, "images"}
    assert set(BY_CHANCE) < set(PHRASES)


@given(experiments(), experiments())
def test_every_difference_is_said(asked: Run, kept: Run) -> None:
    found = differences(asked, kept)
    assume(found)
    said = words(found)
    assert said.count("instead of") == len(found)
    assert said.endswith(".")
    assert "_" not in said


@pytest.mark.parametrize(
    ("name", "asked", "kept", "said"),
    [
        ("seed", 1034, 0, "a seed of 0 instead of 1034"),
        ("images", 60_000, 20_000, "20,000 images seen instead of 60,000"),
        ("dataset", "digits", "mnist", "MNIST instead of generated digits"),
        ("noise_first", True, False, "noise drawn after padding instead of before it"),
        ("output_bias", -1.9, 0.0, "an output bias of 0 instead of −1.9 at the start"),
        ("pad_mode", "wrap", "edge", "the pad mode edge instead of wrap"),
    ],
)
def test_a_difference_in_words(name: str, asked: Any, kept: Any, said: str) -> None:
    assert phrase(Difference(name, asked, kept)) == said


def test_differences_in_one_sentence() -> None:
    asked = AS_ASKED.but(seed=3, pad_mode="wrap")
    assert words(differences(asked, AS_ASKED)) == (
        "**The nearest result that is here already** has the pad mode edge instead of wrap and a "
        "seed of 0 instead of 3."
    )


# --- On the page --------------------------------------------------------------------------------


@pytest.fixture
def full(
    shelf: Folder, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[tuple[Trainer, runs.Registry]]:
    """A hall whose queue has one place left, and as asked, seed 0, on the shelf."""
    keep(shelf, live(), 80.0, 0.0)
    keep(shelf, live(pad_width=2), 82.0, 0.1)
    trainer = Trainer(held=True)
    bounds = Limits(workers=1, queue=2)
    with closing(runs.Registry(trainer, Store(shelf), bounds=bounds)) as registry:
        monkeypatch.setattr(runs, "registry", lambda: registry)
        for seed in (101, 102):
            registry.start(live(seed=seed), 20_000, "somebody else")
            trainer.await_calls(1 if seed == 101 else 0)
        yield trainer, registry
        trainer.let_go()


def test_who_finds_the_queue_full_is_told_and_shown_the_nearest_result(
    full: tuple[Trainer, runs.Registry],
) -> None:
    _, registry = full
    app = open_page("autoencoder", guess="worse", seed=7)
    click(app, "Train")
    (warning,) = app.warning
    assert warning.value.startswith("The queue is full, 2 runs are waiting already")
    said = said_on(app)
    assert "**The nearest result that is here already** has a seed of 0 instead of 7." in said
    assert "That run: per pixel the loss **fell by 21." in said
    assert "This run:" not in said
    for arm in AS_ASKED.but(seed=7).arms:
        assert not registry.look(*arm).active  # the place that was left is left
    click(app, GO)
    assert app.number_input(key="seed").value == 0
    assert "This run: per pixel the loss **fell by 21." in said_on(app)
    assert GO not in [one.label for one in app.button]


def test_before_a_guess_the_nearest_result_says_no_total(
    full: tuple[Trainer, runs.Registry],
) -> None:
    app = open_page("autoencoder", seed=7)
    assert "a seed of 0 instead of 7" in said_on(app)
    assert "in total" not in said_on(app)
    assert button(app, GO)


def test_a_run_that_has_begun_stands_for_itself(shelf: Folder) -> None:
    keep(shelf, live(), 80.0, 0.0)
    keep(shelf, live(pad_width=2), 82.0, 0.1)
    app = open_page("autoencoder", guess="worse")
    assert GO not in [one.label for one in app.button]


def test_where_nothing_is_kept_nothing_is_nearest(shelf: Folder) -> None:
    app = open_page("autoencoder", guess="worse", seed=7)
    assert not app.exception
    assert GO not in [one.label for one in app.button]


def test_going_there_sets_every_control() -> None:
    moved: dict[str, Any] = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("streamlit.session_state", moved)
        go(AS_ASKED._replace(images=5_024))
    assert moved == vars(AS_ASKED.settings) | {"images": 5_000, "moved_on": True}
