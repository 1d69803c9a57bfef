"""A recorded task, run once more as a worker runs it: Celery's own tracer, with the recorded arguments and request.

Handlers, signals, links, chains and retries happen as in the worker, and every call of theirs is answered from the
cassette; the result goes nowhere. (`Task.apply` would not do: eagerly, a retry runs at once.)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from timetracer.cassette.model import Exchange
from timetracer.errors import ReplayError
from timetracer.seams.declaration import Outcome
from timetracer_instrumentors.celery.consumer import ending
from timetracer_instrumentors.celery.encoding import decoded
from timetracer_instrumentors.celery.untyped import signals, state, trace
from timetracer_instrumentors.http import text


def rerun(exchange: Exchange, app: Any, stopped: Callable[[BaseException], None]) -> Outcome:
    """See `timetracer.seams.declaration.Instrumentor`."""
    name = text(exchange.request, "task")
    task = _task(app, name)
    asked = decoded(exchange.request_body)
    request = {**asked["request"], "args": asked["args"], "kwargs": asked["kwargs"], "is_eager": False}

    def failed(exception: BaseException, **_: Any) -> None:
        stopped(exception)

    blocks = state.task_join_will_block()
    state._set_task_join_will_block(not asked.get("may_join", True))
    signals.task_failure.connect(failed, sender=task, weak=False)
    try:
        tracer = trace.build_tracer(name, task, app=app, hostname=request.get("hostname"), eager=False, propagate=False)
        result = tracer(request["id"], asked["args"], asked["kwargs"], request)
    finally:
        signals.task_failure.disconnect(failed, sender=task)
        state._set_task_join_will_block(blocks)
    fields, body, error = ending(result)
    return Outcome((fields,), body, error)


def _task(app: Any, name: str) -> Any:
    """The app's task of this name.

    Raises:
        ReplayError: there is none, or that is no app.
    """
    if not hasattr(app, "tasks"):
        raise ReplayError(f"{app!r} is no Celery app")
    app.set_current()
    app.loader.import_default_modules()
    app.finalize()
    if name not in app.tasks:
        known = ", ".join(sorted(known for known in app.tasks if not known.startswith("celery."))) or "none"
        raise ReplayError(f"the app has no task {name!r}; it has {known}")
    return app.tasks[name]
