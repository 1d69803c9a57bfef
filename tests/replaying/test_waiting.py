"""The order in which equal calls are answered."""

from __future__ import annotations

from collections.abc import Iterable

from replaying.recording import Recording
from timetracer.replaying.calls import Candidate
from timetracer.replaying.waiting import Queue


def queue(candidates: Iterable[Candidate]) -> Queue:
    first, *others = candidates
    found = Queue(first)
    for other in others:
        found.add(other)
    return found


def drain(waiting: Queue, path: str = "") -> list[int]:
    orders: list[int] = []
    while (candidate := waiting.first(path)) is not None:
        candidate.played = candidate.taken = True
        orders.append(candidate.order)
    return orders


def test_first_come_first_served() -> None:
    waiting = queue(Recording(*[("GET /", "")] * 4).candidates)
    assert (drain(waiting), waiting.size, waiting.sample.order) == ([0, 1, 2, 3], 4, 0)


def test_one_that_was_taken_elsewhere_is_passed_over() -> None:
    candidates = Recording(*[("GET /", "")] * 4).candidates
    candidates[0].played = candidates[2].played = True
    assert drain(queue(candidates)) == [1, 3]


def test_a_place_first_and_then_the_others() -> None:
    recording = Recording()
    for path in "abab":
        recording.add("GET /", path=path)
    assert drain(queue(recording.candidates), "b") == [1, 3, 0, 2]


def test_what_is_not_taken_comes_again() -> None:
    waiting = queue(Recording(("GET /", "")).candidates)
    assert waiting.first("") is waiting.first("") is not None
