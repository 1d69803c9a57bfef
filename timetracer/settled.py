"""Settings put into the terms of the engine: what to record, how to replay, what to redact."""

from __future__ import annotations

from timetracer.config import Settings
from timetracer.recording.session import Choice
from timetracer.redaction.redactor import Redactor
from timetracer.redaction.rules import DEFAULT, Rules
from timetracer.replaying.noise import Noise
from timetracer.replaying.session import Manner


def choice_of(settings: Settings) -> Choice:
    """What is worth recording."""
    return Choice(settings.sample_rate, settings.max_body_bytes, frozenset(settings.live))


def redactor_of(settings: Settings, rules: Rules | None = None) -> Redactor:
    """What must not reach the disk: these rules (None: the defaults), and what the settings add to them."""
    return Redactor(
        (rules or DEFAULT).also(names=settings.redact_names, paths=settings.redact_paths, keep=settings.redact_keep)
    )


def manner_of(settings: Settings, redactor: Redactor, hint: str = "") -> Manner:
    """How a replay answers.

    Args:
        settings: the settings in force.
        redactor: see `Manner`.
        hint: see `Manner`.
    """
    return Manner(
        live=frozenset(settings.live),
        match=settings.match,
        noise=Noise(settings.noise),
        redactor=redactor,
        max_body_bytes=settings.max_body_bytes,
        hint=hint,
    )
