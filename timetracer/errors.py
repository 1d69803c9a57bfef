"""Every error that Timetracer raises on purpose.

TimetracerError
├── SettingError            a setting is wrong: says the key, where it stands, what is allowed
├── CassetteError           a cassette cannot be used: says the file and the place in it
│   ├── CassetteNotFound    there is none where one was asked for
│   ├── CassetteDamaged     its bytes are not a cassette (truncated, wrong types, too deep, too large)
│   └── CassetteTooNew      its schema version is newer than this Timetracer reads
├── StoreError              a directory or an archive cannot be read or written: says which, and what to do
└── ReplayError             a replay cannot go on
    ├── UnmatchedCall       a call that no recorded exchange answers
    ├── BlockedCall         a call that left for the network past every seam
    └── FailedVerdict       the session ended with missed (or, when strict, unplayed) calls
"""

from __future__ import annotations


class TimetracerError(Exception):
    """The root of the tree. Its text is written for a person: what happened, where, and what to do."""


class SettingError(TimetracerError):
    """A setting has a value that is not allowed.

    Args:
        key: the setting as the user wrote it, ``TIMETRACER_MODE`` or ``[tool.timetracer] mode``.
        source: where it stands, ``the environment`` or a file's path.
        problem: what is wrong with it, and what is allowed.
    """

    def __init__(self, key: str, source: str, problem: str) -> None:
        super().__init__(f"{key} (from {source}): {problem}")
        self.key = key
        self.source = source
        self.problem = problem


class CassetteError(TimetracerError):
    """A cassette cannot be used.

    Args:
        path: the file (or archive and row) in question.
        problem: what is wrong.
        place: where in the file, such as ``resourceSpans[0].scopeSpans[1].spans[3]`` or ``line 7``; empty if the whole.
    """

    def __init__(self, path: str, problem: str, place: str = "") -> None:
        super().__init__(f"{path}: {f'{place}: ' if place else ''}{problem}")
        self.path = path
        self.problem = problem
        self.place = place


class CassetteNotFound(CassetteError):
    """There is no cassette where one was asked for."""


class CassetteDamaged(CassetteError):
    """The bytes are not a cassette."""


class CassetteTooNew(CassetteError):
    """The cassette was written by a newer Timetracer."""


class StoreError(TimetracerError):
    """A directory or an archive of cassettes cannot be read or written."""


class ReplayError(TimetracerError):
    """A replay cannot go on."""


class UnmatchedCall(ReplayError):
    """A call that no recorded exchange answers. Never answered from the network, never guessed."""


class BlockedCall(ReplayError):
    """A call that left for the network past every seam while replaying."""


class FailedVerdict(ReplayError):
    """The session ended with calls that were missed, or (when strict) never played."""
