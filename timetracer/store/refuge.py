"""Where a cassette goes whose place turned out not to be writable: a directory of this user's alone.

What was recorded cannot be had twice. There is one for each process, made when it is needed (mode 0700).
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from timetracer.cassette.model import Cassette
from timetracer.errors import StoreError
from timetracer.store.directory import DirectoryStore

_made: dict[int, Path] = {}


def keep(cassette: Cassette) -> Path:
    """Where it is kept now: a directory.

    Raises:
        StoreError: not even there.
    """
    folder = _made.get(os.getpid())
    if folder is None:
        try:
            folder = _made[os.getpid()] = Path(tempfile.mkdtemp(prefix="timetracer-refuge-"))
        except OSError as cause:
            raise StoreError(f"{tempfile.gettempdir()}: cannot be written: {cause.strerror or cause}") from cause
    DirectoryStore(folder).save(cassette)
    return folder
