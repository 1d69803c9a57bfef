"""Values as text."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from timetracer.analysis.spelling import spelt
from timetracer.cassette.model import Plain


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("as it is", "as it is"),
        (None, "null"),
        (True, "true"),
        (False, "false"),
        (12, "12"),
        (-(2**9000), hex(-(2**9000))),
        (1.5, "1.5"),
        (b"\x01\xff", "01 ff (2 B)"),
        (b"\x00" * 65, "00 " * 64 + "… (65 B)"),
        (Decimal("1.20"), "1.20"),
        (date(2025, 1, 2), "2025-01-02"),
        ([1, {"a": Decimal("1.20")}], '[1,{"a":{"$decimal":"1.20"}}]'),
        ({1, 2}, '{"$set":[1,2]}'),
    ],
)
def test_a_value_in_a_few_words(value: Plain, text: str) -> None:
    assert spelt(value) == text
