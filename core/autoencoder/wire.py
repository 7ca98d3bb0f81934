"""Messages between a server and its process that trains: a head in JSON, then plain arrays.

A message is the lengths of both parts, the head, and the arrays as `np.savez` writes them, if any.
Numbers come through exactly: JSON has the shortest decimals that give a float back. Of a run's
state all goes over where it has been tested and at its end, in between only its figures.
"""

from __future__ import annotations

import io
import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import IO, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.autoencoder.experiment import MATHEMATICS, Settings
from core.autoencoder.kinds import Kind, declared_by, kind_of
from core.autoencoder.record import Checkpoint, Point, State

VERSION = 2  # of all messages: raise it with every change to what either side says

HELLO = {"version": VERSION, "mathematics": MATHEMATICS}  # what the process that trains says first

LENGTHS = struct.Struct(">II")  # bytes of the head, and of the arrays

Arrays = Mapping[str, NDArray[Any]]


@dataclass(frozen=True)
class Message:
    """One thing said about one run, which has the number that the server gave it; 0 for none."""

    kind: str
    run: int = 0
    told: Mapping[str, Any] = field(default_factory=dict)
    arrays: Arrays = field(default_factory=dict)


def write(pipe: IO[bytes], message: Message) -> None:
    """Send a message whole."""
    head = json.dumps([message.kind, message.run, message.told]).encode()
    body = io.BytesIO()
    if message.arrays:
        np.savez(body, allow_pickle=False, **message.arrays)
    pipe.write(LENGTHS.pack(len(head), body.tell()) + head)
    pipe.write(body.getbuffer())
    pipe.flush()


def read(pipe: IO[bytes]) -> Message | None:
    """The next message; None where the other side has ended, in the middle of one perhaps."""
    lengths = pipe.read(LENGTHS.size)
    if len(lengths) < LENGTHS.size:
        return None
    head_size, body_size = LENGTHS.unpack(lengths)
    head, body = pipe.read(head_size), pipe.read(body_size)
    if len(head) < head_size or len(body) < body_size:
        return None
    kind, run, told = json.loads(head)
    if not body:
        return Message(kind, run, told)
    with np.load(io.BytesIO(body), allow_pickle=False) as arrays:
        return Message(kind, run, told, dict(arrays))


# --- A run to train -----------------------------------------------------------------------------


class Request(NamedTuple):
    """A run to be trained until it has seen so many images, from a state on if there is one."""

    kind: Kind
    settings: Settings
    state: State | None
    until: int


def request(settings: Settings, state: State | None, until: int, run: int = 0) -> Message:
    """The message that asks for a run."""
    told = {"kind": kind_of(settings).module, "settings": vars(settings), "until": until}
    return Message("train", run, told, _arrays(settings, state))


def requested(message: Message) -> Request:
    """The inverse of `request`. Raises what is raised for settings or arrays of no such run."""
    told = message.told
    kind = declared_by(told["kind"])
    settings = kind.settings(**told["settings"])
    state = kind.from_arrays(settings, message.arrays) if message.arrays else None
    return Request(kind, settings, state, told["until"])


def done(settings: Settings, state: State | None, run: int = 0) -> Message:
    """The message that ends a run: the state that it got to."""
    return Message("done", run, arrays=_arrays(settings, state))


def _arrays(settings: Settings, state: State | None) -> Arrays:
    arrays: Arrays = {} if state is None else kind_of(settings).to_arrays(settings, state)
    return arrays


# --- How far it is ------------------------------------------------------------------------------


def figures(state: State, *, since: int) -> dict[str, Any]:
    """What changes of a state between two tests, without arrays; its points from `since` on."""
    return {
        "images_seen": state.images_seen,
        "points": state.points[since:],
        "seconds": state.seconds,
        "device": state.device,
        "note": state.note,
    }


NUMBERS = ("images_seen", "epoch", "train_loss")
MAPS = ("loss_map", "squared_error_map", "accuracy_map", "entropy_map")
PICTURES = (*MAPS, "noisy", "denoised", "clean")


def by_now(tested: Checkpoint) -> tuple[list[float], Arrays]:
    """How a network does between two tests: its numbers, and its maps and samples."""
    numbers = [getattr(tested, name) for name in NUMBERS]
    return numbers, {name: getattr(tested, name) for name in PICTURES}


def followed(settings: Settings, before: State | None, message: Message) -> State | None:
    """The state that the server has of a run after a `message`, given the one that it had before.

    One that comes from figures has no weights and moments: it can be shown, not continued.
    """
    told, arrays, kind = message.told, message.arrays, kind_of(settings)
    state: State
    if "images_seen" in arrays:
        state = kind.from_arrays(settings, arrays)
        return state
    if message.kind == "done" and kind.seen is not None:
        return None  # stopped before there was anything to keep
    if "images_seen" not in told:
        return before
    if kind.seen is not None:
        state = kind.seen(told["images_seen"])
        return state
    before = before or _BEFORE_THE_FIRST
    now = before.by_now
    if "by_now" in told:
        said: dict[str, Any] = dict(zip(NUMBERS, told["by_now"], strict=True))
        now = Checkpoint(**said | {name: arrays[name] for name in PICTURES}, weights=None)
    return replace(
        before,
        images_seen=told["images_seen"],
        points=before.points + tuple(Point(*point) for point in told["points"]),
        seconds=told["seconds"],
        device=told["device"],
        note=told["note"],
        weights=_NONE,
        mean=_NONE,
        variance=_NONE,
        by_now=now,
    )


_NONE = np.empty(0, np.float32)
_BEFORE_THE_FIRST = State(0, _NONE, _NONE, _NONE, 0.0, 0.0, (), (), 0.0, "")
