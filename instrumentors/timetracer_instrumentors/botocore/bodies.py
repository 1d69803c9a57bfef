"""Bodies of botocore's requests and responses: listened to where they are, played back as urllib3's would be read."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from inspect import isawaitable
from typing import Any

import wrapt
from urllib3 import HTTPResponse

from timetracer.seams.streams import Listener, Stream

_BLOCK = 64 * 1024


class Upload:
    """A request's body that is a file, or something that reads like one.

    Some of them (s3transfer's) cannot be iterated over, and the async ones of aiobotocore are read by coroutines.
    """

    def __init__(self, body: Any) -> None:
        self.body = body

    def __iter__(self) -> Iterator[bytes]:
        while chunk := self.body.read(_BLOCK):
            yield _bytes(chunk)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while chunk := await _awaited(self.body.read(_BLOCK)):
            yield _bytes(chunk)


async def _awaited(value: Any) -> Any:
    return await value if isawaitable(value) else value


def _bytes(chunk: bytes | str) -> bytes:
    """A file that was opened as text is sent as UTF-8 (urllib3 and aiohttp do so)."""
    return chunk.encode() if isinstance(chunk, str) else chunk


class BodyStream(Stream):
    """A body and its listener, to be brought together where the body is: botocore's are more than iterables."""

    def sent(self) -> Any:
        """The request's body as it was, listened to."""
        body: Any = self._source.body
        return SentLater(body, self._listener) if hasattr(body, "__aiter__") else Sent(body, self._listener)

    def received(self, proxy: Callable[[Any, Listener], Any]) -> Any:
        """The response's raw body as it was, listened to by a proxy of this kind."""
        return proxy(self._source, self._listener) if self._listener is not None else self._source


_Proxy: Any = wrapt.ObjectProxy


class Heard(_Proxy):  # type: ignore[misc]
    """An object like any of its kind, past whose methods a body goes."""

    __wrapped__: Any
    _self_listener: Any

    def __init__(self, wrapped: Any, listener: Any) -> None:
        _Proxy.__init__(self, wrapped)
        self._self_listener = listener

    def _told(self, chunk: Any, *, over: bool) -> Any:
        """What was read goes on as it is; `over`: nothing will follow."""
        if chunk:
            self._self_listener.heard(_bytes(chunk))
        if over:
            self._self_listener.__exit__(None, None, None)
        return chunk

    def _broken(self, error: BaseException) -> None:
        self._self_listener.__exit__(type(error), error, None)


class Sent(Heard):
    """A request's body."""

    def read(self, *size: Any) -> Any:
        chunk = self.__wrapped__.read(*size)
        return self._told_later(chunk, size) if isawaitable(chunk) else self._told(chunk, over=_is_all(chunk, size))

    async def _told_later(self, chunk: Any, size: tuple[Any, ...]) -> Any:
        chunk = await chunk
        return self._told(chunk, over=_is_all(chunk, size))

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self.__wrapped__:
            yield self._told(chunk, over=False)
        self._told(b"", over=True)


class SentLater(Sent):
    """The same, of those that HTTP libraries iterate over asynchronously."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self.__wrapped__:
            yield self._told(chunk, over=False)
        self._told(b"", over=True)


def _is_all(chunk: Any, size: tuple[Any, ...]) -> bool:
    return not chunk or not size or size[0] is None or size[0] < 0


class HeardResponse(Heard):
    """urllib3's response: whichever way it is read."""

    def _read(self, read: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        try:
            chunk = read(*args, **kwargs)
        except BaseException as error:
            self._broken(error)
            raise
        return self._told(chunk, over=self.__wrapped__.closed)

    def read(self, amt: int | None = None, *args: Any, **kwargs: Any) -> Any:
        chunk = self._read(self.__wrapped__.read, amt, *args, **kwargs)
        if amt != 0 and _is_all(chunk, (amt,)):
            self._told(b"", over=True)
        return chunk

    def read1(self, *args: Any, **kwargs: Any) -> Any:
        return self._read(self.__wrapped__.read1, *args, **kwargs)

    def readline(self, *args: Any) -> Any:
        return self._read(self.__wrapped__.readline, *args)

    def readlines(self, *args: Any) -> list[bytes]:
        return list(iter(self.readline, b""))

    def readinto(self, buffer: Any) -> int:
        chunk = self.read(len(buffer))
        buffer[: len(chunk)] = chunk
        return len(chunk)

    def stream(self, *args: Any, **kwargs: Any) -> Iterator[bytes]:
        return self._each(self.__wrapped__.stream(*args, **kwargs))

    def read_chunked(self, *args: Any, **kwargs: Any) -> Iterator[bytes]:
        return self._each(self.__wrapped__.read_chunked(*args, **kwargs))

    def __iter__(self) -> Iterator[bytes]:
        return self._each(iter(self.__wrapped__))

    def _each(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        while chunk := self._read(next, chunks, b""):
            yield chunk
        self._told(b"", over=True)

    @property
    def data(self) -> bytes:
        data = bytes(self._read(lambda: self.__wrapped__.data))
        self._told(b"", over=True)
        return data

    def close(self) -> None:
        self.__wrapped__.close()
        self._self_listener.closed()


class PlayedResponse(HTTPResponse):
    """urllib3's response over a recorded body: a read takes as much as it asks for, a stream comes as it came."""

    def __init__(self, stream: Stream, status: int, headers: Any) -> None:
        wire: Any = Wire(iter(stream))
        super().__init__(
            wire,
            headers=headers,
            status=status,
            preload_content=False,
            decode_content=False,
            enforce_content_length=False,  # botocore does that itself
        )

    def stream(self, amt: int | None = None, decode_content: bool | None = None) -> Any:
        wire: Any = self._fp
        while not wire.closed:
            if chunk := wire.next():
                yield chunk

    read_chunked = stream


class Wire:
    """The connection that a recorded body comes from.

    Args:
        chunks: as they arrived.
    """

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._rest = b""
        self._error: BaseException | None = None
        self.closed = False

    def next(self) -> bytes:
        """What is left of the current chunk, or the next one; nothing at the end, where it is closed."""
        if self._error is not None:
            raise self._error
        chunk, self._rest = self._rest, b""
        while not chunk and not self.closed:
            try:
                chunk = next(self._chunks)
            except StopIteration:
                self.closed = True
        return chunk

    def read(self, size: int | None = None) -> bytes:
        """So many bytes, fewer only at the end, as http.client has it; None: all."""
        parts: list[bytes] = []
        length = 0
        while size is None or length < size:
            try:
                chunk = self.next()
            except BaseException as error:
                if size is None or not parts:
                    raise
                self._error = error  # after what came before it
                break
            if not chunk:
                break
            parts.append(chunk)
            length += len(chunk)
        body = b"".join(parts)
        if size is not None and length > size:
            self._rest = body[size:]
            body = body[:size]
        return body

    read1 = read

    def close(self) -> None:
        self.closed = True
