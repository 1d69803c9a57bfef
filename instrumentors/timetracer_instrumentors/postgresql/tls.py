"""TLS to a PostgreSQL server, done by us where libpq's own could not be read: as the user asked for it, or not at all.

Source: "Secure TCP/IP Connections with SSL" and "SSL Support" (libpq-ssl),
https://www.postgresql.org/docs/current/libpq-ssl.html
"""

from __future__ import annotations

import os
import select
import socket
import ssl
from collections.abc import Generator, Mapping
from functools import lru_cache
from ipaddress import ip_address
from pathlib import Path
from struct import pack
from time import monotonic
from typing import Any, TypeAlias, TypeVar

from timetracer.seams.mounts.reactor import READ, WRITE
from timetracer_instrumentors.postgresql import messages
from timetracer_instrumentors.postgresql.messages import Frames

PATIENCE = 30.0
"""s for a handshake, where the user says nothing."""
Given = TypeVar("Given")
Steps: TypeAlias = Generator[tuple[int, int], Any, Given]
"""What yields (descriptor, `READ` or `WRITE`) where it would block."""

_NOT_OURS = {
    "sslcert": "PGSSLCERT",
    "sslkey": "PGSSLKEY",
    "sslcrl": "PGSSLCRL",
    "sslcrldir": "PGSSLCRLDIR",
    "ssl_min_protocol_version": "PGSSLMINPROTOCOLVERSION",
    "ssl_max_protocol_version": "PGSSLMAXPROTOCOLVERSION",
    "sslnegotiation": "PGSSLNEGOTIATION",
    "sslcertmode": "PGSSLCERTMODE",
}
"""What we would have to do just as libpq does it: whoever asks for any of these is not recorded."""


class NotOurs(Exception):
    """This connection is better left to libpq. The text says why."""


def trust(params: Mapping[str, Any]) -> ssl.SSLContext:
    """What checks the server's certificate as the parameters (and the environment) of a connection ask for.

    Raises:
        NotOurs: they ask for what only libpq does.
    """

    def said(name: str, variable: str) -> str:
        return str(params.get(name) or os.environ.get(variable) or "")

    for name, variable in _NOT_OURS.items():
        if said(name, variable):
            raise NotOurs(f"with {name}")
    home = Path.home() / ".postgresql"
    if (home / "postgresql.crt").exists():
        raise NotOurs("with a client's certificate")
    if said("channel_binding", "PGCHANNELBINDING") == "require":
        raise NotOurs("with channel_binding=require")
    mode = said("sslmode", "PGSSLMODE")
    roots = said("sslrootcert", "PGSSLROOTCERT")
    if not roots and (home / "root.crt").exists():
        roots = str(home / "root.crt")
    if roots and mode == "require":
        mode = "verify-ca"  # "for backward compatibility", says libpq
    if mode not in ("verify-ca", "verify-full"):
        return _context("", full=False)
    if not roots:
        raise NotOurs(f"with sslmode={mode} and no sslrootcert")
    try:
        return _context(roots, full=mode == "verify-full" or roots == "system")
    except (OSError, ssl.SSLError) as error:
        raise NotOurs(f"with sslrootcert={roots} ({error})") from None


@lru_cache(maxsize=16)
def _context(roots: str, *, full: bool) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.set_alpn_protocols(["postgresql"])
    context.check_hostname = full
    if not roots:
        context.verify_mode = ssl.CERT_NONE
    elif roots == "system":
        context.load_default_certs()
    else:
        context.load_verify_locations(roots)
    return context


def secured(server: socket.socket, context: ssl.SSLContext, host: str) -> Steps[ssl.SSLSocket]:
    """A connection that was just opened, with TLS on top.

    Raises:
        OSError, NotOurs: it cannot be had.
    """
    server.setblocking(False)
    server.send(pack("!ii", 8, messages.SSL_REQUEST))
    yield server.fileno(), READ
    if (answer := server.recv(1)) != b"S":
        raise NotOurs(f"to a server that answers {answer!r} when it is asked for TLS")
    tls = context.wrap_socket(server, server_hostname=_sni(host, context), do_handshake_on_connect=False)
    while True:
        try:
            tls.do_handshake()
        except ssl.SSLWantReadError:
            yield tls.fileno(), READ
        except ssl.SSLWantWriteError:
            yield tls.fileno(), WRITE
        else:
            return tls


