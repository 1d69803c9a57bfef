"""A body as people read it: JSON indented, form fields one a line, markup highlighted, bytes as a hex preview.

For display only. JSON is indented token by token and never parsed and written again: a number of 23 digits, a duplicate
key or ``1.10`` looks as it was sent.
"""

from __future__ import annotations

import codecs
import hashlib
import re
from collections.abc import Iterator
from urllib.parse import parse_qsl

from rich.text import Text

from timetracer.analysis.amounts import size
from timetracer.terminal.paper import QUIET, Paper
from timetracer.terminal.visible import visible_lines

SHOWN_CHARACTERS = 64 * 1024
_HEX_BYTES, _HEX_ROW = 256, 16
_DEEPEST = 100
_TOKEN = re.compile(r"""\s*("(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+)""")
# Charsets whose decoders are linear and cannot be tricked; the names come from a recorded header.
_CHARSETS = frozenset(
    {
        "utf-8",
        "utf-16",
        "utf-32",
        "ascii",
        "iso8859-1",
        "iso8859-15",
        "cp1252",
        "shift_jis",
        "euc_jp",
        "gbk",
        "gb18030",
        "big5",
        "euc_kr",
    }
)


def body_lines(body: bytes, content_type: str, paper: Paper) -> Iterator[Text]:
    """The lines that show a body; none for an empty one. At most `SHOWN_CHARACTERS`, then how much there is.

    A body that is not shown whole ends with its digest, so that a diff of two renderings sees any change.
    """
    media, _, parameters = content_type.lower().partition(";")
    media = media.strip()
    head = body[: 4 * SHOWN_CHARACTERS]
    text = decoded(head, parameters, cut=len(head) < len(body))
    if text is None:
        yield from _hex_lines(body)
        return
    whole = len(head) == len(body) and len(text) <= SHOWN_CHARACTERS
    text = text[:SHOWN_CHARACTERS]
    if media == "application/x-www-form-urlencoded" and whole:
        yield from _form_lines(text, paper)
        return
    lexer = _lexer(media, text)
    if lexer == "json" and (not whole or _is_json(head)):
        text = indented(text)
    lines = visible_lines(text, ascii_only=paper.ascii_only, limit=4 * len(text) + 1) if text else []
    if lexer and paper.colour:
        yield from _highlighted("\n".join(lines), lexer).split("\n", allow_blank=True)
    else:
        yield from map(Text, lines)
    if not whole:
        yield _beginning(body)


def decoded(body: bytes, parameters: str = "", *, cut: bool = False) -> str | None:
    """The text that a body is, by the charset in its content type's parameters (else UTF-8); None where it is not text.

    With `cut`, the bytes are the beginning of a body and may end inside a character.
    """
    named = re.search(r"charset=[\"']?([\w.:-]{1,40})", parameters)
    try:
        charset = codecs.lookup(named.group(1)).name if named else "utf-8"
        if charset not in _CHARSETS:
            return None
        text = codecs.getincrementaldecoder(charset)().decode(body, final=not cut)
    except (LookupError, UnicodeError):
        return None
    return None if "\x00" in text else text


def indented(json_text: str) -> str:
    """JSON text, or the beginning of one, laid out with two blanks a level; every token as it was.

    Text that nests deeper than a page can show comes back unchanged.
    """
    parts: list[str] = []
    depth, position, previous = 0, 0, ""
    while found := _TOKEN.match(json_text, position):
        token, position = found.group(1), found.end()
        if token in ("}", "]"):
            depth -= 1
            if previous not in ("{", "["):
                parts.append("\n" + "  " * depth)
        elif previous in ("{", "[", ",") or (not depth and previous and token not in (",", ":") and previous != ":"):
            parts.append("\n" + "  " * depth)  # at depth 0, the next of several documents
        elif previous == ":":
            parts.append(" ")
        parts.append(token)
        if token in ("{", "["):
            depth += 1
        if depth > _DEEPEST:
            return json_text
        previous = token
    return "".join(parts) + json_text[position:].rstrip()


def _is_json(body: bytes) -> bool:
    import orjson

    try:
        orjson.loads(body)
    except orjson.JSONDecodeError:
        return False
    return True


def _lexer(media: str, text: str) -> str:
    """The name of what highlights it, by media type or, without one, by the first character; empty for plain text."""
    subtype = media.rpartition("/")[2]
    if subtype in ("json", "ndjson") or subtype.endswith("+json"):
        return "json"
    if subtype in ("html", "xhtml+xml"):
        return "html"
    if subtype == "xml" or subtype.endswith("+xml"):
        return "xml"
    return "json" if not media and text.lstrip()[:1] in ("{", "[") else ""


def _highlighted(safe: str, lexer: str) -> Text:
    from rich.syntax import Syntax

    text = Syntax("", lexer, theme="ansi_dark", background_color="default").highlight(safe)
    text.rstrip()
    return text


def _form_lines(text: str, paper: Paper) -> Iterator[Text]:
    for name, value in parse_qsl(text, keep_blank_values=True, errors="surrogateescape"):
        yield Text.assemble((paper.text(name), "cyan"), " = ", paper.text(value))


def _hex_lines(body: bytes) -> Iterator[Text]:
    for offset in range(0, min(len(body), _HEX_BYTES), _HEX_ROW):
        row = body[offset : min(offset + _HEX_ROW, _HEX_BYTES)]
        printed = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in row)
        yield Text.assemble((f"{offset:08x}  ", QUIET), f"{row.hex(' '):<{3 * _HEX_ROW}} ", (printed, "cyan"))
    if len(body) > _HEX_BYTES:
        yield _beginning(body)


def _beginning(body: bytes) -> Text:
    return Text(f"[the beginning of {size(len(body))}, sha256 {hashlib.sha256(body).hexdigest()}]", QUIET)
