"""Old schema versions are brought up a step at a time; new ones say who reads them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cassette.worlds import orders
from timetracer.cassette import files, migrations
from timetracer.cassette.places import Wrong
from timetracer.errors import CassetteTooNew

FIXTURES = Path(__file__).parent / "fixtures"


def entry(version: object, versions: str = '{"timetracer":"0.9.0"}') -> dict[str, Any]:
    attributes = [
        {"key": "service.name", "value": {"stringValue": "shop"}},
        {"key": migrations.VERSION, "value": version},
        {"key": "timetracer.versions", "value": {"stringValue": versions}},
    ]
    return {"resource": {"attributes": attributes}, "steps": []}


STEPS: dict[int, migrations.Step] = {
    1: lambda entry: entry["steps"].append("1 to 2"),
    2: lambda entry: entry["steps"].append("2 to 3"),
    3: lambda entry: entry["steps"].append("3 to 4"),
}


@pytest.mark.parametrize(
    ("version", "steps"),
    [(1, ["1 to 2", "2 to 3", "3 to 4"]), (2, ["2 to 3", "3 to 4"]), (3, ["3 to 4"]), (4, [])],
)
def test_each_step_is_taken_once_and_in_order(version: int, steps: list[str]) -> None:
    old = entry({"intValue": str(version)})
    migrations.migrate(old, "a.json", STEPS, current=4)
    assert old["steps"] == steps


@pytest.mark.parametrize("resource", [{}, {"attributes": []}])
def test_plain_otlp_has_no_version_and_needs_no_step(resource: dict[str, Any]) -> None:
    other = {"resource": resource, "steps": []}
    migrations.migrate(other, "a.json", STEPS, current=4)
    migrations.migrate({}, "a.json", STEPS, current=4)
    assert other["steps"] == []


def test_what_is_too_new_says_which_version_reads_it() -> None:
    with pytest.raises(CassetteTooNew) as caught:
        migrations.migrate(entry({"intValue": "7"}), "a.json")
    assert str(caught.value) == (
        "a.json: schema version 7, written by timetracer 0.9.0; this one reads up to version 1:"
        " pip install --upgrade 'timetracer-otel>=0.9.0'"
    )


@pytest.mark.parametrize("writer", ["1.0'; rm -rf ~ #", "latest", "", "$(id)"])
def test_nothing_but_a_version_number_is_put_into_a_command(writer: str) -> None:
    with pytest.raises(CassetteTooNew, match=r"pip install --upgrade 'timetracer-otel'$") as caught:
        migrations.migrate(entry({"intValue": "7"}, f'{{"timetracer":"{writer}"}}'), "a.json")
    assert "rm -rf" not in str(caught.value)


@pytest.mark.parametrize(
    "version", [{"intValue": "0"}, {"intValue": "-1"}, {"stringValue": "1"}, {"boolValue": True}, {}]
)
def test_a_version_is_a_positive_integer(version: object) -> None:
    with pytest.raises(Wrong, match="must be a positive integer"):
        migrations.migrate(entry(version), "a.json")


def test_there_is_a_step_from_every_version_to_the_next() -> None:
    assert sorted(migrations.STEPS) == list(range(1, migrations.CURRENT))


@pytest.mark.parametrize("fixture", sorted(FIXTURES.glob("v1-*")), ids=lambda path: path.name)
def test_files_of_version_1_read_for_ever(fixture: Path) -> None:
    assert files.read(fixture) == [orders()]


def test_there_is_a_fixture_of_each_layout_and_each_version() -> None:
    expected = {
        f"v{version}-{name}"
        for version in range(1, migrations.CURRENT + 1)
        for name in ("orders.json", "orders.jsonl.zst")
    }
    assert {path.name for path in FIXTURES.iterdir()} >= expected
