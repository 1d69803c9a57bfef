"""Listening to OpenTelemetry's tracer providers: the global one, those that exist, and those that come later.

The global provider is never set or replaced. Each provider is given one more span processor, and its sampler is wrapped
so that unsampled spans can be recorded.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any
from weakref import WeakSet

from opentelemetry import trace
from opentelemetry.sdk.trace import Tracer, TracerProvider
from opentelemetry.sdk.trace.sampling import Sampler

from timetracer import sessions
from timetracer.recording.faults import harmless
from timetracer.recording.processor import SpanListener
from timetracer.recording.sampler import RecordOnlySampler
from timetracer.recording.session import Recording

_lock = threading.Lock()
_heard: WeakSet[TracerProvider] = WeakSet()
_original_init: Callable[..., None] | None = None
_listening = 0


def listen(flush: Callable[[float], bool]) -> None:
    """Listen to the global provider and to every provider made from now on; each `listen` wants its own `forget`.

    Args:
        flush: see `SpanListener`.
    """
    global _original_init, _listening  # noqa: PLW0603 - one hook for the process, as there is one class to hook
    with _lock:
        _listening += 1
        if _original_init is None:
            _original_init = original = TracerProvider.__init__

            def made(self: TracerProvider, *args: Any, **kwargs: Any) -> None:
                original(self, *args, **kwargs)
                with harmless("listening to a tracer provider"):
                    adopt(self, flush)

            TracerProvider.__init__ = made  # type: ignore[method-assign]
    provider = trace.get_tracer_provider()
    if isinstance(provider, TracerProvider):
        adopt(provider, flush)


def adopt(provider: TracerProvider, flush: Callable[[float], bool]) -> None:
    """Listen to one provider."""
    with _lock:
        new = provider not in _heard
        _heard.add(provider)
    if new:
        provider.add_span_processor(SpanListener(flush))
    sample(provider)


def sample(provider: TracerProvider) -> None:
    """Let a provider's unsampled spans reach its processors while a recording goes on."""
    if isinstance(provider.sampler, RecordOnlySampler):
        return
    _set_sampler(provider, RecordOnlySampler(provider.sampler, recording))


def _set_sampler(provider: TracerProvider, sampler: Sampler) -> None:
    provider.sampler = sampler
    # Tracers have a reference of their own; the SDK has no public way to them.
    tracers: dict[Any, Tracer] = getattr(provider, "_tracers", {})
    for tracer in list(tracers.values()):
        tracer.sampler = sampler


def recording() -> bool:
    """Whether the spans of the current context are wanted by a recording."""
    session = sessions.current()
    return session is not None and isinstance(session.outside, Recording)


def forget() -> None:
    """Stop listening, when nobody listens any more: to providers to come, and to those heard, which have their samplers
    back.

    The processors stay: OpenTelemetry has no way to take one off. Without a session they do nothing.
    """
    global _original_init, _listening  # noqa: PLW0603
    with _lock:
        _listening = max(0, _listening - 1)
        if _listening:
            return
        if _original_init is not None:
            TracerProvider.__init__ = _original_init  # type: ignore[method-assign]
            _original_init = None
        providers = list(_heard)
    for provider in providers:
        if isinstance(provider.sampler, RecordOnlySampler):
            _set_sampler(provider, provider.sampler.inner)
