"""AWS: every HTTP request of botocore (boto3), at the place of its ``before-send`` event.

Serialisers, signers, retries, parsers, paginators, waiters and error classes run for real, in a recording and in a
replay. What is recorded is what the wire had: each attempt is an exchange. `aio` has the same for aiobotocore.
"""

from __future__ import annotations

import copy
from typing import Any

from botocore.awsrequest import AWSResponse  # pyright: ignore[reportMissingTypeStubs]
from urllib3 import HTTPHeaderDict

from timetracer.cassette.model import Exchange, Kind
from timetracer.seams.declaration import CallSeam, Instrumentor, Message, Prelude
from timetracer_instrumentors import http
from timetracer_instrumentors.botocore import calls, credentials, errors
from timetracer_instrumentors.botocore.bodies import BodyStream, HeardResponse, PlayedResponse, Upload

_OPERATION = "timetracer_operation"
"""What a request is told of its operation: an attribute, for it knows no more than its URL."""
_MADE_UP = credentials.MadeUp()


def told_operation(endpoint: Any, request: Any, operation: Any, context: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Before an attempt: what it is for."""
    setattr(request, _OPERATION, (operation, context.get("client_region") or ""))
    return (endpoint, request, operation, context), {}


def request(_endpoint: Any, request: Any) -> Message:
    """A prepared request is final: nobody changes it any more."""
    operation, region = getattr(request, _OPERATION, (None, ""))
    fields: tuple[Any, ...] = (operation, region, request.method, request.url, request.headers)
    body: Any = request.body
    if body is None:
        return Message(fields)
    if isinstance(body, str):
        return Message(fields, body.encode())
    return Message(fields, bytes(body) if isinstance(body, (bytes, bytearray)) else Upload(body))


def with_request_body(args: tuple[Any, ...], stream: Any) -> tuple[Any, ...]:
    """A twin of the request: a retry rewinds the body of the app's own."""
    endpoint, original = args
    twin = copy.copy(original)
    twin.body = stream.sent()
    return endpoint, twin


def response(result: Any) -> Message:
    """A body that the app did not ask for as a stream has been read already.

    The headers are those of the raw response: nobody changes them, while botocore's handlers change their copy.
    """
    content = result._content
    return Message((result.status_code, result.raw.headers), result.raw if content is None else content)


def with_response_body(result: Any, stream: Any) -> Any:
    result.raw = stream.received(HeardResponse)
    return result


def rebuild(exchange: Exchange, stream: Any) -> AWSResponse:
    status = int(str((exchange.response or {})["status"]))
    headers = HTTPHeaderDict(calls.headers_to_play(exchange))
    return AWSResponse(str(exchange.request["url"]), status, headers, PlayedResponse(stream, status, headers))


INSTRUMENTOR = Instrumentor(
    library="botocore",
    kind=Kind.CLIENT,
    seams=(
        Prelude("botocore.endpoint:Endpoint._do_get_response", told_operation),
        CallSeam(
            "botocore.endpoint:Endpoint._send",
            request=request,
            with_request_body=with_request_body,
            response=response,
            with_response_body=with_response_body,
            rebuild=rebuild,
        ),
        Prelude("botocore.session:Session.create_client", credentials.with_region, replaying=True),
        Prelude("botocore.session:Session.get_credentials", credentials.unremembered, replaying=True),
        Prelude(
            "botocore.credentials:CredentialResolver.load_credentials", credentials.local(_MADE_UP), replaying=True
        ),
        Prelude(
            "botocore.signers:RequestSigner.get_auth_instance", credentials.stand_in(_MADE_UP.load()), replaying=True
        ),
    ),
    scopes=("opentelemetry.instrumentation.botocore",),
    describe_request=calls.describe_request,
    describe_response=calls.describe_response,
    key=calls.key,
    identity=calls.identity,
    writes=calls.writes,
    wire_body=http.wire_body,
    secrets=calls.secrets,
    stream=BodyStream,
    errors=errors.classes,
    keywords=errors.keywords,
)
