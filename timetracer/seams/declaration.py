"""What an instrumentor declares about one library: its seams, and a few pure functions. No modes, no patching.

A library is met at functions (`CallSeam`, `ServerSeam`) or at the connections that it opens (`WireSeam`), where a
`WireProtocol` reads and speaks what goes over the wire.
"""

from __future__ import annotations

from collections.abc import AsyncIterable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeAlias

from timetracer.cassette.model import Exchange, Kind, Plain
from timetracer.seams.streams import Stream

if TYPE_CHECKING:
    from timetracer.seams.wire import MountedLine, TappedLine

Body: TypeAlias = "bytes | Iterable[bytes] | AsyncIterable[bytes]"
"""The bytes themselves, or a stream that yields them once."""


class Message(NamedTuple):
    """One side of an exchange, kept by reference: cheap enough for the caller's thread.

    Args:
        fields: what `describe_request` / `describe_response` needs. Copies of what the app may still change, references
            to what it cannot.
        body: the bytes, or the stream that will yield them.
    """

    fields: tuple[Any, ...]
    body: Body = b""


class Described(NamedTuple):
    """One side of an exchange as the cassette holds it. A body of None: there is no such thing as a body here."""

    values: dict[str, Plain]
    body: bytes | None


class Outcome(NamedTuple):
    """What a unit of work has come to, done once more.

    Args:
        fields: what `describe_response` needs.
        body: the bytes of its response.
        error: the exception that it ended with; None: none.
    """

    fields: tuple[Any, ...]
    body: bytes
    error: BaseException | None


@dataclass(frozen=True, slots=True)
class CallSeam:
    """A function of a library through which every request leaves. Synchronous or a coroutine function: all the same.

    Args:
        target: ``module:Class.function``. A module that is not imported yet is waited for.
        request: ``(*args, **kwargs) -> Message | None``; None for what asks nobody (the answer is known already).
        with_request_body: ``(args, stream) -> args``: the same call with its body stream replaced by a teed one.
        response: the call's result ``-> Message``.
        with_response_body: ``(result, stream) -> result``: the same result with its stream replaced by a teed one.
        rebuild: ``(exchange, stream) -> result``: a recorded response, as the library itself would have built it. If it
            calls the library, that passes every seam.
    """

    target: str
    request: Callable[..., Message | None]
    with_request_body: Callable[[tuple[Any, ...], Stream], tuple[Any, ...]]
    response: Callable[[Any], Message]
    with_response_body: Callable[[Any, Stream], Any]
    rebuild: Callable[[Exchange, Stream], Any]


@dataclass(frozen=True, slots=True)
class EachCallSeam:
    """A function whose result cannot be understood, or built again, without what it was called with.

    Args:
        target: ``module:Class.function``.
        of_call: ``(*args, **kwargs) -> CallSeam``: the seam of this one call; its own target says nothing.
    """

    target: str
    of_call: Callable[..., CallSeam]


@dataclass(frozen=True, slots=True)
class ServerSeam:
    """A function through which requests enter: each opens a unit of work. Synchronous or a coroutine function.

    Args:
        target: ``module:Class.function``; ``module:function()`` is what that function returns, each time.
        request: ``(*args) -> Message | None``; None for what is not a request (a lifespan, a WebSocket).
        listen: ``(args, tape) -> args``: the same call, telling the tape what passes by.
        receive: ``(args) -> (args, bytes)``: reads the request's body, and gives a call that reads it again; a
            coroutine function where the target is one. None: the `Message` has it.
        signed: ``async (*args) -> None`` -> the same with the target's own signature. Servers look at it: uvicorn calls
            an app without arguments, and takes it for a factory unless that is refused. None: nobody looks.
        outcome: ``(result, tape) -> None``: tells the tape what the function has returned, where that says something.
        body_follows: the function returns the answer's body, an iterable of chunks that is read, and closed, after the
            function has returned (PEP 3333): the request lasts until then.
        kind: of the spans that its requests sit on; None: the instrumentor's.
    """

    target: str
    request: Callable[..., Message | None]
    listen: Callable[[tuple[Any, ...], Any], tuple[Any, ...]]
    receive: Callable[..., Any] | None = None
    signed: Callable[[Callable[..., Any]], Callable[..., Any]] | None = None
    outcome: Callable[[Any, Any], None] | None = None
    body_follows: bool = False
    kind: Kind | None = None


