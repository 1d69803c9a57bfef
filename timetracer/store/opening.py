"""Which store a path is, and reading cassettes from whatever a path is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from timetracer.cassette import files
from timetracer.cassette.model import Cassette
from timetracer.errors import CassetteNotFound, StoreError, TimetracerError
from timetracer.store.protocol import OnDamage, Store

ARCHIVES: Final = (".sqlite", ".sqlite3", ".db")
"""What the name of an archive ends in."""


def open_store(path: str | Path, suffix: str = ".json") -> Store:
    """The archive (a file that is one, or a name that ends like one) or the directory at `path`, which need not exist.

    Args:
        suffix: what the files of a directory end in.

    Raises:
        StoreError: there is a file at `path` that is no archive.
    """
    path = Path(path)
    if path.suffix in ARCHIVES or _is_sqlite(path):
        from timetracer.store.archive import ArchiveStore

        return ArchiveStore(path)
    if path.is_file():
        raise StoreError(f"{path}: a file, where a directory or an archive ({', '.join(ARCHIVES)}) was expected")
    from timetracer.store.directory import DirectoryStore

    return DirectoryStore(path, suffix)


def read_any(path: str | Path, on_damage: OnDamage | None = None) -> Iterator[tuple[str, Cassette]]:
    """Each cassette of a cassette file, a directory or an archive, and what to call it in a message.

    Args:
        on_damage: what is wrong with one, while the others are read; without it the first is raised at the end.

    Raises:
        CassetteNotFound: there is nothing at `path`.
        StoreError: it cannot be opened.
    """
    path = Path(path)
    if path.is_dir() or _is_sqlite(path):
        store = open_store(path)
        joint = "/" if path.is_dir() else ":"
        try:
            for name, cassette in store.scan(on_damage):
                yield f"{path}{joint}{name}", cassette
        finally:
            store.close()
        return
    try:
        cassettes = files.read(path)
    except CassetteNotFound:
        raise
    except TimetracerError as damage:
        if on_damage is None:
            raise
        on_damage(damage)
        return
    for number, cassette in enumerate(cassettes, 1):
        yield f"{path}:{number}" if len(cassettes) > 1 else str(path), cassette


def _is_sqlite(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(16) == b"SQLite format 3\0"
    except (OSError, ValueError):
        return False
