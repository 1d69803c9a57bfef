"""How the live system has drifted from a recording: the same calls, made for real, compared answer by answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from timetracer.cassette.model import Cassette, Exchange
from timetracer.errors import UnmatchedCall
from timetracer.replaying.calls import Asked
from timetracer.replaying.fields import Parts, fields
from timetracer.replaying.matching import Index
from timetracer.replaying.renaming import in_live_names
from timetracer.replaying.session import Manner, candidates, parts_of
from timetracer.replaying.verdict import Verdict

if TYPE_CHECKING:
    from timetracer.seams.declaration import Instrumentor

_VOLATILE = """
    age date expires last-modified server set-cookie via x-request-id
    x-amz-id-2 x-amz-request-id x-amzn-requestid
"""
VOLATILE = frozenset(_VOLATILE.split())
"""Response headers that differ from answer to answer."""


def drift(
    recorded: Iterable[Cassette], live: Cassette, load: Callable[[str], Instrumentor | None], manner: Manner
) -> Verdict:
    """Compare what was recorded with what the same code got from the live system.

    Args:
        recorded: what there was.
        live: what there is now, recorded and redacted in the same manner.
        load: finds the instrumentor of a library.
        manner: what may differ in a request.

    Returns:
        A verdict in which a live call that was never recorded is missed, a recorded one that was not made is unplayed,
        and each difference between two answers is a line of ``drifted``.
    """
    index = Index(candidates(recorded, load), match=manner.match, noise=manner.noise)
    drifted: list[str] = []
    for exchange in sorted((candidate.exchange for candidate in candidates([live], load)), key=lambda one: one.started):
        instrumentor = load(exchange.library)
        if instrumentor is None:
            continue
        asked = Asked(
            library=exchange.library,
            key=exchange.key,
            parts=parts_of(instrumentor, exchange.request, exchange.request_body),
            write=instrumentor.writes(exchange.request),
            now=exchange.started,
        )
        try:
            taken = index.take(asked)
        except UnmatchedCall:
            continue  # the verdict has it
        there, here = (_answer(one) for one in (in_live_names(taken, index.pseudonyms), exchange))
        drifted += [f"{exchange.key}: {line}" for line in differences(there, here)]
    verdict = index.verdict()
    verdict.drifted = drifted
    return verdict


def _answer(exchange: Exchange) -> Parts:
    if exchange.error is not None:
        return {"error": f"{exchange.error.get('type')!r} of {exchange.error.get('args')!r}"}
    response = exchange.response or {}
    parts: dict[str, str | bytes] = {
        name: str(value) for name, value in response.items() if name not in ("headers", "coding", "abandoned")
    }
    pairs = response.get("headers")
    if isinstance(pairs, (list, tuple)):
        lines = (
            f"{str(pair[0]).lower()}: {pair[1]!s}"
            for pair in pairs
            if isinstance(pair, (list, tuple)) and len(pair) == 2
        )
        parts["headers"] = "\n".join(sorted(line for line in lines if line.partition(":")[0] not in VOLATILE))
    parts["body"] = exchange.response_body or b""
    return parts


def differences(recorded: Parts, live: Parts) -> Iterator[str]:
    """How two answers differ, a line for each value."""
    there, here = dict(fields(recorded)), dict(fields(live))
    for path in [*there, *(path for path in here if path not in there)]:
        if there.get(path) != here.get(path):
            place = ".".join(("response", *path)).replace(".[", "[")
            yield f"{place}: recorded {there.get(path, 'nothing')}, now {here.get(path, 'nothing')}"
