"""What counts as a secret: the defaults, and what the user adds or takes back."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from enum import Enum
from typing import Final, TypeAlias

from timetracer.cassette.model import Plain
from timetracer.errors import SettingError
from timetracer.redaction.names import DEFAULT_NAMES

ROOTS = ("request", "response", "error", "span", "resource", "cassette")
"""What a path may begin with."""


class Verdict(Enum):
    """What a rule's function may answer beside a value of its own."""

    SECRET = "secret"


SECRET: Final = Verdict.SECRET
"""A rule's function returns this for: put a pseudonym there."""

Function: TypeAlias = Callable[[str, Plain], "Plain | Verdict"]
"""(path, value) -> None to leave the value, `SECRET` for a pseudonym, or what is to stand there instead."""

_STEP = r"[^.]+"


@dataclass(frozen=True)
class Rules:
    """What must not reach the disk.

    A path names one place, and everything under it: ``response.body.user.ssn``, ``request.headers.x-tenant``,
    ``request.query.sig``, ``response.body.items.*.card`` (``*``: any one name or list index, ``**``: any number of
    them), ``response.body.items[0]``, ``span.attributes.db.statement``. Upper and lower case are one.

    Raises:
        SettingError: a path or a pattern cannot be understood.
    """

    names: frozenset[str] = DEFAULT_NAMES
    """Headers, query parameters and fields whose values are secrets; case, ``-`` and ``_`` do not matter."""
    patterns: tuple[tuple[str, str], ...] = ()
    """More (kind, regular expression) pairs, beside the built-in ones. A group in it, if any, is the secret."""
    paths: tuple[str, ...] = ()
    """Places whose values are secrets."""
    known: tuple[tuple[str, str | None], ...] = ()
    """Places that an instrumentor knows to hold secrets, and what is to stand there: what whoever reads it back can
    read. None: a pseudonym; in a JSON object, one for each of its values but short numbers, such as ports."""
    function: Function | None = None
    """Asked for every string and number that is recorded."""
    keep: frozenset[str] = frozenset()
    """What is not redacted after all: kinds (``email``), names (``x-csrf-token``), paths (``response.body.token``)."""

    def __post_init__(self) -> None:
        for path in (*self.paths, *(path for path, _ in self.known)):
            _check_path(path)
        for kind, pattern in self.patterns:
            _check_pattern(kind, pattern)

    def also(
        self,
        *,
        names: Iterable[str] = (),
        patterns: Iterable[tuple[str, str]] = (),
        paths: Iterable[str] = (),
        known: Iterable[tuple[str, str | None]] = (),
        function: Function | None = None,
        keep: Iterable[str] = (),
    ) -> Rules:
        """These rules and more."""
        return replace(
            self,
            names=self.names.union(names),
            patterns=(*self.patterns, *patterns),
            paths=(*self.paths, *paths),
            known=(*self.known, *known),
            function=function or self.function,
            keep=self.keep.union(keep),
        )


DEFAULT = Rules()


def path_pattern(paths: Iterable[str]) -> re.Pattern[str] | None:
    """One expression that matches the dotted path of each place that `paths` name; None if they name none."""
    alternatives = [_expression(path) for path in paths]
    return re.compile(rf"(?:{'|'.join(alternatives)})(?:\.|$)", re.IGNORECASE) if alternatives else None


def is_path(text: str) -> bool:
    """Whether `text` has the form of a path: it begins with one of `ROOTS` (or ``*``) and goes on."""
    return re.match(rf"(?:{'|'.join(ROOTS)}|\*\*?)[.\[]", text, re.IGNORECASE) is not None


def _expression(path: str) -> str:
    steps = re.sub(r"\[([^\]]*)\]", r".\1", path).split(".")
    return r"\.".join({"*": _STEP, "**": r".*?"}.get(step) or re.escape(step) for step in steps)


def _check_path(path: str) -> None:
    source = "the redaction rules"
    if not is_path(path):
        raise SettingError(
            "paths", source, f"{path!r} must begin with one of {', '.join(ROOTS)}, as in response.body.user.ssn"
        )
    if re.search(r"\.\.|\.$|\[(?!\d+\]|\*\])|^[^\[]*\]|\s", path):
        raise SettingError(
            "paths", source, f"{path!r} has an empty or unreadable step; write names, *, ** or [0] between dots"
        )


def _check_pattern(kind: str, pattern: str) -> None:
    source = "the redaction rules"
    if not re.fullmatch("[a-z]+", kind) or kind == "email":
        raise SettingError("patterns", source, f"the kind {kind!r} must be lower-case letters only, and not 'email'")
    try:
        re.compile(pattern)
    except re.error as problem:
        raise SettingError("patterns", source, f"{pattern!r} is no regular expression: {problem}") from None
