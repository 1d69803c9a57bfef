"""PostgreSQL's protocol, version 3, as every driver speaks it: what its exchanges are and how they are recognised."""

from __future__ import annotations

import ssl

from timetracer.cassette.model import Kind
from timetracer.seams.declaration import Instrumentor, WireProtocol
from timetracer_instrumentors.postgresql import description
from timetracer_instrumentors.postgresql.arranging import in_one_order
from timetracer_instrumentors.postgresql.backend import Backend
from timetracer_instrumentors.postgresql.catalogue import catalogue
from timetracer_instrumentors.postgresql.tap import Tap

PROTOCOL = WireProtocol("postgresql", tap=Tap, backend=Backend, catalogue=catalogue)


def _errors() -> tuple[type[BaseException], ...]:
    """What opening a connection may raise, beneath the driver."""
    import socket

    return (
        OSError,
        ConnectionRefusedError,
        ConnectionResetError,
        ConnectionAbortedError,
        ConnectionError,
        FileNotFoundError,
        PermissionError,
        TimeoutError,
        socket.gaierror,
        ssl.SSLError,
        ssl.SSLCertVerificationError,
    )


POSTGRESQL = Instrumentor(
    library="postgresql",
    kind=Kind.CLIENT,
    seams=(),
    scopes=(),
    describe_request=description.describe_request,
    describe_response=description.describe_response,
    key=description.key,
    identity=description.identity,
    writes=description.writes,
    errors=_errors,
    wire=PROTOCOL,
    incidental=description.incidental,
    delivery=description.delivery,
    in_one_order=in_one_order,
)
