"""What this run has recorded already, known to all of its workers.

Where several tests share a cassette, the first that is recorded in a run begins it anew, the others add to it. The
ledger is a folder in which each cassette that was begun has a file: what it held before the run.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from timetracer.cassette import files


class Ledger:
    """The ledger of one run. Whoever changes what it says of a cassette holds that cassette's lock.

    Args:
        folder: its place, the same for all workers; it is made when there is something to write.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def before(self, cassette: Path) -> bytes | None:
        """What a cassette held before the run; None if this run has not recorded it."""
        try:
            return self._entry(cassette).read_bytes()
        except FileNotFoundError:
            return None

    def begin(self, cassette: Path, before: bytes) -> None:
        """From now on, whoever records it adds to it."""
        files.replace(self._entry(cassette), before)

    def _entry(self, cassette: Path) -> Path:
        return self.folder / hashlib.sha256(str(cassette.absolute()).encode()).hexdigest()[:32]
