"""What is known of the files of a directory, kept in the user's cache so that ten thousand need not be read again.

A file counts as known only while its size, inode, and times of change are those at which it was read. One that changed
less than `RACY` ns before it was read is read again the next time, as git does: a second change in the same tick of the
file system's clock would leave no trace. The cache is never trusted with more: whatever is wrong with it, it is made
anew.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path
from time import time_ns
from typing import Any, Final

import orjson

from timetracer.cassette import files
from timetracer.cassette.places import is_list, is_object
from timetracer.errors import CassetteError, CassetteNotFound, StoreError, TimetracerError
from timetracer.store.directory import PROCESS
from timetracer.store.entry import Entry, Kind, describe, entry_of
from timetracer.store.protocol import OnDamage

RACY: Final = 2_000_000_000
_VERSION: Final = 1


class Index:
    """The entries of all cassette files below a directory.

    Args:
        directory: need not exist.
        cache: where the index is kept; without it, below the user's cache directory (``XDG_CACHE_HOME``).
    """

    def __init__(self, directory: Path, cache: Path | None = None) -> None:
        self._directory = directory
        name = blake2b(os.fsencode(directory.resolve()), digest_size=12).hexdigest()
        self.path = (cache or _cache()) / f"index-{name}.json"

    def entries(self, on_damage: OnDamage | None = None) -> Iterator[Entry]:
        """All there is, in the order of the names; see `timetracer.store.protocol.Store.entries`."""
        known = self._load()
        seen: dict[str, Any] = {}
        damages: list[TimetracerError] = []
        changed = False
        for name, path, stamp in sorted(listed(self._directory)):
            kept = known.get(name)
            made = _read(kept[1]) if kept and kept[0] == stamp else None
            if made is None:
                now = time_ns()
                try:
                    made = _described(path, name, stamp[0])
                except CassetteNotFound:
                    continue  # deleted since it was listed
                except (CassetteError, StoreError) as damage:
                    (on_damage or damages.append)(damage)
                    continue
                changed = True
                if now - max(stamp[1], stamp[2]) < RACY:
                    yield from made
                    continue
                kept = [stamp, [[*entry] for entry in made]]
            seen[name] = kept
            yield from made
        if changed or seen.keys() != known.keys():
            self._save(seen)
        if damages:
            raise damages[0]

    def _load(self) -> dict[str, Any]:
        try:
            held: Any = orjson.loads(self.path.read_bytes())
        except (OSError, ValueError):
            return {}
        right = (
            is_object(held)
            and held.get("version") == _VERSION
            and held.get("directory") == str(self._directory.resolve())
        )
        found = held.get("files") if right else None
        return (
            {name: kept for name, kept in found.items() if is_list(kept) and len(kept) == 2} if is_object(found) else {}
        )

    def _save(self, seen: dict[str, Any]) -> None:
        """A cache that cannot be written is none: the next time is as slow as this one."""
        held = {"version": _VERSION, "directory": str(self._directory.resolve()), "files": seen}
        try:
            files.replace(self.path, orjson.dumps(held))
        except (StoreError, TypeError):
            return


def _cache() -> Path:
    home = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(home) if home else Path.home() / ".cache") / "timetracer"


def listed(directory: Path) -> Iterator[tuple[str, str, list[int]]]:
    """(name, path, stamp) of every cassette file; as `DirectoryStore` has it, names that begin with a dot are none."""
    waiting = [("", str(directory))]
    while waiting:
        prefix, folder = waiting.pop()
        try:
            listed = os.scandir(folder)
        except OSError:
            continue  # deleted since, or not for us to read: as with rglob
        with listed:
            for found in listed:
                name = prefix + found.name
                if found.name.startswith("."):
                    continue
                if found.is_dir(follow_symlinks=False):
                    waiting.append((f"{name}/", found.path))
                elif name.endswith(files.SUFFIXES):
                    try:
                        facts = found.stat()
                    except OSError:
                        continue
                    yield name, found.path, [facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns, facts.st_ino]


def _described(path: str, name: str, size: int) -> list[Entry]:
    cassettes = files.read(path)
    kind: Kind = "process" if os.path.basename(path).startswith(PROCESS) else "unit"  # noqa: PTH119
    several = len(cassettes) > 1 or kind == "process"
    return [
        describe(cassette, f"{name}:{number}" if several else name, kind, size)
        for number, cassette in enumerate(cassettes, 1)
    ]


def _read(rows: Any) -> list[Entry] | None:
    """The entries that were kept; None if they are not as they should be."""
    if not is_list(rows):
        return None
    made: list[Entry] = []
    for row in rows:
        entry = entry_of(row) if is_list(row) else None
        if entry is None:
            return None
        made.append(entry)
    return made
