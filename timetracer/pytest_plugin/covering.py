"""The hooks of a process that runs tests with cassettes: what is open from when to when, and which test fails.

A test's cassette is open from before its own fixtures are set up until after they are torn down. A fixture that
outlives the test (of a class, a module, a package, the session) has a cassette of its own, open while it is set up and
while it is torn down; whatever else is open waits in the meantime.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar, NoReturn

import pytest

from timetracer.errors import ReplayError, TimetracerError
from timetracer.pytest_plugin.cover import Cover, VerdictFailure
from timetracer.pytest_plugin.ledger import Ledger
from timetracer.pytest_plugin.naming import command, fixture_name, parameter, test_id
from timetracer.pytest_plugin.outcomes import FAILED, OUTCOMES, Outcome
from timetracer.pytest_plugin.planning import asked, begin_with_ours, places_of, plan
from timetracer.pytest_plugin.run_block import RunBlock
from timetracer.pytest_plugin.summary import Summary
from timetracer.pytest_plugin.unused import unused, whole_files
from timetracer.replaying import matching, session
from timetracer.seams import exchange, installed

COVER = pytest.StashKey[Cover]()
_WITHOUT_CALLS = ("_pytest", "anyio", "pytest_asyncio", "timetracer")
"""Packages whose fixtures make no calls: nobody needs to listen to them."""


class Covering:
    """The plugin.

    Args:
        config: pytest's.
        collected: all tests that were found.
        items: those that are to run.
    """

    NAME: ClassVar = "timetracer-covering"

    def __init__(self, config: pytest.Config, collected: Sequence[pytest.Item], items: Sequence[pytest.Item]) -> None:
        self._config = config
        self._places = places_of(config)
        self._collected = collected
        self._whole = whole_files(config, collected, items)
        self._plans = plan(self._places, collected)
        self._fixtures: set[str] = {name for item in self._plans for name in getattr(item, "fixturenames", ())}
        worker: dict[str, str] | None = getattr(config, "workerinput", None)
        self._ledger = Ledger(Path(worker["timetracer_run"]) if worker else Summary.of(config).folder)
        self._request: pytest.FixtureRequest | None = None
        self._said: dict[str, Any] = {}
        self._open: list[RunBlock] = []
        self._parameters: dict[str, str] = {}
        self._outcomes: list[Outcome] = []
        begin_with_ours(items)
        for module in (installed, exchange, session, matching):
            # A miss is told by its text; how we came to it is of no interest where the test failed.
            setattr(module, "__tracebackhide__", _is_told_by_its_text)  # noqa: B010 - a name that only pytest reads
        installed.place()
        config.add_cleanup(installed.take_out)

    # --- the test ----------------------------------------------------------------------------------------------------

    @contextmanager
    def test(self, request: pytest.FixtureRequest) -> Generator[RunBlock | None, None, None]:
        """Around all fixtures of a test; its block, if it has a cassette."""
        item = request.node
        self._request = request
        self._said = {}
        self._said = dict(request.getfixturevalue("timetracer_settings"))
        planned = self._plans.get(item)
        if planned is None:
            yield None
            return
        with _failing():
            block = self._block(planned.path, item, planned.name or test_id(item))
            item.stash[COVER] = Cover(block, test_id(item), planned.name is not None)
            block.open()
        self._enter(block)
        try:
            yield block
        finally:
            self._leave(block)
            with _failing():
                block.close()

    def _block(self, path: Path, node: pytest.Item | pytest.Collector, name: str) -> RunBlock:
        assert self._request is not None
        option = self._config.option
        said = {**self._said, **asked(node)[1]}
        if option.timetracer_mode and said.get("mode") != "off":
            said["mode"] = option.timetracer_mode
        if option.timetracer_strict:
            said["strict"] = True
        if option.timetracer_keep:
            said["replay_keep"] = self._config.invocation_params.dir / option.timetracer_keep
        return RunBlock(path, self._ledger, command(self._request.node), name=name, **said)

    def _enter(self, block: RunBlock) -> None:
        if self._open:
            self._open[-1].pause()
        self._open.append(block)
        block.resume()

    def _leave(self, block: RunBlock) -> None:
        block.pause()
        self._open.remove(block)
        if self._open:
            self._open[-1].resume()

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, object, object]:
        cover = item.stash.get(COVER, None)
        if cover is None:
            return (yield)
        try:
            result = yield
        except pytest.skip.Exception:
            _fail(cover.untold())  # the app has swallowed a miss, and the test takes it for a reason to skip
            raise
        except BaseException as error:
            text = cover.untold()
            if text and not isinstance(error, ReplayError):
                item.add_report_section("call", "timetracer", text)
            raise
        _fail(cover.untold())
        return result

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> Generator[None, object, object]:
        cover = item.stash.get(COVER, None)
        if cover is None:
            return (yield)
        try:
            result = yield
        except BaseException:
            cover.good = False
            self._settle(cover)
            raise
        _fail(self._settle(cover))
        return result

    def _settle(self, cover: Cover) -> str:
        with _failing():
            text = cover.settle()
        outcome = cover.outcome()
        if outcome.says_something:
            self._outcomes.append(outcome)
        return text

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        cover = item.stash.get(COVER, None)
        if cover is not None and (report.failed or (report.skipped and not hasattr(report, "wasxfail"))):
            cover.good = False
            if report.when == "setup" and report.failed:
                cover.told = len(cover.block.verdict.missed)
        if report.when == "teardown":
            if cover is not None:
                del item.stash[COVER]
            setattr(report, OUTCOMES, self._told())
            setattr(report, FAILED, call.excinfo is not None and isinstance(call.excinfo.value, VerdictFailure))
        return report

    def _told(self) -> list[dict[str, Any]]:
        outcomes, self._outcomes = self._outcomes, []
        return [outcome.to_json() for outcome in outcomes]

    # --- fixtures that outlive a test --------------------------------------------------------------------------------

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_fixture_setup(
        self, fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest
    ) -> Generator[None, object, object]:
        if not self._has_own(fixturedef, request):
            return (yield)
        try:
            cover = self._cover(fixturedef, request)
            cover.block.open()
        except TimetracerError as error:
            return (yield from _failing_fixture(fixturedef, error))
        fixturedef.addfinalizer(lambda: self._end(cover))
        self._enter(cover.block)
        try:
            result = yield
        except BaseException:
            cover.good = False
            cover.told = len(cover.block.verdict.missed)
            raise
        finally:
            self._leave(cover.block)
        fixturedef.addfinalizer(lambda: self._enter(cover.block))
        _fail(cover.untold())
        return result

    def _has_own(self, fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest) -> bool:
        """Whether a fixture has a cassette of its own: it outlives the test, and a test that has a cassette uses it."""
        if request.scope == "function" or isinstance(request.node, pytest.Item):
            return False
        name = fixturedef.argname
        if name == fixture_name(name) and fixturedef.func.__module__.partition(".")[0] in _WITHOUT_CALLS:
            return False
        item = self._request.node if self._request is not None else None
        return name != "timetracer_settings" and (item in self._plans or name in self._fixtures)

    def _cover(self, fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest) -> Cover:
        name = fixture_name(fixturedef.argname)
        own = [parameter(request), *(self._parameters.get(other, "") for other in fixturedef.argnames)]
        params = self._parameters[fixturedef.argname] = "-".join(filter(None, own))
        path = self._places.of_fixture(fixturedef, request, params)
        user = f"fixture {name}{f'[{params}]' if params else ''} of {request.node.nodeid or 'the session'}"
        return Cover(self._block(path, request.node, user), user, shared=True)

    def _end(self, cover: Cover) -> None:
        if cover.block in self._open:
            self._leave(cover.block)
        with _failing():
            cover.block.close()
        _fail(self._settle(cover))

    # --- the end of the run ------------------------------------------------------------------------------------------

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self) -> None:
        left = unused(self._places, self._whole, self._plans, self._collected)
        everything = self._whole == {item.path for item in self._collected}
        told = {"outcomes": self._told(), "unused": [str(path) for path in left], "everything": everything}
        output = getattr(self._config, "workeroutput", None)
        if output is not None:
            output["timetracer"] = told
        else:
            Summary.of(self._config).hear(told)


def _is_told_by_its_text(excinfo: pytest.ExceptionInfo[BaseException] | None) -> bool:
    return excinfo is not None and isinstance(excinfo.value, ReplayError)


def _fail(text: str) -> None:
    if text:
        raise VerdictFailure(text)


@contextmanager
def _failing() -> Generator[None, None, None]:
    """An error of ours fails the test by its text alone: where in the plugin it came up helps nobody."""
    try:
        yield
    except TimetracerError as error:
        raise VerdictFailure(str(error)) from None


def _failing_fixture(fixturedef: pytest.FixtureDef[Any], error: TimetracerError) -> Generator[None, object, NoReturn]:
    """Fail as if the fixture itself did, so that pytest remembers it for all tests that use the fixture."""

    def fail(**_: object) -> NoReturn:
        raise VerdictFailure(str(error)) from None

    function = fixturedef.func
    setattr(fixturedef, "func", fail)  # noqa: B010 - as plugins do that run fixtures in their own way
    try:
        yield
    finally:
        setattr(fixturedef, "func", function)  # noqa: B010
    raise error
