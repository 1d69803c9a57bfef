"""Requests taken apart."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replaying.recording import http
from timetracer.replaying.fields import boundary, fields, json_fields, shown

FORM = "application/x-www-form-urlencoded"
UPLOAD = b'--edge\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\nhello\r\n--edge--\r\n'


@pytest.mark.parametrize(
    ("part", "text", "expected"),
    [
        ("method", "GET", [("request.method", '"GET"')]),
        ("query", "", []),
        ("query", "a=1&b=%20&a=2",
         [("request.query.a", '"1"'), ("request.query.b", '"%20"'), ("request.query.a#2", '"2"')]),
        ("query", "flag&empty=", [("request.query.flag", ""), ("request.query.empty", '""')]),
        ("query", "a.b=1", [('request.query."a.b"', '"1"')]),
        ("headers", "accept: a: b\nvia: x\nvia: y",
         [("request.headers.accept", '"a: b"'), ("request.headers.via", '"x"'), ("request.headers.via#2", '"y"')]),
        ("body", b"", [("request.body", '""')]),
        ("body", b"a plain \xe9\xff text", [("request.body", '"a plain éÿ text"')]),
        ("body", "grüße".encode(), [("request.body", '"grüße"')]),
        ("body", b"{}", [("request.body", "{}")]),
        ("body", b"[]", [("request.body", "[]")]),
        ("body", b'{"a": [1, {"b": null}]}', [("request.body.a[0]", "1"), ("request.body.a[1].b", "null")]),
        ("body", b'{"b": true, "a": "t"}', [("request.body.a", '"t"'), ("request.body.b", "true")]),
        ("body", b'{"n": 1.50, "m": 12345678901234567890123}',
         [("request.body.m", "12345678901234567890123"), ("request.body.n", "1.50")]),
        ("body", b'{"a": 1, "a": 2}', [("request.body.a", "1"), ("request.body.a#2", "2")]),
        ("body", b'{"a": 1', [("request.body", '"{\\"a\\": 1"')]),
        ("parameters", "[7]", [("request.parameters[0]", "7")]),
        ("sql", "SELECT 1", [("request.sql", '"SELECT 1"')]),
    ],
)  # fmt: skip
def test_each_value_has_its_path(part: str, text: str | bytes, expected: list[tuple[str, str]]) -> None:
    assert [(shown(path), value) for path, value in fields({part: text})] == expected


def test_a_form_is_taken_apart_because_its_content_type_says_so() -> None:
    found = [shown(path) for path, _ in fields(http("POST /", b"a=1&b=2", content_type=FORM))]
    assert found[-2:] == ["request.body.a", "request.body.b"]


def test_an_upload_is_split_at_its_boundary_which_is_in_no_value() -> None:
    parts = http("POST /", UPLOAD, content_type='multipart/form-data; boundary="edge"')
    assert boundary(parts) == "edge"
    found = {shown(path): value for path, value in fields(parts)}
    assert "hello" in found["request.body.file"]
    assert not any("edge" in value for value in found.values())


def test_a_hostile_upload_is_read_in_one_go() -> None:
    """Were the time quadratic in the length, this would take minutes."""
    body = b"--edge\r\n" + b"content-disposition: " * 100_000
    assert len(list(fields(http("POST /", body, content_type="multipart/form-data; boundary=edge")))) == 6


def test_json_too_deep_is_a_text() -> None:
    deep = "[" * 100_000 + "]" * 100_000
    assert json_fields(("body",), deep) is None
    assert [path for path, _ in fields({"body": deep})] == [("body",)]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner, max_size=3),
    max_leaves=8,
)


@given(
    JSON.filter(lambda value: isinstance(value, dict | list)), JSON.filter(lambda value: isinstance(value, dict | list))
)
def test_two_documents_have_the_same_fields_just_when_they_are_equal(one: object, other: object) -> None:
    same = json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)  # in Python, 1 == True
    assert (json_fields(("body",), json.dumps(one)) == json_fields(("body",), json.dumps(other, indent=2))) is same
