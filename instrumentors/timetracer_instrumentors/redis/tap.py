"""The tap of Redis: pairs commands with replies. A command is an exchange, and so is a transaction, and a message."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, TypeAlias

from timetracer.recording.tape import Tape
from timetracer_instrumentors.redis.commands import (
    CONFIRMED,
    DELIVERY,
    FACTS,
    HANDSHAKE,
    MESSAGES,
    OF_CLIENT,
    SETTINGS,
    SUBSCRIBING,
    UNSUBSCRIBING,
)
from timetracer_instrumentors.redis.resp import Frames, RespError, command, parsed, simple

if TYPE_CHECKING:
    from timetracer.seams.wire import TappedLine

Handler: TypeAlias = Callable[[bytes], None]

_PUSH: Final = 62  # >
_ARRAY: Final = 42  # *
_ERROR: Final = 45  # -
_SPECIAL: Final = frozenset(
    name.encode() for name in (*HANDSHAKE, *SETTINGS, *SUBSCRIBING, *UNSUBSCRIBING, *FACTS, "CLIENT", "EXEC", "PING")
)


_Awaited: TypeAlias = "tuple[Tape | None, Handler | None, dict[int, bytes] | None]"
"""A command without a reply yet: the tape of its exchange, if it is one; who else wants the reply; and of a transaction
the replies to what the server would not queue, by place."""

_NOTHING: Final[_Awaited] = (None, None, None)


class RedisTap:
    """One real connection.

    Args:
        line: is told of the exchanges.
    """

    def __init__(self, line: TappedLine) -> None:
        self._line = line
        self._commands = Frames()
        self._replies = Frames()
        self._awaited: deque[_Awaited] = deque()
        self._database = 0
        self._protocol = 2
        self._queued: list[bytes] | None = None
        """The commands of a transaction."""
        self._refused: dict[int, bytes] = {}
        """Those of them that the server would not queue."""
        self._subscribing = 0
        """Subscriptions that are not confirmed yet."""
        self._subscribed = False

    # --- what the client says --------------------------------------------------------------------------------------

    def sent(self, data: bytes) -> None:
        words = None if self._commands.within else simple(data)
        if words is not None:
            self._command(words, data)
        else:
            for frame in self._commands.feed(data):
                self._command(command(frame), frame)

    def _command(self, words: list[bytes], frame: bytes) -> None:
        name = words[0].upper()
        if self._queued is None and name not in _SPECIAL:
            self._ask(name.decode("utf-8", "replace"), frame)
        else:
            self._special(name.decode("utf-8", "replace"), words, frame)

    def _ask(self, name: str, frame: bytes, *, fact: bool = False, own: bool = False) -> None:
        tape = self._line.begin(name, self._database, fact=fact, own=own)
        if tape is not None:
            tape.request_reel.whole(frame)
        self._awaited.append((tape, None, None))

    def _special(self, name: str, words: list[bytes], frame: bytes) -> None:
        if name == "EXEC" and self._queued is not None:
            self._execute(self._queued)
        elif self._queued is not None and name not in SETTINGS:
            self._queue(self._queued, frame)
        elif name in SUBSCRIBING or name in UNSUBSCRIBING:
            self._subscribing += 1
            self._line.listens()
        elif name in FACTS:
            self._ask(name, frame, fact=True)
        elif name == "PING":
            self._ask(name, frame, own=True)
        elif name == "CLIENT":
            self._client(words, frame)
        elif name in HANDSHAKE:
            self._greet(name, words)
        elif name in SETTINGS:
            self._set(name)
        else:
            self._ask(name, frame)

    def _client(self, words: list[bytes], frame: bytes) -> None:
        setting = words[1].decode("utf-8", "replace").upper() if len(words) > 1 else ""
        if setting in OF_CLIENT:
            if setting in {"TRACKING", "MAINT_NOTIFICATIONS"}:
                self._line.listens()
            self._awaited.append(_NOTHING)
        elif setting == "REPLY":
            raise RespError("CLIENT REPLY switches replies off: this connection cannot be recorded from here on")
        else:
            self._ask("CLIENT", frame)

    def _greet(self, name: str, words: list[bytes]) -> None:
        before = self._database
        if name == "SELECT":
            self._database = int(words[1]) if len(words) == 2 and words[1].isdigit() else before

        def answered(reply: bytes) -> None:
            if reply[0] == _ERROR:
                self._database = before
                failed = self._line.begin(name, before, own=True)
                if failed is not None:
                    failed.request_reel.whole(b"")  # it may hold a password
                    self._answer(failed, reply)
            elif name == "HELLO" and len(words) > 1 and words[1].isdigit():
                self._protocol = int(words[1])

        self._awaited.append((None, answered, None))

    def _set(self, name: str) -> None:
        if name == "MULTI":
            if self._queued is None:
                self._queued, self._refused = [], {}
        elif name in {"DISCARD", "RESET"}:
            self._queued = None
        elif name == "MONITOR":
            self._line.listens()
        if name == "RESET":
            self._database, self._protocol, self._subscribed = 0, 2, False
        self._awaited.append(_NOTHING)

    def _queue(self, queued: list[bytes], frame: bytes) -> None:
        position, refused = len(queued), self._refused
        queued.append(frame)

        def answered(reply: bytes) -> None:
            if reply[0] == _ERROR:
                refused[position] = reply

        self._awaited.append((None, answered, None))

    def _execute(self, frames: list[bytes]) -> None:
        refused, self._queued = self._refused, None
        tape = self._line.begin("EXEC", self._database)
        if tape is not None:
            tape.request_reel.whole(b"".join(frames))
        self._awaited.append((tape, None, refused))

    # --- what the server says --------------------------------------------------------------------------------------

    def received(self, data: bytes) -> None:
        if not data:
            self._lost()
        for frame in self._replies.feed(data):
            if frame[0] == _PUSH or (frame[0] == _ARRAY and (self._subscribed or self._subscribing)):
                kind = frame.split(b"\r\n", 3)[2:3]
                if kind and kind[0] in CONFIRMED:
                    self._subscribing = max(self._subscribing - 1, 0)
                    self._subscribed = not frame.endswith(b"\r\n:0\r\n")
                    continue
                if frame[0] == _PUSH or (kind and kind[0] in MESSAGES):
                    self._unasked(frame)
                    continue
            if not self._awaited:
                self._unasked(frame)
                continue
            tape, handler, refused = self._awaited.popleft()
            if tape is not None:
                self._answer(tape, frame, refused)
            if handler is not None:
                handler(frame)

    def _unasked(self, frame: bytes) -> None:
        if self._subscribing and frame[0] == _ERROR:
            self._subscribing -= 1
            return
        parsed(frame)  # raises what is none: of a reply that can be told later, a delivery is known by what it says
        tape = self._line.told(DELIVERY, self._database)
        if tape is not None:
            tape.request_reel.whole(frame)
            self._answer(tape, frame)

    def _answer(self, tape: Tape, reply: bytes, refused: dict[int, bytes] | None = None) -> None:
        tape.answered((self._protocol, refused))
        tape.response_reel.whole(reply)
        tape.finish()

    def _lost(self) -> None:
        """The server has ended the connection, and owes these answers."""
        while self._awaited:
            tape = self._awaited.popleft()[0]
            if tape is not None:
                tape.answered((0, None))
                tape.response_reel.whole(b"")
                tape.finish()

    def closed(self) -> None:
        """Whoever asked has given up."""
        while self._awaited:
            tape = self._awaited.popleft()[0]
            if tape is not None:
                tape.finish()
