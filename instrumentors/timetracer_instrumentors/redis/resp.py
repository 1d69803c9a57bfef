"""RESP, the protocol of Redis: a stream cut at its frames, a frame as a plain value, and a plain value as a frame.

https://redis.io/docs/latest/develop/reference/protocol-spec/ (RESP2 and RESP3). A frame's plain value says which type
it was wherever that is not the usual one, so that it can be written again byte for byte.
"""

from __future__ import annotations

from typing import Any, Final, NoReturn, cast

from timetracer.cassette.model import Plain

LONGEST_LINE: Final = 1 << 20
"""Bytes up to a line's end: a simple string, an error, a length."""
DEEPEST: Final = 64
"""Values within values."""

_LINES: Final = frozenset(b"+-:_#,(")
_TEXTS: Final = frozenset(b"$=!")
_LISTS: Final = frozenset(b"*~>")
_ATTRIBUTE: Final = 124
_ITEMS: Final = {42: 1, 126: 1, 62: 1, 37: 2, _ATTRIBUTE: 2}
"""Values for each of the number that follows ``*``, ``~``, ``>``, ``%``, ``|``; the last is not one itself."""
_WORDS: Final = {"simple": b"+", "error": b"-", "double": b",", "big": b"("}
_NAMES: Final = {mark[0]: name for name, mark in _WORDS.items()}
_GROUPS: Final = {"set": b"~", "push": b">"}


class RespError(ValueError):
    """Bytes that are not RESP, or a value that is none of its."""


class Frames:
    """Cuts a stream of bytes, split anywhere, at its frames."""

    __slots__ = ("_at", "_data", "_need", "_wanted")

    def __init__(self) -> None:
        self._data = bytearray()
        """What is not a whole frame yet."""
        self._at = 0
        """How far it has been looked through."""
        self._need = 1
        """How many values make the frame whole."""
        self._wanted: int = 0
        """Bytes without which there is nothing new to see."""

    def feed(self, data: bytes) -> list[bytes]:
        """The frames that are whole now.

        Raises:
            RespError: this is not RESP.
        """
        whole: bytes | bytearray = data
        if self._data:
            self._data += data
            whole = self._data
        elif _is_one(data):
            return [data]
        size, at, need, start = len(whole), self._at, self._need, 0
        found: list[bytes] = []
        while at < size and size >= self._wanted:
            end = whole.find(b"\r\n", at)
            if end < 0:
                _refuse_long(size - at)
                break
            kind, after = whole[at], end + 2
            if kind in _TEXTS:
                length = _length(whole[at + 1 : end])
                after += length + 2 if length >= 0 else 0
                if after > size:
                    self._wanted = after
                    break
                if whole[after - 2 : after] != b"\r\n":
                    raise RespError(f"a text of {length} bytes that does not end there")
            elif kind in _ITEMS:
                need += max(_ITEMS[kind] * _length(whole[at + 1 : end]), 0)
            elif kind not in _LINES:
                raise RespError(f"no value of RESP begins with {bytes(whole[at : at + 1])!r}")
            need -= kind != _ATTRIBUTE
            at = after
            if not need:
                found.append(data if not start and at == size and whole is data else bytes(whole[start:at]))
                start, need = at, 1
        self._need = need
        self._keep(whole, start, at)
        return found

    @property
    def within(self) -> bool:
        """Whether a frame has begun and is not whole yet."""
        return bool(self._data)

    def _keep(self, whole: bytes | bytearray, start: int, at: int) -> None:
        if start == len(whole):
            self._data, self._at, self._wanted = bytearray(), 0, 0
            return
        if start or whole is not self._data:
            self._data = bytearray(whole[start:])
        self._at = at - start
        self._wanted = max(self._wanted - start, 0)


def _is_one(data: bytes) -> bool:
    """Whether this is exactly one frame, of the usual kinds; no says nothing."""
    end = data.find(b"\r\n")
    if data[:1] == b"$":
        digits = data[1:end]
        return digits.isdigit() and len(data) == end + 4 + int(digits) and data[-2:] == b"\r\n"
    return 0 < end == len(data) - 2 and data[0] in _LINES


