"""What a server says of itself in a replay: what a recorded one said, with hosts that lead to the backend."""

from __future__ import annotations

from typing import Any, Final

import bson

from timetracer_instrumentors.mongodb import documents

_BSON: Final[Any] = bson  # its own annotations are not complete

PLAIN: Final[dict[str, Any]] = {
    "helloOk": True,
    "ismaster": True,
    "isWritablePrimary": True,
    "maxBsonObjectSize": 16 * 1024 * 1024,
    "maxMessageSizeBytes": 48_000_000,
    "maxWriteBatchSize": 100_000,
    "logicalSessionTimeoutMinutes": 30,
    "minWireVersion": 0,
    "maxWireVersion": 21,
    "readOnly": False,
    "ok": 1.0,
}
"""What a server says of itself where no recording has it: one by itself, of MongoDB 7.0."""


def greet(recorded: list[bytes], peer: tuple[str, int | None]) -> dict[str, Any]:
    """The answer to a driver's ``hello``.

    It never holds a ``topologyVersion``: drivers would wait for that to change.

    Args:
        recorded: the greetings of recorded servers, in Extended JSON; none: a plain server.
        peer: the address (host, port) at which the driver takes us for a server; a unix socket has no port.
    """
    host, port = peer
    own = host if port is None else f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    said: list[dict[str, Any]] = [_BSON.decode(document) for text in recorded for document in documents.encoded(text)]
    greeting = next((each for each in said if each.get("me") == own), said[0] if said else PLAIN)
    if "setName" not in greeting:
        return PLAIN | greeting
    return greeting | _member([each for each in said if each.get("setName") == greeting["setName"]], own)


def _member(said: list[dict[str, Any]], own: str) -> dict[str, Any]:
    """A replica set: its secondaries at their recorded addresses, its primary wherever else the driver looks for it."""
    primaries = {str(each["primary"]) for each in said if "primary" in each}
    secondaries = sorted({str(host) for each in said for host in each.get("hosts", ())} - primaries)
    if own in secondaries:
        return {**_role(primary=False), "me": own, "hosts": [own]}  # the primary knows of all the others
    return {**_role(primary=True), "me": own, "hosts": [own, *secondaries], "primary": own, "passives": []}


def _role(*, primary: bool) -> dict[str, Any]:
    return {"isWritablePrimary": primary, "ismaster": primary, "secondary": not primary, "ok": 1.0}
