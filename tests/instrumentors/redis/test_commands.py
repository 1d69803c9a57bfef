"""What answers a command of redis-py in a replay, and who is told what was published."""

from __future__ import annotations

import asyncio
import threading
import uuid
from pathlib import Path
from typing import Any

import pytest
import redis
import redis.asyncio

import timetracer
from conformance.redis_conversation import PATIENCE, Steps, talk
from services.processes import Server
from timetracer import FailedVerdict, UnmatchedCall
from timetracer_instrumentors.redis.commands import flat, named

each_way = pytest.mark.parametrize("way", ["blocking", "asyncio"])


def test_the_database_is_part_of_what_is_asked(server: Server, path: Path, nobody: int) -> None:
    def act(port: int) -> list[Any]:
        clients = [redis.Redis(port=port, db=db) for db in (0, 1)]
        for client in clients:
            client.set("a", client.get_connection_kwargs()["db"])
        seen = [client.get("a") for client in clients]
        clients[0].execute_command("SELECT", 1)
        seen.append(clients[0].get("a"))
        for client in clients:
            client.close()
        return seen

    with timetracer.record(path):
        seen = act(server.port)
    assert seen == [b"0", b"1", b"1"]
    with timetracer.replay(path, strict=True):
        assert act(nobody) == seen


def test_an_identifier_enters_through_a_write_alone(server: Server, path: Path, nobody: int) -> None:
    def act(port: int, key: str = "") -> Any:
        with redis.Redis(port=port) as client:
            key = key or f"session:{uuid.uuid4()}"
            client.set(key, "there", ex=60)
            return client.get(key), client.keys("session:*") == [key.encode()]

    with timetracer.record(path):
        assert act(server.port) == (b"there", True)
    with timetracer.replay(path, strict=True):
        assert act(nobody) == (b"there", True)
    with pytest.raises(FailedVerdict), timetracer.replay(path), redis.Redis(port=nobody) as client:
        with pytest.raises(UnmatchedCall, match="GET session:"):
            client.get(f"session:{uuid.uuid4()}")


def test_another_script_is_another_call(server: Server, path: Path, nobody: int) -> None:
    def act(port: int, source: str) -> Any:
        with redis.Redis(port=port) as client:
            return client.register_script(source)()

    with timetracer.record(path):
        assert act(server.port, "return 1") == 1
    with pytest.raises(FailedVerdict), timetracer.replay(path), pytest.raises(UnmatchedCall):
        act(nobody, "return 2")


@each_way
def test_what_was_not_recorded_is_a_miss(way: str, server: Server, path: Path, nobody: int) -> None:
    def steps(client: Any) -> Steps:
        return (yield client.get("a"))

    def others(client: Any) -> Steps:
        with pytest.raises(UnmatchedCall, match=r'request.args\[0\]: recorded "a", asked "b"'):
            yield client.get("b")

    with timetracer.record(path):
        assert talk(way, server.port, steps) is None
    with pytest.raises(FailedVerdict), timetracer.replay(path):
        talk(way, nobody, others)


