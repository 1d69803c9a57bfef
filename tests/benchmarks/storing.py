"""Loading and saving 1,000 exchanges of 2 KB, and how large they are."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from canned import cassette
from measuring import Case, Row, Watch, interleaved
from timetracer.cassette import files
from timetracer.cassette.model import Cassette
from timetracer.store.archive import ArchiveStore

GROUP = "storing"
MS = 20.0
PLAIN = 1.25
PACKED = 0.3
SUFFIXES = {
    ".json": "git document",
    ".jsonl": "JSON Lines",
    ".json.zst": "git document, zstd",
    ".jsonl.zst": "JSON Lines, zstd",
}


def rows(rounds: int, _times: int) -> Iterator[Row]:
    """As a git document and as JSON Lines, packed and not, and in an archive."""
    whole = cassette(1000, distinct=True, bodies=1000)
    raw = sum(len(exchange.response_body or b"") for exchange in whole.exchanges)
    with tempfile.TemporaryDirectory() as folder:
        paths = {suffix: Path(folder) / f"orders{suffix}" for suffix in SUFFIXES}
        cases: dict[str, Case] = {}
        for suffix, path in paths.items():
            cases[f"save {suffix}"] = _saving(path, whole)
            cases[f"load {suffix}"] = _loading(path, whole)
        laps = interleaved(cases, rounds=rounds, times=1)
        for suffix, what in SUFFIXES.items():
            packed = suffix.endswith(".zst")
            for do in ("save", "load"):
                yield Row(GROUP, f"{do} 1,000 exchanges, {what}", median(laps[f"{do} {suffix}"].thread) / 1e3, "ms", MS)
            size = paths[suffix].stat().st_size / raw
            yield Row(GROUP, f"size, {what}, of the raw bodies", size, "x", PACKED if packed else PLAIN)
        yield from _archive(Path(folder) / "archive.sqlite", raw)


def _archive(path: Path, raw: int) -> Iterator[Row]:
    """1,000 units of one call each: what a service records."""
    store = ArchiveStore(path)
    whole = cassette(1000, distinct=True, bodies=1000)
    units: list[Cassette] = []
    for number, span in enumerate(whole.spans[1:]):
        span.parent_id = ""
        span.trace_id = f"{number + 1:032x}"
        units.append(Cassette([span], whole.resource, "GET /items", whole.versions))
    watch = Watch()
    with watch:
        names = [store.save(unit) for unit in units]
    yield Row(GROUP, "save 1,000 units of one exchange, archive", watch.thread / 1e6, "ms")
    watch = Watch()
    with watch:
        for name in names:
            store.load(name)
    yield Row(GROUP, "load 1,000 units of one exchange, archive", watch.thread / 1e6, "ms")
    store.close()
    yield Row(GROUP, "size, archive, of the raw bodies", path.stat().st_size / raw, "x", PACKED)


def _saving(path: Path, whole: Cassette) -> Case:
    def case(watch: Watch, _times: int) -> None:
        with watch:
            files.write(path, whole)

    return case


def _loading(path: Path, whole: Cassette) -> Case:
    def case(watch: Watch, _times: int) -> None:
        with watch:
            (read,) = files.read(path)
        if len(read.spans) != len(whole.spans):
            raise AssertionError(f"{path}: {len(read.spans)} spans")

    return case
