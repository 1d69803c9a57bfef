"""Before the first test: which tests have a cassette, which one, and what their marks ask for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from timetracer import config as settings
from timetracer.errors import SettingError
from timetracer.pytest_plugin import FIXTURE, is_covered
from timetracer.pytest_plugin.naming import Places
from timetracer.store.opening import ARCHIVES


@dataclass(frozen=True, slots=True)
class Plan:
    """The cassette of one test.

    Args:
        path: the cassette.
        name: its name, if a mark gives it one: then others may share it.
    """

    path: Path
    name: str | None


def places_of(config: pytest.Config) -> Places:
    """Where the cassettes of a run are.

    Raises:
        pytest.UsageError: the settings say something impossible.
    """
    try:
        found = settings.load(arguments={"dir": config.option.timetracer_dir})
    except SettingError as error:
        raise pytest.UsageError(str(error)) from None
    if "dir" not in found.sources:
        return Places(config.rootpath, None)
    directory = config.invocation_params.dir / found.dir
    if directory.is_file() or directory.suffix in ARCHIVES:
        raise pytest.UsageError(f"{directory}: tests keep their cassettes in a directory, not in an archive")
    return Places(config.rootpath, directory)


def plan(places: Places, items: Iterable[pytest.Item]) -> dict[pytest.Item, Plan]:
    """The cassettes of all tests that have one.

    Raises:
        pytest.UsageError: a mark asks for something impossible.
    """
    plans: dict[pytest.Item, Plan] = {}
    for item in items:
        if is_covered(item):
            name = asked(item)[0]
            try:
                plans[item] = Plan(places.of_test(item, name), name)
            except ValueError as error:
                raise pytest.UsageError(f"{item.nodeid}: {error}") from None
    return plans


def asked(node: pytest.Item | pytest.Collector) -> tuple[str | None, dict[str, Any]]:
    """The name and the settings in a node's marks. Of two marks that say something, the closer one wins.

    Raises:
        pytest.UsageError: a mark has arguments that it must not have.
    """
    said: dict[str, Any] = {}
    for mark in reversed(list(node.iter_markers("cassette"))):
        named = dict(mark.kwargs)
        if mark.args:
            if len(mark.args) > 1 or "name" in named:
                raise pytest.UsageError(f"{node.nodeid}: the mark 'cassette' takes one name; settings have names")
            named["name"] = next(iter(mark.args))
        said |= named
    name = said.pop("name", None)
    if name is not None and not isinstance(name, str):
        raise pytest.UsageError(f"{node.nodeid}: the name of a cassette is a string, not {name!r}")
    return name, said


def begin_with_ours(items: Iterable[pytest.Item]) -> None:
    """Make our fixture the first that each test sets up, and so the last that it tears down."""
    for item in items:
        names: list[str] | None = getattr(item, "fixturenames", None)
        if names is not None and names[:1] != [FIXTURE]:
            names[:] = [FIXTURE, *(name for name in names if name != FIXTURE)]
