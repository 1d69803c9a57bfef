"""Raw responses of aiobotocore: heard without being changed, played back chunk by chunk."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiohttp
import httpx
import pytest
from aiobotocore.httpchecksum import AioAwsChunkedWrapper

from services.upstream import Upstream
from timetracer.recording.tape import Reel
from timetracer.seams.streams import Stream
from timetracer_instrumentors.botocore.aio_bodies import HeardHttpx, HeardRaw, PlayedContent, PlayedRaw
from timetracer_instrumentors.botocore.bodies import BodyStream, Upload

PATIENCE = aiohttp.ClientTimeout(total=20)


def reel() -> tuple[Reel, list[Any]]:
    ended: list[Any] = []
    return Reel(1_000_000, ended.append), ended


async def repeated(read: Callable[[], Awaitable[bytes]]) -> bytes:
    found = b""
    while piece := await read():
        found += piece
    return found


async def joined(pieces: AsyncIterator[Any]) -> bytes:
    return b"".join([piece[0] if isinstance(piece, tuple) else piece async for piece in pieces])


READS: dict[str, Callable[[Any], Awaitable[bytes]]] = {
    "whole": lambda raw: raw.read(),
    "content": lambda raw: raw.content.read(),
    "in pieces": lambda raw: repeated(lambda: raw.content.read(3)),
    "any": lambda raw: repeated(raw.content.readany),
    "lines": lambda raw: repeated(raw.content.readline),
    "iterated": lambda raw: joined(raw.content),
    "iter_any": lambda raw: joined(raw.content.iter_any()),
    "iter_chunked": lambda raw: joined(raw.content.iter_chunked(5)),
    "iter_chunks": lambda raw: joined(raw.content.iter_chunks()),
}


@pytest.mark.parametrize("way", READS)
@pytest.mark.parametrize("path", ["/text", "/stream?pause=0.01"])
def test_a_response_of_aiohttp_is_heard_whichever_way_it_is_read(way: str, path: str, upstream: Upstream) -> None:
    listener, ended = reel()

    async def read() -> tuple[bytes, bytes]:
        async with aiohttp.ClientSession(timeout=PATIENCE) as session:
            plain = await READS[way](await session.get(upstream.url + path))
            heard: Any = HeardRaw(await session.get(upstream.url + path), listener)
            assert isinstance(heard, aiohttp.ClientResponse)
            found = await READS[way](heard)
            heard.close()
            return plain, found

    plain, found = asyncio.run(read())
    assert plain == found == listener.bytes()
    assert (listener.complete, ended) == (True, [None])


@pytest.mark.parametrize("leave", ["close", "release", "exit"])
def test_one_that_is_left_before_its_end_is_abandoned(leave: str, upstream: Upstream) -> None:
    listener, ended = reel()

    async def read() -> None:
        async with aiohttp.ClientSession(timeout=PATIENCE) as session:
            heard: Any = HeardRaw(await session.get(upstream.url + "/stream?pause=0.01"), listener)
            if leave == "exit":
                async with heard as entered:
                    assert entered is heard
                    assert await heard.content.readexactly(2)
            else:
                assert await heard.content.readexactly(2)
                getattr(heard, leave)()

    asyncio.run(read())
    assert (listener.complete, type(ended[0])) == (False, GeneratorExit)


@pytest.mark.parametrize("way", ["content", "iter_chunks"])
def test_one_that_breaks_off_is_told_with_its_error(way: str, upstream: Upstream) -> None:
    listener, ended = reel()

    async def read() -> None:
        async with aiohttp.ClientSession(timeout=PATIENCE) as session:
            await READS[way](HeardRaw(await session.get(upstream.url + "/dies/length"), listener))

    with pytest.raises(aiohttp.ClientPayloadError) as error:
        asyncio.run(read())
    assert ended == [error.value]


@pytest.mark.parametrize("path", ["/text", "/dies/length"])
def test_a_response_of_httpx_is_heard(path: str, upstream: Upstream) -> None:
    listener, ended = reel()

    async def read() -> bytes:
        async with httpx.AsyncClient(trust_env=False, timeout=20) as client:
            async with client.stream("GET", upstream.url + path) as response:
                heard: Any = HeardHttpx(response, listener)
                assert isinstance(heard, httpx.Response)
                found = bytes(await heard.aread())
                await heard.aclose()
                return found

    if path == "/text":
        assert asyncio.run(read()) == listener.bytes()
        assert (listener.complete, ended) == (True, [None])
    else:
        with pytest.raises(httpx.RemoteProtocolError) as error:
            asyncio.run(read())
        assert ended == [error.value]


def played(*chunks: bytes) -> PlayedContent:
    async def arriving() -> AsyncIterator[bytes]:
        for chunk in chunks:
            yield chunk

    return PlayedContent(Stream(arriving()))


def test_a_recorded_body_is_read_chunk_by_chunk() -> None:
    async def read() -> None:
        content = played(b"abc", b"", b"defgh")
        assert [await content.read(2), await content.read(0), await content.read(9)] == [b"ab", b"", b"c"]
        assert await content.readexactly(5) == b"defgh"
        assert not content.at_eof(), "nobody has tried to read more"
        assert await content.read(1) == b""
        assert content.at_eof()
        assert await played(b"abc", b"de").read() == b"abcde"
        assert await played(b"abc").readexactly(9) == b"abc"
        assert [line async for line in played(b"on", b"e\ntwo\nth", b"ree")] == [b"one\n", b"two\n", b"three"]
        assert [each async for each in played(b"ab", b"c").iter_chunks()] == [(b"ab", True), (b"c", True)]

    asyncio.run(read())


def test_a_recorded_response() -> None:
    async def read() -> None:
        raw = PlayedRaw(Stream(played(b"a", b"b").iter_any()), "http://a/", 200, {"x": "y"})
        assert (raw.url, raw.status, raw.headers, raw.closed) == ("http://a/", 200, {"x": "y"}, False)
        assert await raw.read() == b"ab"
        async with raw as entered:
            assert entered is raw
        assert raw.closed

    asyncio.run(read())


def test_a_body_that_is_sent_by_coroutines_is_heard() -> None:
    """aiobotocore's, in chunks: read, iterated over, and as a replay reads it."""
    wire = b"3\r\nabc\r\n0\r\n\r\n"

    def chunked() -> Any:
        return AioAwsChunkedWrapper(io.BytesIO(b"abc"))

    async def send() -> None:
        plain = b"".join([piece async for piece in chunked()])
        assert await joined(Upload(chunked()).__aiter__()) == plain
        for way in (lambda sent: joined(sent.__aiter__()), lambda sent: repeated(lambda: sent.read(4))):
            listener, _ = reel()
            sent = BodyStream(Upload(chunked()), listener).sent()
            assert await way(sent) == listener.bytes() == plain
            assert listener.complete
        assert plain.startswith(wire[:8])

    asyncio.run(send())
