"""One value of a cassette as a few words of text."""

from __future__ import annotations

from typing import cast

from timetracer.analysis.amounts import size
from timetracer.cassette.model import AttributeValue, Plain

_BYTES_SHOWN = 64
_DECIMAL_BITS = 8_192
"""Integers above are spelt in hexadecimal: Python refuses long decimal conversions (CVE-2020-10735)."""


def spelt(value: Plain | AttributeValue) -> str:
    """Text as it is, containers as JSON, bytes in hexadecimal, anything else as Python writes it."""
    if isinstance(value, str):
        return value
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value) if value.bit_length() <= _DECIMAL_BITS else hex(value)
    if isinstance(value, bytes):
        return f"{value[:_BYTES_SHOWN].hex(' ')}{' …' if len(value) > _BYTES_SHOWN else ''} ({size(len(value))})"
    if isinstance(value, (list, tuple, set, frozenset, dict)):
        from timetracer.cassette import values

        return values.dumps(cast("Plain", value))  # what an attribute holds is plain
    return str(value)


def service_name(service: str) -> str:
    """Nothing for what the SDK puts where the service has no name: ``unknown_service``, ``unknown_service:python``.

    https://opentelemetry.io/docs/specs/semconv/resource/service/
    """
    return "" if service.partition(":")[0] == "unknown_service" else service
