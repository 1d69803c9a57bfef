"""Recording and replaying a block of code: ``with timetracer.use("cassettes/shop.json"): …``, also ``async with``."""

from __future__ import annotations

import hashlib
import tempfile
from contextlib import AbstractContextManager, ExitStack
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from filelock import FileLock

from timetracer import config, sessions
from timetracer.cassette import files
from timetracer.cassette.merging import merged
from timetracer.cassette.model import Cassette, Exchange
from timetracer.cassette.replays import recorded_only
from timetracer.cassette.sameness import unchanged
from timetracer.errors import CassetteError, FailedVerdict, SettingError, StoreError
from timetracer.recording import providers, writer
from timetracer.recording.assembler import assemble
from timetracer.recording.session import Recording
from timetracer.redaction.pseudonyms import Pseudonyms
from timetracer.redaction.rules import Rules
from timetracer.replaying import guard, outcomes
from timetracer.replaying.clock import Clock
from timetracer.replaying.drift import drift
from timetracer.replaying.session import OUTBOUND, Manner, Replay
from timetracer.replaying.verdict import Verdict
from timetracer.seams import installed
from timetracer.settled import choice_of, manner_of, redactor_of
from timetracer.store import refuge, writable

if TYPE_CHECKING:
    from typing_extensions import Self


class Block:
    """One recording or one replay, from entering to leaving.

    As a context manager it is the session of the code within it. Whoever has no ``with`` to offer (a test run) takes
    the same steps one by one: `open`, `resume` and `pause`, `close`, then `keep` what was recorded, and ask for the
    `problem`.

    Args:
        path: the cassette.
        mode: ``record``, ``replay``, ``auto`` (replay if the cassette is there, else record; where ``CI`` is set,
            replay), ``rewrite``, ``verify`` (call the live system, and fail where it differs from the cassette) or
            ``off``.
        name: what the cassette is a recording of.
        redact: what must not reach the disk; None: `timetracer.redaction.rules.DEFAULT`.
        settings: any other setting, by its name; what is not said here comes from the environment and the files.

    Raises (on entering):
        StoreError: the cassette could not be written.
    Raises (on leaving):
        FailedVerdict: calls were missed, or (when strict) not played, or (verify) the live system has drifted. If the
            block is left with an exception, that one wins.
    """

    def __init__(
        self,
        path: str | PathLike[str],
        mode: str | None = None,
        *,
        name: str = "",
        redact: Rules | None = None,
        **settings: Any,
    ) -> None:
        self.path = Path(path)
        self.settings = config.load(arguments={"mode": mode, **settings})
        self._redactor = redactor_of(self.settings, redact)
        if self.path.is_dir():
            raise SettingError("path", "the arguments", f"{self.path} is a directory; a block has a cassette file")
        self.name = name
        self.mode = self._decide(self.settings.mode or "auto")
        self._verdict = Verdict()
        self._session: Recording | Replay | None = None
        self._active = ExitStack()
        self._context = ExitStack()
        self._before = b""
        self._recorded: Cassette | None = None
        self._ended = False
        self.refuge: Path | None = None
        """Where the cassette is kept instead, if it could not be written."""
        keep = self.settings.replay_keep
        self._kept_at = keep.absolute() / _beneath(self.path) if keep is not None else None

    def _decide(self, mode: str) -> str:
        mode = config.decided(mode)
        if mode == "auto":
            return "replay" if self.path.exists() else "record"
        return "record" if mode == "rewrite" else mode

    def __enter__(self) -> Self:
        if self.mode == "record":
            writable.check(self.path)
        self.start()
        if self._session is not None:
            self._context.enter_context(sessions.in_context(self._session))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._context.close()
        self.stop(error)

    async def __aenter__(self) -> Self:
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.__exit__(kind, error, traceback)

    def start(self) -> None:
        """Enter for the whole process, in whatever context its code runs; `stop` leaves."""
        self.open()
        self.resume()

    def stop(self, error: BaseException | None = None) -> None:
        """Leave, with everything written. Doing it again does nothing.

        Raises:
            FailedVerdict: as on leaving; not if there is an `error` already.
        """
        if self._ended:
            return
        self.close()
        if error is None or not self.path.exists():
            # A block that failed does not overwrite a good cassette.
            self.keep()
        if error is None and (problem := self.problem(self.settings.strict)):
            raise FailedVerdict(problem)

    def forked(self) -> None:
        """In a forked child: what has been recorded so far is the parent's to write."""
        if isinstance(self._session, Recording):
            self._session.begin_anew()

    def open(self) -> None:
        """Make ready; it begins with the first `resume`.

        Raises:
            CassetteNotFound, CassetteDamaged, CassetteTooNew: there is nothing to replay or to verify.
        """
        if self.mode == "replay":
            keep = Recording(choice_of(self.settings), lambda unit: None, single=True) if self._kept_at else None
            self._session = Replay(self._read(), installed.load, self._manner(), keep)
            guard.install()
        elif self.mode != "off":
            if self.mode == "verify":
                self._read()
            self._before = self._bytes()
            self._session = Recording(choice_of(self.settings), lambda unit: None, single=True)

    def resume(self) -> None:
        """Be the session of the process, with the clock where it would stand by now."""
        session = self._session
        if session is None:
            return
        with ExitStack() as stack:
            installed.place()
            stack.callback(installed.take_out)
            providers.listen(writer.flush)
            stack.callback(providers.forget)
            if isinstance(session, Replay) and session.started and self.settings.clock == "recorded":
                clock = Clock(session.now())
                clock.move()
                stack.callback(clock.restore)
            sessions.open_in_process(session)
            stack.callback(sessions.close_in_process, session)
            self._active = stack.pop_all()

    def pause(self) -> None:
        """Let others have the process, until `resume`."""
        self._active.close()

    def close(self) -> None:
        """End. What was recorded is not written yet."""
        self.pause()
        self._ended = True
        session = self._session
        self._verdict = self.verdict
        if isinstance(session, Recording):
            self._recorded = assemble(session.pieces(), self.name or self.path.stem)
            self._redactor.redact_cassette(self._recorded, Pseudonyms())
            self._verdict = Verdict(recorded=len(outbound(self._recorded)))
            if self.mode == "verify":
                self._verdict = drift(self._read(), self._recorded, installed.load, self._manner())
        elif session is not None:
            if report := self.settings.replay_report:
                _tell(report, session.outcomes())
            if session.keeping is not None and self._kept_at is not None:
                kept = assemble(session.keeping.recording.pieces(), f"replay of {self.name or self.path.stem}")
                kept.resource |= session.keeping.resource
                self._redactor.redact_cassette(kept, Pseudonyms())
                files.write(self._kept_at, kept)

    @property
    def verdict(self) -> Verdict:
        """What came of it so far."""
        return self._session.verdict() if isinstance(self._session, Replay) else self._verdict

    @property
    def session(self) -> Recording | Replay | None:
        """What records or answers; None before it is open, and where it is off."""
        return self._session

    def problem(self, strict: bool = False) -> str:
        """Why the verdict so far is not good, in full; empty if it is.

        Args:
            strict: calls that were not played are a problem as well.
        """
        if self.verdict.ok(strict):
            return ""
        problems = self._session.problems if isinstance(self._session, Replay) else []
        return "\n\n".join([f"{self.label}: {self.verdict.text()}", *problems])

    def _read(self) -> list[Cassette]:
        return [*recorded_only(files.read(self.path), str(self.path))]

    def _manner(self) -> Manner:
        return manner_of(self.settings, self._redactor, self.hint)

    @property
    def label(self) -> str:
        """The cassette, for messages."""
        return str(self.path)

    @property
    def hint(self) -> str:
        """How to record what is missing."""
        return f'timetracer.record("{self.path}")'

    def keep(self) -> None:
        """Write what was recorded. An unchanged world leaves the file as it was, byte for byte."""
        if self._recorded is None or self.mode != "record":
            return
        with lock(self.path):
            before, others = self._beside(self._bytes())
            cassette = merged([*others, self._recorded]) if others else self._recorded
            if before and self._is_of(before, cassette):
                files.replace(self.path, before)
                return
            try:
                files.write(self.path, cassette)
            except StoreError as cause:
                self.refuge = refuge.keep(cassette)
                raise StoreError(f"{cause}; what was recorded is kept in {self.refuge}") from cause

    def _beside(self, now: bytes) -> tuple[bytes, list[Cassette]]:
        """The cassette that this recording replaces; and what another process has written in the meantime, to be kept.

        Args:
            now: what the file holds.
        """
        return (now, []) if not now or now == self._before else (b"", files.read(self.path))

    def _is_of(self, before: bytes, cassette: Cassette) -> bool:
        """Whether the older file says of the world what this cassette says."""
        try:
            recorded = files.decode(before, self.path)
        except CassetteError:
            return False
        return len(recorded) == 1 and unchanged(recorded[0], cassette)

    def _bytes(self) -> bytes:
        try:
            return self.path.read_bytes()
        except OSError:
            return b""


