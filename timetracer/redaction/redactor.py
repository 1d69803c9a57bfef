"""Takes the secrets out of a whole cassette, or out of one request that is about to be matched."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import accumulate
from math import inf

from timetracer.cassette.model import Cassette, Exchange, Plain, Redaction, Span
from timetracer.redaction.bodies import as_text, body_finds, content_type, is_clean
from timetracer.redaction.echoes import Echoes
from timetracer.redaction.finds import Find, moved, moved_chunks
from timetracer.redaction.inspector import Inspector
from timetracer.redaction.pseudonyms import PSEUDONYM, Pseudonyms
from timetracer.redaction.rules import DEFAULT, Rules
from timetracer.redaction.walk import Piece, Walk, rebuilt


@dataclass(slots=True)
class _Place:
    """One attribute of an exchange, a span, an event or a cassette."""

    owner: object
    attribute: str
    look: Callable[[], list[Piece]]
    """Finds the secrets in it."""
    glance: str | None = None
    """All of it as one text if a quick look found nothing; `look` is called only if that holds an echo."""
    marks: list[Redaction] | None = None
    """Where redactions are noted; None: nowhere, as the place only repeats another one."""
    times: tuple[float, float, bool] = (inf, inf, False)
    """ns: when its exchange began, when what stands here came to be; and whether it is part of a request."""
    pieces: list[Piece] = field(default_factory=list[Piece])

    def __post_init__(self) -> None:
        if self.glance is None:
            self._look()

    def _look(self) -> None:
        self.pieces = self.look()
        self._settle()

    def _settle(self) -> None:
        for piece in self.pieces:
            if piece.finds:
                piece.settle()

    @property
    def finds(self) -> Iterator[Find]:
        """The secrets that get a pseudonym here, in order."""
        return (find for piece in self.pieces for find in piece.finds if find.replacement is None)

    def add_echoes(self, echoes: Echoes) -> None:
        """Look for known secrets that stand here without a name."""
        if self.glance is not None:
            if not echoes.within(self.glance):
                return
            self._look()
        offsets = [0, *accumulate(len(piece.text) + 1 for piece in self.pieces)]
        for echo in echoes.within("\n".join(piece.text for piece in self.pieces)):
            index = bisect_right(offsets, echo.start) - 1
            if echo.end < offsets[index + 1]:
                self.pieces[index].add_echo(echo, offsets[index])
        self._settle()

    def replace(self, pseudonyms: Pseudonyms) -> None:
        """Put what is left without the secrets."""
        for piece in self.pieces:
            if piece.finds:
                piece.name(pseudonyms)
        value = rebuilt(getattr(self.owner, self.attribute), (piece.result() for piece in self.pieces))
        setattr(self.owner, self.attribute, value)


class Redactor:
    """Finds secrets by `rules`, replaces them by pseudonyms and marks where they were. Thread-safe."""

    def __init__(self, rules: Rules = DEFAULT) -> None:
        self.rules = rules
        self._inspector = Inspector(rules)
        self._walk = Walk(self._inspector)
        self._prose = Walk(self._inspector, prose=True)
        self._closer: dict[tuple[tuple[str, str | None], ...], Redactor] = {}

    def redact_request(
        self,
        request: dict[str, Plain],
        body: bytes | None,
        pseudonyms: Pseudonyms,
        secrets: Mapping[str, str | None] | None = None,
    ) -> tuple[dict[str, Plain], bytes | None, list[Redaction]]:
        """One live request (and its body) as a cassette has it. Nothing is changed in place.

        The very same objects come back where there is nothing to redact.

        Args:
            request: what describes it.
            body: its body.
            pseudonyms: of this replay.
            secrets: what its instrumentor knows to be secret; see `Instrumentor.secrets`.
        """
        if secrets:
            return self._with(secrets).redact_request(request, body, pseudonyms)
        glance = self._walk.glance(request)
        if glance is not None and (not body or self._is_clean(body, request)):
            echoes = pseudonyms.echoes
            if not echoes or not (echoes.within(glance) or (body and echoes.within(as_text(body).text))):
                return request, body, []
        exchange = Exchange("", "", request, body)
        places = list(self._request(exchange))
        self._number(places, pseudonyms)
        self._replace(places, pseudonyms)
        return exchange.request, exchange.request_body, exchange.redactions

    def redact_cassette(self, cassette: Cassette, pseudonyms: Pseudonyms) -> None:
        """Everything in `cassette`, in place. Bodies keep their bytes but for the secrets; `chunks` go on adding up."""
        places: list[_Place] = []
        clean: list[tuple[Span, str]] = []
        for span in cassette.spans:
            glance = self._of(span)._glance(span)
            if glance is None:
                places += self._of(span)._places(span)
            else:
                clean.append((span, glance))
        marks = cassette.spans[0].redactions if cassette.spans else None
        places.append(self._place(cassette, "resource", "resource", marks))
        places.append(self._place(cassette, "name", "cassette.name", marks))
        self._number(places, pseudonyms)
        if pseudonyms.echoes:
            echoing = [span for span, glance in clean if pseudonyms.echoes.within(glance)]
            places += (place for span in echoing for place in self._places(span))
        self._replace(places, pseudonyms)

    def _of(self, span: Span) -> Redactor:
        return self._with(span.exchange.secrets) if span.exchange is not None and span.exchange.secrets else self

    def _with(self, secrets: Mapping[str, str | None]) -> Redactor:
        """The same rules and more. Instrumentors have few of these, so all are kept."""
        name = tuple(secrets.items())
        closer = self._closer.get(name)
        if closer is None:
            closer = self._closer[name] = Redactor(self.rules.also(known=name))
        return closer

    def _glance(self, span: Span) -> str | None:
        """A quick look: all texts of `span` in one if there is nothing to redact, None if there may be."""
        exchange = span.exchange
        if span.events or span.links or span.status_message or (exchange is not None and exchange.error is not None):
            return None
        if exchange is None:
            return self._walk.glance([span.name, span.attributes])
        values = [exchange.request, exchange.key, exchange.response, span.name, span.attributes]
        glance = self._walk.glance(values)
        for body, message in ((exchange.request_body, exchange.request), (exchange.response_body, exchange.response)):
            if body and glance is not None:
                glance = f"{glance}\n{as_text(body).text}" if self._is_clean(body, message) else None
        return glance

    def _is_clean(self, body: bytes, message: dict[str, Plain] | None) -> bool:
        return is_clean(self._inspector, body, content_type(message or {}))

    def _places(self, span: Span) -> Iterator[_Place]:
        if span.exchange is not None:
            yield from self._request(span.exchange)
            yield from self._outcome(span.exchange)
        yield from self._span(span)

    def _request(self, exchange: Exchange) -> Iterator[_Place]:
        times = (exchange.started, exchange.started, True)
        yield self._place(exchange, "request", "request", exchange.redactions, times)
        if exchange.request_body:
            yield self._body(exchange, "request", exchange.request_body, exchange.request, times)
        if exchange.key:
            yield _Place(exchange, "key", lambda: [self._key(exchange)], self._walk.glance(exchange.key), times=times)

    def _outcome(self, exchange: Exchange) -> Iterator[_Place]:
        times = (exchange.started, exchange.ended, False)
        if exchange.response is not None:
            yield self._place(exchange, "response", "response", exchange.redactions, times)
        if exchange.response_body:
            yield self._body(exchange, "response", exchange.response_body, exchange.response or {}, times)
        if exchange.error is not None:
            yield self._place(exchange, "error", "error", exchange.redactions, times, prose=True)

    def _key(self, exchange: Exchange) -> Piece:
        """The key repeats the URL: what is secret there is secret here."""
        key, url = exchange.key, exchange.request.get("url")
        if isinstance(url, str) and url and url in key:
            finds = moved(self._inspector.url(url, "request.url", "request.query"), key.index(url))
            return Piece("request.key", key, key, finds + self._inspector.free(key, "request.key"))
        return Piece("request.key", key, key, self._inspector.value(key, "request.key"))

    def _span(self, span: Span) -> Iterator[_Place]:
        yield self._place(span, "name", "span.name", span.redactions)
        yield self._place(span, "attributes", "span.attributes", span.redactions)
        if span.status_message:
            yield self._place(span, "status_message", "span.status_message", span.redactions, prose=True)
        for index, event in enumerate(span.events):
            path = f"span.events.{index}"
            yield self._place(event, "name", f"{path}.name", span.redactions)
            yield self._place(event, "attributes", f"{path}.attributes", span.redactions, prose=True)
        for index, link in enumerate(span.links):
            yield self._place(link, "attributes", f"span.links.{index}.attributes", span.redactions)

    def _place(
        self,
        owner: object,
        attribute: str,
        path: str,
        marks: list[Redaction] | None,
        times: tuple[float, float, bool] = (inf, inf, False),
        *,
        prose: bool = False,
    ) -> _Place:
        walk = self._prose if prose else self._walk
        value = getattr(owner, attribute)
        return _Place(owner, attribute, lambda: list(walk.pieces(value, path)), walk.glance(value), marks, times)

    def _body(
        self, exchange: Exchange, side: str, body: bytes, message: dict[str, Plain], times: tuple[float, float, bool]
    ) -> _Place:
        media_type, path = content_type(message), f"{side}.body"
        text = as_text(body)

        def look() -> list[Piece]:
            finds = body_finds(self._inspector, text, media_type, path)
            return [Piece(path, body, text.text, finds, text.encoding)]

        glance = text.text if self._is_clean(body, message) else None
        return _Place(exchange, f"{side}_body", look, glance, exchange.redactions, times)

    def _number(self, places: list[_Place], pseudonyms: Pseudonyms) -> None:
        for find in _in_order([place for place in places if place.pieces]):
            pseudonyms.of(find.secret, find.kind)
            if find.echoes:
                pseudonyms.echoes.add(find.secret, find.kind)

    def _replace(self, places: list[_Place], pseudonyms: Pseudonyms) -> None:
        for place in places:
            if pseudonyms.echoes:
                place.add_echoes(pseudonyms.echoes)
            if any(piece.finds for piece in place.pieces):
                place.replace(pseudonyms)
                if place.attribute == "response_body":
                    _move_chunks(place)
                if place.marks is not None:
                    self._mark(place, place.marks, pseudonyms)

    def _mark(self, place: _Place, marks: list[Redaction], pseudonyms: Pseudonyms) -> None:
        """One mark for each path and kind."""
        finds = [find for piece in place.pieces for find in piece.finds]
        keys = {find.secret: pseudonyms.of(find.secret, find.kind) for find in finds if find.in_key}
        for path, kind in dict.fromkeys((find.path, find.kind) for find in finds):
            marks.append(Redaction(self._shown(path, keys, pseudonyms), kind))

    def _shown(self, path: str, keys: dict[str, str], pseudonyms: Pseudonyms) -> str:
        """A path may hold a secret itself, as a key of a JSON object or the name of a parameter can be one."""
        for secret, pseudonym in keys.items():
            path = path.replace(secret, pseudonym)
        for echo in pseudonyms.echoes.within(path):
            path = path.replace(path[echo.start : echo.end], pseudonyms.of(echo.secret, echo.kind))
        return f"{path.partition('.')[0]}.*" if self._inspector.key(PSEUDONYM.sub("", path), "") else path


def _in_order(places: list[_Place]) -> Iterator[Find]:
    """Every secret in the order in which it is numbered.

    First those that the app brought, in the order in which it made its requests, then those that responses gave it.
    A replay sees only requests, with the given ones replaced already: so it comes to the same numbers.
    """
    brought: dict[str, bool] = {}
    for place in sorted(places, key=lambda place: (place.times[1], not place.times[2])):
        for find in place.finds:
            brought.setdefault(find.secret, place.times[2])
    for place in sorted(places, key=lambda place: (not place.times[2], place.times[0])):
        yield from (find for find in place.finds if brought[find.secret] or not place.times[2])


def _move_chunks(place: _Place) -> None:
    exchange = place.owner
    if not place.pieces or not isinstance(exchange, Exchange) or exchange.chunks is None:
        return
    piece = place.pieces[0]
    if piece.edits and sum(length for length, _ in exchange.chunks) == len(piece.value):
        exchange.chunks = moved_chunks(exchange.chunks, piece.text, piece.edits, piece.encoding)
