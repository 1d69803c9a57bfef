"""Django: every HTTP request that enters through its ASGI or its WSGI handler (see `asgi` and `wsgi`)."""

from __future__ import annotations

from timetracer_instrumentors import asgi, inbound, wsgi

INSTRUMENTOR = inbound.instrumentor(
    "django",
    (
        "opentelemetry.instrumentation.django",
        "opentelemetry.instrumentation.asgi",
        "opentelemetry.instrumentation.wsgi",
    ),
    asgi.seam("django.core.handlers.asgi:ASGIHandler.__call__"),
    wsgi.seam("django.core.handlers.wsgi:WSGIHandler.__call__"),
)
