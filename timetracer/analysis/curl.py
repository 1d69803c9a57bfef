"""A recorded HTTP request as a curl command that a shell understands."""

from __future__ import annotations

from base64 import b64encode
from shlex import quote
from typing import Final

from timetracer.analysis.spelling import spelt
from timetracer.cassette.model import Exchange, Plain

_LEFT_OUT: Final = frozenset({"content-length", "connection", "host", "transfer-encoding", "accept-encoding"})
"""Headers that curl writes itself."""


def curl(exchange: Exchange) -> str | None:
    """The command, one argument a line; None if the exchange is no HTTP request.

    A body that a shell cannot hold comes through a pipe, as base64.
    """
    method, url = exchange.request.get("method"), exchange.request.get("url")
    if not isinstance(method, str) or not isinstance(url, str):
        return None
    body = exchange.request_body or b""
    words = ["curl"]
    if method != ("POST" if body else "GET"):
        words.append("--head" if method == "HEAD" else f"--request {quote(method)}")
    words += [f"--header {quote(f'{name}: {value}')}" for name, value in header_pairs(exchange.request.get("headers"))]
    before = ""
    if body:
        text = _shell_text(body)
        words.append(f"--data-raw {quote(text)}" if text is not None else "--data-binary @-")
        before = "" if text is not None else f"echo {b64encode(body).decode()} | base64 --decode | "
    return before + " \\\n  ".join([*words, quote(url)])


def header_pairs(headers: Plain) -> list[tuple[str, str]]:
    """The (name, value) pairs of a header list that a client would send itself."""
    pairs = (
        [pair for pair in headers if isinstance(pair, (list, tuple)) and len(pair) == 2]
        if isinstance(headers, (list, tuple))
        else []
    )
    spelled = [(spelt(name), spelt(value)) for name, value in pairs]
    return [(name, value) for name, value in spelled if name.lower() not in _LEFT_OUT and "\n" not in value]


def _shell_text(body: bytes) -> str | None:
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return None
    return text if "\0" not in text and "\r" not in text and not text.startswith("@") else None
