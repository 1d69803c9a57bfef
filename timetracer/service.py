"""Timetracer switched on for a whole process: its store, its session, its verdict."""

from __future__ import annotations

import os
from time import time_ns

from timetracer import ending, past, sessions
from timetracer.block import Block
from timetracer.cassette import files
from timetracer.cassette.merging import merged
from timetracer.cassette.model import Cassette
from timetracer.cassette.replays import OF
from timetracer.config import Settings
from timetracer.errors import FailedVerdict, StoreError
from timetracer.past import Past
from timetracer.recording import faults, providers, writer
from timetracer.recording.keeper import Keeper
from timetracer.recording.session import Recording
from timetracer.recording.underway import Teller
from timetracer.recording.unit import scene
from timetracer.recording.writer import Writer
from timetracer.redaction.redactor import Redactor
from timetracer.replaying import guard
from timetracer.replaying.drift import drift
from timetracer.replaying.service import ServiceReplay
from timetracer.replaying.session import Replay
from timetracer.replaying.shelf import Recorded, Shelf, asked_again, inbound
from timetracer.replaying.verdict import Verdict
from timetracer.reports import Report
from timetracer.seams import installed
from timetracer.settled import choice_of, manner_of
from timetracer.store.opening import open_store
from timetracer.store.protocol import Store

BEGAN = "TIMETRACER_BEGAN"
"""When the run that this process is part of began, ns since the epoch: what is recorded since then is no past."""