def _sni(host: str, context: ssl.SSLContext) -> str | None:
    if context.check_hostname:
        return host
    try:
        ip_address(host)
    except ValueError:
        return host or None
    return None  # an address is no name to be asked for (RFC 6066)


def connected(address: Any, family: int) -> Steps[socket.socket]:
    """A new connection to an address. Raises OSError."""
    server = socket.socket(family, socket.SOCK_STREAM)
    server.setblocking(False)
    try:
        server.connect(address)
    except BlockingIOError:
        yield server.fileno(), WRITE
        if failed := server.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            server.close()
            raise OSError(failed, os.strerror(failed)) from None
    return server


def run(steps: Steps[Given], patience: float = PATIENCE) -> Given:
    """Do it, and wait. Raises TimeoutError, and what the steps raise."""
    end = monotonic() + patience
    try:
        descriptor, wanted = next(steps)
        while True:
            reading, writing = ([descriptor], []) if wanted == READ else ([], [descriptor])
            if not any(select.select(reading, writing, [], max(0.0, end - monotonic()))):
                raise TimeoutError(f"no answer within {patience:g} s")
            descriptor, wanted = steps.send(wanted)
    except StopIteration as done:
        return done.value  # type: ignore[no-any-return] # it is what the steps return


class Unbound:
    """What a server says, without the offer to bind the login to the TLS channel: there are two channels now.

    Attributes:
        key: the server's process and the secret that cancels what it does, once they are known.
    """

    def __init__(self) -> None:
        self.key = (0, 0)
        self._frames: Frames | None = Frames()
        self._done = False

    def __call__(self, data: bytes) -> bytes:
        if self._frames is None:
            return data
        out: list[bytes] = []
        for kind, payload in self._frames.cut(data):
            if kind == ord("R") and payload[:4] == b"\0\0\0\x0a":  # AuthenticationSASL
                out.append(messages.message(b"R", payload.replace(b"SCRAM-SHA-256-PLUS\0", b"")))
                continue
            if kind == ord("K"):
                self.key = (int.from_bytes(payload[:4], "big"), int.from_bytes(payload[4:8], "big"))
            self._done = self._done or kind == ord("Z")
            out.append(messages.message(bytes([kind]), payload))
        if self._done and self._frames.whole:
            self._frames = None
        return b"".join(out)


class Session:
    """Our connections to one connection's server, as long as it lasts.

    Args:
        peer: the server's address, and its family.
        host: by which the user knows the server.

    Attributes:
        context: how the server is trusted; None: without TLS.
        unbound: reads what it says.
    """

    def __init__(self, peer: tuple[Any, int], host: str) -> None:
        self.peer = peer
        self.host = host
        self.context: ssl.SSLContext | None = None
        self.unbound = Unbound()

    def opening(self) -> Steps[socket.socket]:
        """One more connection to this server. Raises OSError, NotOurs."""
        server = yield from connected(*self.peer)
        return server if self.context is None else (yield from secured(server, self.context, self.host))

    def cancelling(self) -> Steps[None]:
        """Send a CancelRequest, in the way of all else. Raises OSError, NotOurs."""
        with (yield from self.opening()) as server:
            server.send(pack("!iiII", 16, messages.CANCEL_REQUEST, *self.unbound.key))
            yield server.fileno(), READ  # it says nothing, and ends the connection when it has understood


def peer(descriptor: int) -> tuple[Any, int]:
    """Where a connection leads: the address, and its family."""
    with socket.socket(fileno=os.dup(descriptor)) as one:
        return one.getpeername(), one.family