def _beneath(path: Path) -> Path:
    """A cassette's place in a directory of others: what it is from the working directory."""
    place, here = path.absolute(), Path.cwd()
    return place.relative_to(here) if place.is_relative_to(here) else Path(place.name)


def _tell(report: Path, newer: outcomes.Outcomes) -> None:
    """Put what became of one replay beside what the file has of others."""
    with lock(report):
        known = outcomes.read(report) if report.exists() else outcomes.Outcomes()
        known.replace(newer)
        known.write(report)


def outbound(cassette: Cassette) -> list[Exchange]:
    """The calls that left the process: what a replay answers."""
    return [span.exchange for span in cassette.spans if span.exchange is not None and span.kind in OUTBOUND]


def lock(path: Path) -> AbstractContextManager[Any]:
    """A lock between processes, outside the directory of the cassettes: that one is in git."""
    name = hashlib.sha256(str(path.absolute()).encode()).hexdigest()[:32]
    return FileLock(Path(tempfile.gettempdir()) / f"timetracer-{name}.lock")


def record(path: str | PathLike[str], **settings: Any) -> Block:
    """``with timetracer.record(path):`` records the block, and writes its cassette on leaving."""
    return Block(path, "rewrite", **settings)


def replay(path: str | PathLike[str], **settings: Any) -> Block:
    """``with timetracer.replay(path):`` answers the block's calls from its cassette.

    Raises (on entering):
        CassetteNotFound: there is none; `CassetteDamaged`, `CassetteTooNew`: it cannot be read.
    """
    return Block(path, "replay", **settings)


def use(path: str | PathLike[str], mode: str | None = None, **settings: Any) -> Block:
    """``with timetracer.use(path):`` replays the cassette if it is there, and records it otherwise."""
    return Block(path, mode, **settings)
