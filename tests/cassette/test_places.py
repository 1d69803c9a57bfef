"""A place is told from the inside out, and messages stay short."""

from __future__ import annotations

from typing import Any

import pytest

from timetracer.cassette.places import Wrong, member, objects, shown, text


def test_places_join_from_the_inside_out() -> None:
    def inner(item: dict[str, Any]) -> list[str]:
        return objects(item, "events", lambda event: text(event, "name"))

    document = {"spans": [{"events": []}, {"events": [{"name": "a"}, {"name": 1}]}]}
    with pytest.raises(Wrong) as caught:
        objects(document, "spans", inner)
    assert caught.value.place == "spans[1].events[1].name"
    assert caught.value.problem == "expected a string, not 1"


@pytest.mark.parametrize(
    ("document", "place", "problem"),
    [
        ({"spans": {}}, "spans", "expected a list, not an object"),
        ({"spans": "many"}, "spans", "expected a list, not 'many'"),
        ({"spans": [{}, []]}, "spans[1]", "expected an object, not a list"),
        ({"spans": [None]}, "spans[0]", "expected an object, not None"),
    ],
)
def test_what_is_no_list_of_objects(document: dict[str, Any], place: str, problem: str) -> None:
    with pytest.raises(Wrong) as caught:
        objects(document, "spans", len)
    assert (caught.value.place, caught.value.problem) == (place, problem)


def test_what_is_not_there_is_empty() -> None:
    assert objects({}, "spans", len) == objects({"spans": None}, "spans", len) == []
    assert member({}, "scope") == {}
    assert text({"name": None}, "name") == ""


def test_a_member_must_be_an_object() -> None:
    with pytest.raises(Wrong, match="expected an object, not 7"):
        member({"scope": 7}, "scope")


@pytest.mark.parametrize("value", ["x" * 10_000, 10**3000, {"a": "x" * 10_000}, [[[]]] * 10_000])
def test_a_value_is_shown_short(value: object) -> None:
    assert len(shown(value)) <= 61
