"""Exceptions of botocore and urllib3 go into a cassette and come out as they were."""

from __future__ import annotations

import http.client

import pytest
from botocore import exceptions
from urllib3.exceptions import ProtocolError
from urllib3.exceptions import ReadTimeoutError as PoolReadTimeout

from timetracer.recording.raised import error_of
from timetracer.replaying.errors import rebuild
from timetracer_instrumentors.botocore import errors

URL = "http://127.0.0.1:1/"
REFUSED = ConnectionRefusedError(111, "refused")
CUT = http.client.IncompleteRead(b"abc", 7)


@pytest.mark.parametrize(
    "error",
    [
        exceptions.EndpointConnectionError(endpoint_url=URL, error=REFUSED),
        exceptions.ConnectTimeoutError(endpoint_url=URL, error=REFUSED),
        exceptions.ReadTimeoutError(endpoint_url=URL, error=REFUSED),
        exceptions.ConnectionClosedError(endpoint_url=URL, error=REFUSED, request=object()),
        exceptions.SSLError(endpoint_url=URL, error=REFUSED),
        exceptions.ProxyConnectionError(proxy_url=URL, error=REFUSED),
        exceptions.HTTPClientError(error=REFUSED),
        PoolReadTimeout("pool(host='a', port=1)", None, "Read timed out."),  # type: ignore[arg-type]
        ProtocolError("Connection broken", CUT),
        ProtocolError("Connection broken", REFUSED),
        CUT,
    ],
    ids=lambda error: type(error).__name__,
)
def test_an_error_is_raised_again_as_it_was(error: Exception) -> None:
    recorded = error_of(error, errors.keywords)
    again = rebuild(recorded, errors.classes(), "key")
    assert type(again) is type(error)
    assert (str(again), repr(again)) == (str(error), repr(error))
    if isinstance(error, exceptions.BotoCoreError):
        assert set(again.kwargs) == set(error.kwargs) - {"request"}  # type: ignore[attr-defined]


def test_what_a_request_itself_says_is_not_kept_with_its_error() -> None:
    error = exceptions.ConnectionClosedError(endpoint_url=URL, error=REFUSED, request=object())
    assert errors.keywords(error) == {"endpoint_url": URL, "error": str(REFUSED)}
