"""Whether a place can be written, asked before anything is recorded: a recording cannot be had twice."""

from __future__ import annotations

import tempfile
from pathlib import Path

from timetracer.errors import StoreError


def check(place: Path) -> None:
    """Try it, and leave nothing behind: the directory of `place`, or the nearest above it that is there.

    Args:
        place: a directory, an archive or a cassette file, which need not exist yet.

    Raises:
        StoreError: nothing can be written there.
    """
    folder = place if place.is_dir() else place.parent
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as cause:
        problem = "it is no directory" if not folder.is_dir() else cause.strerror or cause
        raise StoreError(
            f"{place}: nothing can be recorded there: {folder}: {problem}; choose another place, or mend this one"
        ) from cause
