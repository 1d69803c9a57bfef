"""Bodies: listened to without being changed, played back as they were read."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.response import StreamingBody
from urllib3 import HTTPHeaderDict, HTTPResponse
from urllib3.exceptions import ProtocolError

from timetracer.recording.tape import Reel
from timetracer.seams.streams import Stream
from timetracer_instrumentors.botocore.bodies import BodyStream, HeardResponse, PlayedResponse, Sent, Upload, Wire

BODY = b"one\ntwo\nthree\n" * 3


def raw(body: Any = BODY) -> HTTPResponse:
    """urllib3's response, as botocore asks for it."""
    source = io.BytesIO(body) if isinstance(body, bytes) else body
    return HTTPResponse(source, {"content-type": "text/plain"}, 200, preload_content=False, decode_content=False)


def reel() -> tuple[Reel, list[Any]]:
    ended: list[Any] = []
    return Reel(1000, ended.append), ended


READS: dict[str, Callable[[Any], Any]] = {
    "whole": lambda raw: [raw.read()],
    "in pieces": lambda raw: list(iter(lambda: raw.read(5), b"")),
    "read1": lambda raw: list(iter(lambda: raw.read1(5), b"")),
    "stream": lambda raw: list(raw.stream(7)),
    "iterated": list,
    "lines": lambda raw: raw.readlines(),
    "into": lambda raw: into(raw, 5),
    "data": lambda raw: [raw.data],
}


def into(raw: Any, size: int) -> list[bytes]:
    pieces, buffer = [], bytearray(size)
    while count := raw.readinto(buffer):
        pieces.append(bytes(buffer[:count]))
    return pieces


@pytest.mark.parametrize("way", READS)
def test_a_response_is_heard_whichever_way_it_is_read(way: str) -> None:
    listener, ended = reel()
    heard: Any = HeardResponse(raw(), listener)
    assert isinstance(heard, HTTPResponse)
    assert READS[way](heard) == READS[way](raw())
    heard.close()
    assert listener.bytes() == BODY
    assert (listener.complete, ended) == (True, [None])


def test_one_that_is_closed_before_its_end_is_abandoned() -> None:
    listener, ended = reel()
    heard: Any = HeardResponse(raw(), listener)
    assert heard.read(3) == b"one"
    heard.close()
    assert (listener.bytes(), listener.complete, type(ended[0])) == (b"one", False, GeneratorExit)


class Broken(io.RawIOBase):
    def readable(self) -> bool:
        return True

    def readinto(self, _: Any) -> int:
        raise ConnectionResetError(104, "reset")


def test_one_that_breaks_off_is_told_with_its_error() -> None:
    listener, ended = reel()
    with pytest.raises(ProtocolError) as error:
        HeardResponse(raw(Broken()), listener).read(3)
    assert ended == [error.value]


def played(*chunks: bytes, error: Exception | None = None) -> PlayedResponse:
    def arriving() -> Iterator[bytes]:
        yield from chunks
        if error is not None:
            raise error

    return PlayedResponse(Stream(arriving()), 200, HTTPHeaderDict({"content-length": str(sum(map(len, chunks)))}))


def test_a_stream_comes_as_it_came_and_a_read_takes_what_it_asks_for() -> None:
    chunks = b"abc", b"", b"defgh", b"i"
    assert list(played(*chunks).stream()) == [b"abc", b"defgh", b"i"]
    response = played(*chunks)
    assert [response.read(2), response.read(4), response.read(0), response.read(9), response.read(9)] == [
        b"ab",
        b"cdef",
        b"",
        b"ghi",
        b"",
    ]
    assert response.closed
    assert played(*chunks).read() == b"abcdefghi"
    assert AWSResponse("http://a/", 200, {}, played(*chunks)).content == b"abcdefghi"
    assert list(StreamingBody(played(*chunks), "9").iter_chunks(4)) == [b"abcd", b"efgh", b"i"]


def test_an_error_comes_after_what_came_before_it() -> None:
    for size in (3, 1000):
        response = played(b"abc", error=ProtocolError("broken"))
        assert response.read(size) == b"abc"
        with pytest.raises(ProtocolError, match="broken"):
            response.read(1)
    with pytest.raises(ProtocolError, match="broken"):
        list(played(b"abc", error=ProtocolError("broken")).stream())


def test_what_is_left_of_a_chunk_is_streamed_first() -> None:
    response = played(b"abcd", b"ef")
    response.read(1)
    assert list(response.stream()) == [b"bcd", b"ef"]


def test_a_closed_wire_gives_nothing() -> None:
    wire = Wire(iter([b"a"]))
    wire.close()
    assert (wire.read(), wire.next()) == (b"", b"")


class ReadOnly:
    """As s3transfer's: it may be read, and gives nothing to those who iterate over it."""

    def __init__(self, content: Any) -> None:
        self.file = content

    def read(self, size: int = -1) -> Any:
        return self.file.read(size)

    def seek(self, *where: int) -> None:
        self.file.seek(*where)

    def __iter__(self) -> Iterator[bytes]:
        return iter(())


def test_an_upload_is_read_as_urllib3_does() -> None:
    assert b"".join(Upload(ReadOnly(io.BytesIO(BODY)))) == BODY
    assert b"".join(Upload(io.StringIO("Grüße"))) == "Grüße".encode()


@pytest.mark.parametrize("size", [(), (-1,), (5,)])
def test_what_is_sent_is_heard(size: tuple[int, ...]) -> None:
    listener, _ = reel()
    sent: Any = BodyStream(Upload(ReadOnly(io.BytesIO(BODY))), listener).sent()
    assert isinstance(sent, Sent)
    assert isinstance(sent, ReadOnly)
    pieces = []
    while piece := sent.read(*size):
        pieces.append(piece)
    assert b"".join(pieces) == listener.bytes() == BODY
    assert listener.complete


def test_what_is_iterated_over_when_sent_is_heard() -> None:
    listener, _ = reel()
    assert list(BodyStream(Upload(io.BytesIO(b"a\nb\n")), listener).sent()) == [b"a\n", b"b\n"]
    assert (listener.bytes(), listener.complete) == (b"a\nb\n", True)


def test_a_body_that_nobody_listens_to_is_itself() -> None:
    response = raw()
    assert BodyStream(response).received(HeardResponse) is response
