"""A hall's guesses: rooms in which visitors vote, counted in memory and forgotten with the process.

Nothing is kept of a visitor but the name of a session, which ends with it. What anybody can fill is
bounded: rooms, voters of a room, and the time after which a room that nobody looks at is forgotten.
"""

from __future__ import annotations

import re
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from core import machine
from core.limits import limits

LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"  # none that could be read for another
LENGTH = 6  # letters of a room's name: 9 · 10⁸ names, of which few are in use

Votes = dict[str, str]  # by voter, what was chosen


def new_name() -> str:
    """The name of a new room, which nobody can guess in passing."""
    return "".join(secrets.choice(LETTERS) for _ in range(LENGTH))


def is_name(text: str) -> bool:
    """Whether `text` could be a room's name."""
    return re.fullmatch(f"[{LETTERS}]{{{LENGTH}}}", text) is not None


@dataclass
class _Room:
    seen: float  # when somebody last looked or voted, seconds
    question: str = ""  # that the hall is asked now
    votes: dict[str, Votes] = field(default_factory=dict)  # by question


class Rooms:
    """All rooms of this process, safe from any thread.

    most: rooms; beyond it the one that nobody has looked at for longest is forgotten.
    voters: of one room's question; who comes later cannot vote.
    hours: after which a room that nobody has looked at is forgotten.
    """

    def __init__(
        self, most: int, voters: int, hours: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._most, self._voters, self._seconds = most, voters, 3600 * hours
        self._clock = clock
        self._rooms: OrderedDict[str, _Room] = OrderedDict()  # the longest unseen first
        self._lock = threading.Lock()

    def ask(self, name: str, question: str) -> None:
        """Open the room called `name`, if it is not, and have it asked `question` now.

        The votes on a question stay when it is asked again. ValueError for what is no name.
        """
        if not is_name(name):
            raise ValueError(f"no room's name: {name[:20]!r}")
        with self._lock:
            room = self._see(name)
            if room is None:
                room = self._rooms[name] = _Room(self._clock())
                while len(self._rooms) > self._most:
                    self._rooms.popitem(last=False)
            room.question = question
            room.votes.setdefault(question, {})

    def asked(self, name: str) -> str | None:
        """The question that a room is asked now; None where there is no such room."""
        with self._lock:
            room = self._see(name)
            return None if room is None else room.question

    def vote(self, name: str, question: str, voter: str, choice: str) -> bool:
        """Count one vote, in place of the voter's last; False where it cannot be counted.

        It cannot where there is no such room, where it was never asked this, and where it is full.
        """
        with self._lock:
            room = self._see(name)
            votes = None if room is None else room.votes.get(question)
            if votes is None or (voter not in votes and len(votes) >= self._voters):
                return False
            votes[voter] = choice
            return True

    def votes(self, name: str, question: str) -> Votes:
        """A copy of the votes on a question, by voter; none where there is no such room."""
        with self._lock:
            room = self._see(name)
            return {} if room is None else dict(room.votes.get(question, {}))

    def choice(self, name: str, question: str, voter: str) -> str | None:
        """What this voter has chosen; None where nothing."""
        return self.votes(name, question).get(voter)

    def _see(self, name: str) -> _Room | None:
        """The room, as the one that was looked at last; those are forgotten that nobody sees."""
        now = self._clock()
        while self._rooms and now - next(iter(self._rooms.values())).seen > self._seconds:
            self._rooms.popitem(last=False)
        room = self._rooms.get(name)
        if room is not None:
            room.seen = now
            self._rooms.move_to_end(name)
        return room


def rooms() -> Rooms:
    """This process's rooms."""
    bounds = limits()
    return machine.once(
        "rooms", lambda: Rooms(bounds.vote_rooms, bounds.vote_voters, bounds.vote_hours)
    )
