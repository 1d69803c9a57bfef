"""How requests are named and recognised, which errors may be raised again; and that nothing is left behind."""

from __future__ import annotations

from typing import Any

import pytest

from timetracer.seams import installed, patching
from timetracer_instrumentors.celery import INSTRUMENTOR, errors, identity, key, writes


@pytest.mark.parametrize(
    ("request_", "named"),
    [
        ({"call": "send", "task": "shop.charge"}, "send shop.charge"),
        ({"call": "command", "command": "revoke"}, "command revoke"),
        ({"call": "wait", "ids": ["a"]}, "wait a"),
        ({"call": "wait", "ids": ["a", "b", "c"]}, "wait a and 2 more"),
        ({"call": "wait", "ids": []}, "wait nothing"),
        ({}, " "),
        ({"call": 1, "ids": 2}, " "),
    ],
)
def test_a_line_for_people(request_: dict[str, Any], named: str) -> None:
    assert key(request_) == named


def test_what_it_is_recognised_by() -> None:
    assert identity({"call": "send", "task": "t"}, b"{}") == {"call": "send", "task": "t", "ids": "", "body": b"{}"}
    assert identity({"call": "look", "ids": ["a", "b"]}, None) == {
        "call": "look",
        "task": "",
        "ids": "a\nb",
        "body": b"",
    }


def test_only_what_is_sent_may_bring_identifiers() -> None:
    assert [writes({"call": call}) for call in ("send", "command", "look", "wait", "restore", "run")] == [
        True,
        True,
        False,
        False,
        False,
        False,
    ]


def test_errors_are_classes_that_are_loaded() -> None:
    class OfTheApp(Exception):
        pass

    assert OfTheApp in errors()
    assert KeyboardInterrupt not in errors()


def test_nothing_is_left_behind() -> None:
    targets = [seam.target for seam in INSTRUMENTOR.seams if not seam.target.startswith("celery.concurrency")]
    before = {target: standing(target) for target in targets}
    installed.place()
    try:
        assert all(patching.is_placed(target) for target in targets)
    finally:
        installed.take_out()
    assert {target: standing(target) for target in targets} == before


def standing(target: str) -> Any:
    owner, name = patching.resolve(target)
    return vars(owner)[name]