def _refuse_long(length: int) -> None:
    if length > LONGEST_LINE:
        raise RespError(f"a line of more than {LONGEST_LINE} bytes")


def _length(digits: bytes | bytearray) -> int:
    if digits.isdigit() and len(digits) < 11:
        return int(digits)
    if digits == b"-1":
        return -1
    raise RespError(f"{bytes(digits[:40])!r} is no length")


def command(frame: bytes) -> list[bytes]:
    """The words of a command, which is an array of bulk strings, as it comes from `Frames`.

    Raises:
        RespError: it is something else.
    """
    end = frame.find(b"\r\n")
    if frame[:1] != b"*":
        raise RespError(f"{frame[:40]!r} is no command: a command is an array")
    words: list[bytes] = []
    at = end + 2
    for _ in range(int(frame[1:end])):
        end = frame.find(b"\r\n", at)
        size = int(frame[at + 1 : end]) if frame[at : at + 1] == b"$" else -1
        if size < 0:
            raise RespError("a word of a command is a bulk string")
        at = end + 4 + size
        words.append(frame[end + 2 : at - 2])
    if not words:
        raise RespError("a command without a word")
    return words


def simple(data: bytes) -> list[bytes] | None:
    """The same, quickly, if this is exactly one command and no line ends within its words; None says nothing."""
    count, *rest = data.split(b"\r\n")
    words = rest[1::2]
    if count == b"*%d" % len(words) and rest[-1] == b"" and rest[:-1:2] == [b"$%d" % len(word) for word in words]:
        return words or None
    return None


def commands(frames: bytes) -> list[list[bytes]]:
    """The words of several commands."""
    words = simple(frames)
    return [words] if words is not None else [command(frame) for frame in Frames().feed(frames)]


