"""A library made for tests: calls ``send(address, body)``, answers ``{"said": …}``. Nothing leaves the process."""

from __future__ import annotations

from typing import Any

from timetracer.cassette.model import Exchange, Kind, Plain
from timetracer.seams.declaration import Described, Instrumentor


class ToyError(Exception):
    """What a toy call may fail with."""


def describe_request(fields: tuple[Any, ...], body: bytes) -> Described:
    return Described({"verb": fields[0], "url": fields[1]}, body)


def describe_response(fields: tuple[Any, ...], body: bytes) -> Described:
    return Described({"status": fields[0]}, body)


def identity(request: dict[str, Plain], body: bytes | None) -> dict[str, str | bytes]:
    return {"verb": str(request["verb"]), "address": str(request["url"]), "body": body or b""}


def instrumentor(kind: Kind = Kind.CLIENT, scope: str = "opentelemetry.instrumentation.toy") -> Instrumentor:
    """The toy's instrumentor; `kind` SERVER makes it a server's."""
    return Instrumentor(
        library="toy",
        kind=kind,
        seams=(),
        scopes=(scope,),
        describe_request=describe_request,
        describe_response=describe_response,
        key=lambda request: f"{request['verb']} {request['url']}",
        identity=identity,
        writes=lambda request: request["verb"] == "PUT",
        wire_body=lambda exchange: exchange.response_body or b"",
        errors=lambda: (ToyError,),
    )


TOY = instrumentor()


def load(library: str) -> Instrumentor | None:
    """Finds the toy's instrumentor, as `installed.load` finds those of real libraries."""
    return TOY if library == "toy" else None


def exchanged(verb: str, address: str, answer: bytes = b"", *, started: int = 1, **more: Any) -> Exchange:
    """A recorded toy exchange."""
    return Exchange(
        "toy",
        f"{verb} {address}",
        {"verb": verb, "url": address},
        request_body=more.pop("body", b""),
        response=more.pop("response", {"status": 200}),
        response_body=answer,
        started=started,
        ended=started + 1_000_000,
        **more,
    )
