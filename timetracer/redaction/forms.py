"""Queries, forms, cookies and multipart bodies as they stand in a text: where their names and values are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from timetracer.redaction.finds import percent_view


class Field(NamedTuple):
    """A value at ``text[start:end]``, and its unescaped name."""

    name: str
    start: int
    end: int


class Part(NamedTuple):
    """One part of a multipart body: its content is ``text[start:end]``."""

    name: str
    content_type: str
    start: int
    end: int


_PAIR = re.compile(r"(?<![^&;?])([^&;=]*)=([^&]*)")
_COOKIE = re.compile(r'(?:^|;)\s*([^=;\s]+)=("?)([^;"]*)')
_SET_COOKIE = re.compile(r'(?:^|,\s*)([^=;,\s]+)=("?)(.*?)(?="?\s*(?:;|$|,\s*[^=;,\s]+=))')
_PART_HEADERS = re.compile(r"\r?\n((?:[^\r\n]+\r?\n)*)\r?\n")
_PART_NAME = re.compile(r'\bname="((?:[^"\\\r\n]|\\.)*)"', re.IGNORECASE)
_PART_TYPE = re.compile(r"^content-type:\s*([^\r\n;]+)", re.IGNORECASE | re.MULTILINE)


def pairs(text: str, start: int = 0, end: int | None = None) -> Iterator[Field]:
    """The parameters of a query or an urlencoded form within ``text[start:end]``; the values are still escaped."""
    for match in _PAIR.finditer(text, start, len(text) if end is None else end):
        yield Field(percent_view(match[1]).text, *match.span(2))


def cookies(text: str) -> Iterator[Field]:
    """The cookies of a ``Cookie`` header (RFC 6265, 4.2), values without their quotes."""
    for match in _COOKIE.finditer(text):
        yield Field(match[1], *match.span(3))


def set_cookies(text: str) -> Iterator[Field]:
    """The cookie of a ``Set-Cookie`` header without its attributes, or several of them joined by commas."""
    for match in _SET_COOKIE.finditer(text):
        yield Field(match[1], *match.span(3))


def parts(text: str, boundary: str) -> Iterator[Part]:
    """The parts of a multipart body (RFC 2046, 5.1); the last one may break off."""
    delimiter = re.compile(rf"(?:\A|\r?\n)--{re.escape(boundary)}(?=--|[ \t]*(?:\r?\n|\Z))")
    marks = [match.span() for match in delimiter.finditer(text)]
    for (_, begin), (end, _) in pairwise([*marks, (len(text), 0)]):
        headers = _PART_HEADERS.match(text, begin, end)
        if headers is None:
            continue
        name, content_type = _PART_NAME.search(headers[1]), _PART_TYPE.search(headers[1])
        default = "application/octet-stream" if "filename" in headers[1].lower() else "text/plain"
        media_type = content_type[1].strip().lower() if content_type else default
        yield Part(name[1] if name else "", media_type, headers.end(), end)
