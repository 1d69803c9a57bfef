"""Switching Timetracer on and off for the process: in code, or by OpenTelemetry's auto-instrumentation."""

from __future__ import annotations

import logging
import os
import threading
from dataclasses import replace
from os import PathLike
from typing import TYPE_CHECKING, Any

from timetracer import config
from timetracer.errors import TimetracerError
from timetracer.recording import exporter, faults, writer
from timetracer.recording.processor import SpanListener

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider

    from timetracer.redaction.rules import Rules
    from timetracer.replaying.verdict import Verdict
    from timetracer.service import OneCassette, Service

log = logging.getLogger("timetracer")
_lock = threading.Lock()
_service: Service | OneCassette | None = None


def instrument(
    dir: str | PathLike[str] | None = None,  # noqa: A002 - the setting's name
    *,
    mode: str | None = None,
    tracer_provider: TracerProvider | None = None,
    redact: Rules | None = None,
    **settings: Any,
) -> None:
    """Record (or replay) this process from here on. Doing it again does nothing, whatever the arguments.

    Args:
        dir: the directory or archive of the cassettes.
        mode: ``record`` (the default), ``replay``, ``auto``, ``rewrite``, ``verify`` or ``off``.
        tracer_provider: a provider that is not the global one, to listen to as well.
        redact: what must not reach the disk; None: `timetracer.redaction.rules.DEFAULT`.
        settings: any other setting, by its name; what is not said comes from the environment and the files.

    Raises:
        SettingError: a setting has a value that is not allowed.
        CassetteError, StoreError: replaying, and what is there cannot be used.
    """
    global _service  # noqa: PLW0603 - the process has one
    with _lock:
        if _service is None:
            read = config.load(arguments={"dir": dir, "mode": mode, **settings})
            chosen = config.decided(read.mode or "record")
            if chosen == "off":
                return
            _check(read, chosen)
            _service = _started(read, chosen, redact)
    if tracer_provider is not None:
        from timetracer.recording import providers

        providers.adopt(tracer_provider, flush)


def _check(settings: config.Settings, mode: str) -> None:
    from timetracer import past

    past.check(settings, mode)


def _started(settings: config.Settings, mode: str, redact: Rules | None = None) -> Service | OneCassette:
    # Imported late: this module is loaded in every process that OpenTelemetry instruments, wished or not.
    from timetracer import past
    from timetracer.block import Block
    from timetracer.service import OneCassette, Service
    from timetracer.settled import redactor_of

    service: Service | OneCassette
    block = Block(settings.cassette, mode, redact=redact) if settings.cassette and past.is_one(settings) else None
    if block is not None and block.mode != "replay":
        service = OneCassette(block)
    else:
        service = Service(settings, block.mode if block is not None else mode, redactor_of(settings, redact))
    service.start()
    return service


def _forked() -> None:
    if _service is not None:
        _service.forked()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)


def uninstrument() -> Verdict:
    """Leave the process as it was, with everything written; what came of a replay. Without `instrument`: nothing."""
    global _service
    with _lock:
        service, _service = _service, None
    if service is None:
        from timetracer.replaying.verdict import Verdict

        return Verdict()
    service.stop()
    return service.verdict()


def flush(timeout: float = 30.0) -> bool:
    """Wait, `timeout` seconds at the most, until all complete units are written; whether they are."""
    return writer.flush(timeout)


class CassetteProcessor(SpanListener):
    """``provider.add_span_processor(CassetteProcessor("cassettes"))`` records what this provider's spans are part of.

    Args:
        dir: the directory or archive of the cassettes.
        settings: any other setting, by its name, as for `instrument`.
    """

    def __init__(self, dir: str | PathLike[str] | None = None, **settings: Any) -> None:  # noqa: A002
        super().__init__(flush)
        instrument(dir, **settings)


def pre_instrument() -> None:
    """Called by ``opentelemetry-instrument`` before any instrumentor: on, if the exporter or a mode asks for it.

    What is wrong is told once, and the app goes on without us. Only a replay that cannot be done leaves it without the
    network as well: whoever asks for one relies on that nothing is called.
    """
    global _service  # noqa: PLW0603
    with faults.harmless("switching on"):
        settings = config.Settings()
        mode = config.decided(os.environ.get("TIMETRACER_MODE", "").strip().lower())
        try:
            settings = config.load()
            mode = config.decided(settings.mode or ("record" if exporter.wished() else "off"))
            if mode != "off":
                instrument(mode=mode)
        except TimetracerError as error:
            if mode != "replay":
                log.error("timetracer is off: %s", error)
                return
            log.error("timetracer has nothing to replay, and every call will fail: %s", error)
            _service = _started(replace(settings, cassette=None, dir=settings.dir / "nothing"), mode)
