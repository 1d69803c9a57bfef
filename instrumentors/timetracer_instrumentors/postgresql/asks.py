"""What both halves of the protocol have to know of a statement when it is carried out, looked up once."""

from __future__ import annotations

from typing import NamedTuple

from timetracer_instrumentors.postgresql import sql


class Asks(NamedTuple):
    """What a statement asks for."""

    text: str
    fact: bool
    incidental: bool
    own: bool
    """It claims no span: a driver begins a transaction within the call whose span is the query's."""
    uploads: bool
    listens: bool
    """Or does so no more."""
    declares: bytes | None
    """The cursor that it opens."""

    @property
    def matters_later(self) -> bool:
        """Whether it is more than a question and its answer."""
        return self.uploads or self.listens or self.declares is not None


@sql.remembered
def asked(query: bytes) -> Asks:
    """What this SQL asks for."""
    text = sql.text(query)
    cursor, incidental = sql.declared(text), sql.is_incidental(text)
    return Asks(
        text=text,
        fact=sql.is_fact(text),
        incidental=incidental,
        own=incidental and not sql.PING.fullmatch(text),
        uploads=sql.is_copy_in(text),
        listens=sql.channel(text) is not None,
        declares=None if cursor is None else cursor.encode("utf-8", "surrogateescape"),
    )
