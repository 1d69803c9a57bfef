"""What a worker runs: each task run is a unit of work of its own.

The seam is the function that `celery.app.trace.build_tracer` makes for each task: it is called for every run, in a
prefork child, a thread or the worker's own process, and tells what came of it. What it does beside calling the task
(storing the result, unlocking a chord) is Celery's own business (see `own`); what it sends on (links, chains, a retry)
is a call that the task made.
"""

from __future__ import annotations

from typing import Any

from timetracer.cassette.model import Kind, Plain
from timetracer.recording.tape import Tape
from timetracer.seams.declaration import Message, ServerSeam
from timetracer_instrumentors.celery.encoding import encoded
from timetracer_instrumentors.celery.untyped import Reject, state
from timetracer_instrumentors.http import TRACE_HEADERS

_KEPT_ELSEWHERE = TRACE_HEADERS | {"args", "kwargs", "argsrepr", "kwargsrepr"}
"""Of a task's request. The texts of its arguments are left out: nothing could be redacted in them by name."""


def request(task_id: str, args: Any, kwargs: Any, request: Any = None) -> Message | None:
    """None for a task that is run eagerly, as a part of whoever called it."""
    told: dict[str, Any] = dict(request or {})
    if told.get("is_eager"):
        return None
    kept = {name: value for name, value in told.items() if name not in _KEPT_ELSEWHERE and value is not None}
    body = {
        "args": args,
        "kwargs": kwargs,
        "request": {"id": task_id, **kept},
        "may_join": not state.task_join_will_block(),
    }
    return Message(({"call": "run", "task": str(told.get("task", ""))},), encoded(body))


def listen(args: tuple[Any, ...], _: Tape) -> tuple[Any, ...]:
    return args


def outcome(result: Any, tape: Tape) -> None:
    """What the tracer has returned: ``trace_ok_t(retval, info, runtime, retstr)``."""
    fields, body, error = ending(result)
    tape.answered((fields,))
    tape.response_reel.whole(body)
    if error is not None:
        tape.raised(error)


def ending(result: Any) -> tuple[dict[str, Plain], bytes, BaseException | None]:
    """(outcome, the value that was returned as JSON, the exception with which it failed) of a run."""
    retval, info, *_ = result
    if info is None:
        return {"state": "SUCCESS"}, encoded(retval), None
    told: dict[str, Plain] = {"state": str(info.state)}
    raised: Any = info.retval
    if info.state == "FAILURE":
        traceback = getattr(retval, "traceback", None)
        return told | ({"traceback": str(traceback)} if traceback else {}), b"", raised
    told["reason"] = str(raised.reason if isinstance(raised, Reject) else raised)
    if isinstance(raised, Reject):
        told["requeue"] = bool(raised.requeue)
    return told, b"", None


SEAMS = tuple(
    ServerSeam(f"{module}:build_tracer()", request, listen, outcome=outcome, kind=Kind.CONSUMER)
    for module in ("celery.app.trace", "celery.worker.consumer.consumer")  # which has it by name
)