class Tap(Protocol):
    """One half of a wire protocol: pairs what a real connection's two ends say into exchanges. No sockets, no clock.

    It is given bytes as they pass, split anywhere, and tells its `TappedLine` of each exchange: ``line.begin(…)``
    when the request has left, ``tape.answered(fields)`` and ``tape.finish()`` when its outcome is complete. Whatever it
    raises ends the tapping of this connection; the driver never hears of it.
    """

    def sent(self, data: bytes) -> None:
        """The client said this; called in the context of whoever called the driver."""
        ...

    def received(self, data: bytes) -> None:
        """The server said this; called in any context. Nothing: it has ended the connection, if a mount can tell."""
        ...

    def closed(self) -> None:
        """The connection has ended."""
        ...


class Backend(Protocol):
    """The other half: answers one connection's client from recorded exchanges. No sockets, no threads, no clock.

    It is given a client's bytes, split anywhere, and asks its `MountedLine` for what was recorded: ``line.ask(…)``.
    """

    @property
    def closing(self) -> bool:
        """Whether the server ends the connection, after what `receive` gave last."""
        ...

    def receive(self, data: bytes) -> bytes:
        """What the server answers to these bytes; nothing, where it waits for more or was never heard of again.

        Raises:
            ReplayError: nothing recorded answers. The connection is of no use any more.
        """
        ...


@dataclass(frozen=True, slots=True)
class WireProtocol:
    """What several drivers speak.

    Args:
        name: under which exchanges are recorded, whichever driver made them: ``postgresql``. Also the name of its entry
            point in the group ``timetracer.protocols``.
        tap: reads a real connection.
        backend: stands for the server.
        catalogue: ``recorded exchanges ->`` what the backends of one replay want to know of all of them, read once.
    """

    name: str
    tap: Callable[[TappedLine], Tap]
    backend: Callable[[MountedLine], Backend]
    catalogue: Callable[[Iterable[Exchange]], Any] = list


@dataclass(frozen=True, slots=True)
class WireSeam:
    """A function of a driver by which a connection is opened, passes, or says who uses it.

    Both replacements are called as ``(wire, original, *args, **kwargs)`` with a `seams.wire.Wire`; they are coroutine
    functions where the original is one. None: the original, as it is.

    Args:
        target: ``module:Class.function``. Of a class itself, ``tapped(wire, original)`` is called once, and gives the
            subclass that stands for it; whether an instance is to be tapped, it asks ``wire.taps()``.
        tapped: the same, for a real connection: its bytes are told to a line of ``wire.tap()``.
        mounted: the same without a server: a line of ``wire.mount()`` answers.
    """

    target: str
    tapped: Callable[..., Any] | None = None
    mounted: Callable[..., Any] | None = None


def _body(exchange: Exchange) -> bytes:
    return exchange.response_body or b""


def _never(_: dict[str, Plain]) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Prelude:
    """A function that is no exchange itself, and whose arguments are looked at, or replaced, before it runs.

    So an exchange further in learns what only its callers know, and a replay does without what only a live call needs.
    Synchronous or a coroutine function: all the same.

    Args:
        target: ``module:Class.function``.
        arguments: ``(*args, **kwargs) -> (args, kwargs)``.
        replaying: only in a replay; otherwise in a recording as well. `arguments` is then given, before all else, the
            recorded requests of this library (what `describe_request` gave), in the order of their issue.
    """

    target: str
    arguments: Callable[..., tuple[tuple[Any, ...], dict[str, Any]]]
    replaying: bool = False


def _none(_: object) -> dict[str, Any]:
    return {}


@dataclass(frozen=True, slots=True)
class OwnSeam:
    """A function that is the library's own business: what it calls is neither recorded nor answered by any seam.

    Args:
        target: ``module:Class.function``, a synchronous one.
        instead: ``(*args, **kwargs) -> result``: done in its place while a replay goes on, in which nobody is there to
            be talked to. None: the function itself.
    """

    target: str
    instead: Callable[..., Any] | None = None


