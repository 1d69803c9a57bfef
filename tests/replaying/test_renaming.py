"""A recorded exchange reaches the app with the identifiers and the pseudonyms of the live run."""

from __future__ import annotations

from timetracer.cassette.model import Redaction
from timetracer.replaying.calls import Taken
from timetracer.replaying.identities import Identities, OneToOne
from timetracer.replaying.renaming import in_live_names
from toy import exchanged


def test_without_names_it_is_the_very_same() -> None:
    recorded = exchanged("GET", "a", b"1")
    assert in_live_names(Taken(recorded, (), Identities()), OneToOne()) is recorded


def test_pseudonyms_become_those_of_the_live_run_where_something_was_redacted() -> None:
    recorded = exchanged("GET", "a", b"redacted-token-1 redacted-token-2")
    names = OneToOne()
    names.bind([("redacted-token-7", "redacted-token-1")])
    assert in_live_names(Taken(recorded, (), Identities()), names) is recorded
    recorded.redactions = [Redaction("response.body", "token")]
    renamed = in_live_names(Taken(recorded, (), Identities()), names)
    assert renamed.response_body == b"redacted-token-7 redacted-token-2"
