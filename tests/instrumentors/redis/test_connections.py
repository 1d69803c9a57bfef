"""Connections of redis-py: pools, failures, passwords, sockets of other kinds, forks."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import redis
import redis.asyncio

import timetracer
from conformance import redis_conversation
from conformance.redis_conversation import PATIENCE, Steps, error_of, talk
from services.found import KINDS, own
from services.ports import free_port
from services.processes import Server, Servers
from timetracer import FailedVerdict
from timetracer.errors import ReplayError

each_way = pytest.mark.parametrize("way", ["blocking", "asyncio"])


@each_way
def test_nobody_there(way: str, path: Path, nobody: int) -> None:
    def steps(client: Any) -> Steps:
        try:
            yield client.get("a")
        except redis.RedisError as error:
            return error_of(error)

    with timetracer.record(path):
        seen = talk(way, nobody, steps)
    assert seen[0] == "ConnectionError"
    with timetracer.replay(path, strict=True):
        assert talk(way, nobody, steps) == seen


@each_way
def test_a_server_that_goes_and_comes_back(way: str, servers: Servers, path: Path) -> None:
    server = own(KINDS["redis"], servers)

    def steps(client: Any) -> Steps:
        seen: list[Any] = [(yield client.incr("n"))]
        for command in (("SHUTDOWN", "NOSAVE"), ("GET", "n"), ("INCR", "n")):
            try:
                yield client.execute_command(*command)
            except redis.RedisError as error:
                seen.append(type(error).__name__)
            server.process.wait(PATIENCE)  # it lets its last clients go first
        if not back:
            back.append(servers.start(KINDS["redis"].command(server.port), server.port))  # type: ignore[misc]
        seen.append((yield client.get("n")))
        return seen

    back: list[Server] = []
    with timetracer.record(path):
        seen = talk(way, server.port, steps)
    assert seen == [1, "ConnectionError", "ConnectionError", "ConnectionError", None]
    back[0].stop()
    with timetracer.replay(path, strict=True):
        assert talk(way, server.port, steps) == seen


@each_way
def test_a_client_that_waits_no_longer(way: str, server: Server, path: Path, nobody: int) -> None:
    def steps(client: Any) -> Steps:
        seen: list[Any] = [(yield client.incr("n"))]
        try:
            yield client.blpop("empty", timeout=0)
        except redis.RedisError as error:
            seen.append(type(error).__name__)
        seen.append((yield client.incr("n")))
        return seen

    with timetracer.record(path):
        seen = talk(way, server.port, steps, socket_timeout=1)
    assert seen == [1, "TimeoutError", 2]
    with timetracer.replay(path, strict=True):
        assert talk(way, nobody, steps, socket_timeout=1) == seen


@each_way
def test_a_password_is_in_no_cassette(way: str, server: Server, path: Path, nobody: int) -> None:
    def steps(client: Any) -> Steps:
        try:
            return (yield client.get("a"))
        except redis.RedisError as error:
            return error_of(error)

    with redis.Redis(port=server.port) as admin:
        admin.acl_setuser("ada", enabled=True, passwords=["+open-sesame-42"], keys=["*"], commands=["+@all"])
    for protocol in (2, 3):
        options: list[dict[str, Any]] = [
            {"username": "ada", "password": each, "protocol": protocol}
            for each in ("open-sesame-42", "wrong-sesame-43")
        ]
        with timetracer.record(path):
            seen = [talk(way, server.port, steps, **each) for each in options]
        assert seen[0] is None
        assert seen[1][0] == "AuthenticationError"
        with timetracer.replay(path, strict=True):
            assert [talk(way, nobody, steps, **each) for each in options] == seen
        assert b"sesame" not in path.read_bytes()


def test_a_pool_goes_from_one_test_to_the_next(server: Server, tmp_path: Path) -> None:
    client = redis.Redis(port=server.port)
    seen: list[Any] = [client.incr("n")]  # its connection is open before anything of ours is in place
    for round_ in range(2):
        for mode in (timetracer.record, timetracer.replay):
            with mode(tmp_path / f"{round_}.json"):
                seen.append(client.incr("n"))
    seen.append(client.incr("n"))
    client.close()
    assert seen == [1, 2, 2, 3, 3, 4]


def test_a_pool_of_asyncio_goes_from_one_test_to_the_next(server: Server, tmp_path: Path) -> None:
    async def act() -> list[Any]:
        client = redis.asyncio.Redis(port=server.port)
        seen: list[Any] = [await client.incr("n")]
        for round_ in range(2):
            for mode in (timetracer.record, timetracer.replay):
                with mode(tmp_path / f"{round_}.json"):
                    seen.append(await client.incr("n"))
        seen.append(await client.incr("n"))
        await client.aclose()
        return seen

    assert asyncio.run(act()) == [1, 2, 2, 3, 3, 4]


def test_a_connection_that_is_held_cannot_go_over(server: Server, path: Path) -> None:
    """Nothing goes to the server in a replay, whoever holds a connection to it."""
    with timetracer.record(path):
        client = redis.Redis(port=server.port, single_connection_client=True)
        client.incr("n")
    with pytest.raises(FailedVerdict), timetracer.replay(path), pytest.raises(ReplayError, match="opened before"):
        client.connection.send_command("INCR", "n")  # type: ignore[union-attr]
    client.close()
    with redis.Redis(port=server.port) as other:
        assert other.get("n") == b"1"


def test_live_means_live(server: Server, path: Path) -> None:
    with timetracer.record(path), redis.Redis(port=server.port) as client:
        client.incr("n")
    with timetracer.replay(path, live=["redis"]), redis.Redis(port=server.port) as client:
        assert client.incr("n") == 2


@each_way
def test_a_unix_socket(way: str, servers: Servers, path: Path, tmp_path: Path) -> None:
    place, port = tmp_path / "redis.sock", free_port()
    server = servers.start(["redis-server", "--port", str(port), "--unixsocket", str(place), "--save", ""], port)

    def say() -> Any:
        if way == "blocking":
            return redis_conversation.run(redis_conversation.pipelines, redis.Redis(unix_socket_path=str(place)))
        return asyncio.run(asay())

    async def asay() -> Any:
        client = redis.asyncio.Redis(unix_socket_path=str(place))
        return await redis_conversation.arun(redis_conversation.pipelines, client)

    with timetracer.record(path):
        seen = say()
    server.stop()
    with timetracer.replay(path, strict=True):
        assert say() == seen


def test_a_forked_child_replays_too(server: Server, path: Path, nobody: int) -> None:
    def act(client: redis.Redis) -> bytes:
        return repr([client.incr("n"), client.get("n")]).encode()

    with timetracer.record(path), redis.Redis(port=server.port) as client:
        seen = act(client)
    with timetracer.replay(path), redis.Redis(port=nobody) as client:
        client.ping()
        reading, writing = os.pipe()
        child = os.fork()
        if not child:
            os.write(writing, act(client))
            os._exit(0)
        os.waitpid(child, 0)
        assert os.read(reading, 1000) == seen
        os.close(reading)
        os.close(writing)


@each_way
def test_over_tls(way: str, servers: Servers, path: Path, tmp_path: Path) -> None:
    if shutil.which("openssl") is None:
        pytest.skip("openssl, which makes the certificate, is not installed")
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    made = ["-keyout", key, "-out", certificate, "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"]
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *made]
    subprocess.run(command, check=True, capture_output=True)
    port, files_ = (
        free_port(),
        ["--tls-cert-file", certificate, "--tls-key-file", key, "--tls-ca-cert-file", certificate],
    )
    tls = ["--port", "0", "--tls-port", str(port), "--tls-auth-clients", "no", *files_]
    server = servers.start(["redis-server", *map(str, tls), "--save", ""], port)
    options = {"host": "127.0.0.1", "ssl": True, "ssl_ca_certs": str(certificate)}
    with timetracer.record(path):
        seen = talk(way, port, redis_conversation.pipelines, **options)
        with pytest.raises(redis.ConnectionError, match="CERTIFICATE_VERIFY_FAILED"):
            talk(way, port, redis_conversation.pipelines, host="127.0.0.1", ssl=True)
    server.stop()
    with timetracer.replay(path, strict=True):
        assert talk(way, port, redis_conversation.pipelines, **options) == seen
        with pytest.raises(redis.ConnectionError, match="CERTIFICATE_VERIFY_FAILED"):
            talk(way, port, redis_conversation.pipelines, host="127.0.0.1", ssl=True)
