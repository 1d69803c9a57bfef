"""JSON as it was sent."""

from __future__ import annotations

import pytest

from timetracer.analysis.json_tree import Number, Object, parsed


def test_nothing_is_lost() -> None:
    assert parsed('{"a":1.10,"a":12345678901234567890123,"b":[true,null,"x"]}') == Object(
        [("a", Number("1.10")), ("a", Number("12345678901234567890123")), ("b", [True, None, "x"])]
    )


@pytest.mark.parametrize("text", ["", "1", '"a"', "{", "{'a': 1}", "[" * 100_000, "<html>"])
def test_what_is_none_is_none(text: str) -> None:
    assert parsed(text) is None
