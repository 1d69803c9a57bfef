"""What a client asks of a server, and what comes of it, as both halves of the protocol keep it in mind."""

from __future__ import annotations

from contextvars import Context
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from timetracer_instrumentors.postgresql.messages import Bound, bound

if TYPE_CHECKING:
    from timetracer.cassette.model import Exchange
    from timetracer.recording.tape import Tape


@dataclass(slots=True)
class Statement:
    """What a Parse said, and what the server described."""

    sql: bytes
    oids: tuple[int, ...]
    columns: bytes | None = None
    """The payload of its RowDescription; ``b""``: NoData."""
    described: bool = False
    prepared: Exchange | None = None
    """In a replay: what was recorded of its preparing, where its Parse asked for that already."""


class Portal:
    """What a Bind said.

    Args:
        statement: what is bound.
        bind: the payload of the Bind. Nothing in it is looked at before somebody wants to know.
        said: what is in it, if that is known.

    Attributes:
        columns: the payload of its own RowDescription.
        times: how often it was executed.
    """

    __slots__ = ("_bound", "bind", "columns", "statement", "times")

    def __init__(self, statement: Statement, bind: bytes, said: Bound | None = None) -> None:
        self.statement = statement
        self.bind = bind
        self.columns: bytes | None = None
        self.times = 0
        self._bound = said

    @property
    def bound(self) -> Bound:
        """Its parameters, and the formats. Raises ProtocolError: it cannot be read."""
        if self._bound is None:
            self._bound = bound(self.bind)
        return self._bound


@dataclass(slots=True)
class Result:
    """What one statement gave."""

    columns: bytes | None = None
    portal: Portal | None = None
    size: int = 0
    """Bytes of its DataRow or CopyData messages."""
    tag: bytes | None = None
    copy: bytes = b""
    """``G`` or ``H`` and the payload of CopyInResponse or CopyOutResponse."""
    suspended: bool = False


@dataclass(slots=True)
class Upload:
    """The data of a COPY … FROM STDIN, as its client ends it."""

    end: str = ""
    """``done``, ``failed: why``; empty where the client did not come to an end."""


@dataclass(slots=True)
class Outcome:
    """What an exchange came to."""

    results: list[Result] = field(default_factory=list[Result])
    error: bytes | None = None
    notices: list[bytes] = field(default_factory=list[bytes])
    parameters: list[bytes] = field(default_factory=list[bytes])
    status: str = ""
    cancelled: bool = False
    answer: bytes | None = None
    """Of a FunctionCall."""
    process: int = 0
    """Of a connect: the server's, which it tells the client for a CancelRequest."""
    lost: bool = False
    """The server ended the connection before it had answered."""


@dataclass(slots=True)
class Pending:
    """Something the client asked for whose answer has not come yet.

    ``kind`` is the type of the client's message: P, B, D, E, C, S, Q, F; ``0`` for the StartupMessage; ``d`` where the
    data of a COPY … FROM STDIN begins.
    """

    kind: int
    tape: Tape | None = None
    statement: Statement | None = None
    portal: Portal | None = None
    upload: Upload | None = None
    context: Context | None = None
    """Of whoever bound a portal that is not executed at once."""
    outcome: Outcome = field(default_factory=Outcome)
    data: list[bytes] = field(default_factory=list[bytes])
    """Runs of DataRow or CopyData messages."""


class Copying:
    """A COPY … FROM STDIN under way."""

    __slots__ = ("asked", "cancelled", "data", "kind", "upload")

    def __init__(self, kind: str, asked: tuple[Any, ...], upload: Upload) -> None:
        self.kind = kind
        self.asked = asked
        self.upload = upload
        self.data: list[bytes] = []
        self.cancelled = False
        """The client has asked for that, and may send more before it is done."""
