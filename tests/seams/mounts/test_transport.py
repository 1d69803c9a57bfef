"""Asyncio transports: a real one that tells a line, and one in memory whose server is a line."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from timetracer.errors import ReplayError
from timetracer.seams.mounts.transport import DELIVERY, MountedTransport, TappedTransport


class Echo:
    """A line that says everything twice, and ends when it is told so."""

    def __init__(self) -> None:
        self.closing = False
        self.push: Callable[[bytes], None] = lambda data: None

    def pushed(self, push: Callable[[bytes], None]) -> None:
        self.push = push

    def receive(self, data: bytes) -> bytes:
        if data == b"nobody":
            raise ReplayError("nothing recorded")
        self.closing = data == b"bye"
        return data * 2


class Heard(asyncio.Protocol):
    """A driver's protocol."""

    def __init__(self) -> None:
        self.data: list[bytes] = []
        self.lost = asyncio.Event()
        self.more = asyncio.Event()

    def data_received(self, data: bytes) -> None:
        self.data.append(data)
        self.more.set()

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost.set()


class Buffered(asyncio.BufferedProtocol):
    """The same, with a small buffer of its own."""

    def __init__(self) -> None:
        self.data = b""
        self._buffer = bytearray(3)

    def get_buffer(self, sizehint: int) -> bytearray:
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        self.data += self._buffer[:nbytes]


async def turns(number: int = 3) -> None:
    for _ in range(number):
        await asyncio.sleep(0)


def mount(protocol: Any, line: Echo | None = None) -> MountedTransport:
    mounted: Any = line or Echo()
    return MountedTransport(asyncio.get_running_loop(), protocol, mounted)


@pytest.mark.asyncio
async def test_what_is_written_is_answered_later_as_by_a_socket() -> None:
    heard = Heard()
    transport = mount(heard)
    transport.write(b"one")
    transport.writelines([b"t", bytearray(b"w"), memoryview(b"o")])
    assert heard.data == []
    await turns()
    assert heard.data == [b"oneone", b"twotwo"]
    assert transport.get_extra_info("peername") == ("127.0.0.1", 0)
    assert (transport.get_write_buffer_size(), transport.can_write_eof()) == (0, True)


@pytest.mark.asyncio
async def test_a_large_answer_comes_in_pieces_and_waits_while_the_driver_does_not_read() -> None:
    heard = Heard()
    transport = mount(heard)
    transport.pause_reading()
    assert not transport.is_reading()
    transport.write(b"x" * DELIVERY)
    await turns()
    assert heard.data == []
    transport.resume_reading()
    await turns()
    assert [len(piece) for piece in heard.data] == [DELIVERY, DELIVERY]


@pytest.mark.asyncio
async def test_a_protocol_may_stop_reading_in_the_middle() -> None:
    heard = Heard()
    transport = mount(heard)
    heard.data_received = lambda data: (heard.data.append(data), transport.pause_reading())  # type: ignore[method-assign]
    transport.write(b"x" * DELIVERY)
    await turns()
    assert len(heard.data) == 1
    transport.resume_reading()
    await turns()
    assert len(heard.data) == 2


@pytest.mark.asyncio
async def test_a_buffered_protocol_is_filled() -> None:
    protocol = Buffered()
    mount(protocol).write(b"hello")
    await turns()
    assert protocol.data == b"hellohello"


@pytest.mark.asyncio
async def test_the_server_ends_the_connection_after_its_last_words() -> None:
    heard = Heard()
    transport = mount(heard)
    transport.write(b"bye")
    await heard.lost.wait()
    assert heard.data == [b"byebye"]
    assert transport.is_closing()
    transport.write(b"late")
    await turns()
    assert heard.data == [b"byebye"]


@pytest.mark.asyncio
async def test_a_miss_is_raised_in_the_writer_and_the_connection_is_lost() -> None:
    heard = Heard()
    transport = mount(heard)
    transport.write(b"one")
    with pytest.raises(ReplayError):
        transport.write(b"nobody")
    await heard.lost.wait()
    assert heard.data == []


@pytest.mark.asyncio
async def test_what_nobody_asked_for_comes_from_any_thread() -> None:
    heard, line = Heard(), Echo()
    transport = mount(heard, line)
    await asyncio.to_thread(line.push, b"news")
    await heard.more.wait()
    assert heard.data == [b"news"]
    transport.close()
    await heard.lost.wait()


@pytest.mark.asyncio
async def test_the_end_is_told_once() -> None:
    heard = Heard()
    times: list[None] = []
    heard.connection_lost = lambda exc: times.append(None)  # type: ignore[method-assign]
    transport = mount(heard)
    transport.close()
    transport.abort()
    await turns()
    assert times == [None]


@pytest.mark.asyncio
async def test_another_protocol_may_take_over() -> None:
    first, second = Heard(), Heard()
    transport = mount(first)
    transport.set_protocol(second)
    assert transport.get_protocol() is second
    transport.write(b"one")
    await turns()
    assert (first.data, second.data) == ([], [b"oneone"])


def test_a_real_transport_is_told_and_otherwise_itself() -> None:
    said: list[Any] = []

    class Real:
        name = "real"

        def write(self, data: Any) -> None:
            said.append(("real", data))

        def close(self) -> None:
            said.append("closed")

        abort = close

    class Ear:
        def sent(self, data: bytes) -> None:
            said.append(("line", data))

        def closed(self) -> None:
            said.append("line closed")

    line: Any = Ear()
    transport = TappedTransport(Real(), line)
    transport.write(bytearray(b"one"))
    transport.writelines([b"t", b"wo"])
    assert said == [("line", b"one"), ("real", b"one"), ("line", b"two"), ("real", b"two")]
    assert transport.name == "real"
    transport.close()
    assert said[4:] == ["line closed", "closed"]
