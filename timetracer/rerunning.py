"""A recorded unit of work, done once more in this process with everything it saw: does it end as it ended?"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from os import PathLike
from pathlib import Path
from typing import Any

from timetracer.block import Block
from timetracer.cassette import files
from timetracer.cassette.merging import merged
from timetracer.cassette.model import Cassette, Exchange, Span
from timetracer.errors import FailedVerdict, ReplayError, UnmatchedCall
from timetracer.recording.raised import error_of
from timetracer.redaction.pseudonyms import Pseudonyms
from timetracer.replaying.calls import Asked, Candidate
from timetracer.replaying.drift import differences
from timetracer.replaying.fields import Parts
from timetracer.replaying.matching import Index
from timetracer.replaying.session import Replay
from timetracer.replaying.shelf import inbound
from timetracer.replaying.verdict import Verdict
from timetracer.seams import installed
from timetracer.seams.declaration import Instrumentor, Outcome
from timetracer.settled import redactor_of

_WHERE = re.compile(r'File "([^"]*)", line (\d+), in (\S+)')


class NoTask(ReplayError):
    """Nobody can do again what the cassette is the work of."""


class _Block(Block):
    @property
    def hint(self) -> str:
        """What ran was no block of code, but a part of a service."""
        return "timetracer run --mode record -- …"


@dataclass(frozen=True)
class Rerun:
    """What came of it.

    Args:
        recorded: the unit's exchange, as it is in the cassette.
        now: the same with the outcome of now, redacted in the same manner.
        error: the exception that it ended with, itself; None: none.
        verdict: of the calls that it made.
        differences: between the two outcomes, a line each. Identifiers that were generated and times that moved with
            the clock are none.
        problems: each call that nothing recorded answers, in full.
    """

    recorded: Exchange
    now: Exchange
    error: BaseException | None
    verdict: Verdict
    differences: tuple[str, ...]
    problems: tuple[str, ...]

    @property
    def as_recorded(self) -> bool:
        """Whether it ended as recorded, and made no call but recorded ones."""
        return not self.differences and self.verdict.ok()

    def check(self) -> None:
        """Raises FailedVerdict, which tells everything, unless it ended as recorded."""
        if not self.as_recorded:
            raise FailedVerdict(self.text())

    def text(self) -> str:
        """For people: both outcomes, how they differ, and what was missed."""
        same = self.as_recorded
        lines = [f"{self.recorded.key}: {'ended as recorded' if same else 'did not end as recorded'}"]
        lines.append(f"  recorded  {told(self.recorded)}")
        if not same:
            lines.append(f"  now       {told(self.now)}")
        lines += [f"  differs   {difference}" for difference in self.differences]
        lines.append(f"  calls     {self.verdict.text()}")
        return "\n\n".join(["\n".join(lines), *self.problems])


def rerun(
    path: str | PathLike[str],
    app: Any,
    *,
    stopped: Callable[[BaseException], None] | None = None,
    **settings: Any,
) -> Rerun:
    """Do the recorded work of a cassette once more: a task of Celery's, with its arguments, its request, and every call
    that it made answered as recorded.

    Args:
        path: the cassette.
        app: what does it: the Celery app.
        stopped: called with the exception where the work fails, while its frames are alive (a debugger).
        settings: any setting, by its name, as for `timetracer.replay`.

    Raises:
        CassetteError: there is none, or it cannot be read.
        ReplayError: it is not of such work; what it needs cannot be built again.
    """
    unit = merged(files.read(Path(path)))
    recorded, instrumentor = work(unit, Path(path))
    block = _Block(path, "replay", **settings)
    block.start()
    try:
        assert instrumentor.rerun is not None
        outcome = instrumentor.rerun(recorded, app, stopped or _ignored)
        session = block.session
        assert isinstance(session, Replay)
    finally:
        with suppress(FailedVerdict):  # it is part of what came of it
            block.stop()
    now = _redacted(_exchange(recorded, instrumentor, outcome, session), block)
    return Rerun(
        recorded,
        now,
        outcome.error,
        block.verdict,
        tuple(_compared(recorded, now, session)),
        tuple(session.problems),
    )


def work(unit: Cassette, path: Path) -> tuple[Exchange, Instrumentor]:
    """What a cassette is the work of, and who can do it again.

    Raises:
        NoTask: nobody can.
    """
    exchange = inbound(unit)
    instrumentor = installed.load(exchange.library) if exchange is not None else None
    if exchange is None or instrumentor is None or instrumentor.rerun is None:
        what = "an inbound request or a task" if exchange is None else f"{exchange.library}'s work, which"
        why = "it is no recording of" if exchange is None else "it is a recording of"
        cannot = "" if exchange is None else " cannot be run again: no instrumentor that is installed here does that"
        raise NoTask(f"{path}: {why} {what}{cannot}")
    return exchange, instrumentor


def told(exchange: Exchange) -> str:
    """An outcome in one line: ``FAILURE LookupError('no stock', 5) at shop.py:26 in check``."""
    response = exchange.response or {}
    state = str(response.get("state", ""))
    if exchange.error is not None:
        args = exchange.error.get("args")
        listed = ", ".join(map(repr, args)) if isinstance(args, (list, tuple)) else ""
        where = _WHERE.findall(str(response.get("traceback", "")))
        at = f" at {where[-1][0]}:{where[-1][1]} in {where[-1][2]}" if where else ""
        return f"{state} {exchange.error.get('type')!s}({listed}){at}".strip()
    said = exchange.response_body.decode("utf-8", "replace") if exchange.response_body else ""
    reason = str(response.get("reason", ""))
    return " ".join(filter(None, (state, reason, said[:500]))) or "nothing"


def _exchange(recorded: Exchange, instrumentor: Instrumentor, outcome: Outcome, session: Replay) -> Exchange:
    described = instrumentor.describe_response(outcome.fields, outcome.body)
    body = None if described.body is None else session.in_recorded_names(described.body)
    error = None if outcome.error is None else error_of(outcome.error)
    return replace(recorded, response=described.values, response_body=body, error=error, redactions=[])


def _redacted(now: Exchange, block: Block) -> Exchange:
    cassette = Cassette([Span(now.key, "", "", exchange=now)])
    redactor_of(block.settings).redact_cassette(cassette, Pseudonyms())
    (redacted,) = cassette.exchanges
    return redacted


def _parts(exchange: Exchange) -> Parts:
    parts: dict[str, str | bytes] = {
        name: str(value) for name, value in (exchange.response or {}).items() if name != "traceback"
    }
    if exchange.error is not None:
        parts["error"] = str(exchange.error.get("type"))
        parts["message"] = str(exchange.error.get("args"))
    else:
        parts["body"] = exchange.response_body or b""
    return parts


def _compared(recorded: Exchange, now: Exchange, session: Replay) -> Iterator[str]:
    """How two outcomes differ, by the rules by which requests are matched."""
    there, here = _parts(recorded), _parts(now)
    index = Index([Candidate(recorded, there, write=True)], noise=session.manner.noise)
    try:
        index.take(Asked(recorded.library, recorded.key, here, True, now=session.now()))
    except UnmatchedCall:
        yield from differences(there, here)


def _ignored(_: BaseException) -> None:
    """Nobody wants to look."""
