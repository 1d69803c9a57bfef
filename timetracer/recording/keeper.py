"""What becomes of a complete unit on the writer thread: if it is worth keeping, a cassette, redacted, in a store."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from timetracer.cassette.model import Cassette, Span, Status
from timetracer.errors import StoreError
from timetracer.recording import faults
from timetracer.recording.assembler import assemble
from timetracer.redaction.pseudonyms import Pseudonyms
from timetracer.store import refuge

if TYPE_CHECKING:
    from timetracer.recording.unit import Unit
    from timetracer.redaction.redactor import Redactor

PATHS = ("url.path", "http.target", "http.route")
"""Attributes that have an inbound request's path (new and old semantic conventions)."""


@dataclass(slots=True)
class Keeper:
    """Turns complete units into kept cassettes.

    Args:
        keep: stores a cassette, and says whether it did; the flag says that it is background work of the process.
        redactor: takes out what must not reach the disk.
        errors_only: keep only units in which something failed.
        exclude_paths: patterns (``/health*``) of inbound requests that are not kept.
    """

    keep: Callable[[Cassette, bool], bool]
    redactor: Redactor
    errors_only: bool = False
    exclude_paths: tuple[str, ...] = ()
    units: int = 0
    """Units that were kept, however often one was completed anew."""
    calls: int = 0
    """Calls outside any request that were kept."""
    lost: int = 0
    """Units that could not be written where they belong."""
    refuges: list[str] = field(default_factory=list[str])
    """Where those are kept instead."""

    def __call__(self, unit: Unit) -> None:
        """Keep one unit; a disk that refuses is told once, counted, and never the app's problem."""
        if unit.discarded:
            return
        cassette = assemble(unit.snapshot(), "process" if unit.background else "")
        if not cassette.spans or (unit.background and not cassette.exchanges) or not self._wanted(cassette):
            return
        self.redactor.redact_cassette(cassette, Pseudonyms())
        try:
            if self.keep(cassette, unit.background) and not unit.kept:
                unit.kept = True
                if unit.background:
                    self.calls += len(cassette.exchanges)
                else:
                    self.units += 1
        except StoreError as error:
            self.lost += 1
            faults.warn("cassettes not written", f"a cassette could not be written, and the app goes on: {error}")
            self._take_refuge(cassette)

    def _take_refuge(self, cassette: Cassette) -> None:
        try:
            folder = str(refuge.keep(cassette))
        except StoreError as error:
            faults.warn("cassettes lost", f"a cassette could not be kept anywhere else either: {error}")
            return
        if folder not in self.refuges:
            self.refuges.append(folder)
            faults.log.warning("timetracer: what cannot be written is kept in %s", folder)

    def _wanted(self, cassette: Cassette) -> bool:
        if self.errors_only and not any(map(failed, cassette.spans)):
            return False
        return not self.excludes(cassette)

    def excludes(self, cassette: Cassette) -> bool:
        """Whether it is the work of an inbound request that is not to be kept."""
        root = cassette.root
        path = path_of(root) if root is not None and self.exclude_paths else ""
        return any(fnmatchcase(path, pattern) for pattern in self.exclude_paths)


def failed(span: Span) -> bool:
    """Whether something went wrong in a span: its status, its exchange's error, or an answer of 500 and more."""
    exchange = span.exchange
    if span.status is Status.ERROR or (exchange is not None and exchange.error is not None):
        return True
    status = exchange.response.get("status") if exchange is not None and exchange.response is not None else None
    return isinstance(status, int) and status >= 500


def path_of(root: Span) -> str:
    """The path of the request that a unit is the work of."""
    if root.exchange is not None:
        return urlsplit(str(root.exchange.request.get("url", ""))).path
    return next((str(root.attributes[name]).partition("?")[0] for name in PATHS if name in root.attributes), "")
