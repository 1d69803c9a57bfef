"""A block of a test run: it knows the command that records it, and shares its cassette with other tests of the run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from timetracer.block import Block, lock, outbound
from timetracer.cassette import files
from timetracer.cassette.merging import merged
from timetracer.cassette.model import Cassette
from timetracer.cassette.sameness import unchanged
from timetracer.pytest_plugin.ledger import Ledger
from timetracer.pytest_plugin.naming import shown


class RunBlock(Block):
    """The recording or the replay of one test, or of a fixture that several share.

    A replay without a cassette knows no answer: its first call says how to record one. Who makes no calls needs none.

    Args:
        path: the cassette.
        ledger: what this run has recorded.
        command: what records this cassette.
        settings: as for `Block`.
    """

    def __init__(self, path: Path, ledger: Ledger, command: str, **settings: Any) -> None:
        self._ledger = ledger
        self._command = command
        self._label = shown(path)  # now: the test may go to another directory
        self.asked = ""
        """The mode that was asked for, before it was decided what that means here."""
        super().__init__(path, **settings)

    def _decide(self, mode: str) -> str:
        self.asked = mode
        if mode == "auto" and self._ledger.before(self.path) is not None:
            return "record"
        return super()._decide(mode)

    def _read(self) -> list[Cassette]:
        return super()._read() if self.path.exists() else []

    @property
    def label(self) -> str:
        """The cassette, as seen from where pytest was started."""
        return self._label

    @property
    def hint(self) -> str:
        """The command that records it."""
        return self._command if self.path.exists() else f"{self._command}  # there is no {self._label} yet"

    def keep(self) -> None:
        """Write what was recorded, unless no call was."""
        if self._recorded is not None and outbound(self._recorded):
            super().keep()

    def spare(self) -> None:
        """In place of `keep`, for what is not fit to be kept: what was recorded before the run stays."""
        if self.mode != "record" or not self.path.exists():
            return
        with lock(self.path):
            before = self._ledger.before(self.path)
            if before is None:
                self._ledger.begin(self.path, self._bytes())
            elif before:
                files.write(self.path, merged([*files.decode(before, self.path), *files.read(self.path)]))

    def _beside(self, now: bytes) -> tuple[bytes, list[Cassette]]:
        before = self._ledger.before(self.path)
        if before is None:
            self._ledger.begin(self.path, now)
            return now, []
        others = files.read(self.path) if now else []
        if len(others) == 1 and self._recorded is not None and unchanged(others[0], self._recorded):
            # Another worker has recorded the same, or another test makes the same calls: once is enough.
            self._recorded = others.pop()
        return before, others
