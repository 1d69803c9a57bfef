"""Queries, cookies and multipart bodies as they stand in a text."""

from __future__ import annotations

import pytest

from timetracer.redaction.forms import cookies, pairs, parts, set_cookies


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a=1&b=2", [("a", "1"), ("b", "2")]),
        ("a%5Bb%5D+c=x=y&&d=", [("a[b] c", "x=y"), ("d", "")]),
        ("flag&a=1", [("a", "1")]),
        ("a=1;b=2&c", [("a", "1;b=2")]),
        ("=x", [("", "x")]),
        ("", []),
    ],
)
def test_pairs(text: str, found: list[tuple[str, str]]) -> None:
    assert [(field.name, text[field.start : field.end]) for field in pairs(text)] == found


def test_the_query_of_a_url() -> None:
    url = "http://x/a=b?c=1&d=2#e=3"

    assert [field.name for field in pairs(url, url.index("?") + 1, url.index("#"))] == ["c", "d"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a=1; b=2", [("a", "1"), ("b", "2")]),
        ('a="1";b=x=y;', [("a", "1"), ("b", "x=y")]),
        (" a=1 2, 3; b=", [("a", "1 2, 3"), ("b", "")]),
        ("nothing", []),
    ],
)
def test_cookies(text: str, found: list[tuple[str, str]]) -> None:
    assert [(field.name, text[field.start : field.end]) for field in cookies(text)] == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a=1; Path=/; Max-Age=5", [("a", "1")]),
        ('a="1"; Secure', [("a", "1")]),
        ("a=1", [("a", "1")]),
        ("a=; Max-Age=0", [("a", "")]),
        ("a=x,y; Expires=Wed, 21 Oct 2015 07:28:00 GMT, b=2; Path=/", [("a", "x,y"), ("b", "2")]),
        ("Secure", []),
    ],
)
def test_set_cookies(text: str, found: list[tuple[str, str]]) -> None:
    assert [(field.name, text[field.start : field.end]) for field in set_cookies(text)] == found


BODY = (
    "preamble\r\n--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\none\r\ntwo\r\n"
    "--b\r\nContent-Type: Image/PNG;x\r\nContent-Disposition: form-data; name=\"f\"; filename=\"x\"\r\n\r\n--bytes\r\n"
    "--b\r\nContent-Disposition: form-data; filename=\"y\"\r\n\r\n\r\n"
    "--b--\r\nepilogue"
)  # fmt: skip


@pytest.mark.parametrize("newline", ["\r\n", "\n"])
def test_parts(newline: str) -> None:
    text = BODY.replace("\r\n", newline)

    assert [(part.name, part.content_type, text[part.start : part.end]) for part in parts(text, "b")] == [
        ("a", "text/plain", f"one{newline}two"),
        ("f", "image/png", "--bytes"),
        ("", "application/octet-stream", ""),
    ]


def test_the_last_part_may_break_off() -> None:
    text = '--b\r\nContent-Disposition: form-data; name="a"\r\n\r\nx'

    assert [(part.name, text[part.start : part.end]) for part in parts(text, "b")] == [("a", "x")]
    assert list(parts("--b\r\nContent-Dispo", "b")) == []
    assert list(parts("anything", "b")) == []
