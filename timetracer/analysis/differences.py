"""What differs between two spans, value by value, each under a path: ``request.body.items[0].id``.

Paths of a request are those that noise rules have (see ``docs/matching.md``): one that is printed can be pasted as a
rule.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from timetracer.analysis.semconv import about
from timetracer.analysis.spelling import spelt
from timetracer.cassette import values
from timetracer.cassette.model import Exchange, Plain, Span
from timetracer.cassette.places import is_list
from timetracer.cassette.sameness import CONNECTION, TRACE_HEADERS
from timetracer.replaying.drift import VOLATILE
from timetracer.replaying.fields import Parts, Path, fields

_OF_THE_MOMENT: Final = TRACE_HEADERS | VOLATILE | {"content-length"}
"""Headers that differ from time to time and say nothing."""
_NO_ANSWER: Final = frozenset({"coding", "headers", CONNECTION})


@dataclass(frozen=True, slots=True)
class Difference:
    """One value that differs."""

    path: str
    before: str | None
    """As JSON has it; None where there is no such value."""
    after: str | None


class Choice:
    """Which paths count. A rule covers everything below it; ``*`` is any name, or part of one, ``[*]`` any place.

    Args:
        ignored: paths that do not count.
        only: if there are any, the paths that count.
    """

    def __init__(self, ignored: Iterable[str] = (), only: Iterable[str] = ()) -> None:
        self._ignored = [_compiled(rule) for rule in ignored]
        self._only = [_compiled(rule) for rule in only]

    def counts(self, path: str) -> bool:
        """Whether a difference at `path` is one."""
        if any(rule(path) for rule in self._ignored):
            return False
        return not self._only or any(rule(path) for rule in self._only)


def differences(before: Span, after: Span, choice: Choice | None = None) -> list[Difference]:
    """What differs in request, response, error and status. Times, ids, headers of the moment and what is
    true of one connection alone do not count."""
    choice = choice or Choice()
    return [each for each in _all(before, after) if choice.counts(each.path)]


def _all(before: Span, after: Span) -> Iterator[Difference]:
    one, other = before.exchange, after.exchange
    if one is not None and other is not None:
        yield from _parts_compared("request", _asked(one), _asked(other))
        yield from _parts_compared("response", _answered(one), _answered(other))
        yield from _compared("error", _error(one), _error(other))
        if (one.chunks is None) != (other.chunks is None):
            yield Difference("response.chunks", _count(one), _count(other))
    elif one is not None or other is not None:
        yield Difference("exchange", one.key if one else None, other.key if other else None)
    for name, first, second in (
        ("name", before.name, after.name),
        ("kind", before.kind.name.lower(), after.kind.name.lower()),
        ("status", _status(before), _status(after)),
    ):
        if first != second:
            yield Difference(f"span.{name}", first, second)


def _parts_compared(side: str, before: Parts, after: Parts) -> Iterator[Difference]:
    """A part that is the same on both sides is not looked into: a body may have 50 MB."""
    # Headers say how a body is to be read.
    same = {name for name, part in before.items() if name != "headers" and after.get(name) == part}
    kept = ({name: part for name, part in parts.items() if name not in same} for parts in (before, after))
    yield from _compared(side, *map(fields, kept))


def _compared(side: str, before: Iterable[tuple[Path, str]], after: Iterable[tuple[Path, str]]) -> Iterator[Difference]:
    there, here = dict(before), dict(after)
    for path in [*there, *(path for path in here if path not in there)]:
        if there.get(path) != here.get(path):
            yield Difference(".".join((side, *path)).replace(".[", "["), there.get(path), here.get(path))


def _asked(exchange: Exchange) -> Parts:
    """A request in its parts, as matching has them."""
    request = exchange.request
    parts: dict[str, str | bytes] = {}
    url = request.get("url")
    if isinstance(url, str) and "method" in request:
        address, _, query = url.partition("#")[0].partition("?")
        scheme, sign, rest = address.partition("://")
        host, slash, path = (rest if sign else address).partition("/")
        parts = {"method": spelt(request["method"]), "host": f"{scheme if sign else ''}://{host}", "path": slash + path}
        parts |= {"query": query, "headers": _headers(request)}
        told = {"method", "url", "headers", CONNECTION}
    else:
        told = {CONNECTION}
    parts |= {name: _part(value) for name, value in request.items() if name not in told}
    if exchange.request_body is not None:
        parts["body"] = exchange.request_body
    return parts


def _answered(exchange: Exchange) -> Parts:
    response: Mapping[str, Plain] = exchange.response or {}
    parts = {name: _part(value) for name, value in response.items() if name not in _NO_ANSWER}
    if "headers" in response:
        parts["headers"] = _headers(response)
    if exchange.response_body is not None:
        parts["body"] = exchange.response_body
    return parts


def _error(exchange: Exchange) -> Iterator[tuple[Path, str]]:
    return fields({name: _part(value) for name, value in (exchange.error or {}).items()})


def _part(value: Plain) -> str | bytes:
    return value if isinstance(value, (str, bytes)) else values.dumps(value)


def _headers(message: Mapping[str, Plain]) -> str:
    pairs: Any = message.get("headers")
    lines = (
        (f"{spelt(pair[0]).lower()}: {spelt(pair[1])}" for pair in pairs if is_list(pair) and len(pair) == 2)
        if is_list(pairs)
        else ()
    )
    return "\n".join(sorted(line for line in lines if line.partition(":")[0] not in _OF_THE_MOMENT))


def _status(span: Span) -> str:
    facts = about(span)
    return f"{facts.status or 'unset'}{f' ({facts.error})' if facts.error and not span.exchange else ''}"


def _count(exchange: Exchange) -> str | None:
    return None if exchange.chunks is None else str(len(exchange.chunks))


def _compiled(rule: str) -> Callable[[str], object]:
    pattern = re.escape(rule).replace(r"\[\*\]", r"\[\d+\]").replace(r"\*", r"[^.\[]*")
    return re.compile(rf"{pattern}(?:[.\[].*)?", re.DOTALL | re.IGNORECASE).fullmatch
