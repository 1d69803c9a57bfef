"""Timetracer: records a running service beside its OpenTelemetry tracing, and replays it with every upstream off.

Importing this package imports nothing else: each name is loaded when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from timetracer.activation import CassetteProcessor, flush, instrument, uninstrument
    from timetracer.block import Block, record, replay, use
    from timetracer.errors import (
        BlockedCall,
        CassetteError,
        FailedVerdict,
        SettingError,
        TimetracerError,
        UnmatchedCall,
    )
    from timetracer.recording.exporter import CassetteSpanExporter
    from timetracer.replaying.verdict import Verdict
    from timetracer.rerunning import Rerun, rerun

__version__ = "0.1.0"

__all__ = [
    "Block",
    "BlockedCall",
    "CassetteError",
    "CassetteProcessor",
    "CassetteSpanExporter",
    "FailedVerdict",
    "Rerun",
    "SettingError",
    "TimetracerError",
    "UnmatchedCall",
    "Verdict",
    "__version__",
    "flush",
    "instrument",
    "record",
    "replay",
    "rerun",
    "uninstrument",
    "use",
]

_PLACES = {
    **dict.fromkeys(("CassetteProcessor", "flush", "instrument", "uninstrument"), "activation"),
    **dict.fromkeys(("Block", "record", "replay", "use"), "block"),
    "CassetteSpanExporter": "recording.exporter",
    **dict.fromkeys(("Rerun", "rerun"), "rerunning"),
    "Verdict": "replaying.verdict",
    **dict.fromkeys(
        ("BlockedCall", "CassetteError", "FailedVerdict", "SettingError", "TimetracerError", "UnmatchedCall"), "errors"
    ),
}


def __getattr__(name: str) -> Any:
    # A submodule with the same name as a function of ours (``timetracer.replay``) does not exist, and must not.
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_PLACES[name]}"), name)
    globals()[name] = value
    return value
