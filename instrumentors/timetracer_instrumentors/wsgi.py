"""WSGI: every HTTP request that enters an application through PEP 3333's gateway.

The seam is the application itself, outside every middleware that it has: what is recorded is what the server handed in
and was given. Text of an environ is Latin-1 of the bytes on the wire
(https://peps.python.org/pep-3333/#unicode-issues).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any, TypeAlias
from urllib.parse import quote

from timetracer.recording.tape import Reel, Tape
from timetracer.seams.declaration import Message, ServerSeam

Environ: TypeAlias = "dict[str, Any]"
StartResponse: TypeAlias = "Callable[..., Callable[[bytes], object]]"
Call: TypeAlias = "tuple[Any, Environ, StartResponse]"

_UNQUOTED = "/:@!$&'()*+,;=~"
"""What a path has beside letters, digits and ``-._`` (RFC 3986, section 3.3)."""
_RAW = ("RAW_URI", "REQUEST_URI")
"""Where servers put the target as the client wrote it: gunicorn's name, and that of most others."""
_UNPREFIXED = ("CONTENT_TYPE", "CONTENT_LENGTH")


def request(_app: Any, environ: Environ, _start_response: StartResponse) -> Message:
    return Message((environ["REQUEST_METHOD"], url(environ), headers(environ)))


def url(environ: Environ) -> str:
    """The URL as the client wrote it, as far as the server tells."""
    host = environ.get("HTTP_HOST") or f"{environ.get('SERVER_NAME', '')}:{environ.get('SERVER_PORT', '')}".rstrip(":")
    target = next((raw for name in _RAW if (raw := environ.get(name, "")).startswith("/")), "")
    if not target:
        path = f"{environ.get('SCRIPT_NAME', '')}{environ.get('PATH_INFO', '')}"
        query = environ.get("QUERY_STRING", "")
        target = quote(path.encode("latin-1"), _UNQUOTED) + (f"?{query}" if query else "")
    return f"{environ.get('wsgi.url_scheme', 'http')}://{host}{target}"


def headers(environ: Environ) -> list[tuple[bytes, bytes]]:
    """The request's header fields, names in lower case; fields of one name are one by now."""
    return [
        (name.removeprefix("HTTP_").replace("_", "-").lower().encode("latin-1"), value.encode("latin-1"))
        for name, value in environ.items()
        if name.startswith("HTTP_") or (name in _UNPREFIXED and value)
    ]


def listen(call: Call, tape: Tape) -> Call:
    """The same call; the tape hears what the app reads, and how it answers."""
    app, environ, start_response = call
    length = _length(environ)
    if length == 0:
        tape.request_reel.whole(b"")
    else:
        environ["wsgi.input"] = HeardInput(environ["wsgi.input"], tape.request_reel, length)

    def heard_start(status: str, fields: list[tuple[str, str]], *more: Any) -> Callable[[bytes], object]:
        write = start_response(status, fields, *more)
        told = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in fields]
        tape.answered((int(status[:3]), told))

        def heard_write(data: bytes) -> object:
            tape.response_reel.heard(data)
            return write(data)

        return heard_write

    return app, environ, heard_start


def receive(call: Call) -> tuple[Call, bytes]:
    """The whole body, and a call that reads it again."""
    app, environ, start_response = call
    length = _length(environ)
    if length == 0:
        return call, b""
    body = environ["wsgi.input"].read(*(() if length is None else (length,)))
    return (app, {**environ, "wsgi.input": BytesIO(body)}, start_response), body


def _length(environ: Environ) -> int | None:
    """Bytes of the request's body; None: to the end of the input, which the server knows (a chunked body)."""
    if environ.get("wsgi.input_terminated") and "HTTP_TRANSFER_ENCODING" in environ:
        return None
    try:
        return max(0, int(environ.get("CONTENT_LENGTH") or 0))
    except ValueError:
        return 0


class HeardInput:
    """A request's body as the app reads it, heard by a reel. All else that the server's own input can do, it does."""

    def __init__(self, source: Any, reel: Reel, length: int | None) -> None:
        self._source = source
        self._reel = reel
        self._length = length

    def read(self, *size: int) -> bytes:
        return self._heard(self._source.read(*size), *size)

    def readline(self, *size: int) -> bytes:
        return self._heard(self._source.readline(*size), *size)

    def readlines(self, *hint: int) -> list[bytes]:
        return [self._heard(line) for line in self._source.readlines(*hint)]

    def __iter__(self) -> Iterator[bytes]:
        return map(self._heard, self._source)

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._source, name)
        if name not in ("read1", "readinto", "readinto1"):
            return found

        def read(size: int = -1) -> bytes:
            return self._heard(found(size), size)

        def read_into(buffer: bytearray) -> int | None:
            count: int | None = found(buffer)
            self._heard(bytes(memoryview(buffer)[: count or 0]), len(buffer))
            return count

        return read if name == "read1" else read_into

    def _heard(self, data: bytes, size: int = -1) -> bytes:
        if data:
            self._reel.heard(data)
        if self._reel.length == self._length or (not data and size != 0):
            self._reel.__exit__(None, None, None)
        return data


def seam(target: str) -> ServerSeam:
    """An application's own function."""
    return ServerSeam(target, request, listen, receive, body_follows=True)
