"""Django: every HTTP request that enters through its ASGI handler, told as any ASGI request is (see `asgi`)."""

from __future__ import annotations

from dataclasses import replace

from timetracer.seams.declaration import ServerSeam
from timetracer_instrumentors import asgi

_HANDLER = "django.core.handlers.asgi:ASGIHandler.__call__"

INSTRUMENTOR = replace(
    asgi.INSTRUMENTOR,
    library="django",
    seams=(ServerSeam(_HANDLER, asgi.request, asgi.listen, asgi.receive, asgi.signed),),
    scopes=("opentelemetry.instrumentation.django", "opentelemetry.instrumentation.asgi"),
)
