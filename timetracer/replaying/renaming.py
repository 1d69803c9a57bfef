"""A recorded exchange in the names of the live run: its identifiers, and its pseudonyms of the same secrets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from timetracer.cassette.model import Exchange, Plain
from timetracer.redaction.pseudonyms import NAME
from timetracer.replaying.calls import Taken
from timetracer.replaying.identities import OneToOne, Text, mapped


def in_live_names(taken: Taken, pseudonyms: OneToOne) -> Exchange:
    """The recorded exchange with the live identifiers, and the live pseudonyms of the same secrets, in place of the
    recorded ones."""

    def renamed(text: Text) -> Text:
        if isinstance(text, bytes):
            return renamed(text.decode("latin-1")).encode("latin-1")
        return NAME.sub(lambda name: pseudonyms.live_of.get(name[0], name[0]), text)

    recorded, identities = taken.exchange, taken.identities
    if identities:
        recorded = _translated(recorded, identities.to_live, identities.to_live_plain)
    if recorded.redactions and pseudonyms.renames:
        recorded = _translated(recorded, renamed, lambda value: mapped(value, renamed, renamed))
    return recorded


def _translated(recorded: Exchange, in_bytes: Callable[[bytes], bytes], in_plain: Callable[[Plain], Plain]) -> Exchange:
    """The recorded exchange with this replay's names in place of the recorded ones."""
    response = {name: in_plain(value) for name, value in (recorded.response or {}).items()}
    error = {name: in_plain(value) for name, value in (recorded.error or {}).items()}
    return replace(
        recorded,
        response=None if recorded.response is None else response,
        response_body=None if recorded.response_body is None else in_bytes(recorded.response_body),
        error=None if recorded.error is None else error,
    )
