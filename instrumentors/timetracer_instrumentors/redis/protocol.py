"""Redis: what is known of its exchanges, whichever driver made them. What goes over the wire is in `tap` and `backend`.

An exchange is one command and its reply, or one transaction (``EXEC``) with all of its commands, or one message that
the server delivered. The connection is no part of it; the database that it had selected is.
"""

from __future__ import annotations

import socket
import ssl
from typing import Any

import orjson

from timetracer.cassette.model import Kind, Plain
from timetracer.seams.declaration import Described, Instrumentor, WireProtocol
from timetracer_instrumentors.redis.backend import RedisBackend, refused
from timetracer_instrumentors.redis.commands import CONNECT, DELIVERY, HANDSHAKE, HASHED, WRITES, named
from timetracer_instrumentors.redis.resp import RespError, commands, parsed, written
from timetracer_instrumentors.redis.tap import RedisTap

_LONGEST_KEY = 80


def describe_request(fields: tuple[Any, ...], body: bytes) -> Described:
    """``{"command": "SET", "args": ["name", "Ada"], "db": 2}``; ``db`` only if it is not 0. For ``args`` see `named`.

    A transaction is ``{"command": "EXEC", "commands": [["SET", "name", "Ada"], …]}``, a message
    ``{"delivery": "message", "channel": "news"}``, a connection that failed ``{"command": "CONNECT", "url": …}``.

    Args:
        fields: its name, the database; its words, if it is a plain command and they have been read already.
        body: the commands as they were sent.
    """
    name, database, *words = fields
    if name == CONNECT:
        return Described({"command": CONNECT, "url": database}, None)
    if name == DELIVERY:
        return Described(_delivery(body), None)
    described: dict[str, Plain] = {"command": name}
    told = words or commands(body)
    if name == "EXEC" and told and told[0][0].upper() != b"EXEC":
        described["commands"] = [_queued(_name(words[0]), words[1:]) for words in told]
    elif told:
        described["args"] = named(name, told[0][1:])
    if database:
        described["db"] = database
    return Described(described, None)


def _queued(name: str, words: list[bytes]) -> list[Plain]:
    return [name, *named(name, words)]


def _name(word: bytes) -> str:
    return word.decode("utf-8", "replace").upper()


def _delivery(body: bytes) -> dict[str, Plain]:
    message = parsed(body)
    items = message.get("push") if isinstance(message, dict) else message
    if not isinstance(items, list) or not items:
        return {"delivery": "monitor"}
    described: dict[str, Plain] = {"delivery": items[0]}
    if len(items) > 2:
        described["channel"] = items[1]
    return described


def describe_response(fields: tuple[Any, ...], body: bytes) -> Described:
    """``{"reply": …}`` as of `resp.parsed`, ``"resp": 3`` if RESP3 was spoken; ``{"closed": true}``."""
    protocol, errors = fields
    if not protocol:
        return Described({"closed": True}, None)
    described: dict[str, Plain] = {}
    if body:
        try:
            described["reply"] = parsed(body)
            exact = written(described["reply"], protocol) == body
        except RespError:
            exact = False
        if not exact:
            described = {"raw": body}
    if errors:
        described["refused"] = {str(place): parsed(error) for place, error in errors.items()}
    if protocol == 3:
        described["resp"] = 3
    return Described(described, None)


def key(request: dict[str, Plain]) -> str:
    """``SET name …``: the command and what it is about."""
    if "delivery" in request:
        return f"{_shown(request['delivery'])} {_shown(request.get('channel', ''))}".rstrip()
    if request.get("command") == CONNECT:
        return f"CONNECT {_shown(request.get('url'))}"
    several = request.get("commands")
    if isinstance(several, list):
        return f"MULTI {'; '.join(_line(words) for words in several if isinstance(words, list))}; EXEC"
    words = request.get("args")
    return _line([request.get("command", ""), *(words if isinstance(words, list) else [])])


def _line(words: list[Plain]) -> str:
    return " ".join(_shown(word) for word in words[:2]) + (" …" if len(words) > 2 else "")


def _shown(word: Plain) -> str:
    if isinstance(word, dict):
        word = next(iter(word), "")
    shown = word if isinstance(word, str) else repr(word)
    return shown if len(shown) <= _LONGEST_KEY else f"{shown[:_LONGEST_KEY]}…"


def identity(request: dict[str, Plain], body: bytes | None) -> dict[str, str | bytes]:
    """The command, the database, and the arguments as JSON."""
    command = str(request.get("command", request.get("delivery", "")))
    args = request.get("commands", request.get("args", request.get("channel", request.get("url", []))))
    parts: dict[str, str | bytes] = {"command": command, "db": str(request.get("db", 0))}
    if command in HASHED and isinstance(args, list) and args:
        parts["script"] = f"sha{args[0]!r}"  # not a word by itself: no identifier is looked for in it
        args = args[1:]
    parts["args"] = orjson.dumps(args, default=_in_json)
    return parts


def _in_json(value: object) -> Plain:
    """Bytes, so that they differ from text, and that identifiers in them are found."""
    if isinstance(value, bytes):
        return {"bytes": value.decode("latin-1")}
    raise TypeError(f"{value!r} is no argument of a command")


def writes(request: dict[str, Plain]) -> bool:
    several = request.get("commands")
    if isinstance(several, list):
        return any(isinstance(words, list) and words[:1] and words[0] in WRITES for words in several)
    return request.get("command") in WRITES


def incidental(request: dict[str, Plain]) -> bool:
    """What pools do by themselves."""
    return request.get("command") in {CONNECT, "PING", *HANDSHAKE}


def delivery(request: dict[str, Plain]) -> bool:
    return "delivery" in request


def errors() -> tuple[type[BaseException], ...]:
    """What the opening of a connection raises."""
    return (OSError, socket.timeout, socket.gaierror, ssl.SSLError)


REDIS = Instrumentor(
    library="redis",
    kind=Kind.CLIENT,
    seams=(),
    scopes=("opentelemetry.instrumentation.redis",),
    describe_request=describe_request,
    describe_response=describe_response,
    key=key,
    identity=identity,
    writes=writes,
    errors=errors,
    wire=WireProtocol("redis", RedisTap, RedisBackend, refused),
    incidental=incidental,
    delivery=delivery,
)
