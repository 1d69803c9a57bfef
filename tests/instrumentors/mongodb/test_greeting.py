"""What a server says of itself in a replay."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from timetracer_instrumentors.mongodb.greeting import PLAIN, greet

SET = {"setName": "rs", "hosts": ["a:1", "b:2", "c:3"], "primary": "a:1", "maxWireVersion": 25}
FIRST = {**SET, "me": "a:1", "isWritablePrimary": True, "ismaster": True, "secondary": False}
SECOND = {**SET, "me": "b:2", "isWritablePrimary": False, "ismaster": False, "secondary": True}


def greeted(peer: tuple[str, int | None], *recorded: dict[str, Any]) -> dict[str, Any]:
    return greet([orjson.dumps(each) for each in recorded], peer)


def test_without_a_recording_it_is_a_server_by_itself() -> None:
    assert greeted(("db", 27017)) == PLAIN


def test_a_server_by_itself_says_what_it_said() -> None:
    said = greeted(("db", 27017), {"maxWireVersion": 17, "ismaster": True})
    assert (said["maxWireVersion"], said["isWritablePrimary"]) == (17, True)
    assert not {"topologyVersion", "setName"} & said.keys()


@pytest.mark.parametrize(
    ("peer", "own"),
    [(("elsewhere", 9), "elsewhere:9"), (("::1", 9), "[::1]:9"), (("/tmp/mongo.sock", None), "/tmp/mongo.sock")],
)
def test_a_set_is_led_by_whomever_the_driver_found(peer: tuple[str, int | None], own: str) -> None:
    said = greeted(peer, FIRST)
    assert said["hosts"] == [own, "b:2", "c:3"]
    assert (said["me"], said["primary"], said["isWritablePrimary"], said["secondary"]) == (own, own, True, False)


@pytest.mark.parametrize("recorded", [(FIRST,), (SECOND,), (FIRST, SECOND), (SECOND, FIRST)])
def test_its_secondaries_are_where_they_were(recorded: tuple[dict[str, Any], ...]) -> None:
    assert greeted(("a", 1), *recorded)["isWritablePrimary"]
    said = greeted(("b", 2), *recorded)
    assert (said["me"], said["hosts"], said["isWritablePrimary"], said["secondary"]) == ("b:2", ["b:2"], False, True)


def test_of_two_servers_each_says_its_own() -> None:
    other = {"setName": "other", "hosts": ["x:1"], "primary": "x:1", "me": "x:1"}
    said = greeted(("x", 1), FIRST, other)
    assert (said["setName"], said["hosts"]) == ("other", ["x:1"])
    assert greeted(("a", 1), FIRST, other)["setName"] == "rs"
