"""Every value of a request, a response or an attribute that may hold a secret, and the whole put together again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any, TypeAlias, cast
from uuid import UUID

from timetracer.redaction.bodies import BINARY, as_text, body_finds, is_headers
from timetracer.redaction.echoes import Echo
from timetracer.redaction.finds import Edit, Find, disjoint, splice
from timetracer.redaction.inspector import Inspector
from timetracer.redaction.names import BENIGN
from timetracer.redaction.pseudonyms import PSEUDONYM, Pseudonyms

Value: TypeAlias = Any
"""`Plain` or `AttributeValue`: two recursive unions that no checker tells apart while walking."""

_HEADERS = ("headers", "trailers")


@dataclass(slots=True)
class Piece:
    """One value as text, and the secrets in it."""

    path: str
    value: Value
    """As it was."""
    text: str
    finds: list[Find]
    encoding: str = "utf-8"
    """Of `value`, if that is bytes."""
    edits: list[Edit] = field(default_factory=list[Edit])

    def settle(self) -> None:
        """Leave out what is a pseudonym already, and overlaps."""
        self.finds = disjoint(find for find in self.finds if not PSEUDONYM.fullmatch(find.secret))

    def add_echo(self, echo: Echo, offset: int) -> None:
        """Add a known secret that stands here without a name; `echo` counts from `offset` characters before."""
        start, end = echo.start - offset, echo.end - offset
        if any(find.start <= start and end <= find.end for find in self.finds):
            return
        if not any(match.start() < end and start < match.end() for match in PSEUDONYM.finditer(self.text)):
            self.finds.append(Find(start, end, echo.secret, echo.kind, self.path))

    def name(self, pseudonyms: Pseudonyms) -> None:
        """Decide what stands in the place of each secret."""
        self.edits = [Edit(find.start, find.end, self._new(find, pseudonyms)) for find in self.finds]

    def _new(self, find: Find, pseudonyms: Pseudonyms) -> str:
        if find.replacement is not None:
            return find.replacement
        pseudonym = pseudonyms.of(find.secret, find.kind)
        return pseudonym.replace("@", "%40") if "%40" in self.text[find.start : find.end] else pseudonym

    def result(self) -> Value:
        """The value without its secrets; the same object if there were none."""
        if not self.edits:
            return self.value
        text = splice(self.text, self.edits)
        match self.value:
            case bytes():
                return text.encode(self.encoding)
            case int() | float() | Decimal():
                return _number_like(self.value, text)
            case _:
                return text


def _number_like(value: float | Decimal, text: str) -> Value:
    try:
        return type(value)(text)
    except (ValueError, ArithmeticError):
        return text


class Walk:
    """Goes through values in a fixed order, the same when looking and when rebuilding."""

    def __init__(self, inspector: Inspector, *, prose: bool = False) -> None:
        self._inspector = inspector
        self._prose = prose

    def glance(self, value: Value) -> str | None:
        """A quick look: all texts of `value` in one if there is nothing to redact, None if there may be."""
        if self._prose or self._inspector.has_own_rules:
            return None
        texts: list[str] = []
        if not self._gather(value, texts):
            return None
        text = "\n".join(texts)
        return None if self._inspector.suspects(text.encode("utf-8", "replace")) else text

    def _gather(self, value: Value, texts: list[str]) -> bool:
        """Collect every text; False as soon as a name is that of a secret, or a value is nothing to be quick about."""
        kinds = self._inspector.names.kinds
        if isinstance(value, str):
            texts.append(value)
        elif isinstance(value, Mapping):
            for key, item in cast("Mapping[str, Value]", value).items():
                if kinds[key] is not None:
                    return False
                texts.append(key)
                if type(item) is str:
                    texts.append(item)
                elif key in _HEADERS and not isinstance(item, Mapping):
                    if not self._gather_headers(item, texts):
                        return False
                elif not self._gather(item, texts):
                    return False
        elif isinstance(value, (list, tuple)):
            return all(self._gather(item, texts) for item in cast("Sequence[Value]", value))
        elif isinstance(value, (int, float, Decimal)):
            texts.append(str(value))
        else:
            return value is None
        return True

    def _gather_headers(self, headers: Value, texts: list[str]) -> bool:
        kinds = self._inspector.names.kinds
        try:
            for name, text in headers:
                if type(text) is not str or kinds[name] is not None:
                    return False
                texts.append(text)
        except (TypeError, ValueError):  # no pairs, after all
            return False
        return True

    def pieces(self, value: Value, path: str, kind: str | None = None, *, own: bool = True) -> Iterator[Piece]:
        """The pieces of `value`, which stands at `path` and is a `kind` by its name (`own`), or by a name around it."""
        match value:
            case None | bool():
                pass
            case str():
                yield Piece(path, value, value, self._inspector.value(value, path, kind, prose=self._prose))
            case bytes():
                yield self._bytes(value, path, kind)
            case int() | float() | Decimal():
                text = str(value)
                finds = self._inspector.number(text, path, value, kind if own else None, str)
                yield Piece(path, value, text, finds)
            case Mapping():
                yield from self._mapping(cast("Mapping[str, Value]", value), path, kind)
            case date() | time() | timedelta() | UUID():
                yield Piece(path, value, str(value), self._inspector.placed(str(value), path, value, str) or [])
            case _:
                for index, item in enumerate(value):
                    yield from self.pieces(item, f"{path}.{index}", kind, own=own)

    def _bytes(self, value: bytes, path: str, kind: str | None) -> Piece:
        text, encoding = as_text(value)
        if encoding == BINARY and kind is None:
            return Piece(path, value, text, body_finds(self._inspector, as_text(value), "", path), encoding)
        return Piece(path, value, text, self._inspector.value(text, path, kind, prose=self._prose), encoding)

    def _mapping(self, value: Mapping[str, Value], path: str, kind: str | None) -> Iterator[Piece]:
        for key, item in value.items():
            here = f"{path}.{key}"
            yield Piece(here, key, key, self._inspector.key(key, here))
            if key in _HEADERS and is_headers(item):
                yield from self._headers(item, here)
            elif key == "url" and isinstance(item, str):
                yield Piece(here, item, item, self._inspector.url(item, here, f"{path}.query"))
            else:
                own = self._inspector.names.kinds[key]
                inherited = None if key.lower() in BENIGN else kind
                yield from self.pieces(item, here, own or inherited, own=own is not None)

    def _headers(self, headers: Iterable[tuple[str, str]], path: str) -> Iterator[Piece]:
        for name, value in headers:
            here = f"{path}.{name.lower()}"
            yield Piece(here, value, value, self._inspector.value(value, here, self._inspector.names.kinds[name]))


def rebuilt(value: Value, results: Iterator[Value]) -> Value:
    """`value` with each piece's result, taken in the order of `Walk.pieces`."""
    match value:
        case None | bool():
            return value
        case Mapping():
            entries = cast("Mapping[str, Value]", value).items()
            return {next(results): _rebuilt_entry(key, item, results) for key, item in entries}
        case str() | bytes() | int() | float() | Decimal() | date() | time() | timedelta() | UUID():
            return next(results)
        case _:
            return type(value)(rebuilt(item, results) for item in value)


def _rebuilt_entry(key: str, item: Value, results: Iterator[Value]) -> Value:
    if key in _HEADERS and is_headers(item):
        return type(item)(type(pair)((pair[0], next(results))) for pair in item)
    return rebuilt(item, results)
