"""How a connection begins: requests for encryption, and whether anything can be read after them."""

from __future__ import annotations

from timetracer_instrumentors.postgresql.messages import Frames

_HANDSHAKE = b"\x16"
"""The first byte of a TLS connection (RFC 8446, 5.1: a record of type handshake)."""


class Opening:
    """What a tap has to know of a connection before its StartupMessage.

    A request for encryption (SSLRequest, GSSENCRequest) is answered by a single byte, which is no message. If it was
    agreed upon, either it is done beneath the tap, which goes on to see the protocol, or it sees nothing that it
    understands. The client's next byte tells.

    Attributes:
        opaque: nothing can be read here.
    """

    __slots__ = ("_frames", "_waiting", "opaque")

    def __init__(self, frames: Frames) -> None:
        self.opaque = False
        self._frames = frames
        self._waiting = 0

    def requested(self) -> None:
        """The client asks for encryption."""
        self._waiting += 1

    def sent(self, data: bytes) -> bytes:
        """What is to be read of what the client says."""
        if self._frames.startup and data[:1] == _HANDSHAKE:
            self.opaque = True
        return b"" if self.opaque else data

    def received(self, data: bytes) -> bytes:
        """The same for the server: all but the single bytes."""
        if self.opaque:
            return b""
        while self._waiting and data and data[:1] in b"SGN":
            self._waiting -= 1
            data = data[1:]
        if data:
            self._waiting = 0  # an old server, which answers with an error
        return data
