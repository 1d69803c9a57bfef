"""Cassettes of vcrpy, read into ours (https://vcrpy.readthedocs.io/en/latest/usage.html).

YAML is read with its safe loader, to which vcrpy's ``!!binary`` is bytes and any other tag an error.
"""

from __future__ import annotations

import secrets
from typing import Any

from timetracer.cassette.model import Cassette, Exchange, Kind, Plain, Span
from timetracer.cassette.places import is_list, is_object
from timetracer.errors import CassetteDamaged, TimetracerError

_STEP = 1_000_000
"""ns between two calls: vcrpy does not say when they were."""


def read_vcrpy(data: bytes, path: str, library: str, start: int) -> Cassette:
    """One cassette of all the interactions of a file, YAML or JSON, for `library` to replay.

    Args:
        start: ns since the epoch; vcrpy keeps no times.

    Raises:
        CassetteDamaged: it is no cassette of vcrpy's.
        TimetracerError: PyYAML is missing.
    """
    document = _loaded(data, path)
    found = document.get("interactions") if is_object(document) else None
    if not is_list(found):
        raise CassetteDamaged(path, 'expected a cassette of vcrpy, an object with "interactions"')
    trace_id, spans = secrets.token_hex(16), list[Span]()
    for number, interaction in enumerate(found):
        try:
            spans.append(_span(interaction, trace_id, library, start + number * 2 * _STEP))
        except (KeyError, TypeError, ValueError, AttributeError) as cause:
            raise CassetteDamaged(
                path, f"no interaction of vcrpy's: {cause!r}"[:200], f"interactions[{number}]"
            ) from None
    return Cassette(spans, {"service.name": "vcrpy"}, path)


def _loaded(data: bytes, path: str) -> Any:
    try:
        import yaml
    except ImportError:
        raise TimetracerError("cassettes of vcrpy are YAML: pip install 'timetracer-otel[yaml]'") from None
    try:
        return yaml.safe_load(data)
    except (yaml.YAMLError, ValueError, RecursionError) as cause:
        raise CassetteDamaged(path, f"not YAML: {cause}"[:300]) from None


def _span(interaction: Any, trace_id: str, library: str, start: int) -> Span:
    asked, answered = interaction["request"], interaction["response"]
    method, url = str(asked["method"]), str(asked["uri"])
    status = answered["status"]
    headers: list[Plain] = _headers(answered.get("headers"))
    body = answered.get("body")
    exchange = Exchange(
        library=library,
        key=f"{method} {url}",
        request={"method": method, "url": url, "headers": _headers(asked.get("headers"))},
        request_body=_bytes(asked.get("body")),
        response={"status": int(status["code"] if is_object(status) else status), "headers": headers},
        response_body=_bytes(body.get("string") if is_object(body) else body),
        started=start,
        ended=start + _STEP,
    )
    return Span(method, trace_id, secrets.token_hex(8), "", Kind.CLIENT, start, start + _STEP, exchange=exchange)


def _headers(headers: Any) -> list[Plain]:
    """vcrpy has a mapping, from a name to a value or to a list of them."""
    pairs: list[Plain] = []
    for name, value in headers.items() if is_object(headers) else ():
        values = value if is_list(value) else [value]
        told: list[Plain] = [[name, _spelled(each)] for each in values]
        pairs += told
    return pairs


def _spelled(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def _bytes(body: Any) -> bytes:
    if body is None:
        return b""
    return body if isinstance(body, bytes) else str(body).encode()
