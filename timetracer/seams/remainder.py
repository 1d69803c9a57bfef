"""What is left of a served request when its function has returned: the body of its answer, still to be read (PEP 3333).

The request lasts until the body is closed. Its chunks are made in the place that the function was called in: the same
unit of work, the same session. Between two chunks the context is the server's again.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from timetracer import sessions
from timetracer.recording.unit import Scene, scene
from timetracer.seams.streams import Listener

if TYPE_CHECKING:
    from timetracer.sessions import Session

    Place: TypeAlias = "tuple[Scene | None, Session | None]"
    """The inbound request and the session of a context; None where it has none of its own."""

_END: Final = object()


def place() -> Place:
    """That of the current context."""
    return scene.get(), sessions.own.get()


def go_to(there: Place) -> None:
    """Make it that of the current context."""
    scene.set(there[0])
    sessions.own.set(there[1])


def remainder(source: Any, listener: Listener | None, serves: ExitStack) -> Remainder:
    """The same body: chunk by chunk, sized where it is, closed once.

    Args:
        source: an iterable of bytes, that may have a length (servers make a Content-Length of it) and a ``close``.
        listener: hears the chunks; None: nobody does.
        serves: what ends with the request.
    """
    return (Counted if hasattr(source, "__len__") else Remainder)(source, listener, serves)


class Remainder:
    """The body of an answer, an iterable of bytes; see `remainder`."""

    def __init__(self, source: Any, listener: Listener | None, serves: ExitStack) -> None:
        self._source = source
        self._listener = listener
        self._serves = serves
        self._place = place()

    def __iter__(self) -> Iterator[bytes]:
        listener = self._listener
        with self._within():
            chunks = iter(self._source)
        with nullcontext() if listener is None else listener:
            while True:
                with self._within():
                    chunk: Any = next(chunks, _END)
                if chunk is _END:
                    return
                if chunk and listener is not None:
                    listener.heard(chunk)
                yield chunk

    def close(self) -> None:
        """Close the app's body, then end the request."""
        try:
            if hasattr(self._source, "close"):
                with self._within():
                    self._source.close()
        finally:
            self._end()

    def __del__(self) -> None:
        self._end()  # a server that does not close what it was given

    def _end(self) -> None:
        if self._listener is not None:
            self._listener.closed()
        self._serves.close()

    @contextmanager
    def _within(self) -> Generator[None, None, None]:
        before = place()
        go_to(self._place)
        try:
            yield
        finally:
            go_to(before)


class Counted(Remainder):
    """One with a length."""

    def __len__(self) -> int:
        return len(self._source)
