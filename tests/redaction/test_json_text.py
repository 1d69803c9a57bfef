"""Where the keys and values of a JSON text are."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timetracer.redaction.json_text import leaves

KINDS: dict[str, str | None] = defaultdict(lambda: None, {"token": "token", "password": "password"})


def told(text: str) -> list[tuple[str, str, str | None, bool]]:
    return [
        (leaf.path("body"), text[leaf.start : leaf.end], leaf.kind, leaf.own)
        for leaf in leaves(text, KINDS)
        if not leaf.is_key
    ]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('"x"', [("body", "x", None, False)]),
        ("-1.5e3", [("body", "-1.5e3", None, False)]),
        ('{"a": {"b": ["x", 1]}}', [("body.a.b.0", "x", None, False), ("body.a.b.1", "1", None, False)]),
        (
            '[[1], [2, {"c": 3}]]',
            [("body.0.0", "1", None, False), ("body.1.0", "2", None, False), ("body.1.1.c", "3", None, False)],
        ),
        ('{"a": true, "b": null, "c": "x"}', [("body.c", "x", None, False)]),
        ('{"token": "x", "b": "y"}', [("body.token", "x", "token", True), ("body.b", "y", None, False)]),
        ('{"token": ["x", 2]}', [("body.token.0", "x", "token", True), ("body.token.1", "2", "token", True)]),
        (
            '{"token": {"value": "x", "type": "y", "list": ["z"], "password": 1}, "b": 2}',
            [
                ("body.token.value", "x", "token", False),
                ("body.token.type", "y", None, False),
                ("body.token.list.0", "z", "token", False),
                ("body.token.password", "1", "password", True),
                ("body.b", "2", None, False),
            ],
        ),
        (r'{"\u0074oken": "a\"b"}', [("body.token", r"a\"b", "token", True)]),
        ('{"a" : 1 ,\n"token"\t:\r\n"x"}', [("body.a", "1", None, False), ("body.token", "x", "token", True)]),
        ('{"a":1}\n{"token":"x"}', [("body.a", "1", None, False), ("body.token", "x", "token", True)]),
        ('{"a": {}, "b": [], "c": 1}', [("body.c", "1", None, False)]),
        ('{"token": "x', [("body.token", "x", "token", True)]),
        ('}]{"a": 1', [("body.a", "1", None, False)]),
        ("", []),
        ("nothing of the sort", []),
    ],
)
def test_leaves(text: str, found: list[tuple[str, str, str | None, bool]]) -> None:
    assert told(text) == found


def test_keys_have_the_path_of_their_value() -> None:
    text = '{"a": {"b": 1}}'

    assert [(leaf.path("x"), text[leaf.start : leaf.end]) for leaf in leaves(text, KINDS) if leaf.is_key] == [
        ("x.a", "a"),
        ("x.a.b", "b"),
    ]


def test_any_depth() -> None:
    assert len(told('[{"a":' * 50_000 + "1")) == 1


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abc.", max_size=3), inner, max_size=4),
    max_leaves=15,
)


def expected(value: Any, path: str) -> list[tuple[str, str]]:
    if isinstance(value, dict):
        return [pair for key, item in value.items() for pair in expected(item, f"{path}.{key}")]
    if isinstance(value, list):
        return [pair for index, item in enumerate(value) for pair in expected(item, f"{path}.{index}")]
    return [] if value is None or isinstance(value, bool) else [(path, json.dumps(value).strip('"'))]


@given(JSON, st.sampled_from([None, 2]))
def test_any_json_is_walked_as_json_loads_reads_it(value: Any, indent: int | None) -> None:
    text = json.dumps(value, indent=indent)

    found = [
        (leaf.path("b"), text[leaf.start : leaf.end].strip('"')) for leaf in leaves(text, KINDS) if not leaf.is_key
    ]

    assert found == expected(value, "b")


@given(st.text('{}[]",:\\ a1'))
def test_nonsense_is_taken(text: str) -> None:
    for leaf in leaves(text, KINDS):
        assert 0 <= leaf.start <= leaf.end <= len(text)