@dataclass(frozen=True, slots=True)
class EndSeam:
    """A function that a process of the library's calls at its end: all that is complete is written before it runs.

    Args:
        target: ``module:Class.function``, a synchronous one.
    """

    target: str


Seam: TypeAlias = "CallSeam | EachCallSeam | ServerSeam | WireSeam | Prelude | OwnSeam | EndSeam"


@dataclass(frozen=True, slots=True)
class Instrumentor:
    """What is known about one library.

    Args:
        library: its import name, also the name of its entry point in the group ``timetracer.instrumentors``.
        kind: the kind of the spans that its exchanges sit on.
        seams: where its exchanges are intercepted.
        scopes: OpenTelemetry's instrumentation scopes, by name, whose spans its exchanges may claim; what lies within
            one (botocore's has one for each service: ``….botocore.sqs``) belongs to it.
        describe_request: `Message.fields` and the bytes of the body ``-> Described``.
        describe_response: the same for the response.
        key: what `describe_request` gave ``->`` one line for people, ``GET http://shop/items``.
        identity: what `describe_request` gave, and the body ``->`` the named parts by which a request is recognised.
        writes: what `describe_request` gave ``->`` whether the request may bring identifiers that nobody has seen yet.
        wire_body: ``exchange ->`` the bytes of its response as they were on the wire (content codings applied again).
        secrets: what `describe_request` gave ``->`` places in this exchange (paths as in the redaction rules) that hold
            a secret, though no name says so; each with what is to stand there, or None for a pseudonym.
        stream: the class of teed and replayed body streams: `Stream`, plus what the library wants it to be.
        http: whether it is an HTTP library, for which ``suppress_http_instrumentation`` holds as well.
        errors: ``() ->`` the exception classes that may be recorded and raised again.
        keywords: ``exception ->`` the named arguments to build it from again, where its class wants others than `args`;
            none: `args` will do.
        wire: the protocol that the library speaks, where it has wire seams.
        incidental: what `describe_request` gave ``->`` whether the exchange is a matter of pools and timing: it may be
            left over, and a backend can do without it: ``line.find(…)``.
        delivery: what `describe_request` gave ``->`` whether the server said it without being asked
            (``line.told(…)``): no call takes it, it is said again in its turn to a connection that listens.
        in_one_order: what `identity` gave, perhaps with other identifiers in it, ``->`` the same with what has no order
            in one (the values of an SQL ``IN``); None: nothing in it is without one.
        rerun: ``(exchange, app, stopped) -> Outcome``: does the recorded work of an inbound request once more, in this
            process, with `app` to do it. ``stopped(error)`` is called where it fails, before anybody clears its frames.
            Raises ReplayError where it cannot be done. None: it is not done so.
    """

    library: str
    kind: Kind
    seams: tuple[Seam, ...]
    scopes: tuple[str, ...]
    describe_request: Callable[[tuple[Any, ...], bytes], Described]
    describe_response: Callable[[tuple[Any, ...], bytes], Described]
    key: Callable[[dict[str, Plain]], str]
    identity: Callable[[dict[str, Plain], bytes | None], dict[str, str | bytes]]
    writes: Callable[[dict[str, Plain]], bool]
    wire_body: Callable[[Exchange], bytes] = _body
    secrets: Callable[[dict[str, Plain]], Mapping[str, str | None]] = _none
    stream: type[Stream] = Stream
    http: bool = False
    errors: Callable[[], tuple[type[BaseException], ...]] = tuple
    keywords: Callable[[BaseException], Mapping[str, Any]] = _none
    wire: WireProtocol | None = None
    incidental: Callable[[dict[str, Plain]], bool] = _never
    delivery: Callable[[dict[str, Plain]], bool] = _never
    in_one_order: Callable[[Mapping[str, str | bytes]], Mapping[str, str | bytes] | None] | None = None
    rerun: Callable[[Exchange, Any, Callable[[BaseException], None]], Outcome] | None = None

    @property
    def name(self) -> str:
        """Under which its exchanges are recorded: the protocol's, where several libraries speak it."""
        return self.wire.name if self.wire is not None else self.library

    def is_live(self, live: frozenset[str]) -> bool:
        """Whether the user wants it to reach the real thing, by the library's name or by the protocol's."""
        return self.library in live or self.name in live
