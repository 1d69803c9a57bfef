"""What is taken for the same reply of RESP2 and RESP3 is what a real server says in both."""

from __future__ import annotations

import shlex
import socket
from pathlib import Path
from typing import Any

import pytest
import redis

import timetracer
from services.processes import Server
from timetracer.errors import FailedVerdict, ReplayError
from timetracer_instrumentors.redis import versions
from timetracer_instrumentors.redis.resp import Frames, parsed, written

WORLD = """
SET text Ada
SET bytes "\xff"
SET seven 7
RPUSH list a b c
SADD set a b c
SADD one a
HSET hash name Ada qty 3
ZADD scores 1.5 a 2 b inf c
ZADD names 0 a 0 b
XADD stream 1-1 sku tea
"""
ASKED = """
GET text
GET nothing
GET bytes
MGET text nothing seven
GETRANGE text 0 1
GETEX text
GETSET text Bea
GETDEL text
HGET hash name
HMGET hash name nothing
HKEYS hash
HVALS hash
HSCAN hash 0
HGETALL hash
HGETALL nothing
HINCRBYFLOAT hash qty 1.25
INCRBYFLOAT seven 0.1
LRANGE list 0 -1
LINDEX list 0
LMOVE list other LEFT LEFT
RPOPLPUSH list other
BLMOVE other list LEFT LEFT 1
BRPOPLPUSH other list 1
LPOP list
RPOP list 2
BLPOP nothing 0.01
RPUSH list a b
BRPOP list 1
BLPOP list 1
KEYS one
SCAN 0 MATCH one COUNT 1000
RANDOMKEY
ECHO hello
DUMP one
SMEMBERS one
SMEMBERS nothing
SINTER set one
SUNION one one
SDIFF one nothing
SRANDMEMBER one
SRANDMEMBER one 1
SSCAN one 0
SPOP one
SADD one a
SPOP one 1
ZRANGE names 0 -1
ZREVRANGE names 0 -1
ZRANGEBYLEX names - +
ZRANGEBYSCORE names 0 1
ZREVRANGEBYSCORE names 1 0
ZSCAN scores 0
ZSCORE scores a
ZSCORE scores nobody
ZMSCORE scores a nobody c
ZINCRBY scores 1.25 a
XADD stream 2-1 sku coffee
XRANGE stream - +
XREVRANGE stream + -
TYPE set
EXISTS set
LPOP hash
INCR text
"""
OF_CHANCE = {"RANDOMKEY", "TIME"}


def told(port: int, protocol: int) -> list[tuple[list[str], Any]]:
    """What a server says to each of those commands, and the commands."""
    frames, found = Frames(), list[tuple[list[str], Any]]()
    with socket.create_connection(("127.0.0.1", port)) as connection:
        for line in (f"HELLO {protocol}", "FLUSHALL", *WORLD.split("\n"), *ASKED.split("\n")):
            words = shlex.split(line)
            if words:
                raw = [word.encode().replace(b"\\xff", b"\xff") for word in words]
                connection.sendall(written(list(raw), 2))
                replies: list[bytes] = []
                while not replies:
                    replies = frames.feed(connection.recv(65536))
                found.append((words, parsed(replies[0])))
    return found[1 + 1 + WORLD.strip().count("\n") + 1 :]


def test_each_is_what_the_server_says_in_the_other(server: Server) -> None:
    two, three = told(server.port, 2), told(server.port, 3)
    assert len(two) == len(three) == ASKED.strip().count("\n") + 1
    for (command, old), (_, new) in zip(two, three, strict=True):
        if command[0] not in OF_CHANCE:
            there, back = versions.other([*command], old, 3), versions.other([*command], new, 2)
            assert there is not None, command
            assert back is not None, command
            assert written(there[0], 3) == written(new, 3), command
            assert written(back[0], 2) == written(None if old == {"null": "array"} else old, 2), command
    tested = {command[0] for command, _ in two} | OF_CHANCE
    assert tested >= versions.SAME | versions.SETS | versions.MAPS | versions.DOUBLES


@pytest.mark.parametrize("command", ["ZRANGE scores 0 -1 WITHSCORES", "EVAL return{1.5} 0", "CONFIG GET save"])
@pytest.mark.parametrize("protocol", [2, 3])
def test_what_is_not_known_is_not_guessed(command: str, protocol: int) -> None:
    assert versions.other([*command.split()], ["a", "1"] if protocol == 3 else {"map": {"a": "1"}}, protocol) is None


@pytest.mark.parametrize(("recorded", "live"), [(2, 3), (3, 2)])
def test_a_client_of_the_other_version(recorded: int, live: int, server: Server, path: Path, nobody: int) -> None:
    def act(port: int, protocol: int) -> list[Any]:
        with redis.Redis(port=port, protocol=protocol, decode_responses=True) as client:
            client.hset("cart", mapping={"apples": 2, "pears": 1})
            client.sadd("tags", "a", "b")
            client.zadd("ranks", {"Ada": 1.5})
            with client.pipeline() as pipe:
                both = pipe.hgetall("cart").smembers("tags").get("nothing").execute()
            return [*both, client.hget("cart", "apples"), client.zscore("ranks", "Ada"), client.mget("nothing", "no")]

    with timetracer.record(path):
        seen = act(server.port, recorded)
    assert seen[0] == {"apples": "2", "pears": "1"}
    with timetracer.replay(path, strict=True):
        assert act(nobody, live) == seen


def test_where_it_cannot_be_told_the_client_hears_of_the_version(server: Server, path: Path, nobody: int) -> None:
    def act(port: int, protocol: int) -> Any:
        with redis.Redis(port=port, protocol=protocol) as client:
            return client.zrange("ranks", 0, -1, withscores=True)

    with redis.Redis(port=server.port) as client:
        client.zadd("ranks", {"Ada": 1.5})
    with timetracer.record(path):
        act(server.port, 2)
    problem = r"ZRANGE ranks … was recorded over RESP2, and this connection speaks RESP3.*\(protocol=2\)"
    with pytest.raises((FailedVerdict, ReplayError), match=problem), timetracer.replay(path):
        act(nobody, 3)
