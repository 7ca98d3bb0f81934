"""What the server and the process that trains say to each other comes through to the bit."""

import io
from dataclasses import replace

import numpy as np
import pytest

from core.autoencoder import Point, wire, worker
from core.autoencoder.record import State, state_to_arrays
from core.autoencoder.wire import Message
from tests.stand_in import SETTINGS, any_state, same

ARRAYS: wire.Arrays = {
    "weights": np.array([0.1, -1e-38], np.float32),
    "words": np.array(["é", ""]),
}
MESSAGES = [Message("stop", 3), Message("progress", 1, {"share": 1 / 3}, ARRAYS), Message("done")]


def test_messages_come_through_whole() -> None:
    pipe = io.BytesIO()
    for message in MESSAGES:
        wire.write(pipe, message)
    pipe.seek(0)
    read = [wire.read(pipe) for _ in range(4)]
    assert read[3] is None
    for before, after in zip(MESSAGES, read, strict=False):
        assert after is not None
        assert (after.kind, after.run, after.told) == (before.kind, before.run, before.told)
        assert after.arrays.keys() == before.arrays.keys()
        assert all(same(after.arrays[name], value) for name, value in before.arrays.items())


@pytest.mark.parametrize("cut", [1, 9, 40, 200])
def test_an_end_in_the_middle_is_an_end(cut: int) -> None:
    pipe = io.BytesIO()
    wire.write(pipe, MESSAGES[1])
    assert wire.read(io.BytesIO(pipe.getvalue()[:cut])) is None


class Server:
    """What a server makes of a run's reports."""

    def __init__(self, state: State | None = None) -> None:
        self.state, self.heard = state, list[Message]()
        self.report = worker.Reports(SETTINGS, state, 1, self._hear)

    def _hear(self, message: Message) -> None:
        pipe = io.BytesIO()
        wire.write(pipe, message)
        pipe.seek(0)
        read = wire.read(pipe)
        assert read is not None
        self.heard.append(read)
        self.state = wire.followed(SETTINGS, self.state, read)


@pytest.fixture
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever could be told is told."""
    monkeypatch.setattr(worker, "FIGURES_EVERY", 0.0)
    monkeypatch.setattr(worker, "PICTURES_EVERY", 0.0)


def after(state: State, images: int) -> State:
    """A state some steps later: other weights, and one more point."""
    point = Point(images, images / 1_000, 0.1 + 1e-17, 1 / 3)
    return replace(
        state,
        images_seen=images,
        weights=state.weights + 1,
        points=(*state.points, point),
        seconds=state.seconds + 0.1,
        by_now=replace(
            any_state(SETTINGS, 1_000).checkpoints[-1], images_seen=images, weights=None
        ),
    )


@pytest.mark.usefixtures("unhurried")
def test_between_tests_only_figures_and_pictures_are_told() -> None:
    server = Server()
    server.report(None, "Drawing digits", 0.5)
    assert server.state is None
    tested = replace(any_state(SETTINGS, 1_000), points=())
    first = after(replace(tested, images_seen=0, points=(), checkpoints=()), 500)
    server.report(first)
    assert server.state is not None
    assert server.state.points == first.points
    assert not server.state.continuable
    server.report(tested)
    assert same(server.state, tested)
    later = after(after(tested, 1_100), 1_200)
    server.report(later, testing=0.5)
    assert server.heard[-1].told["testing"] == 0.5
    assert server.heard[-1].arrays.keys() == set(wire.PICTURES)
    assert not server.state.continuable
    assert same(server.state.by_now, later.by_now)
    not_told = {name: getattr(later, name) for name in ("weights", "mean", "variance")}
    assert same(replace(server.state, **not_told), later)


@pytest.mark.usefixtures("unhurried")
def test_a_run_that_goes_on_is_told_from_where_it_was() -> None:
    begun = replace(any_state(SETTINGS, 1_000), points=(Point(512, 0.5, 0.3, 0.2),))
    server = Server(begun)
    server.report(begun)
    server.report(after(begun, 1_100))
    assert server.state is not None
    assert [point.images_seen for point in server.state.points] == [512, 1_100]
    assert "images_seen" not in server.heard[-1].arrays
    tested = replace(any_state(SETTINGS, 2_000), points=server.state.points)
    server.report(tested)
    assert same(server.state, tested)


def test_a_report_is_cheap_and_rare() -> None:
    """But a new activity, and a test that is done, are told at once."""
    server = Server()
    for _ in range(100):
        server.report(None, "Getting ready")
    server.report(None, "Drawing digits")
    tested = replace(any_state(SETTINGS, 1_000), points=())
    for _ in range(100):
        server.report(tested)
    kinds = [(message.told["activity"], bool(message.arrays)) for message in server.heard[:3]]
    assert kinds == [("Getting ready", False), ("Drawing digits", False), ("", True)]
    assert len(server.heard) < 10  # in a second or two of a busy machine
    assert sum(bool(message.arrays) for message in server.heard) == 1
    size = sum(value.nbytes for value in state_to_arrays(SETTINGS, tested).values())
    pipe = io.BytesIO()
    wire.write(pipe, Message("progress", 1, wire.figures(tested, since=0)))
    assert pipe.tell() < 1_000 < size / 100
