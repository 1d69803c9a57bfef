"""What an instrumentor declares: under which name its exchanges go, and when it is live."""

from __future__ import annotations

from dataclasses import replace

import pytest

from seams.toy_wire import TOYWIRE
from timetracer.cassette.model import Exchange
from toy import TOY


def test_exchanges_go_by_the_protocol_where_several_libraries_speak_it() -> None:
    assert (TOY.name, TOYWIRE.name, replace(TOYWIRE, library="another").name) == (TOY.library, "lines", "lines")


@pytest.mark.parametrize(
    ("live", "is_live"), [({"toywire"}, True), ({"lines"}, True), ({"other"}, False), (set[str](), False)]
)
def test_a_library_is_live_by_its_name_and_by_its_protocols(live: set[str], is_live: bool) -> None:
    assert TOYWIRE.is_live(frozenset(live)) is is_live


def test_what_is_not_said_is_nothing_special() -> None:
    exchange = Exchange("lines", "GET", {}, response={}, response_body=b"as it is")
    assert TOYWIRE.wire_body(exchange) == b"as it is"
    assert TOYWIRE.wire_body(replace(exchange, response_body=None)) == b""
    assert (TOY.incidental({}), TOY.delivery({}), TOY.secrets({}), TOY.keywords(ValueError())) == (False, False, {}, {})
