"""The end of a run: what came of the cassettes, for people. In the process that has the terminal."""

from __future__ import annotations

import secrets
import shutil
import tempfile
from collections.abc import Generator, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, ClassVar

import pytest

from timetracer.pytest_plugin.naming import shown
from timetracer.pytest_plugin.outcomes import FAILED, OUTCOMES, Outcome, left_over
from timetracer.replaying.verdict import Verdict

_LISTED = 5
"""Calls named of each test."""


class Summary:
    """The plugin.

    Args:
        config: pytest's.
    """

    NAME: ClassVar = "timetracer-summary"

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._outcomes: list[Outcome] = []
        self._unused: set[Path] | None = None
        self._everything = True
        self._deleted: list[Path] = []
        self._left: dict[Path, list[str]] = {}
        self.folder = Path(tempfile.gettempdir()) / f"timetracer-run-{secrets.token_hex(8)}"
        """Where the workers of the run share what they must."""
        config.add_cleanup(lambda: shutil.rmtree(self.folder, ignore_errors=True))

    @classmethod
    def of(cls, config: pytest.Config) -> Summary:
        """The one of this run."""
        found = config.pluginmanager.get_plugin(cls.NAME)
        if not isinstance(found, cls):
            found = cls(config)
            config.pluginmanager.register(found, cls.NAME)
        return found

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._outcomes += map(Outcome.from_json, getattr(report, OUTCOMES, ()))

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        told = getattr(node, "workeroutput", {}).get("timetracer")
        if told is not None:
            self.hear(told)
        else:  # it died, or had nothing to do with us
            self._everything = False
            self._unused = set()

    def hear(self, told: dict[str, Any]) -> None:
        """What a process that ran tests has to tell at its end."""
        self._outcomes += map(Outcome.from_json, told["outcomes"])
        self._everything = self._everything and told["everything"]
        found = set(map(Path, told["unused"]))
        self._unused = found if self._unused is None else self._unused & found

    def pytest_report_teststatus(self, report: pytest.TestReport | pytest.CollectReport) -> tuple[str, str, str] | None:
        """A test whose calls were not the recorded ones has failed, also if that is known only after its teardown."""
        return ("failed", "F", "FAILED") if getattr(report, FAILED, False) else None

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Generator[None, object, object]:
        result = yield
        was_whole = not (session.shouldstop or session.shouldfail or self._config.option.collectonly)
        used = {outcome.path for outcome in self._outcomes}
        self._unused = (self._unused or set()) - used if was_whole else set()
        self._left = left_over(self._outcomes)
        if self._config.option.timetracer_strict and was_whole and self._everything and session.exitstatus == 0:
            shared = {outcome.path for outcome in self._outcomes if outcome.shared}
            if shared & self._left.keys():
                session.exitstatus = pytest.ExitCode.TESTS_FAILED
        if self._config.option.timetracer_prune:
            self._prune()
        return result

    def _prune(self) -> None:
        for path in sorted(self._unused or ()):
            path.unlink(missing_ok=True)
            self._deleted.append(path)
            with suppress(OSError):  # others are in it
                path.parent.rmdir()
        self._unused = set()

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        lines = list(self._lines(terminalreporter.verbosity))
        if not lines:
            return
        terminalreporter.section("timetracer", sep="=", bold=True)
        for word, text, markup in lines:
            terminalreporter.write(f"{word:<9} ", **{markup: True})
            terminalreporter.line(text)

    def _lines(self, verbosity: int) -> Iterator[tuple[str, str, str]]:
        """(word, text, colour) each."""
        for outcome in self._outcomes:
            yield from self._told(outcome, verbosity > 0)
        for path, calls in self._left.items():
            users = sorted({outcome.user for outcome in self._outcomes if outcome.path == path})
            yield "unplayed", f"{self._shown(path)} ({_some(users)}): {_some(calls)}", "yellow"
        for path in sorted(self._unused or ()):
            yield "unused", f"{self._shown(path)}: no test has it; --timetracer-prune deletes it", "yellow"
        for path in self._deleted:
            yield "deleted", f"{self._shown(path)}: no test has it", "yellow"
        if self._outcomes and verbosity >= 0:
            yield "in all", _totals(self._outcomes), "bold"

    def _told(self, outcome: Outcome, everything: bool) -> Iterator[tuple[str, str, str]]:
        verdict = outcome.verdict
        if outcome.mode == "record" and verdict.recorded:
            calls = _counted(verdict.recorded, "call")
            if outcome.kept:
                yield "recorded", f"{outcome.user}: {calls} in {self._shown(outcome.path)}", "green"
            else:
                yield "not kept", f"{outcome.user}: it did not pass, so nothing is kept of its {calls}", "yellow"
        elif outcome.mode == "record":
            yield "not kept", f"{outcome.user}: no call was made; {self._shown(outcome.path)} is as it was", "yellow"
        if verdict.missed:
            yield "missed", f"{outcome.user}: {_some(verdict.missed)}", "red"
        if verdict.drifted:
            yield "drifted", f"{outcome.user}: {_some(verdict.drifted)}", "red"
        if everything:
            if verdict.played:
                yield (
                    "played",
                    f"{outcome.user}: {_counted(verdict.played, 'call')} of {self._shown(outcome.path)}",
                    "green",
                )
            for key, reasons in verdict.relaxed:
                yield "relaxed", f"{outcome.user}: {key}: {', '.join(reasons)}", "yellow"
            if verdict.live:
                yield "live", f"{outcome.user}: {_counted(verdict.live, 'call')}", "yellow"

    def _shown(self, path: Path) -> str:
        return shown(path, self._config.invocation_params.dir)


def _totals(outcomes: list[Outcome]) -> str:
    whole = Verdict()
    for outcome in outcomes:
        whole = whole.merge(outcome.verdict)
    replayed = sum(outcome.mode == "replay" for outcome in outcomes)
    counts = {
        "played": whole.played,
        "relaxed": len(whole.relaxed),
        "recorded": whole.recorded,
        "missed": len(whole.missed),
        "live": whole.live,
        "drifted": len(whole.drifted),
    }
    calls = ", ".join(f"{count:,} {word}" for word, count in counts.items() if count) or "none"
    return f"{_counted(len(outcomes), 'cassette')} ({replayed:,} replayed); calls: {calls}"


def _counted(count: int, word: str) -> str:
    return f"{count:,} {word}{'' if count == 1 else 's'}"


def _some(texts: list[str]) -> str:
    more = f" and {len(texts) - _LISTED:,} more" if len(texts) > _LISTED else ""
    return ", ".join(texts[:_LISTED]) + more
