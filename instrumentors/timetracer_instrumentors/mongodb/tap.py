"""The tap: pairs what a driver and its server say into exchanges, told by the numbers of requests and replies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from timetracer_instrumentors.mongodb.messages import MORE_TO_COME, OP_MSG, Command, Frames, Message, command, name

if TYPE_CHECKING:
    from timetracer.recording.tape import Tape
    from timetracer.seams.wire import TappedLine

HELLO: Final = frozenset({"hello", "isMaster", "ismaster"})
COORDINATION: Final = frozenset(
    {
        "authenticate",
        "endSessions",
        "getnonce",
        "killCursors",
        "logout",
        "saslContinue",
        "saslStart",
    }
)
"""Commands that are the driver's and not the app's. None is stored: some hold secrets, the others come when the garbage
collector does."""
_OF_A_SESSION: Final = b"\x03lsid\0"


def is_hello(document: bytes) -> bool:
    """Whether it is a driver's own greeting or heartbeat; those of an app, ``db.command("hello")``, have a session."""
    return name(document) in HELLO and _OF_A_SESSION not in document


class Tap:
    """One connection.

    Args:
        line: is told of each exchange, see `protocol`: the body of a request is the payload of its message, that of an
            answer the server's documents, one after the other.
    """

    def __init__(self, line: TappedLine) -> None:
        self._line = line
        self._requests = Frames()
        self._replies = Frames()
        self._open: dict[int, _Answer] = {}
        self._streaming: _Answer | None = None
        self._greeted = False

    def sent(self, data: bytes) -> None:
        for message in self._requests.feed(data):
            asked = command(message)
            what = name(asked.document)
            if what in HELLO and is_hello(asked.document):
                # The first greeting of a connection says what kind of server it is.
                if not self._greeted and (tape := self._line.begin(b"", fact=True)) is not None:
                    tape.request_reel.whole(b"")
                    self._open[message.request_id] = _Answer(tape)
                self._greeted = True
            elif what not in COORDINATION:
                self._began(message, asked)

    def _began(self, message: Message, asked: Command) -> None:
        tape = self._line.begin(asked.document, number=message.request_id)
        if tape is None:
            return
        tape.request_reel.whole(message.payload)
        if asked.flags & MORE_TO_COME:  # nobody waits for an answer to this one
            _Answer(tape).end("unacknowledged")
        else:
            self._open[message.request_id] = _Answer(tape)

    def received(self, data: bytes) -> None:
        if not data:
            self._end("lost")
            return
        for message in self._replies.feed(data):
            answer, self._streaming = self._streaming or self._open.pop(message.response_to, None), None
            if answer is None:
                continue
            if message.opcode == OP_MSG:
                reply = command(message)
                answer.replies.append(reply.document)
                if reply.flags & MORE_TO_COME:  # it goes on by itself
                    self._streaming = answer
                    continue
            else:
                answer.replies.append(message.payload[20:])
            answer.end("complete")

    def closed(self) -> None:
        self._end("silent")

    def _end(self, how: str) -> None:
        waiting = [*self._open.values(), *([self._streaming] if self._streaming else [])]
        self._open, self._streaming = {}, None
        for answer in waiting:
            answer.end(how)


class _Answer:
    """What came of one request so far."""

    __slots__ = ("replies", "tape")

    def __init__(self, tape: Tape) -> None:
        self.tape = tape
        self.replies: list[bytes] = []

    def end(self, how: str) -> None:
        if self.tape.fact and how != "complete":
            self.tape.drop()
            return
        self.tape.answered(("greeting" if self.tape.fact else how, len(self.replies)))
        self.tape.response_reel.whole(b"".join(self.replies))
        self.tape.finish()