def test_identical_commands_from_threads(server: Server, path: Path, nobody: int) -> None:
    def act(port: int) -> list[Any]:
        client, seen = redis.Redis(port=port), list[Any]()
        threads = [threading.Thread(target=lambda: seen.append(client.incr("n"))) for _ in range(30)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        client.close()
        return sorted(seen)

    with timetracer.record(path):
        assert act(server.port) == [*range(1, 31)]
    with timetracer.replay(path, strict=True):
        assert act(nobody) == [*range(1, 31)]


def test_many_tasks_at_once(server: Server, path: Path, nobody: int) -> None:
    async def act(port: int) -> list[Any]:
        async with redis.asyncio.Redis(port=port) as client:
            return sorted(await asyncio.gather(*[client.incr("n") for _ in range(30)]))

    with timetracer.record(path):
        seen = asyncio.run(act(server.port))
    with timetracer.replay(path, strict=True):
        assert asyncio.run(act(nobody)) == seen == [*range(1, 31)]


# --- publish and subscribe -----------------------------------------------------------------------------------------


def test_a_listener_in_a_thread_of_its_own(server: Server, path: Path, nobody: int) -> None:
    def act(port: int) -> list[Any]:
        client, seen, heard = redis.Redis(port=port), list[Any](), threading.Semaphore(0)

        def hear(message: Any) -> None:
            seen.append((message["data"], client.incr("heard")))
            heard.release()

        listener = client.pubsub()
        listener.subscribe(news=hear)
        thread = listener.run_in_thread(sleep_time=0.05)
        try:
            for number in range(5):
                client.publish("news", number)
                assert heard.acquire(timeout=PATIENCE)
        finally:
            thread.stop()
            thread.join()
            client.close()
        return seen

    with timetracer.record(path):
        seen = act(server.port)
    assert [data for data, _ in seen] == [b"0", b"1", b"2", b"3", b"4"]
    with timetracer.replay(path, strict=True):
        assert act(nobody) == seen


def test_two_that_listen_are_both_told(server: Server, path: Path, nobody: int) -> None:
    async def act(port: int) -> list[Any]:
        async with redis.asyncio.Redis(port=port) as client:
            listeners = [client.pubsub(ignore_subscribe_messages=True) for _ in range(2)]
            for listener in listeners:
                await listener.subscribe("news")
                await listener.get_message(timeout=PATIENCE)
            for message in ("one", "two"):
                await client.publish("news", message)
            seen = [await listener.get_message(timeout=PATIENCE) for listener in listeners for _ in range(2)]
            for listener in listeners:
                await listener.aclose()
            return seen

    with timetracer.record(path):
        seen = asyncio.run(act(server.port))
    assert [message["data"] for message in seen] == [b"one", b"two", b"one", b"two"]
    with timetracer.replay(path, strict=True):
        assert asyncio.run(act(nobody)) == seen


# --- arguments -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "args"),
    [
        ("HSET user name Ada age 36", ["user", {"name": "Ada", "age": "36"}]),
        ("HSETNX user name Ada", ["user", {"name": "Ada"}]),
        ("MSET a 1 b 2", [{"a": "1", "b": "2"}]),
        ("XADD s * name Ada", ["s", "*", {"name": "Ada"}]),
        (
            "XADD s NOMKSTREAM MAXLEN ~ 10 LIMIT 5 1-1 name Ada",
            [*["s", "NOMKSTREAM", "MAXLEN", "~", "10", "LIMIT", "5", "1-1"], {"name": "Ada"}],
        ),
        ("XADD s minid 10 * name Ada", ["s", "minid", "10", "*", {"name": "Ada"}]),
        ("HSET user name", ["user", "name"]),
        ("HSET user name Ada name Bea", ["user", "name", "Ada", "name", "Bea"]),
        ("HSET", []),
        ("XADD s MAXLEN", ["s", "MAXLEN"]),
        ("GET a", ["a"]),
        ("SET a b", ["a", "b"]),
    ],
)
def test_names_and_values_are_told_as_such(line: str, args: list[Any]) -> None:
    name, *words = line.encode().split(b" ")
    assert named(name.decode(), words) == args
    assert flat(args) == tuple(words)


def test_a_name_that_is_no_text_is_none() -> None:
    assert named("MSET", [b"\xff", b"1"]) == [b"\xff", "1"]
    assert flat([b"\xff", {"a": b"\xfe"}, 1]) == (b"\xff", b"a", b"\xfe")


@pytest.mark.parametrize("protocol", [2, 3])
def test_a_secret_that_has_a_name_is_in_no_cassette(protocol: int, server: Server, path: Path, nobody: int) -> None:
    def act(port: int) -> list[Any]:
        with redis.Redis(port=port, decode_responses=True, protocol=protocol) as client:
            client.hset("user", mapping={"name": "Ada", "password": "open-sesame-42"})
            pipe = client.pipeline()
            pipe.mset({"token": "very-secret-token-43", "b": "2"})
            pipe.set("order", '{"card": {"password": "open-barley-44"}}')
            seen = [pipe.execute(), client.hgetall("user"), client.hget("user", "password"), client.get("token")]
            return [*seen, client.get("order"), client.get("b")]

    with timetracer.record(path):
        seen = act(server.port)
    assert seen[2] == "open-sesame-42"
    text = path.read_text()
    assert [secret for secret in ("open-sesame", "very-secret", "open-barley") if secret in text] == []
    with timetracer.replay(path, strict=True):
        replayed = act(nobody)
    assert replayed[0] == seen[0]
    assert replayed[1] == {"name": "Ada", "password": replayed[2]}
    assert replayed[2].startswith("redacted-password-")
    assert replayed[5] == "2"
