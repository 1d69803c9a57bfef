"""aiobotocore (aioboto3): what is known of botocore, at the same places of its coroutine functions.

Its cassettes are botocore's: one that was recorded with boto3 answers aiobotocore, and the other way round. Only the
raw body of a response, which the app reads from, is another object.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import aiohttp
from aiobotocore.awsrequest import AioAWSResponse  # pyright: ignore[reportMissingTypeStubs]
from aiobotocore.credentials import AioCredentials  # pyright: ignore[reportMissingTypeStubs]

from timetracer.cassette.model import Exchange
from timetracer.seams.declaration import CallSeam, Prelude
from timetracer_instrumentors import botocore
from timetracer_instrumentors.botocore import calls, credentials, errors
from timetracer_instrumentors.botocore.aio_bodies import HeardHttpx, HeardRaw, PlayedRaw


class MadeUp(credentials.MadeUp):
    """A provider of credentials of nobody, asked by coroutines."""

    async def load(self) -> Any:
        return _NOBODY


_NOBODY = AioCredentials(credentials.MADE_UP, credentials.MADE_UP, method=credentials.MADE_UP)


def with_response_body(result: Any, stream: Any) -> Any:
    """The raw response is aiohttp's; with aiobotocore's other backend, httpx's."""
    result.raw = stream.received(HeardHttpx if hasattr(result.raw, "aiter_raw") else HeardRaw)
    return result


def rebuild(exchange: Exchange, stream: Any) -> AioAWSResponse:
    """Names of headers are in lower case, as aiobotocore has them."""
    status, url = int(str((exchange.response or {})["status"])), str(exchange.request["url"])
    headers = {name.lower(): value for name, value in calls.headers_to_play(exchange)}
    return AioAWSResponse(url, status, headers, PlayedRaw(stream, url, status, headers))


def all_errors() -> tuple[type[BaseException], ...]:
    """Also those of aiohttp, within a body."""
    kinds = (
        kind for kind in vars(aiohttp).values() if isinstance(kind, type) and issubclass(kind, aiohttp.ClientError)
    )
    return (*errors.classes(), *kinds)


INSTRUMENTOR = replace(
    botocore.INSTRUMENTOR,
    seams=(
        Prelude("aiobotocore.endpoint:AioEndpoint._do_get_response", botocore.told_operation),
        CallSeam(
            "aiobotocore.endpoint:AioEndpoint._send",
            request=botocore.request,
            with_request_body=botocore.with_request_body,
            response=botocore.response,
            with_response_body=with_response_body,
            rebuild=rebuild,
        ),
        Prelude("aiobotocore.session:AioSession._create_client", credentials.with_region, replaying=True),
        Prelude("aiobotocore.session:AioSession.get_credentials", credentials.unremembered, replaying=True),
        Prelude(
            "aiobotocore.credentials:AioCredentialResolver.load_credentials",
            credentials.local(MadeUp()),
            replaying=True,
        ),
        Prelude(
            "aiobotocore.signers:AioRequestSigner.get_auth_instance", credentials.stand_in(_NOBODY), replaying=True
        ),
    ),
    errors=all_errors,
)
