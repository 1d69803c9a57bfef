"""Which values the user's rules cover."""

from __future__ import annotations

import pytest

from timetracer.errors import SettingError
from timetracer.replaying.noise import Noise


@pytest.mark.parametrize(
    ("rule", "path", "covered"),
    [
        ("request.body.nonce", ("body", "nonce"), ("body", "nonce")),
        ("request.body.nonce", ("body", "nonce", "[0]", "x"), ("body", "nonce")),
        ("request.body.nonce", ("body", "nonces"), None),
        ("request.body.nonce", ("body",), None),
        ("request.body.nonce", ("body", "Nonce"), None),
        ("request.headers.X-Time", ("headers", "x-time"), ("headers", "x-time")),
        ("request.headers.x-*", ("headers", "x-anything"), ("headers", "x-anything")),
        ("request.body.items[*].id", ("body", "items", "[12]", "id"), ("body", "items", "[12]", "id")),
        ("request.body.items[*].id", ("body", "items", "0", "id"), None),
        ("request.body.items[1]", ("body", "items", "[1]"), ("body", "items", "[1]")),
        ("request.body.items[1]", ("body", "items", "[0]"), None),
        ("request.body.*.id", ("body", "a", "id"), ("body", "a", "id")),
        ("request.body.a+b", ("body", "aab"), None),
        ("request.body", ("body",), ("body",)),
    ],
)
def test_a_rule_covers(rule: str, path: tuple[str, ...], covered: tuple[str, ...] | None) -> None:
    assert Noise([rule]).covering(path) == covered


@pytest.mark.parametrize("rule", ["", "request", "response.body.id", "body.nonce", "request..x", "request.body."])
def test_a_rule_that_names_nothing_is_refused_with_its_place(rule: str) -> None:
    with pytest.raises(SettingError, match="from the settings") as refused:
        Noise([rule], source="the settings")
    assert repr(rule) in str(refused.value)


def test_no_rules_no_noise() -> None:
    assert not Noise()
    assert Noise().covering(("body",)) is None
