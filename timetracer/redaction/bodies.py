"""Finds what is secret in a body, by its media type and by what it really is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final, NamedTuple, cast

import orjson

from timetracer.cassette.model import Plain
from timetracer.redaction.finds import Find, moved
from timetracer.redaction.forms import parts
from timetracer.redaction.inspector import Inspector
from timetracer.redaction.patterns import tokens

_BOUNDARY = re.compile(r'boundary="?([^";\s]+)', re.IGNORECASE)
_FIRST_BOUNDARY = re.compile(r"--([^\r\n]{1,70})\r?\n")
BINARY: Final = "latin-1"
"""The encoding of a body that is no text: one character a byte."""


class Text(NamedTuple):
    """A body as text. ``text.encode(encoding)`` gives its exact bytes again."""

    text: str
    encoding: str


def content_type(message: dict[str, Plain]) -> str:
    """The ``Content-Type`` among the ``headers`` of a request or a response, or an empty string."""
    headers: Any = message.get("headers")
    for name, value in headers if is_headers(headers) else ():
        if len(name) == 12 and name.lower() == "content-type":
            return str(value)
    return ""


def is_headers(value: Any) -> bool:
    """Whether `value` is a list of (name, value) pairs of strings."""
    if type(value) is not list and type(value) is not tuple:
        return False
    return all(
        (type(pair) is list or type(pair) is tuple) and len(pair) == 2 and type(pair[0]) is type(pair[1]) is str
        for pair in cast("Sequence[Any]", value)
    )


def as_text(body: bytes) -> Text:
    """UTF-8 if it is that, else one character a byte."""
    try:
        return Text(body.decode("utf-8"), "utf-8")
    except UnicodeDecodeError:
        return Text(body.decode(BINARY), BINARY)


def is_clean(inspector: Inspector, body: bytes, media_type: str) -> bool:
    """A quick look: True only if there is nothing to redact; not every clean body is seen to be clean."""
    if not body:
        return True
    if inspector.has_own_rules or not ("json" in media_type or (not media_type and _is_json_by_itself(body))):
        return False
    return not inspector.suspects(body)


def _is_json_by_itself(body: bytes) -> bool:
    """Whether a body without a media type, as those of databases are, is an object or an array of JSON."""
    if body[:1] not in (b"{", b"["):
        return False
    try:
        orjson.loads(body)
    except ValueError:
        return False
    return True


def body_finds(inspector: Inspector, body: Text, media_type: str, path: str) -> list[Find]:
    """The secrets in `body`, `media_type` being its ``Content-Type``."""
    kind = media_type.partition(";")[0].strip().lower()
    if kind.startswith("multipart/"):
        return _multipart(inspector, body, media_type, path)
    if body.encoding == BINARY and not _is_text(kind):
        return [Find(hit.start, hit.end, hit.secret, hit.kind, path) for hit in tokens(body.text)]
    if kind == "application/x-www-form-urlencoded":
        return inspector.form(body.text, path)
    if _is_json(body.text):
        return inspector.json(body.text, path)
    return inspector.value(body.text, path, prose=True)


def _is_text(kind: str) -> bool:
    return kind.startswith("text/") or kind.endswith(("json", "xml", "urlencoded", "javascript"))


def _is_json(text: str) -> bool:
    if text.lstrip("\ufeff \t\r\n")[:1] not in ("{", "[", '"'):
        return False
    try:
        orjson.loads(text.lstrip("\ufeff"))
    except ValueError:
        return False
    return True


def _multipart(inspector: Inspector, body: Text, media_type: str, path: str) -> list[Find]:
    boundary = _BOUNDARY.search(media_type) or _FIRST_BOUNDARY.match(body.text)
    if boundary is None:
        return inspector.free(body.text, path)
    finds: list[Find] = []
    for part in parts(body.text, boundary[1]):
        content = body.text[part.start : part.end]
        here, kind = f"{path}.{part.name}", inspector.names.kind(part.name)
        if kind is not None:
            found = inspector.value(content, here, kind)
        else:
            found = body_finds(
                inspector, Text(content, "utf-8" if content.isascii() else body.encoding), part.content_type, here
            )
        finds += moved(found, part.start)
    return finds
