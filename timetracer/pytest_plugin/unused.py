"""The cassettes that no test has: told only of test files that were collected whole."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from timetracer.cassette.files import SUFFIXES
from timetracer.pytest_plugin.naming import FIXTURE, Places, fixture_name
from timetracer.pytest_plugin.planning import Plan

_FIXTURE = re.compile(rf"(?:^|\.){FIXTURE}([^\[]+)")


def whole_files(config: pytest.Config, collected: Sequence[pytest.Item], items: Sequence[pytest.Item]) -> set[Path]:
    """The test files of which every test is to run.

    Args:
        collected: the tests that were found.
        items: those that are left after ``-k``, ``-m``, ``--lf`` and whatever else selects.
    """
    if config.getoption("lf", False):  # it leaves tests out before anybody can see that
        return set()
    chosen = (arg.partition("::") for arg in config.args)
    partly = {(config.invocation_params.dir / file).resolve() for file, inner, _ in chosen if inner}
    left = set(items)
    partly.update(item.path.resolve() for item in collected if item not in left)
    return {item.path for item in collected if item.path.resolve() not in partly}


def unused(
    places: Places, files: Iterable[Path], plans: Mapping[pytest.Item, Plan], items: Iterable[pytest.Item]
) -> list[Path]:
    """The cassettes of these test files that belong to none of their tests and fixtures.

    Args:
        places: where cassettes are.
        files: test files that were collected whole; those without any test that has a cassette are left alone.
        plans: the cassette of each test that has one.
        items: all tests.
    """
    covered = {item.path for item in plans}
    fixtures: dict[Path, set[str]] = {}
    for item in items:
        fixtures.setdefault(item.path, set()).update(map(fixture_name, getattr(item, "fixturenames", ())))
    taken = {planned.path for planned in plans.values()}
    return sorted(
        cassette
        for file in covered.intersection(files)
        for cassette in _cassettes(places.of_file(file))
        if cassette not in taken and not _is_of_fixture(cassette.name, fixtures[file])
    )


def _cassettes(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.name.endswith(SUFFIXES) and path.is_file())


def _is_of_fixture(name: str, fixtures: set[str]) -> bool:
    match = _FIXTURE.search(name[: -len(".json")])
    return match is not None and match[1] in fixtures
