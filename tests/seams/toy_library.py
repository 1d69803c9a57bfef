"""The toy of `toy` as a library: functions to be intercepted, blocking and not, and an app to be served."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from timetracer.cassette.model import Exchange
from timetracer.seams.declaration import CallSeam, Instrumentor, Message, Seam, ServerSeam
from timetracer.seams.streams import Stream
from toy import TOY


@dataclass
class Answer:
    """What a toy call gives: a status, and a body in one piece or as a stream."""

    status: int
    body: Any = b""


@dataclass
class Library:
    """Answers with what it was given to answer; errors are raised.

    Args:
        answers: what comes next.
    """

    answers: list[Any] = field(default_factory=list)
    asked: list[tuple[str, str, Any]] = field(default_factory=list)

    def send(self, verb: str, address: str, body: Any = b"") -> Answer:
        self.asked.append((verb, address, b"".join(body) if not isinstance(body, bytes) else body))
        return self._next()

    async def asend(self, verb: str, address: str, body: Any = b"") -> Answer:
        if not isinstance(body, bytes):
            body = b"".join([chunk async for chunk in body])
        self.asked.append((verb, address, body))
        answer = self._next()
        return await answer if isinstance(answer, Awaitable) else answer

    def _next(self) -> Any:
        answer = self.answers.pop(0)
        if isinstance(answer, BaseException):
            raise answer
        return answer


def request(_library: Library, verb: str, address: str, body: Any = b"") -> Message:
    return Message((verb, address), body)


def with_request_body(args: tuple[Any, ...], stream: Stream) -> tuple[Any, ...]:
    return (*args[:3], stream)


def response(answer: Answer) -> Message:
    return Message((answer.status,), answer.body)


def with_response_body(answer: Answer, stream: Stream) -> Answer:
    return replace(answer, body=stream)


def rebuild(exchange: Exchange, stream: Stream) -> Answer:
    return Answer(int(str((exchange.response or {})["status"])), stream)


def seam(target: str) -> CallSeam:
    return CallSeam(target, request, with_request_body, response, with_response_body, rebuild)


SEND = seam("seams.toy_library:Library.send")
ASEND = seam("seams.toy_library:Library.asend")


def serving(instrumentor: Instrumentor, listen: Callable[..., Any], receive: Callable[..., Any]) -> Instrumentor:
    """The toy's instrumentor as a server's."""

    def signed(serve: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def serve_request(verb: str, address: str) -> Any:
            return await serve(verb, address)

        return serve_request

    asked = lambda verb, address: None if verb == "HELLO" else Message((verb, address))  # noqa: E731
    return replace(instrumentor, seams=(ServerSeam("toy:serve", asked, listen, receive, signed),))


def toy(*seams: Seam) -> Instrumentor:
    return replace(TOY, seams=seams)


def parts(*pieces: bytes | BaseException) -> Iterator[bytes]:
    for piece in pieces:
        if isinstance(piece, BaseException):
            raise piece
        yield piece


async def aparts(*pieces: bytes | BaseException) -> AsyncIterator[bytes]:
    for piece in parts(*pieces):
        yield piece
