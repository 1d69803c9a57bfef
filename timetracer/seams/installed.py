"""Which instrumentors there are, and putting them in place: at once for what is imported, else when it is imported."""

from __future__ import annotations

import os
import sys
import threading
from functools import cache, partial
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from typing import Any

import wrapt

from timetracer.errors import TimetracerError
from timetracer.recording.faults import harmless
from timetracer.seams import patching
from timetracer.seams.declaration import Instrumentor, Seam
from timetracer.seams.wrapping import wrapper

GROUP = "timetracer.instrumentors"
PROTOCOLS = "timetracer.protocols"
"""What is known of a wire protocol whichever driver speaks it: enough to read its exchanges, without any driver."""

_turn = threading.Lock()
"""Whoever finds us in place finds us wholly in place."""
_lock = threading.Lock()
_wanted = 0
_placed: list[str] = []
_awaited: set[str] = set()
"""Libraries, and targets in parts of them, whose import is waited for, for good: such a hook cannot be taken back."""


@cache
def found() -> dict[str, EntryPoint]:
    """The entry points of all instrumentors whose library is there, by the library's import name."""
    return {point.name: point for point in entry_points(group=GROUP) if find_spec(point.name) is not None}


@cache
def load(library: str) -> Instrumentor | None:
    """The instrumentor of a library, which it imports, or of a wire protocol. None where there is none.

    Raises:
        TimetracerError: the entry point does not name an `Instrumentor`.
    """
    point = found().get(library) or next((one for one in entry_points(group=PROTOCOLS) if one.name == library), None)
    if point is None:
        return None
    instrumentor = point.load()
    if not isinstance(instrumentor, Instrumentor):
        raise TimetracerError(f"the entry point {point.group}: {point.name} = {point.value} is not an Instrumentor")
    return instrumentor


def disabled() -> frozenset[str]:
    """Libraries that the user has taken out, of OpenTelemetry and so of us: OTEL_PYTHON_DISABLED_INSTRUMENTATIONS."""
    return frozenset(name.strip() for name in os.environ.get("OTEL_PYTHON_DISABLED_INSTRUMENTATIONS", "").split(","))


def place() -> None:
    """Put every instrumentor in place; each `place` wants its own `take_out`."""
    global _wanted  # noqa: PLW0603 - one count for the process, as there is one set of patched libraries
    with _turn:
        _wanted += 1
        if _wanted > 1:
            return
        off = disabled()
        for library in found():
            if library in off or "*" in off:
                continue
            if library in _awaited and library in sys.modules:
                _imported(sys.modules[library])
            elif library not in _awaited:
                _awaited.add(library)
                wrapt.register_post_import_hook(_imported, library)


def take_out() -> None:
    """Leave the libraries as they were, when nobody wants us in place any more."""
    global _wanted  # noqa: PLW0603
    with _turn:
        _wanted -= 1
        if _wanted:
            return
        with _lock:
            targets, _placed[:] = list(_placed), []
        for target in targets:
            patching.take_out(target)


def _imported(module: Any) -> None:
    if not _wanted or module.__name__ in disabled():
        return
    with harmless(f"putting the instrumentor of {module.__name__} in place"):
        instrumentor = load(module.__name__)
        if instrumentor is None:
            return
        for seam in instrumentor.seams:
            where = seam.target.partition(":")[0]
            if where in sys.modules:
                _place(instrumentor, seam)
            elif seam.target not in _awaited:
                # A part of the library that this process may never need: it is not imported for our sake.
                _awaited.add(seam.target)
                wrapt.register_post_import_hook(partial(_part_imported, instrumentor, seam), where)


def _part_imported(instrumentor: Instrumentor, seam: Seam, _: Any) -> None:
    if _wanted and instrumentor.library not in disabled():
        with harmless(f"putting the instrumentor of {instrumentor.library} in place"):
            _place(instrumentor, seam)


def _place(instrumentor: Instrumentor, seam: Seam) -> None:
    patching.place(seam.target, wrapper(instrumentor, seam))
    with _lock:
        _placed.append(seam.target)
