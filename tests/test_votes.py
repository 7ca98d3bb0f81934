"""Votes are counted once a visitor, changeable, bounded in every direction, from any thread."""

import threading

import pytest

from core.votes import Rooms, is_name, new_name
from tests.stand_in import Clock

HALL, OTHER, THIRD = "hhhhhh", "kkkkkk", "mmmmmm"


def rooms(most: int = 2, voters: int = 3, hours: float = 1) -> tuple[Rooms, Clock]:
    clock = Clock()
    return Rooms(most, voters, hours, clock), clock


def test_a_visitor_has_one_vote_and_may_change_it() -> None:
    hall, _ = rooms()
    hall.ask(HALL, "better?")
    assert hall.vote(HALL, "better?", "ann", "yes")
    assert hall.vote(HALL, "better?", "bob", "yes")
    assert hall.vote(HALL, "better?", "ann", "no")
    assert hall.votes(HALL, "better?") == {"ann": "no", "bob": "yes"}
    assert hall.choice(HALL, "better?", "ann") == "no"
    assert hall.choice(HALL, "better?", "eve") is None


def test_each_question_has_its_votes_and_keeps_them() -> None:
    hall, _ = rooms()
    hall.ask(HALL, "first")
    hall.vote(HALL, "first", "ann", "a")
    hall.ask(HALL, "second")
    assert hall.asked(HALL) == "second"
    assert not hall.votes(HALL, "second")
    hall.ask(HALL, "first")
    assert hall.votes(HALL, "first") == {"ann": "a"}


def test_nobody_opens_a_room_by_voting() -> None:
    hall, _ = rooms()
    assert not hall.vote(HALL, "better?", "ann", "yes")
    hall.ask(HALL, "better?")
    assert not hall.vote(HALL, "another question", "ann", "yes")
    assert hall.asked(OTHER) is None
    assert hall.votes(OTHER, "better?") == {}


def test_a_full_room_counts_nobody_more_but_lets_votes_change() -> None:
    hall, _ = rooms(voters=2)
    hall.ask(HALL, "q")
    assert [hall.vote(HALL, "q", voter, "a") for voter in ("1", "2", "3")] == [True, True, False]
    assert hall.vote(HALL, "q", "1", "b")
    assert hall.votes(HALL, "q") == {"1": "b", "2": "a"}


def test_of_too_many_rooms_the_longest_unseen_goes() -> None:
    hall, clock = rooms(most=2)
    for name in (HALL, OTHER):
        hall.ask(name, "q")
        clock.now += 1
    hall.votes(HALL, "q")  # a speaker's screen looks
    hall.ask(THIRD, "q")
    assert [hall.asked(name) for name in (HALL, OTHER, THIRD)] == ["q", None, "q"]


def test_a_room_that_nobody_looks_at_is_forgotten() -> None:
    hall, clock = rooms(hours=1)
    hall.ask(HALL, "q")
    hall.vote(HALL, "q", "ann", "a")
    clock.now += 3599
    assert hall.votes(HALL, "q")
    clock.now += 3601
    assert hall.asked(HALL) is None
    hall.ask(HALL, "q")
    assert not hall.votes(HALL, "q")


def test_votes_from_many_threads_are_all_counted() -> None:
    hall, _ = rooms(voters=1_000)
    hall.ask(HALL, "q")

    def crowd(first: int) -> None:
        for voter in range(first, first + 100):
            assert hall.vote(HALL, "q", str(voter), "a")

    threads = [threading.Thread(target=crowd, args=(first,)) for first in range(0, 800, 100)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(hall.votes(HALL, "q")) == 800


@pytest.mark.parametrize("wrong", ["", "hhhhh", "hhhhhhh", "HHHHHH", "hhhhh\n", "<b>bbb", "hhhhh0"])
def test_what_is_no_name_opens_no_room(wrong: str) -> None:
    hall, _ = rooms()
    assert not is_name(wrong)
    with pytest.raises(ValueError, match="no room's name"):
        hall.ask(wrong, "q")


def test_new_names_are_names_and_differ() -> None:
    names = {new_name() for _ in range(100)}
    assert len(names) == 100
    assert all(map(is_name, names))