class Service:
    """One process, recorded or replayed from its start to its end.

    Args:
        settings: the settings in force.
        mode: ``record``, ``replay``, ``auto``, ``rewrite`` or ``verify``.
        redactor: what must not reach the disk.

    Raises:
        CassetteError, StoreError: what is there cannot be used; see `past.check`.
    """

    def __init__(self, settings: Settings, mode: str, redactor: Redactor) -> None:
        self.settings = settings
        self.mode = mode
        kept_in = f"--cassette {settings.cassette}" if settings.cassette else f"--dir {settings.dir}"
        self._manner = manner_of(settings, redactor, f"timetracer run --mode record {kept_in} -- …")
        self._began = int(os.environ.get(BEGAN, "0")) or time_ns()
        self._drift = Verdict()
        self._live: list[Cassette] = []
        self._removed: set[str] = set()
        self._place = settings.dir if past.is_one(settings) else settings.cassette or settings.dir
        self._store: Store = open_store(self._place)
        self._past = self._look_back()
        self.keeper = Keeper(self._keep, redactor, settings.errors_only, settings.exclude_paths)
        self._teller: Teller | None = None
        self.writer = Writer(self.keeper, self._tell)
        self._kept: Store | None = open_store(settings.replay_keep) if settings.replay_keep is not None else None
        self._kept_writer = Writer(Keeper(self._keep_replayed, redactor))
        self.session = self._session()
        self._before = Report(left=self._now().left)

    def _look_back(self) -> Past:
        if self.mode == "record":
            return Past(Shelf((), self._store.load), [], [])
        if self.settings.cassette is not None and past.is_one(self.settings):
            return past.of_cassette(merged(files.read(self.settings.cassette)), self._store)
        return past.of_store(self._store, self._began)

    def _session(self) -> Recording | ServiceReplay:
        told = self.mode != "verify"  # which leaves no cassettes
        begun = self.writer.begun if told else None
        recording = Recording(choice_of(self.settings), self.writer.put, self.writer.watch, begun=begun)
        if told:
            self._teller = Teller(recording, self._place, self.keeper.redactor, self.keeper.excludes)
        if self.mode in ("record", "verify", "rewrite"):
            return recording
        replayed = self._past.calls or self.mode == "replay"
        keep = None
        if self._kept is not None:
            keep = Recording(choice_of(self.settings), self._kept_writer.put, self._kept_writer.watch)
        outside = Replay(self._past.calls, installed.load, self._manner, keep) if replayed else recording
        return ServiceReplay(
            self._past.shelf, outside, installed.load, self._manner, recording if self.mode == "auto" else None, keep
        )

    def start(self) -> None:
        """From here on the process is recorded or replayed."""
        installed.place()
        providers.listen(writer.flush)
        if isinstance(self.session, ServiceReplay):
            guard.install()
        sessions.open_in_process(self.session)
        ending.at_end(self.end)

    def stop(self) -> None:
        """Leave the process as it was, with everything written."""
        sessions.close_in_process(self.session)
        self.end()
        ending.forget()
        providers.forget()
        installed.take_out()

    def flush(self, timeout: float = 30.0) -> bool:
        """Wait, `timeout` seconds at the most, until all complete units are written; whether they are."""
        return self.writer.flush(timeout) and self._kept_writer.flush(timeout)

    def end(self) -> None:
        """Write what is complete, and leave the verdict where it is asked for."""
        with faults.harmless("ending the recording"):
            self.flush()
            if self._teller is not None:
                self._teller.end()
            self._now().since(self._before).leave()
            self._store.close()
            if self._kept is not None:
                self._kept.close()

    def forked(self) -> None:
        """In a forked child: it is outside any request, and what its parent has to report is the parent's to report."""
        sessions.leave()
        scene.set(None)
        self._live = []
        self._before = self._now()

    def verdict(self) -> Verdict:
        """What came of the replay, or of the comparison with the live system, so far."""
        if isinstance(self.session, ServiceReplay):
            return self.session.verdict()
        return self._drift.merge(self._background_drift())

    def _now(self) -> Report:
        kept = self.keeper
        report = Report(
            units=kept.units, calls=kept.calls, lost=kept.lost, refuges=[*kept.refuges], faults=faults.counts()
        )
        if isinstance(self.session, ServiceReplay):
            requests, elsewhere = self.session.requests(), self.session.elsewhere()
            report.problems, report.outcomes = self.session.problems(), self.session.outcomes()
        else:
            requests, elsewhere = self._drift, self._background_drift()
        report.left, elsewhere.unplayed = elsewhere.unplayed, []
        report.verdict = requests.merge(elsewhere)
        return report

    def _tell(self) -> float | None:
        return self._teller() if self._teller is not None else None

    def _background_drift(self) -> Verdict:
        if self.mode != "verify":
            return Verdict()
        live = merged(self._live) if self._live else Cassette()
        return drift(self._past.calls, live, installed.load, self._manner)

    def _keep(self, cassette: Cassette, background: bool) -> bool:
        if self.mode == "verify":
            self._compare(cassette, background)
            return False
        if self.mode == "rewrite":
            self._remove_old(cassette, background)
        if background:
            self._store.append(cassette)
        else:
            self._store.save(cassette)
        return True

    def _keep_replayed(self, cassette: Cassette, background: bool) -> bool:
        assert self._kept is not None
        cassette.resource.setdefault(OF, "")  # a request that called nothing
        cassette.name = f"replay of {cassette.name}"
        if background:
            self._kept.append(cassette)
        else:
            self._kept.save(cassette)
        return True

    def _compare(self, cassette: Cassette, background: bool) -> None:
        if background:
            self._live.append(cassette)
            return
        recorded = self._recorded(cassette)
        there = [recorded.cassette] if recorded is not None else []
        self._drift = self._drift.merge(drift(there, cassette, installed.load, self._manner))

    def _remove_old(self, cassette: Cassette, background: bool) -> None:
        """Everything that had been recorded of the same request; or outside any request."""
        if background:
            self._store.remove(*self._past.names)
            self._past.names.clear()
        while not background and (recorded := self._recorded(cassette)) and recorded.name not in self._removed:
            self._removed.add(recorded.name)
            self._store.remove(recorded.name)

    def _recorded(self, cassette: Cassette) -> Recorded | None:
        """What was recorded of the same request before."""
        exchange = inbound(cassette)
        instrumentor = installed.load(exchange.library) if exchange is not None else None
        if exchange is None or instrumentor is None:
            return None
        return self._past.shelf.take(asked_again(exchange, instrumentor), instrumentor)


class OneCassette:
    """One process, recorded as a single unit from its start to its end, into one cassette.

    Args:
        block: the recording.
    """

    def __init__(self, block: Block) -> None:
        self._block = block
        self._faults: dict[str, int] = {}

    def start(self) -> None:
        """From here on the process is recorded."""
        self._block.start()
        ending.at_end(self.end)

    def stop(self) -> None:
        """Leave the process as it was, with the cassette written."""
        self.end()
        ending.forget()

    def end(self) -> None:
        """Write the cassette, and leave the verdict where it is asked for."""
        with faults.harmless("ending the recording"):
            lost, refuges = 0, list[str]()
            try:
                self._block.stop()
            except FailedVerdict:
                pass
            except StoreError as error:
                lost, refuges = 1, [str(self._block.refuge)] if self._block.refuge else []
                faults.warn("cassettes not written", str(error))
            units = int(self._block.mode == "record" and not lost)
            report = Report(self.verdict(), units=units, lost=lost, refuges=refuges, faults=faults.counts())
            report.since(Report(faults=self._faults)).leave()

    def forked(self) -> None:
        """In a forked child: it records what it does itself, beside what its parent does."""
        self._faults = faults.counts()
        self._block.forked()

    def verdict(self) -> Verdict:
        """What came of the comparison with the live system."""
        return self._block.verdict
