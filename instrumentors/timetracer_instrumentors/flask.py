"""Flask: every HTTP request that enters an application, told as any WSGI request is (see `wsgi`)."""

from __future__ import annotations

from timetracer_instrumentors import inbound, wsgi

INSTRUMENTOR = inbound.instrumentor(
    "flask",
    ("opentelemetry.instrumentation.flask", "opentelemetry.instrumentation.wsgi"),
    wsgi.seam("flask.app:Flask.__call__"),
)
