"""Every setting reaches the part of the engine that it is about."""

from __future__ import annotations

import pytest

from timetracer.cassette.model import Cassette, Exchange, Span
from timetracer.config import Settings
from timetracer.recording.session import Choice
from timetracer.redaction.pseudonyms import Pseudonyms
from timetracer.redaction.rules import Rules
from timetracer.replaying.noise import Noise
from timetracer.settled import choice_of, manner_of, redactor_of


def test_the_defaults_record_and_compare_everything() -> None:
    settings = Settings()
    redactor = redactor_of(settings)
    assert choice_of(settings) == Choice()
    manner = manner_of(settings, redactor)
    assert (manner.live, manner.match, manner.hint, manner.max_body_bytes) == (frozenset(), None, "", 32 * 2**20)
    assert manner.redactor is redactor


def test_what_to_record() -> None:
    settings = Settings(sample_rate=0.25, max_body_bytes=7, live=("redis", "httpx", "redis"))
    assert choice_of(settings) == Choice(0.25, 7, frozenset({"httpx", "redis"}))


def test_how_to_replay() -> None:
    settings = Settings(live=("redis",), match=("method",), max_body_bytes=7, noise=("request.body.at",))
    manner = manner_of(settings, redactor_of(settings), "make record")
    assert (manner.live, manner.match, manner.max_body_bytes) == (frozenset({"redis"}), ("method",), 7)
    assert manner.hint == "make record"
    assert vars_of(manner.noise) == vars_of(Noise(("request.body.at",))) != vars_of(Noise())


def vars_of(one: object) -> list[object]:
    names = getattr(type(one), "__slots__", None) or vars(one)
    return [getattr(one, name) for name in names]


def secrets_left(settings: Settings, rules: Rules | None = None) -> list[str]:
    """Which of three planted values still stand in a redacted cassette."""
    body = b'{"password": "hunter2hunter2", "nickname": "robin-the-brave", "shelf": "row-seventeen"}'
    exchange = Exchange("toy", "PUT a", {"headers": [["content-type", "application/json"]]}, body)
    cassette = Cassette([Span("send", "1" * 32, "1" * 16, exchange=exchange)])
    redactor_of(settings, rules).redact_cassette(cassette, Pseudonyms())
    left = exchange.request_body or b""
    return [name for name in ("hunter2hunter2", "robin-the-brave", "row-seventeen") if name.encode() in left]


@pytest.mark.parametrize(
    ("settings", "left"),
    [
        (Settings(), ["robin-the-brave", "row-seventeen"]),
        (Settings(redact_names=("nickname",)), ["row-seventeen"]),
        (Settings(redact_paths=("request.body.shelf",)), ["robin-the-brave"]),
        (Settings(redact_keep=("request.body.password",)), ["hunter2hunter2", "robin-the-brave", "row-seventeen"]),
    ],
    ids=["defaults", "names", "paths", "keep"],
)
def test_what_to_redact(settings: Settings, left: list[str]) -> None:
    assert secrets_left(settings) == left


def test_rules_of_ones_own_stand_in_the_defaults_place_and_settings_still_add_to_them() -> None:
    assert secrets_left(Settings(redact_names=("nickname",)), Rules(frozenset({"shelf"}))) == ["hunter2hunter2"]
