"""SQLAlchemy: OpenTelemetry's span of a statement, which is not current while the driver is called.

It is kept in the execution's context (``_otel_span``). An exchange of a driver without a span of its own goes there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from timetracer.seams.declaration import WireSeam
from timetracer.seams.wire import Wire

SCOPE = "opentelemetry.instrumentation.sqlalchemy"
_DIALECT = "sqlalchemy.engine.default:DefaultDialect"


def executed(wire: Wire, original: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """``do_execute`` and its like, whose last argument is the context."""
    span = getattr(kwargs.get("context", args[-1]), "_otel_span", None)
    if span is None:
        return original(*args, **kwargs)
    with wire.on_behalf_of(span):
        return original(*args, **kwargs)


SEAMS = tuple(
    WireSeam(target, tapped=executed)
    for target in (
        f"{_DIALECT}.do_execute",
        f"{_DIALECT}.do_execute_no_params",
        f"{_DIALECT}.do_executemany",
        "sqlalchemy.dialects.postgresql.psycopg2:PGDialect_psycopg2.do_executemany",
    )
)
"""Every driver has them: whichever is imported first puts them in place, for all."""
