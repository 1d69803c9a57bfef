"""The pytest plugin: options, the marker, the fixtures. All else is loaded when a run has a test with a cassette.

Every pytest run of everybody who has Timetracer installed loads this file, so it imports nothing.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from timetracer.block import Block

MODES = ("off", "record", "replay", "auto", "rewrite", "verify")
FIXTURE = "_timetracer"
"""The fixture that every test of a run with cassettes asks for first."""


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("timetracer", "recorded and replayed calls")
    group.addoption(
        "--timetracer",
        dest="timetracer_mode",
        metavar="MODE",
        choices=MODES,
        help="what to do with the cassettes of all tests: auto (the default: replay, or record where there is no "
        "cassette; with CI set: replay), record, replay, rewrite (record from failing tests too), verify, off",
    )
    group.addoption(
        "--timetracer-dir",
        metavar="DIR",
        help="keep the cassettes in this directory; the default is a directory 'cassettes' beside each test file",
    )
    group.addoption("--timetracer-all", action="store_true", help="every test has a cassette, with the mark or without")
    group.addoption(
        "--timetracer-strict", action="store_true", help="recorded calls that a test does not play make it fail"
    )
    group.addoption(
        "--timetracer-replay",
        metavar="PATH",
        help="run the recorded tasks of a cassette, or of a directory of them, once more: each is a test, which passes "
        "if the task ends as recorded; without other arguments, nothing else is run",
    )
    group.addoption("--timetracer-keep", metavar="DIR", help="keep what replays do in this directory, as cassettes")
    group.addoption("--celery-app", metavar="MODULE:APP", help="the Celery app that has those tasks")
    group.addoption("--timetracer-prune", action="store_true", help="delete the cassettes that no test uses")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers",
        "cassette(name=None, *, mode=None, match=None, live=None, **settings): record the calls of the test, or replay "
        "them, with a cassette of its own or the one of this name (Timetracer)",
    )

    place, spec = config.option.timetracer_replay, config.option.celery_app
    if place is not None:
        from timetracer.pytest_plugin.replaying_tasks import TaskCassettes

        path = config.invocation_params.dir / place
        if not spec:
            raise pytest.UsageError("--timetracer-replay wants to know the app that has the tasks: --celery-app")
        if not path.exists():
            raise pytest.UsageError(f"--timetracer-replay: there is no {place}")
        config.pluginmanager.register(TaskCassettes(config, path, spec), "timetracer-tasks")


@pytest.fixture(scope="session")
def timetracer_settings() -> Mapping[str, Any]:
    """Settings for the cassettes, by their names: override this fixture, in any scope, to return your own."""
    return {}


@pytest.fixture
def _timetracer(request: pytest.FixtureRequest) -> Generator[Block | None, None, None]:  # pyright: ignore[reportUnusedFunction]
    """Holds the test's cassette open around all that the test's own fixtures do."""
    from timetracer.pytest_plugin.covering import Covering

    covering = request.config.pluginmanager.get_plugin(Covering.NAME)
    if isinstance(covering, Covering):
        with covering.test(request) as block:
            yield block
    else:
        yield None


@pytest.fixture
def cassette(_timetracer: Block | None) -> Block:
    """The test's cassette, a `timetracer.Block`: its path, mode, and the verdict so far."""
    if _timetracer is None:
        pytest.fail("this test has no cassette: ask for the fixture by an argument, or mark the test", pytrace=False)
    return _timetracer


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> Generator[None, object, object]:
    collected = list(items)
    result = yield
    if any(map(is_covered, collected)):
        from timetracer.pytest_plugin.covering import Covering

        config.pluginmanager.register(Covering(config, collected, items), Covering.NAME)
    return result


def is_covered(item: pytest.Item) -> bool:
    """Whether a test has a cassette: it is marked, it asks for the fixture, or all have one."""
    fixtures = getattr(item, "fixturenames", None)
    if fixtures is None:
        return False
    return bool(
        item.config.option.timetracer_all or FIXTURE in fixtures or item.get_closest_marker("cassette") is not None
    )


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """The process that hands tests to pytest-xdist's workers: it has the summary, and what the workers share."""
    from timetracer.pytest_plugin.summary import Summary

    node.workerinput["timetracer_run"] = str(Summary.of(node.config).folder)