def text(raw: bytes) -> str | bytes:
    """As text, if it is text."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw


def parsed(frame: bytes) -> Plain:
    """The plain value of one whole frame.

    ``+OK`` is ``{"simple": "OK"}``, ``-ERR no`` is ``{"error": "ERR no"}``, ``:1`` is 1, ``$2 hi`` is ``"hi"`` (bytes
    if it is no UTF-8), ``$-1`` and ``_`` are None, ``*-1`` is ``{"null": "array"}``, ``*`` is a list, ``#t`` is True,
    ``,1.5`` is ``{"double": "1.5"}``, ``(1`` is ``{"big": "1"}``, ``!`` is ``{"blob error": …}``, ``=`` is
    ``{"verbatim": …, "format": "txt"}``, ``~`` is ``{"set": […]}``, ``>`` is ``{"push": […]}``, ``%`` is
    ``{"map": {…}}`` or ``{"map": [[key, value], …]}``, ``|`` is ``{"attributes": <a map>, "of": value}``.

    Raises:
        RespError: it is no frame, or one that is nested too deeply.
    """
    value, end = _value(frame, 0, 0)
    if end != len(frame):
        raise RespError("more than one value")
    return value


def _value(frame: bytes, at: int, depth: int) -> tuple[Plain, int]:
    if depth > DEEPEST:
        raise RespError(f"values within values, more than {DEEPEST} deep")
    end = frame.find(b"\r\n", at)
    if end < 0:
        raise RespError("a value that breaks off")
    kind, line, after = frame[at], frame[at + 1 : end], end + 2
    if kind in _TEXTS:
        length = _length(line)
        content = frame[after : after + length]
        return (None, after) if length < 0 else (_bulk(kind, content), after + length + 2)
    if kind in _LISTS:
        items, after = _values(frame, after, max(_length(line), 0), depth)
        if kind == 42:
            return ({"null": "array"} if line == b"-1" else items), after
        return {"set" if kind == 126 else "push": items}, after
    if kind in _ITEMS:
        items, after = _values(frame, after, 2 * _length(line), depth)
        pairs = _map(items)
        if kind == 37:
            return {"map": pairs}, after
        about, after = _value(frame, after, depth + 1)
        return {"attributes": pairs, "of": about}, after
    return _line(kind, line), after


def _values(frame: bytes, at: int, count: int, depth: int) -> tuple[list[Plain], int]:
    items: list[Plain] = []
    for _ in range(count):
        item, at = _value(frame, at, depth + 1)
        items.append(item)
    return items, at


def _bulk(kind: int, content: bytes) -> Plain:
    if kind == 36:
        return text(content)
    if kind == 33:
        return {"blob error": text(content)}
    return {"verbatim": text(content[4:]), "format": text(content[:3])}


def _line(kind: int, line: bytes) -> Plain:
    if kind == 58 and line.removeprefix(b"-").isdigit() and len(line) < 21:
        return int(line)
    if kind == 95:
        return None
    if kind == 35:
        return line == b"t"
    if kind in _NAMES:
        return {_NAMES[kind]: text(line)}
    raise RespError(f"{bytes((kind,)) + line[:40]!r} is no value of RESP")


def _map(items: list[Plain]) -> Plain:
    keys, values = items[::2], items[1::2]
    if len({key for key in keys if isinstance(key, str)}) == len(keys):
        return {str(key): value for key, value in zip(keys, values, strict=True)}
    return [[key, value] for key, value in zip(keys, values, strict=True)]


def written(value: Plain, protocol: int, place: str = "reply") -> bytes:
    """A plain value as a frame.

    Args:
        value: as `parsed` gives it.
        protocol: 2 or 3: how None is written. All else is written as what it is.
        place: where it stands, for the error.

    Raises:
        RespError: it is no such value; the text begins with the place.
    """
    if isinstance(value, str | bytes):
        raw = value.encode() if isinstance(value, str) else value
        return b"$%d\r\n%b\r\n" % (len(raw), raw)
    if value is None:
        return b"_\r\n" if protocol == 3 else b"$-1\r\n"
    if isinstance(value, bool):
        return b"#t\r\n" if value else b"#f\r\n"
    if isinstance(value, int):
        return b":%d\r\n" % value
    if isinstance(value, list):
        return b"*%d\r\n%b" % (len(value), _each(value, protocol, place))
    if not isinstance(value, dict):
        _refuse(value, place)
    return _tagged(value, protocol, place)


def _each(values: list[Plain], protocol: int, place: str) -> bytes:
    return b"".join(written(value, protocol, f"{place}[{index}]") for index, value in enumerate(values))


def _tagged(value: dict[str, Plain], protocol: int, place: str) -> bytes:
    tag, content = next(iter(value.items()), ("", None))
    if value == {"null": "array"}:
        return b"*-1\r\n"
    if tag in _GROUPS and len(value) == 1 and isinstance(content, list):
        return b"%b%d\r\n%b" % (_GROUPS[tag], len(content), _each(content, protocol, f"{place}.{tag}"))
    if tag == "map" and len(value) == 1:
        return b"%" + _pairs(content, protocol, f"{place}.map")
    if tag == "attributes" and [*value] == ["attributes", "of"]:
        about = written(value["of"], protocol, f"{place}.of")
        return b"|" + _pairs(content, protocol, f"{place}.attributes") + about
    if not isinstance(content, str | bytes):
        _refuse(value, place)
    raw = content.encode() if isinstance(content, str) else content
    if tag in _WORDS and len(value) == 1 and b"\r" not in raw and b"\n" not in raw:
        return _WORDS[tag] + raw + b"\r\n"
    if tag == "blob error" and len(value) == 1:
        return b"!%d\r\n%b\r\n" % (len(raw), raw)
    if tag != "verbatim" or not isinstance(value.get("format"), str):
        _refuse(value, place)
    raw = str(value["format"]).encode() + b":" + raw
    return b"=%d\r\n%b\r\n" % (len(raw), raw)


def _pairs(content: Plain, protocol: int, place: str) -> bytes:
    pairs = [[key, value] for key, value in content.items()] if isinstance(content, dict) else content
    if not isinstance(pairs, list) or any(not isinstance(pair, list) or len(pair) != 2 for pair in pairs):
        _refuse(content, place)
    lines = (_each(cast("Any", pair), protocol, f"{place}[{index}]") for index, pair in enumerate(pairs))
    return b"%d\r\n%b" % (len(pairs), b"".join(lines))


def _refuse(value: object, place: str) -> NoReturn:
    raise RespError(f"{place}: {value!r:.80} is no value of RESP")
