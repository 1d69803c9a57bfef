"""MongoDB's commands as exchanges, whichever driver speaks them.

A request is ``{"command": "find", "database": "shop", "collection": "items"}`` with the command in Extended JSON as its
body. A response has the server's reply as its body, and says in ``end`` how it ended if it was not simply complete:

================== ==========================================================================================
``unacknowledged`` the driver asked for no answer (write concern 0)
``lost``           the server closed the connection
``silent``         the driver closed the connection before the (rest of the) answer came
``stream``         complete, in several replies (an exhaust cursor): the body is a list of them
================== ==========================================================================================

BSON is needed to describe a command, and to answer one; what was described is read without any driver.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from timetracer.cassette.model import Kind, Plain
from timetracer.seams.declaration import Described, Instrumentor, WireProtocol
from timetracer_instrumentors.mongodb import messages
from timetracer_instrumentors.mongodb.tap import Tap

if TYPE_CHECKING:
    from collections.abc import Iterable

    from timetracer.cassette.model import Exchange
    from timetracer.seams.declaration import Backend
    from timetracer.seams.wire import MountedLine

NOISE: Final = frozenset(
    {
        "$clusterTime",
        "$db",
        "$readPreference",
        "apiDeprecationErrors",
        "apiStrict",
        "apiVersion",
        "autocommit",
        "comment",
        "lsid",
        "maxTimeMS",
        "recoveryToken",
        "startTransaction",
        "txnNumber",
    }
)
"""Fields of a command that do not say what is asked."""
UNSTEADY: Final = frozenset(
    {
        "$clusterTime",
        "compression",
        "connectionId",
        "cookies",
        "electionId",
        "lastWrite",
        "localTime",
        "operationTime",
        "saslSupportedMechs",
        "speculativeAuthenticate",
        "topologyVersion",
    }
)
"""Fields of a server's greeting that are of one moment, agreed on with one driver, or secret."""
WRITES: Final = frozenset({"bulkWrite", "create", "createIndexes", "delete", "findAndModify", "insert", "update"})


HOUSEKEEPING: Final = frozenset({"createIndexes"})
"""What mappers of documents ask for once in each process: another test may have asked already, or not yet."""


def describe_request(fields: tuple[Any, ...], body: bytes) -> Described:
    """Of a command's document and the payload of its message (none if it was too long); of nothing: a greeting."""
    from timetracer_instrumentors.mongodb import documents

    document: bytes = fields[0]
    if not document:
        return Described({"command": "hello"}, None)
    asked = documents.command(document, messages.op_msg(body).sequences if body else (), NOISE)
    request: dict[str, Plain] = {"command": asked.name, "database": asked.database}
    if asked.collection:
        request["collection"] = asked.collection
    return Described(request, asked.body if body else b"")


def describe_response(fields: tuple[Any, ...], body: bytes) -> Described:
    """Of ``(how it ended, how many replies)`` and the replies one after the other."""
    from timetracer_instrumentors.mongodb import documents

    end, replies = fields
    if end == "greeting":
        return Described({}, documents.command(body, (), UNSTEADY).body)
    if end == "complete" and replies == 1:
        return Described({}, documents.readable(body))
    return Described({"end": "stream" if end == "complete" else end}, documents.readable_all(documents.cut(body)))


def greetings(recorded: Iterable[Exchange]) -> list[bytes]:
    """What the recorded servers said of themselves: documents in Extended JSON, one for each kind of server."""
    return list(
        dict.fromkeys(exchange.response_body for exchange in recorded if exchange.fact and exchange.response_body)
    )


def key(request: dict[str, Plain]) -> str:
    """``find shop.items``."""
    where = ".".join(str(request[part]) for part in ("database", "collection") if part in request)
    return f"{request.get('command', '')!s} {where}".rstrip()


def identity(request: dict[str, Plain], body: bytes | None) -> dict[str, str | bytes]:
    return {name: str(request.get(name, "")) for name in ("command", "database")} | {"body": body or b""}


def writes(request: dict[str, Plain]) -> bool:
    return request.get("command") in WRITES


def incidental(request: dict[str, Plain]) -> bool:
    return request.get("command") in HOUSEKEEPING


def _backend(line: MountedLine) -> Backend:
    from timetracer_instrumentors.mongodb.backend import Backend

    return Backend(line)


MONGODB: Final = Instrumentor(
    library="mongodb",
    kind=Kind.CLIENT,
    seams=(),
    scopes=(),
    describe_request=describe_request,
    describe_response=describe_response,
    key=key,
    identity=identity,
    writes=writes,
    incidental=incidental,
    wire=WireProtocol("mongodb", Tap, _backend, greetings),
)
