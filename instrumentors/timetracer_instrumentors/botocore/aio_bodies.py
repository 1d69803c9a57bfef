"""Raw responses of aiobotocore: listened to where they are, and played back as aiohttp's would be read."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable
from typing import Any

from timetracer.seams.streams import Stream
from timetracer_instrumentors.botocore.bodies import Heard


class Iterated:
    """The ways to iterate over aiohttp's ``StreamReader``, each by the way to read that it stands for."""

    async def iter_chunked(self, n: int) -> AsyncIterator[bytes]:
        while chunk := await self.read(n):
            yield chunk

    async def iter_any(self) -> AsyncIterator[bytes]:
        while chunk := await self.readany():
            yield chunk

    async def iter_chunks(self) -> AsyncIterator[tuple[bytes, bool]]:
        """With whether an HTTP chunk ends there."""
        while True:
            chunk, ends = await self.readchunk()
            if not chunk and not ends:
                return
            yield chunk, ends

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while line := await self.readline():
            yield line

    async def read(self, n: int = -1) -> bytes:
        raise NotImplementedError

    async def readany(self) -> bytes:
        raise NotImplementedError

    async def readchunk(self) -> tuple[bytes, bool]:
        raise NotImplementedError

    async def readline(self) -> bytes:
        raise NotImplementedError


class HeardContent(Iterated, Heard):
    """aiohttp's ``StreamReader``: whichever way it is read."""

    async def _read(self, reading: Awaitable[Any]) -> Any:
        try:
            chunk = await reading
        except BaseException as error:
            self._broken(error)
            raise
        return self._told(chunk, over=self.__wrapped__.at_eof())

    async def read(self, n: int = -1) -> bytes:
        return bytes(await self._read(self.__wrapped__.read(n)))

    async def readany(self) -> bytes:
        return bytes(await self._read(self.__wrapped__.readany()))

    async def readexactly(self, n: int) -> bytes:
        return bytes(await self._read(self.__wrapped__.readexactly(n)))

    async def readchunk(self) -> tuple[bytes, bool]:
        try:
            chunk, ends = await self.__wrapped__.readchunk()
        except BaseException as error:
            self._broken(error)
            raise
        return bytes(self._told(chunk, over=self.__wrapped__.at_eof())), bool(ends)

    async def readline(self, **options: Any) -> bytes:
        return bytes(await self._read(self.__wrapped__.readline(**options)))


class HeardRaw(Heard):
    """aiohttp's response, which reads its own content when it is read whole."""

    def __init__(self, wrapped: Any, listener: Any) -> None:
        super().__init__(wrapped, listener)
        wrapped.content = HeardContent(wrapped.content, listener)

    def close(self) -> None:
        self.__wrapped__.close()
        self._self_listener.closed()

    async def __aenter__(self) -> Any:
        await self.__wrapped__.__aenter__()
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self.__wrapped__.__aexit__(*exception)
        self._self_listener.closed()

    def release(self) -> Any:
        released = self.__wrapped__.release()
        self._self_listener.closed()
        return released


class HeardHttpx(Heard):
    """httpx's response."""

    async def aiter_raw(self, *size: Any) -> AsyncIterator[bytes]:
        try:
            async for chunk in self.__wrapped__.aiter_raw(*size):
                yield self._told(chunk, over=False)
        except GeneratorExit:
            raise
        except BaseException as error:
            self._broken(error)
            raise
        self._told(b"", over=True)

    async def aread(self) -> bytes:
        return b"".join([chunk async for chunk in self.aiter_raw()])

    async def aclose(self) -> None:
        await self.__wrapped__.aclose()
        self._self_listener.closed()


class PlayedContent(Iterated):
    """A recorded body: a read gives what one read gave when it was recorded, or less if it wants less."""

    def __init__(self, stream: Stream) -> None:
        self._chunks = aiter(stream)
        self._rest = b""
        self._over = False

    def at_eof(self) -> bool:
        return self._over and not self._rest

    async def readany(self) -> bytes:
        chunk, self._rest = self._rest, b""
        while not chunk and not self._over:
            try:
                chunk = await anext(self._chunks)
            except StopAsyncIteration:
                self._over = True
        return chunk

    async def read(self, n: int = -1) -> bytes:
        if n < 0:
            return b"".join([chunk async for chunk in self.iter_any()])
        chunk = await self.readany() if n else b""
        self._rest = chunk[n:] + self._rest
        return chunk[:n]

    async def readchunk(self) -> tuple[bytes, bool]:
        chunk = await self.readany()
        return chunk, bool(chunk)

    async def readline(self) -> bytes:
        line = b""
        while not line.endswith(b"\n") and (chunk := await self.readany()):
            head, end, self._rest = chunk.partition(b"\n")
            line += head + end
        return line

    async def readexactly(self, n: int) -> bytes:
        body = b""
        while len(body) < n and (chunk := await self.read(n - len(body))):
            body += chunk
        return body


class PlayedRaw:
    """A recorded response, as much of aiohttp's as aiobotocore and its users look at."""

    def __init__(self, stream: Stream, url: str, status: int, headers: dict[str, str]) -> None:
        self.content = PlayedContent(stream)
        self.url = url
        self.status = status
        self.headers = headers
        self.raw_headers = tuple((name.encode(), value.encode()) for name, value in headers.items())
        self.closed = False

    async def read(self) -> bytes:
        return await self.content.read()

    def close(self) -> None:
        self.closed = True

    release = close

    async def __aenter__(self) -> Any:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()
