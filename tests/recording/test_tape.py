"""What a tape keeps of a body, and how an exchange ends."""

from __future__ import annotations

import asyncio

import pytest

from timetracer.recording.assembler import exchange_of
from timetracer.recording.tape import Reel, Tape
from toy import TOY, ToyError


def tape(limit: int = 100) -> tuple[Tape, list[str]]:
    finished: list[str] = []
    return Tape(TOY, ("GET", "a"), limit, lambda: finished.append("finished")), finished


def test_chunks_pass_as_the_very_same_objects_and_are_kept() -> None:
    one, finished = tape()
    chunks = [b"ab", b"", b"cd"]
    one.answered((200,))
    with one.response_reel as body:
        assert all(body.heard(chunk) is chunk for chunk in chunks)
        assert finished == []
    assert finished == ["finished"]
    exchange = exchange_of(one)
    assert exchange.response_body == b"abcd"
    assert exchange.chunks is not None
    assert [length for length, _ in exchange.chunks] == [2, 0, 2]


def test_a_buffer_that_is_used_again_is_copied() -> None:
    one, _ = tape()
    buffer = bytearray(b"first")
    with one.response_reel as body:
        body.heard(buffer)  # type: ignore[arg-type]
        buffer[:] = b"other"
    assert one.response_reel.bytes() == b"first"


def test_a_body_over_the_limit_is_counted_and_not_kept() -> None:
    one, _ = tape(limit=3)
    one.answered((200,))
    with one.response_reel as body:
        body.heard(b"ab")
        body.heard(b"cdef")
    exchange = exchange_of(one)
    assert (exchange.response, exchange.response_body) == ({"status": 200, "omitted": 6}, b"")


def test_a_body_in_one_piece_over_the_limit_is_not_kept_either() -> None:
    one, _ = tape(limit=3)
    one.request_reel.whole(b"abcd")
    exchange = exchange_of(one)
    assert (exchange.request["omitted"], exchange.request_body) == (4, b"")


def test_a_reader_who_goes_away_abandons_the_body() -> None:
    one, finished = tape()
    one.answered((200,))
    with pytest.raises(GeneratorExit), one.response_reel as body:
        body.heard(b"ab")
        raise GeneratorExit
    assert finished == ["finished"]
    exchange = exchange_of(one)
    assert (exchange.response, exchange.error) == ({"status": 200, "abandoned": True}, None)


def test_a_reader_who_is_cancelled_is_told_apart() -> None:
    one, finished = tape()
    one.answered((200,))
    with pytest.raises(asyncio.CancelledError), one.response_reel as body:
        body.heard(b"ab")
        raise asyncio.CancelledError
    assert finished == ["finished"]
    assert exchange_of(one).error == {"type": "cancelled"}


def test_closing_after_the_end_is_no_abandonment() -> None:
    one, finished = tape()
    one.answered((200,))
    with one.response_reel:
        pass
    one.response_reel.closed()
    assert finished == ["finished"]
    assert not one.abandoned


def test_an_error_in_the_middle_comes_after_what_had_arrived() -> None:
    one, _ = tape()
    one.answered((200,))
    with pytest.raises(ToyError), one.response_reel as body:
        body.heard(b"ab")
        raise ToyError("broke off", 7)
    exchange = exchange_of(one)
    assert exchange.response_body == b"ab"
    assert exchange.error == {"type": "toy.ToyError", "args": ["broke off", 7], "message": "('broke off', 7)"}


def test_a_cancelled_call_is_told_apart_from_a_failed_one() -> None:
    one, _ = tape()
    one.fail(asyncio.CancelledError())
    assert exchange_of(one).error == {"type": "cancelled"}


def test_only_the_first_end_counts() -> None:
    one, finished = tape()
    one.finish()
    ended = one.ended
    one.fail(ToyError("later"))
    assert (finished, one.ended) == (["finished"], ended)


def test_a_fault_of_ours_at_the_end_does_not_reach_the_reader() -> None:
    def broken(_: BaseException | None) -> None:
        raise RuntimeError("ours")

    with Reel(10, broken) as body:
        body.heard(b"fine")
    assert body.bytes() == b"fine"
