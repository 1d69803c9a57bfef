"""Bodies by their media type and by what they really are."""

from __future__ import annotations

import pytest

from timetracer.cassette.model import Plain
from timetracer.redaction.bodies import BINARY, Text, as_text, body_finds, content_type, is_clean, is_headers
from timetracer.redaction.inspector import Inspector
from timetracer.redaction.rules import DEFAULT

INSPECTOR = Inspector(DEFAULT)


def secrets(body: bytes, media_type: str) -> list[tuple[str, str]]:
    return [(find.path, find.secret) for find in body_finds(INSPECTOR, as_text(body), media_type, "b")]


@pytest.mark.parametrize(
    ("message", "found"),
    [
        ({"headers": [["A", "b"], ["Content-TYPE", "text/plain"]]}, "text/plain"),
        ({"headers": (("content-type", "x"), ("content-type", "y"))}, "x"),
        ({"headers": []}, ""),
        ({"headers": {"content-type": "x"}}, ""),
        ({"headers": [["content-type"]]}, ""),
        ({"headers": [["content-type", 1]]}, ""),
        ({"headers": None}, ""),
        ({}, ""),
    ],
)
def test_the_content_type(message: dict[str, Plain], found: str) -> None:
    assert content_type(message) == found


@pytest.mark.parametrize(
    ("value", "headers"), [([], True), ([["a", "b"]], True), ((("a", "b"),), True), ([["a", 1]], False), ("ab", False)]
)
def test_headers_are_pairs_of_strings(value: object, headers: bool) -> None:
    assert is_headers(value) is headers


@pytest.mark.parametrize(
    "body", [b"", b"ascii", "öé€😀".encode(), b"\xef\xbb\xbf{}", b"\xff\xfe\x00", bytes(range(256))]
)
def test_a_body_as_text_gives_its_bytes_again(body: bytes) -> None:
    text, encoding = as_text(body)

    assert text.encode(encoding) == body


@pytest.mark.parametrize(
    ("body", "media_type", "found"),
    [
        (b'{"pin": 1234}', "application/json", [("b.pin", "1234")]),
        (b'{"pin": 1234}', "text/html", [("b.pin", "1234")]),
        (b'[1, {"pin": 1234}]', "application/vnd.api+json; charset=utf-8", [("b.1.pin", "1234")]),
        (b"pin=1234&x=1", "application/x-www-form-urlencoded; charset=utf-8", [("b.pin", "1234")]),
        (b"pin=1234&x=1", "text/plain", [("b", "1234")]),
        (b"[broken pin=1234", "application/json", [("b", "1234")]),
        (b"caf\xe9 ada@engines.uk", "text/plain; charset=latin-1", [("b", "ada@engines.uk")]),
        (b"\xff ada@engines.uk", "application/octet-stream", []),
        (b"\xff pin=1234", "", []),
        (
            b'--q\r\nContent-Disposition: form-data; name="pin"\r\n\r\n1234\r\n--q--',
            "multipart/mixed",
            [("b.pin", "1234")],
        ),
        (b"no parts, pin=1234", "multipart/form-data", [("b", "1234")]),
        (
            b'--q\r\nContent-Type: application/json\r\n\r\n{"pin": 1234}\r\n--q--',
            "multipart/mixed; boundary=q",
            [("b..pin", "1234")],
        ),
    ],
)
def test_bodies(body: bytes, media_type: str, found: list[tuple[str, str]]) -> None:
    assert secrets(body, media_type) == found


def test_a_text_part_beside_a_binary_one() -> None:
    body = (
        b'--q\r\nContent-Disposition: form-data; name="a"\r\n\r\nada@engines.uk\r\n'
        b'--q\r\nContent-Disposition: form-data; name="f"; filename="x"\r\n\r\n\xff\xfe bob@engines.uk\r\n'
        b'--q\r\nContent-Disposition: form-data; name="g"; filename="y"\r\n\r\ncid@engines.uk\r\n--q--'
    )

    assert secrets(body, "multipart/form-data; boundary=q") == [("b.a", "ada@engines.uk"), ("b.g", "cid@engines.uk")]


@pytest.mark.parametrize(
    ("body", "media_type", "clean"),
    [
        (b"", "text/html", True),
        (b'{"a": 1}', "application/json", True),
        (b'{"pin": 1}', "application/json", False),
        (b"a", "text/plain", False),
        (b'{"a": 1}', "", True),
        (b'[{"a": 1}]', "", True),
        (b'{"pin": 1}', "", False),
        (b'{"a": 1', "", False),
        (b'{"a": 1}', "text/plain", False),
    ],
)
def test_a_quick_look(body: bytes, media_type: str, clean: bool) -> None:
    assert is_clean(INSPECTOR, body, media_type) is clean


def test_no_quick_look_where_the_user_has_rules() -> None:
    own = Inspector(DEFAULT.also(paths=["request.body.a"]))

    assert not is_clean(own, b'{"a": 1}', "application/json")


def test_places_are_those_of_the_whole_body() -> None:
    text = '--q\r\nContent-Disposition: form-data; name="é"\r\n\r\n{"pin": 1234}\r\n--q--'

    (find,) = body_finds(INSPECTOR, Text(text, BINARY), "multipart/mixed", "b")

    assert text[find.start : find.end] == "1234"
