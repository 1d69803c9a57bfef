"""The guard: what a replay lets through to the network, what it stops, and what it says then."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest
from opentelemetry.instrumentation.utils import suppress_instrumentation

from services.processes import environment
from timetracer import sessions
from timetracer.cassette.model import Cassette, Kind, Span
from timetracer.errors import BlockedCall
from timetracer.recording.session import Choice, Recording
from timetracer.replaying import guard
from timetracer.replaying.session import Manner, Replay
from toy import exchanged, load

OUTSIDE = "192.0.2.1"  # TEST-NET-1: no host has it (RFC 5737)
OUTSIDE_6 = "2001:db8::1"  # RFC 3849
NOWHERE = "nowhere.invalid"  # RFC 2606


@pytest.fixture(autouse=True)
def guarded() -> None:
    guard.install()


@contextmanager
def replaying(*urls: str, live: frozenset[str] = frozenset()) -> Iterator[Replay]:
    """A replay of this process, in which these URLs had been recorded."""
    spans = [
        Span("send", "1" * 32, f"{n:016x}", kind=Kind.CLIENT, exchange=exchanged("GET", url))
        for n, url in enumerate(urls, 1)
    ]
    session = Replay([Cassette(spans)], load, Manner(live=live))
    sessions.open_in_process(session)
    try:
        yield session
    finally:
        sessions.close_in_process(session)


@pytest.fixture
def server() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as made:
        yield made


def port_of(server: socket.socket) -> int:
    return int(server.getsockname()[1])


def connect(host: str | bytes, port: int = 80) -> None:
    """A real attempt, which need not wait for an answer. The family follows from the host."""
    six = ":" in (host.decode() if isinstance(host, bytes) else host)
    with closing(socket.socket(socket.AF_INET6 if six else socket.AF_INET)) as client, suppress(BlockingIOError):
        client.setblocking(False)
        client.connect((host, port))


def connect_ex(host: str) -> None:
    with closing(socket.socket()) as client:
        client.setblocking(False)
        client.connect_ex((host, 80))


def send_to(host: str) -> None:
    with closing(socket.socket(type=socket.SOCK_DGRAM)) as client:
        client.sendto(b"x", (host, 9))


def send_message(host: str) -> None:
    with closing(socket.socket(type=socket.SOCK_DGRAM)) as client:
        client.sendmsg([b"x"], [], 0, (host, 9))


@pytest.mark.parametrize(
    ("attempt", "host", "said"),
    [
        (connect, OUTSIDE, f"{OUTSIDE}:80"),
        (connect, OUTSIDE_6, f"{OUTSIDE_6}:80"),
        (connect_ex, OUTSIDE, f"{OUTSIDE}:80"),
        (send_to, OUTSIDE, f"{OUTSIDE}:9"),
        (send_message, OUTSIDE, f"{OUTSIDE}:9"),
        (lambda host: socket.getaddrinfo(host, 443), NOWHERE, f"{NOWHERE}:443"),
        (lambda host: socket.getaddrinfo(host, "443"), NOWHERE, f"{NOWHERE}:443"),
        (lambda host: socket.getaddrinfo(host, "https"), NOWHERE, NOWHERE),
        (lambda host: socket.getaddrinfo(host.encode(), None), NOWHERE, NOWHERE),
        (socket.gethostbyname, NOWHERE, NOWHERE),
        (lambda host: socket.create_connection((host, 25)), NOWHERE, f"{NOWHERE}:25"),
    ],
)
def test_nothing_leaves_for_the_outside(attempt: Callable[[str], object], host: str, said: str) -> None:
    with replaying() as session, pytest.raises(BlockedCall) as blocked:
        attempt(host)
    assert f" wanted to reach {said} while a replay goes on" in str(blocked.value)
    assert session.verdict().missed == [f"connection to {said}"]
    assert session.problems == [str(blocked.value)]


def test_whoever_wanted_out_is_named() -> None:
    with replaying(), pytest.raises(BlockedCall, match=r"test_guard\.connect wanted"):
        connect(OUTSIDE)


def test_an_app_that_swallows_the_exception_does_not_make_the_verdict_better() -> None:
    with replaying() as session:
        for _ in range(2):
            with suppress(BlockedCall):
                connect(OUTSIDE)
        assert not session.verdict().ok()
        assert len(session.problems) == 2


@pytest.mark.parametrize("host", ["127.0.0.1", b"127.0.0.1", "localhost", "", "::1", "127.9.9.9"])
def test_the_loopback_is_open_for_test_servers(host: str | bytes) -> None:
    with replaying() as session, suppress(ConnectionError):
        connect(host, 9)
    assert session.verdict().missed == []


def test_a_test_server_can_be_called(server: socket.socket) -> None:
    with replaying(), socket.create_connection(("localhost", port_of(server))) as client:
        assert client.getpeername() == server.getsockname()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
def test_a_port_that_was_recorded_is_not_open(server: socket.socket, host: str) -> None:
    port = port_of(server)
    with replaying(f"http://{host}:{port}/a"), pytest.raises(BlockedCall, match=f"127.0.0.1:{port}"):
        connect("127.0.0.1", port)


def test_a_port_that_was_recorded_elsewhere_is_open(server: socket.socket) -> None:
    with replaying(f"http://shop.example:{port_of(server)}/a"):
        connect("127.0.0.1", port_of(server))


def test_an_address_is_looked_up_without_the_network() -> None:
    """What a server does that will listen on all of them, or a client that is stopped when it connects."""
    with replaying() as session:
        for host in ("0.0.0.0", "::", OUTSIDE, OUTSIDE.encode(), OUTSIDE_6, "fe80::1%1", None):
            with suppress(socket.gaierror):  # there may be no IPv6 here
                socket.getaddrinfo(host, 8000)
    assert session.verdict().missed == []


def test_unix_sockets_are_open(tmp_path: Path) -> None:
    path = str(tmp_path / "s")
    with closing(socket.socket(socket.AF_UNIX)) as listening, closing(socket.socket(socket.AF_UNIX)) as client:
        listening.bind(path)
        listening.listen()
        with replaying():
            client.connect(path)
    left, right = socket.socketpair()
    with left, right, replaying():
        left.sendmsg([b"x"])
        assert right.recv(1) == b"x"


@pytest.mark.skipif(not hasattr(socket, "AF_NETLINK"), reason="Linux has it")
def test_what_is_no_address_of_the_internet_is_open() -> None:
    with closing(socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)) as kernel, replaying() as session:
        kernel.connect((0, 0))
    assert session.verdict().missed == []


def test_what_opentelemetry_exports_passes() -> None:
    with replaying() as session, suppress_instrumentation():
        connect(OUTSIDE)
        connect_ex(OUTSIDE)
    assert session.verdict().missed == []


def test_what_is_beneath_a_live_call_passes() -> None:
    with replaying() as session:
        token = sessions.inside.set(True)
        connect(OUTSIDE)
        sessions.inside.reset(token)
    assert session.verdict().missed == []


@pytest.mark.asyncio
@pytest.mark.parametrize("live", [frozenset(), frozenset({"toy"})])
async def test_a_live_library_may_look_names_up_in_the_event_loops_threads(live: frozenset[str]) -> None:
    """They do not inherit the context: whose question it is cannot be seen there."""
    with replaying(live=live) as session:
        token = sessions.inside.set(True)
        with pytest.raises(socket.gaierror if live else BlockedCall):
            await asyncio.get_running_loop().getaddrinfo(NOWHERE, "no-such-service")  # fails before anybody is asked
        sessions.inside.reset(token)
    assert session.verdict().missed == ([] if live else [f"connection to {NOWHERE}"])


@pytest.mark.asyncio
async def test_what_looked_a_name_up_for_others_still_may_not_connect() -> None:
    with replaying(live=frozenset({"toy"})), pytest.raises(BlockedCall, match=f"{OUTSIDE}:80"):
        await asyncio.open_connection(OUTSIDE, 80)


def test_a_thread_of_the_replay_is_stopped_as_well() -> None:
    caught: list[BlockedCall] = []

    def wander() -> None:
        try:
            connect(OUTSIDE)
        except BlockedCall as error:
            caught.append(error)

    with replaying() as session:
        thread = threading.Thread(target=wander)
        thread.start()
        thread.join()
    assert len(caught) == len(session.verdict().missed) == 1


def test_without_a_replay_everything_passes() -> None:
    connect(OUTSIDE)
    recording = Recording(Choice(), lambda unit: None)
    with sessions.in_context(recording):
        connect(OUTSIDE)
    with replaying() as session, sessions.in_context(recording):
        connect(OUTSIDE)
    assert session.verdict().missed == []


def test_it_is_installed_once() -> None:
    guard.install()
    with replaying() as session, pytest.raises(BlockedCall):
        connect(OUTSIDE)
    assert len(session.verdict().missed) == 1


def test_nothing_is_said_of_the_events_of_a_dying_interpreter() -> None:
    code = """
import sys
from timetracer.replaying import guard
class Last:
    def __del__(self, audit=sys.audit):
        audit("the.last.event")
guard.last = Last()
sys.kept = guard  # so that the interpreter empties the module, instead of letting go of it
guard.install()
"""
    ended = subprocess.run([sys.executable, "-c", code], env=environment(), capture_output=True, text=True, check=True)
    assert ended.stderr == ""
