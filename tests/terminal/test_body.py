"""Bodies as people read them."""

from __future__ import annotations

import gzip
import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timetracer.terminal.body import SHOWN_CHARACTERS, body_lines, decoded, indented
from timetracer.terminal.paper import Paper

PLAIN = Paper(colour=False)


def shown(body: bytes, content_type: str = "", paper: Paper = PLAIN) -> str:
    return "\n".join(line.plain for line in body_lines(body, content_type, paper))


@pytest.mark.parametrize(
    ("text", "laid_out"),
    [
        ("{}", "{}"),
        ("[ ]", "[]"),
        ('{"a":1}', '{\n  "a": 1\n}'),
        ('{"a":{"b":[1,2]},"c":[]}', '{\n  "a": {\n    "b": [\n      1,\n      2\n    ]\n  },\n  "c": []\n}'),
        ('{"same":1,"same":2}', '{\n  "same": 1,\n  "same": 2\n}'),
        ("[12345678901234567890123,1.10,1e5,-0]", "[\n  12345678901234567890123,\n  1.10,\n  1e5,\n  -0\n]"),
        (r'{"a":"{[,:\" \u00e9"}', '{\n  "a": "{[,:\\" \\u00e9"\n}'),
        (' "text" ', '"text"'),
        ('{"a":1}\n{"b":2}', '{\n  "a": 1\n}\n{\n  "b": 2\n}'),
        ('{"a": "cut of', '{\n  "a": "cut of'),
        ("[" * 101 + "]" * 101, "[" * 101 + "]" * 101),
        ("", ""),
    ],
)
def test_json_is_laid_out_and_nothing_else(text: str, laid_out: str) -> None:
    assert indented(text) == laid_out


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(JSON, st.sampled_from([None, 3]))
def test_laid_out_json_says_the_same_as_the_standard_library_does(value: object, indent: int | None) -> None:
    assert indented(json.dumps(value, indent=indent)) == json.dumps(value, indent=2)


@given(st.text(st.sampled_from('{}[]",:\\ \na1'), max_size=40))
def test_whatever_is_laid_out_only_blanks_are_added_or_left_out(text: str) -> None:
    assert "".join(indented(text).split()) == "".join(text.split())


@pytest.mark.parametrize(
    ("body", "content_type", "text"),
    [
        (b"", "application/json", ""),
        (b'{"a":1}', "application/json; charset=utf-8", '{\n  "a": 1\n}'),
        (b'{"a":1}', "application/problem+json", '{\n  "a": 1\n}'),
        (b'{"a":1}', "", '{\n  "a": 1\n}'),
        (b'{"a":1}', "text/plain", '{"a":1}'),
        (b"{not  json}", "application/json", "{not  json}"),
        (b"a=1&b=x%20y&empty=&a=2", "application/x-www-form-urlencoded", "a = 1\nb = x y\nempty = \na = 2"),
        (b"a=%1b%5b2J&%0a=1", "application/x-www-form-urlencoded", "a = \\x1b[2J\n\\n = 1"),
        (b"data: 1\n\ndata: 2\n\n", "text/event-stream", "data: 1\n\ndata: 2\n\n"),
        (b"<p>\x1b[31mhi</p>", "text/html", "<p>\\x1b[31mhi</p>"),
        ("é".encode("latin-1"), "text/plain; charset=ISO-8859-1", "é"),
        ("日".encode(), "text/plain; charset=utf-8", "日"),
        (b"\x89PNG\r\n\x1a\n\x00", "image/png", "00000000  89 50 4e 47 0d 0a 1a 0a 00" + " " * 23 + ".PNG....."),
        ("é".encode("latin-1"), "text/plain", "00000000  e9" + " " * 47 + "."),
        (b"b\xc3\xbccher", "text/plain; charset=idna", "00000000  62 c3 bc 63 68 65 72" + " " * 29 + "b..cher"),
        (b"abc", "text/plain; charset=no-such", "00000000  61 62 63" + " " * 41 + "abc"),
        (b"abc", "text/plain; charset=hex", "00000000  61 62 63" + " " * 41 + "abc"),
    ],
)
def test_a_body_is_shown_as_what_it_is(body: bytes, content_type: str, text: str) -> None:
    assert shown(body, content_type) == text


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/json", "application/x-www-form-urlencoded", "text/html", "image/png"]
)
def test_ten_megabytes_are_cut_and_told_with_a_digest(content_type: str) -> None:
    body = b'{"a":"' + "é".encode() * 5_000_000
    text = shown(body, content_type)
    assert len(text) < 2 * SHOWN_CHARACTERS
    assert text.endswith(f"[the beginning of 10.0 MB, sha256 {hashlib.sha256(body).hexdigest()}]")


def test_a_binary_body_is_previewed_and_told_with_a_digest() -> None:
    body = gzip.compress(bytes(range(256)) * 4, mtime=0) + b"\x00" * 300
    lines = shown(body).split("\n")
    assert len(lines) == 17
    assert lines[-1].startswith("[the beginning of ")
    assert hashlib.sha256(body).hexdigest() in lines[-1]


def test_a_character_cut_in_two_is_left_out() -> None:
    assert decoded("aé".encode()[:2], cut=True) == "a"
    assert decoded("aé".encode()[:2]) is None


def test_markup_is_highlighted_where_there_is_colour() -> None:
    (line,) = body_lines(b"<p>[bold]x[/]</p>", "text/html", Paper(colour=True))
    assert line.plain == "<p>[bold]x[/]</p>"
    assert line.spans
    (line,) = body_lines(b"<p>[bold]x[/]</p>", "text/html", PLAIN)
    assert not line.spans


@given(
    st.binary(max_size=300),
    st.sampled_from(
        ["", "application/json", "text/html", "application/x-www-form-urlencoded", "text/plain; charset=utf-16"]
    ),
    st.booleans(),
)
def test_no_body_steers_the_terminal(body: bytes, content_type: str, ascii_only: bool) -> None:
    for line in body_lines(body, content_type, Paper(ascii_only=ascii_only)):
        assert line.plain.isprintable()
        assert line.plain.isascii() or not ascii_only
