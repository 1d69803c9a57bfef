"""redis-py against a real server: recorded, and replayed with nobody there."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import redis
import redis.asyncio
from opentelemetry.instrumentation.redis import RedisInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from redis._parsers import _HiredisParser, _RESP3Parser

import timetracer
from conformance import redis_conversation
from conformance.redis_conversation import PATIENCE, Steps, talk
from services.found import KINDS, own
from services.ports import free_port
from services.processes import Server, Servers
from timetracer.cassette import files
from timetracer.cassette.model import Span

each_way = pytest.mark.parametrize("way", ["blocking", "asyncio"])


@contextmanager
def traced() -> Iterator[None]:
    """OpenTelemetry's own instrumentor is on."""
    RedisInstrumentor().instrument(tracer_provider=TracerProvider(shutdown_on_exit=False))
    try:
        yield
    finally:
        RedisInstrumentor().uninstrument()


def spans(path: Path) -> list[Span]:
    return [span for cassette in files.read(path) for span in cassette.spans]


def requests(path: Path) -> list[Any]:
    return [span.exchange.request for span in spans(path) if span.exchange is not None]


# --- everything ----------------------------------------------------------------------------------------------------


@each_way
def test_with_the_server_gone_a_fresh_process_sees_the_same(way: str, servers: Servers, path: Path) -> None:
    server = own(KINDS["redis"], servers)
    with timetracer.record(path):
        seen = talk(way, server.port)
    assert len(seen["plain"]) >= 40
    server.stop()
    replayed = subprocess.run(
        [sys.executable, "-m", "conformance.redis_conversation", way, str(server.port), str(path)],
        cwd=Path(redis_conversation.__file__).parent.parent,
        env={name: value for name, value in os.environ.items() if not name.startswith("COV")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert replayed.returncode == 0, replayed.stderr
    assert replayed.stdout.strip() == repr(seen)


@each_way
@pytest.mark.parametrize("options", [{"protocol": 2}, {"protocol": 3}, {"decode_responses": True}], ids=repr)
def test_recorded_one_way_it_replays_both_ways(
    way: str, options: dict[str, Any], server: Server, path: Path, nobody: int
) -> None:
    with timetracer.record(path):
        seen = talk(way, server.port, **options)
    for other in ("blocking", "asyncio"):
        with timetracer.replay(path, strict=True) as block:
            assert repr(talk(other, nobody, **options)) == repr(seen)
        assert all("generated identifier" in reasons[0] for _, reasons in block.verdict.relaxed)


@pytest.mark.parametrize("recorder", [_HiredisParser, _RESP3Parser])
def test_either_parser_reads_what_the_other_recorded(recorder: Any, server: Server, path: Path, nobody: int) -> None:
    def say(parser: Any, port: int) -> Any:
        connections = redis.ConnectionPool(port=port, parser_class=parser, protocol=3)
        return redis_conversation.run(redis_conversation.everything, redis.Redis(connection_pool=connections))

    with timetracer.record(path):
        seen = say(recorder, server.port)
    for parser in (_HiredisParser, _RESP3Parser):
        with timetracer.replay(path, strict=True):
            assert repr(say(parser, nobody)) == repr(seen)


@each_way
def test_writes_reach_no_server(way: str, server: Server, path: Path) -> None:
    with timetracer.record(path):
        seen = talk(way, server.port)
    with redis.Redis(port=server.port) as client:
        client.flushall()
        before = client.info("stats")["total_connections_received"]
        with timetracer.replay(path, strict=True):
            assert repr(talk(way, server.port)) == repr(seen)
        assert client.dbsize() == 0
        assert client.info("stats")["total_connections_received"] == before


def test_under_uvloop(server: Server, path: Path, nobody: int) -> None:
    uvloop = pytest.importorskip("uvloop")

    def say(port: int) -> Any:
        options = {"port": port, "socket_timeout": PATIENCE}
        return uvloop.run(redis_conversation._amain(redis_conversation.everything, options))

    with timetracer.record(path):
        seen = say(server.port)
    with timetracer.replay(path, strict=True):
        assert repr(say(nobody)) == repr(seen)


@each_way
def test_under_pytest_socket(way: str, server: Server, path: Path, pytester: pytest.Pytester) -> None:
    with timetracer.record(path):
        seen = talk(way, server.port)
    pytester.makepyfile(f"""
        import timetracer
        from conformance.redis_conversation import talk

        def test_it():
            with timetracer.replay({str(path)!r}, strict=True):
                assert repr(talk({way!r}, {server.port})) == {repr(seen)!r}
    """)
    tests = str(Path(redis_conversation.__file__).parent.parent)
    run = pytester.runpytest_subprocess(
        "--disable-socket", "--allow-unix-socket", "-p", "no:cacheprovider", "-o", f"pythonpath={tests}"
    )
    run.assert_outcomes(passed=1)


# --- spans ---------------------------------------------------------------------------------------------------------


@each_way
def test_a_command_sits_on_its_span_and_a_handshake_on_none(way: str, server: Server, path: Path) -> None:
    def steps(client: Any) -> Steps:
        yield client.set("a", 1)
        pipe = client.pipeline(transaction=False)
        pipe.incr("a")
        pipe.get("a")
        yield pipe.execute()
        pipe = client.pipeline()
        pipe.incr("a")
        yield pipe.execute()

    with timetracer.record(path), traced():
        talk(way, server.port, steps, db=3)
    found = [(span.name, span.scope.name.split(".")[0], span.exchange and span.exchange.key) for span in spans(path)]
    assert found == [
        ("SET", "opentelemetry", "SET a …"),
        ("INCRBY GET", "opentelemetry", "INCRBY a …"),
        ("GET a", "timetracer", "GET a"),
        ("INCRBY", "opentelemetry", "MULTI INCRBY a …; EXEC"),
    ]
    parents = {span.name: span.parent_id for span in spans(path)}
    assert parents["GET a"] == spans(path)[1].span_id
    assert all(request["db"] == 3 for request in requests(path))


@each_way
def test_a_message_has_a_span_of_ours(way: str, server: Server, path: Path) -> None:
    with timetracer.record(path), traced():
        talk(way, server.port, redis_conversation.published)
    delivered = [span for span in spans(path) if span.exchange and "delivery" in span.exchange.request]
    assert [span.name for span in delivered] == ["message news", "message b'\\xff'", "pmessage we*", "pmessage we*"]
    assert {span.scope.name for span in delivered} == {"timetracer"}


def test_the_example_of_the_documentation(server: Server, tmp_path: Path) -> None:
    page = (Path(__file__).parents[3] / "docs" / "redis.md").read_text(encoding="utf-8")
    (tmp_path / "cart.py").write_text(
        page.partition('```python title="cart.py"\n')[2].partition("```")[0], encoding="utf-8"
    )

    def run(port: int) -> str:
        command = [sys.executable, "cart.py", str(port)]
        env = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
        return subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=True).stdout

    assert run(server.port) == "[2, True, {'apples': '2'}] record\n"
    assert run(free_port()) == "[2, True, {'apples': '2'}] replay\n"
