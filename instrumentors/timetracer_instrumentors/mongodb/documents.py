"""Documents as people read them, MongoDB Extended JSON, that become the same BSON bytes again.

Extended JSON v2 (https://www.mongodb.com/docs/manual/reference/mongodb-extended-json/): the relaxed spelling where it
says exactly what the BSON says (text, 32-bit integers, doubles, dates of our times), the canonical one elsewhere. What
has no spelling that becomes the same bytes again (duplicate names, deprecated types) stays BSON: bytes, of which the
last one is always NUL, which ends no JSON text.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import datetime, timedelta, timezone
from math import isfinite
from struct import pack
from typing import Any, Final, NamedTuple
from uuid import UUID

import bson
import orjson
from bson.binary import Binary, UuidRepresentation
from bson.code import Code
from bson.codec_options import CodecOptions, DatetimeConversion
from bson.datetime_ms import DatetimeMS
from bson.dbref import DBRef
from bson.decimal128 import Decimal128
from bson.errors import BSONError, InvalidId
from bson.int64 import Int64
from bson.max_key import MaxKey
from bson.min_key import MinKey
from bson.objectid import ObjectId
from bson.raw_bson import RawBSONDocument
from bson.regex import Regex
from bson.timestamp import Timestamp

from timetracer.cassette.places import is_list, is_object

_BSON: Final[Any] = bson  # its own annotations are not complete

DEPTH: Final = 200
"""Levels that a document may have; servers take 100."""
_OPTIONS: Final[CodecOptions[dict[str, Any]]] = CodecOptions(
    document_class=dict,
    uuid_representation=UuidRepresentation.UNSPECIFIED,
    datetime_conversion=DatetimeConversion.DATETIME_MS,
)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=timezone.utc)
_LAST: Final = 253_402_300_799_999
"""ms since the epoch: the last ones of the year 9999."""
_PSEUDONYM: Final = "redacted-"
"""What stands for a secret; it is no number, no date, no identifier and no base64 (see `redaction.pseudonyms`)."""


class Unreadable(ValueError):
    """Extended JSON that is none; the text says what is wrong."""


class _Unfit(Exception):
    """A value that Extended JSON would not bring back as it was."""


_NOT_EXACT: Final = (_Unfit, BSONError, ValueError, OverflowError, RecursionError, TypeError)
"""What shows that a document is one of those that stay BSON: ours, and all that `bson` and `orjson` raise."""


def readable(raw: bytes) -> bytes:
    """A document of BSON as Extended JSON in UTF-8; the very same bytes where that would not bring them back."""
    try:
        return _json(_exact(raw))
    except _NOT_EXACT:
        return raw


def readable_all(raws: Iterable[bytes]) -> bytes:
    """Several documents as one array; one after the other as BSON where that would not bring one of them back."""
    texts = [readable(raw) for raw in raws]
    if any(text[-1:] == b"\0" for text in texts):
        return b"".join(bson for text in texts for bson in encoded(text))
    return b"[" + b",".join(texts) + b"]"


class Asked(NamedTuple):
    """A command as people read it.

    Args:
        name: ``find``.
        database: that it is for.
        collection: that it is for; empty if it is for none.
        body: the command as one document, as `readable` gives it.
    """

    name: str
    database: str
    collection: str
    body: bytes


def command(document: bytes, sequences: Iterable[tuple[str, bytes]], without: Collection[str]) -> Asked:
    """A command, with its sequences as arrays among its fields, and without some of these."""
    try:
        whole = _exact(document)
        for field, documents in sequences:
            whole[field] = _BSON.decode_all(documents, _OPTIONS)
            if b"".join(map(_BSON.encode, whole[field])) != documents:
                raise _Unfit
        _settle(whole)
        body = _json(_kept(whole, without))
    except _NOT_EXACT:
        return _raw_command(document, sequences, without)
    return _asked(whole, body)


def _settle(whole: dict[str, Any]) -> None:
    """Leave out what goes without saying: some versions of a driver say it."""
    for statement in (whole, *whole.get("updates", ()), *whole.get("deletes", ())):
        for field in _OPTIONAL & statement.keys():
            if statement[field] is False:
                del statement[field]
        for field in _FILTERS & statement.keys():
            wanted: Any = statement[field]
            for name, value in wanted.items() if is_object(wanted) else ():
                if is_object(value) and value.keys() == _EQUAL and type(value["$eq"]) in _SIMPLE:
                    wanted[name] = value["$eq"]


_OPTIONAL: Final = frozenset({"multi", "upsert"})
_FILTERS: Final = frozenset({"filter", "q", "query"})
_EQUAL: Final = frozenset({"$eq"})
_SIMPLE: Final = frozenset({Int64, ObjectId, bool, float, int, str})
"""Kinds of values that are equal to what they match. (A regular expression matches other things than itself.)"""


def _kept(whole: Mapping[str, Any], without: Collection[str]) -> dict[str, Any]:
    kept = {field: value for field, value in whole.items() if field not in without}
    if "readConcern" in kept:  # when a session read or wrote last is not what it asks for now
        concern = {field: value for field, value in kept["readConcern"].items() if field not in _MOMENTS}
        kept["readConcern"] = concern
        if not concern:
            del kept["readConcern"]
    return kept


_MOMENTS: Final = frozenset({"afterClusterTime", "atClusterTime"})


def _raw_command(document: bytes, sequences: Iterable[tuple[str, bytes]], without: Collection[str]) -> Asked:
    """The same where what it holds is best left as it is. Raises what `bson` raises where it is no BSON at all."""
    whole: Any = RawBSONDocument(document)
    arrays = {field: [RawBSONDocument(each) for each in cut(documents)] for field, documents in sequences}
    return _asked(whole, _BSON.encode(_kept(whole, without) | arrays))


def _asked(whole: Mapping[str, Any], body: bytes) -> Asked:
    name = next(iter(whole), "")
    collection = whole.get("collection" if name == "getMore" else name)
    return Asked(name, str(whole.get("$db", "")), collection if isinstance(collection, str) else "", body)


def _exact(raw: bytes) -> dict[str, Any]:
    """The document, of which these very bytes are what it becomes again."""
    document: dict[str, Any] = _BSON.decode(raw, _OPTIONS)
    if _BSON.encode(document) != raw:
        raise _Unfit
    return document


def _json(document: dict[str, Any]) -> bytes:
    return orjson.dumps(_write(document, DEPTH))


def encoded(body: bytes) -> list[bytes]:
    """The documents of BSON that `readable` or `readable_all` was given.

    Raises:
        Unreadable: it is what neither of them gives.
    """
    try:
        if body[-1:] == b"\0":
            return list(cut(body))
        value: Any = orjson.loads(body)
        documents: list[Any] = value if is_list(value) else [value]
        if not all(type(document) is dict for document in documents):
            raise Unreadable("expected a document, or a list of documents")
        return [_BSON.encode(_read(document, DEPTH)) for document in documents]
    except (BSONError, ArithmeticError, KeyError, TypeError, ValueError, InvalidId) as cause:
        raise Unreadable(f"not a document in MongoDB's Extended JSON: {str(cause)[:200]}") from None


def cut(raw: bytes) -> Iterator[bytes]:
    """Documents of BSON that stand one after the other.

    Raises:
        Unreadable: they do not.
    """
    at = 0
    while at < len(raw):
        size = int.from_bytes(raw[at : at + 4], "little", signed=True)
        if not 5 <= size <= len(raw) - at or raw[at + size - 1]:
            raise Unreadable("its BSON is cut short")
        yield raw[at : at + size]
        at += size


_SAME: Final = frozenset({str, bool, type(None)})
"""What both sides spell alike."""

# --- BSON -> Extended JSON --------------------------------------------------------------------------------------------


def _write(value: Any, room: int) -> Any:
    kind: Any = type(value)  # pyright: ignore[reportUnknownVariableType]
    if kind is str or kind is int or value is None or kind is bool:
        return value
    if kind is dict:
        if room <= 0 or not _TAGS.isdisjoint(value):
            raise _Unfit  # a real name that Extended JSON has a meaning for
        room -= 1
        return {name: item if type(item) in _SAME else _write(item, room) for name, item in value.items()}
    if kind is list:
        if room <= 0:
            raise _Unfit
        return [_write(item, room - 1) for item in value]
    if kind is float:
        return value if isfinite(value) else {"$numberDouble": _write_odd_double(value)}
    if kind is DBRef:
        return _write(dict(value.as_doc()), room)
    if kind is Code:
        return _write_code(value, room)
    write = _WRITERS.get(kind)
    if write is None:
        raise _Unfit
    return write(value)


_ODD_DOUBLES: Final = {pack("<d", float(name)): name for name in ("NaN", "Infinity", "-Infinity")}


def _write_odd_double(value: float) -> str:
    name = _ODD_DOUBLES.get(pack("<d", value))
    if name is None:
        raise _Unfit  # a NaN that has something to say
    return name


def _write_date(value: DatetimeMS) -> Any:
    milliseconds = int(value)
    if not 0 <= milliseconds <= _LAST:
        return {"$date": {"$numberLong": str(milliseconds)}}
    moment = _EPOCH + timedelta(milliseconds=milliseconds)
    return {"$date": f"{moment.replace(tzinfo=None).isoformat(timespec='milliseconds')}Z"}


def _write_binary(value: bytes, subtype: int) -> Any:
    if subtype == 4 and len(value) == 16:
        return {"$uuid": str(UUID(bytes=bytes(value)))}
    return {"$binary": {"base64": b64encode(value).decode(), "subType": f"{subtype:02x}"}}


def _write_decimal(value: Decimal128) -> Any:
    text = str(value)
    if Decimal128(text).bid != value.bid:
        raise _Unfit
    return {"$numberDecimal": text}


def _write_regex(value: Regex[str]) -> Any:
    options = "".join(
        letter for letter, flag in zip("ilmsux", (2, 4, 8, 16, 32, 64), strict=True) if value.flags & flag
    )
    if type(value.pattern) is not str or Regex(value.pattern, options) != value:
        raise _Unfit
    return {"$regularExpression": {"pattern": value.pattern, "options": options}}


def _write_code(value: Code, room: int) -> Any:
    if value.scope is None:
        return {"$code": str(value)}
    return {"$code": str(value), "$scope": _write(dict(value.scope), room - 1)}


_WRITERS: Final[dict[Any, Callable[[Any], Any]]] = {
    ObjectId: lambda value: {"$oid": str(value)},
    Int64: lambda value: {"$numberLong": str(int(value))},
    DatetimeMS: _write_date,
    bytes: lambda value: _write_binary(value, 0),
    Binary: lambda value: _write_binary(value, value.subtype),
    Decimal128: _write_decimal,
    Regex: _write_regex,
    Timestamp: lambda value: {"$timestamp": {"t": value.time, "i": value.inc}},
    MinKey: lambda _: {"$minKey": 1},
    MaxKey: lambda _: {"$maxKey": 1},
}

# --- Extended JSON -> BSON --------------------------------------------------------------------------------------------


def _read(value: Any, room: int) -> Any:
    kind: Any = type(value)  # pyright: ignore[reportUnknownVariableType]
    if kind is dict:
        if room <= 0:
            raise Unreadable(f"nested deeper than {DEPTH} levels")
        if len(value) <= 2:
            for name in value:
                if name in _TAGS:
                    return _read_tag(name, value, room)
        room -= 1
        return {name: item if type(item) in _SAME else _read(item, room) for name, item in value.items()}
    if kind is list:
        if room <= 0:
            raise Unreadable(f"nested deeper than {DEPTH} levels")
        return [_read(item, room - 1) for item in value]
    if kind is int and not -(1 << 31) <= value < 1 << 31:
        return Int64(value)
    return value


def _read_tag(tag: str, value: dict[str, Any], room: int) -> Any:
    if tag in ("$code", "$scope"):
        scope = value.get("$scope")
        return Code(value["$code"], None if scope is None else _read(scope, room - 1))
    content = value[tag]
    if type(content) is str and content.startswith(_PSEUDONYM) and tag in _REDACTABLE:
        return content  # what stood here was a secret
    return _READERS[tag](content)


def _read_date(content: Any) -> DatetimeMS:
    if is_object(content):
        return DatetimeMS(int(content["$numberLong"]))
    moment = datetime.fromisoformat(str(content).removesuffix("Z")).replace(tzinfo=timezone.utc)
    return DatetimeMS((moment - _EPOCH) // timedelta(milliseconds=1))


def _read_binary(content: dict[str, str]) -> Any:
    text, subtype = content["base64"], int(content["subType"], 16)
    secret = text.startswith(_PSEUDONYM)
    return Binary(text.encode() if secret else b64decode(text, validate=True), subtype)


_READERS: Final[dict[str, Callable[[Any], Any]]] = {
    "$oid": ObjectId,
    "$numberInt": int,
    "$numberLong": lambda content: Int64(int(content)),
    "$numberDouble": float,
    "$numberDecimal": Decimal128,
    "$date": _read_date,
    "$uuid": lambda content: Binary(UUID(content).bytes, 4),
    "$binary": _read_binary,
    "$regularExpression": lambda content: Regex(content["pattern"], content["options"]),
    "$timestamp": lambda content: Timestamp(content["t"], content["i"]),
    "$minKey": lambda _: MinKey(),
    "$maxKey": lambda _: MaxKey(),
}
_REDACTABLE: Final = frozenset({"$oid", "$numberDecimal", "$date", "$uuid"})
_TAGS: Final = frozenset({*_READERS, "$code", "$scope"})
