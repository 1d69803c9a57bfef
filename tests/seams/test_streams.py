"""Streams tell their listener everything, and their reader nothing of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timetracer.seams.streams import Played, Stream, cut


class Notes:
    """A listener that writes down what it hears."""

    def __init__(self) -> None:
        self.heard_of: list[Any] = []

    def heard(self, chunk: bytes) -> bytes:
        self.heard_of.append(chunk)
        return chunk

    def closed(self) -> None:
        self.heard_of.append("closed")

    def __enter__(self) -> None:
        self.heard_of.append("begun")

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self.heard_of.append(kind.__name__ if kind else "ended")


class Source:
    """Yields chunks in either way, then raises, if there is something to raise; can be closed."""

    def __init__(self, *chunks: bytes, error: BaseException | None = None) -> None:
        self.chunks = chunks
        self.error = error
        self.asked_for = 0
        self.closed = False

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self.chunks:
            self.asked_for += 1
            yield chunk
        if self.error is not None:
            raise self.error

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for chunk in self:
            yield chunk

    def close(self) -> None:
        self.closed = True

    async def aclose(self) -> None:
        self.closed = True


async def collect(stream: Any) -> list[bytes]:
    return [chunk async for chunk in stream]


def both(source: Any, notes: Any) -> list[list[bytes]]:
    """What readers of either kind get."""
    return [list(Stream(source, notes)), asyncio.run(collect(Stream(source, notes)))]


def test_chunks_pass_as_they_are() -> None:
    notes = Notes()
    chunks = (b"a", b"", bytes(range(256)))
    for seen in both(Source(*chunks), notes):
        assert all(one is other for one, other in zip(seen, chunks, strict=True))
    assert notes.heard_of == ["begun", *chunks, "ended"] * 2


def test_nothing_is_asked_for_ahead_of_the_reader() -> None:
    source = Source(b"a", b"b", b"c")
    reader = iter(Stream(source, Notes()))
    assert source.asked_for == 0
    for count in (1, 2):
        next(reader)
        assert source.asked_for == count


def test_an_error_passes_and_is_heard_of() -> None:
    notes = Notes()
    error = OSError("gone")
    with pytest.raises(OSError, match="gone") as raised:
        list(Stream(Source(b"a", error=error), notes))
    assert raised.value is error
    with pytest.raises(OSError, match="gone"):
        asyncio.run(collect(Stream(Source(b"a", error=error), notes)))
    assert notes.heard_of == ["begun", b"a", "OSError"] * 2


def test_a_reader_who_stops() -> None:
    notes = Notes()
    reader = iter(Stream(Source(b"a", b"b"), notes))
    next(reader)
    reader.close()  # type: ignore[attr-defined]
    assert notes.heard_of == ["begun", b"a", "GeneratorExit"]


def test_an_asynchronous_reader_who_stops() -> None:
    notes = Notes()

    async def read() -> None:
        reader: Any = aiter(Stream(Source(b"a", b"b"), notes))
        await anext(reader)
        await reader.aclose()

    asyncio.run(read())
    assert notes.heard_of == ["begun", b"a", "GeneratorExit"]


def test_closing_closes_the_source_and_is_heard_of() -> None:
    notes, source, other = Notes(), Source(), Source()
    Stream(source, notes).close()
    asyncio.run(Stream(other, notes).aclose())
    assert (source.closed, other.closed) == (True, True)
    assert notes.heard_of == ["closed", "closed"]


def test_a_source_that_cannot_be_closed_need_not_be() -> None:
    notes = Notes()
    Stream([b"a"], notes).close()
    asyncio.run(Stream([b"a"], notes).aclose())
    assert notes.heard_of == ["closed", "closed"]


def test_a_source_that_fails_to_close_is_heard_of_all_the_same() -> None:
    class Stuck(Source):
        def close(self) -> None:
            raise OSError("stuck")

        async def aclose(self) -> None:
            raise OSError("stuck")

    notes = Notes()
    with pytest.raises(OSError, match="stuck"):
        Stream(Stuck(), notes).close()
    with pytest.raises(OSError, match="stuck"):
        asyncio.run(Stream(Stuck(), notes).aclose())
    assert notes.heard_of == ["closed", "closed"]


class Broken:
    """An end that raises, and says in which way it was reached."""

    def run(self) -> None:
        raise OSError("blocking")

    async def arun(self) -> None:
        raise OSError("asynchronous")


def test_a_recorded_body_is_played_with_its_end() -> None:
    assert both(Played([b"a", b"b"]), None) == [[b"a", b"b"]] * 2
    reader = iter(Stream(Played([b"a"], Broken())))
    assert next(reader) == b"a"
    with pytest.raises(OSError, match="blocking"):
        next(reader)
    with pytest.raises(OSError, match="asynchronous"):
        asyncio.run(collect(Stream(Played([b"a"], Broken()))))


def test_a_stream_that_nobody_hears_can_be_closed() -> None:
    source = Source()
    Stream(source).close()
    assert source.closed
    asyncio.run(Stream([b"a"]).aclose())


@pytest.mark.parametrize(
    ("body", "chunks", "pieces"),
    [
        (b"", None, []),
        (b"ab", None, [b"ab"]),
        (b"", [], []),
        (b"", [(0, 1)], [b""]),
        (b"abc", [(1, 10), (0, 20), (2, 30)], [b"a", b"", b"bc"]),
        (b"abc", [(1, 10)], [b"a", b"bc"]),
        (b"ab", [(1, 10), (5, 20)], [b"a", b"b"]),
    ],
)
def test_a_body_is_cut_where_it_was(body: bytes, chunks: list[tuple[int, int]] | None, pieces: list[bytes]) -> None:
    assert cut(body, chunks) == pieces


@given(st.lists(st.binary(max_size=5)))
def test_what_was_cut_is_whole_again(pieces: list[bytes]) -> None:
    body = b"".join(pieces)
    assert cut(body, [(len(piece), 0) for piece in pieces]) == pieces
