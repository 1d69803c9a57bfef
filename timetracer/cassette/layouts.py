"""The two layouts of a cassette as bytes: a *git document* for people and diffs, *JSON Lines* for volume.

Both are the same JSON. A git document (``.json``) has a line for each attribute; in JSON Lines (``.jsonl``,
https://jsonlines.org) each line is a whole ``TracesData``, as the Collector's ``otlpjsonfile`` receiver wants it.
"""

from __future__ import annotations

from typing import Any, Final

import orjson

from timetracer.cassette import otlp
from timetracer.cassette.model import Cassette
from timetracer.cassette.places import is_list, is_object
from timetracer.errors import CassetteDamaged

LINES: Final = ".jsonl"
DOCUMENT: Final = ".json"

LARGE: Final = 16 * 1024 * 1024
TOKENS: Final = 16_000_000
_BOM: Final = b"\xef\xbb\xbf"


def encode_line(cassette: Cassette) -> bytes:
    """One line of JSON Lines, its end included."""
    return _dumps(otlp.encode(cassette)) + b"\n"


def encode_document(cassette: Cassette) -> bytes:
    """A git document."""
    (entry,) = otlp.encode(cassette)["resourceSpans"]
    scopes = [
        b'\n{"scope":' + _dumps(scope["scope"]) + b',"spans":[\n' + b",\n".join(map(_lines, scope["spans"])) + b"]}"
        for scope in entry["scopeSpans"]
    ]
    resource = b'{"resourceSpans":[{"resource":' + _lines(entry["resource"])
    return resource + b',\n"scopeSpans":[' + b",".join(scopes) + b"]}]}\n"


def decode(data: bytes, source: str) -> list[Cassette]:
    """The cassettes of either layout, decompressed.

    A last line of JSON Lines that has no end and does not parse is a unit of work that was in flight when its process
    was killed: it is left out.

    Args:
        source: the file's path, for messages. ``.jsonl`` makes it JSON Lines, otherwise its first line tells.

    Raises:
        CassetteDamaged: with the line, or the place in the document.
        CassetteTooNew: it was written by a newer Timetracer.
    """
    data = data.removeprefix(_BOM)
    ended = data.find(b"\n") + 1  # the length of the first line
    several = LINES in source[-len(".jsonl.zst") :] or (0 < ended < len(data) and _parses(data[:ended]))
    if not several:
        return otlp.decode(_loads(data, source), source)
    cassettes: list[Cassette] = []
    lines = data.split(b"\n")
    if not _parses(lines[-1]):
        lines.pop()
    for number, line in enumerate(lines, 1):
        if line and not line.isspace():
            cassettes += _decode_line(line, source, number)
    return cassettes


def _decode_line(line: bytes, source: str, number: int) -> list[Cassette]:
    document = _loads(line, source, number)
    try:
        return otlp.decode(document, source)
    except CassetteDamaged as damage:
        raise CassetteDamaged(source, damage.problem, f"line {number}: {damage.place}".rstrip(": ")) from None


def _lines(part: dict[str, Any]) -> bytes:
    """A resource or a span: ids and times, name and kind, then a line for each attribute, event and link."""
    lists = {name: part.pop(name) for name in ("attributes", "events", "links") if name in part}
    pieces = [_dumps(part)[:-1].replace(b',"name":', b',\n "name":', 1)]
    for name, items in lists.items():
        lines = b",\n  ".join(map(_dumps, items))
        pieces.append(b'%s"%s":[\n  %s]' % (b"" if pieces[-1] == b"{" else b",\n ", name.encode(), lines))
    return b"".join(pieces) + b"}"


def _dumps(document: dict[str, Any]) -> bytes:
    try:
        return orjson.dumps(document)
    except TypeError:
        return orjson.dumps(_encodable(document))


def _encodable(value: Any) -> Any:
    """The same with lone surrogates (of a file name that is not UTF-8, say) escaped: JSON has no bytes for them."""
    if isinstance(value, str):
        return value.encode(errors="backslashreplace").decode()
    if is_object(value):
        return {_encodable(key): _encodable(item) for key, item in value.items()}
    return [_encodable(item) for item in value] if is_list(value) else value


def _loads(data: bytes, source: str, number: int = 1) -> Any:
    """Parsed JSON; `number` is that of the first line, for messages."""
    # Parsed, a value may take thirty times its bytes. Cassettes are mostly text; this is for what only seems to be one.
    if len(data) > LARGE and data.count(b",") + data.count(b"[") + data.count(b"{") > TOKENS:
        raise CassetteDamaged(source, f"more than {TOKENS:,} values", f"line {number}")
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError as cause:
        problem, line, column = cause.msg, cause.lineno, f"column {cause.colno}"
    try:
        data.decode()
    except UnicodeDecodeError as cause:
        problem, line = "not UTF-8", data.count(b"\n", 0, cause.start) + 1
        begin = data.rfind(b"\n", 0, cause.start)
        column = f"byte {cause.start - begin}"
    raise CassetteDamaged(source, f"not JSON: {problem}", f"line {line + number - 1}, {column}")


def _parses(line: bytes) -> bool:
    try:
        _loads(line, "")
    except CassetteDamaged:
        return False
    return True
