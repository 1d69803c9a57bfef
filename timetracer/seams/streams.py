"""Body streams: teed while recording, played back while replaying. Chunk by chunk, never drained ahead of the app."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from types import TracebackType
from typing import Any, Protocol


class Listener(Protocol):
    """Hears one body pass by. Entered when the first chunk is asked for; its exit tells how the stream ended:
    with nothing (exhausted), with ``GeneratorExit`` (abandoned), or with the error that broke it off."""

    def heard(self, chunk: bytes) -> bytes: ...

    def closed(self) -> None: ...

    def __enter__(self) -> Any: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None, /
    ) -> None: ...


class Stream:
    """A body on its way to the reader, past a listener.

    Args:
        source: yields the chunks, synchronously or asynchronously as the reader wants them.
        listener: hears them; None: nobody does.
    """

    def __init__(self, source: Any, listener: Listener | None = None) -> None:
        self._source = source
        self._listener = listener

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._source) if self._listener is None else self._heard(self._listener)

    def __aiter__(self) -> AsyncIterator[bytes]:
        return aiter(self._source) if self._listener is None else self._aheard(self._listener)

    def _heard(self, listener: Listener) -> Iterator[bytes]:
        with listener:
            for chunk in self._source:
                yield listener.heard(chunk)

    async def _aheard(self, listener: Listener) -> AsyncIterator[bytes]:
        with listener:
            async for chunk in self._source:
                yield listener.heard(chunk)

    def close(self) -> None:
        try:
            if hasattr(self._source, "close"):
                self._source.close()
        finally:
            if self._listener is not None:
                self._listener.closed()

    async def aclose(self) -> None:
        try:
            if hasattr(self._source, "aclose"):
                await self._source.aclose()
        finally:
            if self._listener is not None:
                self._listener.closed()


class End(Protocol):
    """How a body ends that has no clean end: raises, in either way."""

    def run(self) -> None: ...

    async def arun(self) -> None: ...


class Played:
    """A recorded body as a source: its chunks where they were cut, then its end as it was.

    Args:
        chunks: the bytes as they arrived.
        end: comes after the last chunk; None for a clean end.
    """

    def __init__(self, chunks: list[bytes], end: End | None = None) -> None:
        self._chunks = chunks
        self._end = end

    def __iter__(self) -> Iterator[bytes]:
        yield from self._chunks
        if self._end is not None:
            self._end.run()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for chunk in self._chunks:
            yield chunk
        if self._end is not None:
            await self._end.arun()


def cut(body: bytes, chunks: list[tuple[int, int]] | None) -> list[bytes]:
    """The bytes of a body where its chunks (length, ns) were cut; what lengths do not cover comes as one last piece."""
    if chunks is None:
        return [body] if body else []
    pieces: list[bytes] = []
    start = 0
    for length, _ in chunks:
        pieces.append(body[start : start + length])
        start += length
    if start < len(body):
        pieces.append(body[start:])
    return pieces
