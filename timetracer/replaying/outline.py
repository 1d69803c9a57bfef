"""A request with its tokens taken out: what two runs of the same call have in common."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from hashlib import blake2b

from timetracer.replaying.fields import Parts, Path, boundary, fields, json_fields, shown
from timetracer.replaying.moments import Moment, moment, plausible
from timetracer.replaying.noise import Noise
from timetracer.replaying.tokens import Kind, canonical, claims, tokens

_CORRELATION = re.compile(
    r"(?:x-)?(?:amzn-|ms-client-|goog-)?(?:request|correlation|trace|transaction|idempotency)-?(?:id|key)"
)
"""Headers that exist to carry a new identifier with each request. (Tracing's own headers never get here.)"""

_OBJECT_ID = "$oid"
"""In MongoDB's Extended JSON: what stands there is an identifier, whatever it looks like."""


@dataclass(slots=True, frozen=True)
class Mark:
    """A token in its place.

    Args:
        kind: see `tokens`.
        text: the token; an identifier in its canonical spelling.
        shape: see `tokens`.
        path: of the field it stands in.
        free: an identifier that a read may bring too: a request id, a token's ``jti``.
        moment: of a time.
    """

    kind: Kind
    text: str
    shape: str
    path: Path
    free: bool = False
    moment: Moment | None = None


@dataclass(slots=True)
class Outline:
    """The fields of a request as literal text and marks, and what was left out of it as noise."""

    pieces: list[str | Mark] = field(default_factory=list["str | Mark"])
    noise: dict[str, str] = field(default_factory=dict[str, str])
    """What (for people) -> the value that was left out."""

    @property
    def marks(self) -> tuple[Mark, ...]:
        return tuple(piece for piece in self.pieces if isinstance(piece, Mark))

    def digest(self, library: str, literal: Callable[[Mark], str | None]) -> bytes:
        """16 bytes that stand for the outline. `literal` says what a mark is fixed to; None: anything of its shape."""
        texts: list[str] = [library]
        for piece in self.pieces:
            if isinstance(piece, str):
                texts.append(piece)
            else:
                fixed = literal(piece)
                texts += ("\0", piece.shape) if fixed is None else ("\1", piece.shape, fixed)
        return blake2b(repr(texts).encode("utf-8", "surrogatepass"), digest_size=16).digest()


def outline(parts: Parts, noise: Noise, now: int) -> Outline:
    """The outline of a request.

    Args:
        parts: what identifies the request.
        noise: the user's rules.
        now: ns since the epoch on the clock that the request was made by: a bare number near it is a time.
    """
    found = Outline()
    if (edge := boundary(parts)) is not None:
        found.noise["multipart boundary"] = edge
    for path, value in fields(parts):
        covered = noise.covering(path) if noise else None
        if covered is None:
            found.pieces.append(shown(path))
            found.pieces.extend(_pieces(path, value, now, found.noise))
        else:
            label = f"noise rule ({shown(covered)})"
            if label not in found.noise:
                found.pieces += (shown(covered), "noise")
            found.noise[label] = found.noise.get(label, "") + value
    return found


def _pieces(path: Path, value: str, now: int, noise: dict[str, str]) -> Iterator[str | Mark]:
    free, done = _carries_new_identifier(path), 0
    if free and value.strip('"') and not any(token.kind == "identifier" for token in tokens(value)):
        yield Mark("identifier", value.strip('"'), "request id", path, free=True)
        return
    for token in tokens(value, decimal=path[-1] == _OBJECT_ID) if len(value) > 9 else ():
        when = None
        if token.kind == "time":
            when = moment(token.text, token.shape)
            if when is None or not plausible(when, token.shape, path[-1], now):
                continue
        inner = _claims(path, token.text) if token.kind == "jwt" else None
        if token.kind == "jwt" and inner is None:
            continue
        yield value[done : token.start]
        done = token.end
        if inner is not None:
            noise[f"JSON web token ({shown(path)})"] = token.text
            for step, claim in inner:
                yield shown(step)
                yield from _pieces(step, claim, now, noise)
        else:
            text = canonical(token.text) if token.kind == "identifier" else token.text
            yield Mark(token.kind, text, token.shape, path, free, when)
    yield value[done:]


def _carries_new_identifier(path: Path) -> bool:
    name = path[-1]
    return (len(path) == 2 and path[0] == "headers" and _CORRELATION.fullmatch(name.lower()) is not None) or (
        name == "jti" and "claims" in path
    )


def _claims(path: Path, jwt: str) -> list[tuple[Path, str]] | None:
    texts = claims(jwt)
    if texts is None:
        return None
    header, payload = json_fields((*path, "header"), texts[0]), json_fields((*path, "claims"), texts[1])
    return None if header is None or payload is None else [*header, *payload]
