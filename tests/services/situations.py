"""Everything that a producer can be told of tasks, as one program: it prints what it saw, and no id of any task.

``python situations.py CASSETTE [NAME …]``: records if there is no such cassette, replays it otherwise.
"""

from __future__ import annotations

import json
import sys
import time
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from celery import chain, chord, group
from celery.result import AsyncResult, GroupResult

sys.path.insert(0, str(Path(__file__).parent.parent))

import timetracer
from services import tasks
from services.tasks import add, app, echo, fail, flaky, forgotten, progress, several, sleeping, told, total, typed

PATIENCE = 60.0
IDLE = "timetracer-idle"
"""A queue that no worker serves."""
SITUATIONS: dict[str, Callable[[], Any]] = {}


def situation(act: Callable[[], Any]) -> Callable[[], Any]:
    SITUATIONS[act.__name__] = act
    return act


def caught(act: Callable[[], Any]) -> Any:
    """What it raises: class, module and arguments."""
    try:
        return act()
    except Exception as error:  # noqa: BLE001 - whatever it is
        return [type(error).__module__, type(error).__qualname__, repr(error.args)]


def got(result: Any, **options: Any) -> Any:
    return caught(lambda: result.get(timeout=PATIENCE, **options))


def settled(result: Any) -> str:
    """Its state, once it is ready: asked again and again."""
    while not result.ready():
        time.sleep(0.02)
    return str(result.state)


@situation
def delayed() -> Any:
    return got(add.delay(1, 2))


@situation
def applied_with_names() -> Any:
    result = add.apply_async(kwargs={"x": 1, "y": 2.5}, headers={"shop": "one"}, priority=3)
    return [got(result), result.state, result.successful(), type(result).__name__]


@situation
def counted_down() -> Any:
    return got(add.apply_async((3, 4), countdown=0.1))


@situation
def at_a_time() -> Any:
    return got(add.apply_async((5, 6), eta=datetime.now(timezone.utc) + timedelta(seconds=0.1), expires=3600))


@situation
def with_an_id_of_ones_own() -> Any:
    own = str(uuid.uuid4())
    result = add.apply_async((7, 8), task_id=own)
    return [result.id == own, got(result), got(AsyncResult(own, app=app))]


@situation
def by_name() -> Any:
    return got(app.send_task("services.tasks.add", (1, 1)))


@situation
def by_the_name_of_a_task_that_nobody_has() -> Any:
    return app.send_task("services.tasks.unheard", (1,), ignore_result=True).ignored


@situation
def through_a_signature() -> Any:
    return [got(add.s(2).delay(40)), got(add.si(1, 1)())]


@situation
def failing() -> Any:
    result = fail.delay("tea")
    seen = [got(result), result.state, result.failed(), "OutOfStock" in result.traceback]
    return [*seen, caught(result.get), isinstance(result.result, tasks.OutOfStock)]


@situation
def failing_unraised() -> Any:
    return repr(fail.delay("cup").get(timeout=PATIENCE, propagate=False))


@situation
def asked_for_its_state() -> Any:
    result = add.delay(9, 9)
    return [settled(result), result.result, result.info, result.date_done.tzinfo is not None]


@situation
def half_done() -> Any:
    """What it says of its progress, before it may go on."""
    result = progress.delay(gate := f"/tmp/timetracer-gate-{uuid.uuid4()}")
    while result.state != "PROGRESS":
        time.sleep(0.02)
    seen = [result.state, result.info]
    Path(gate).touch()
    return [*seen, got(result), Path(gate).unlink()]


@situation
def told_of_its_progress() -> Any:
    heard: list[str] = []
    result = progress.apply_async(("",), countdown=0.5)
    value = result.get(timeout=PATIENCE, on_message=lambda meta: heard.append(meta["status"]))
    return [value, heard[-1]]


@situation
def not_in_time() -> Any:
    result = sleeping.apply_async((1,), queue=IDLE, expires=60)
    return [caught(lambda: result.get(timeout=0.1)), result.state]


@situation
def without_a_result() -> Any:
    result = forgotten.delay()
    return [result.ignored, result.get(timeout=PATIENCE)]


@situation
def ignoring_one_result() -> Any:
    return add.apply_async((1, 2), ignore_result=True).get(timeout=PATIENCE)


@situation
def retried() -> Any:
    return [got(flaky.delay(2)), got(flaky.delay(9))]


@situation
def values_of_every_type() -> Any:
    return repr(sorted(got(typed.delay()).items()))


@situation
def arguments_of_every_type() -> Any:
    return repr(got(echo.delay({"at": datetime(2026, 1, 2, tzinfo=timezone.utc), "much": 2**70, "deep": [[], {}]})))


@situation
def tuples_and_sets() -> Any:
    """Which the JSON serialiser refuses, or makes lists of; pickle does not."""
    return [repr(got(echo.delay((1, (2,))))), repr(got(echo.delay({3})))]


@situation
def chained() -> Any:
    result = chain(add.s(1, 2), add.s(3), add.s(4))()
    return [got(result), got(result.parent), result.parent.parent.state]


@situation
def chained_and_broken() -> Any:
    result = chain(fail.s("pot"), add.s(1))()
    return [got(result), result.parent.state]


@situation
def linked() -> Any:
    result = add.apply_async((1, 2), link=[add.s(10), told.s("link")], link_error=told.s())
    return got(result)


@situation
def linked_to_an_error() -> Any:
    return got(fail.apply_async(("jar",), link_error=told.si("broken")))


@situation
def mapped() -> Any:
    return [got(total.map([[1, 2], [3, 4]]).delay()), got(add.starmap([(1, 2), (3, 4)]).delay())]


@situation
def in_chunks() -> Any:
    return got(add.chunks([(number, 1) for number in range(6)], 2)())


@situation
def grouped() -> Any:
    result = group(add.s(number, 1) for number in range(5))()
    return [got(result), result.successful(), result.completed_count(), len(result)]


@situation
def grouped_and_joined() -> Any:
    result = group(add.s(number, 2) for number in range(4))()
    return caught(lambda: result.join(timeout=PATIENCE))


@situation
def grouped_and_told_one_by_one() -> Any:
    heard: list[Any] = []
    result = group(add.s(1, 1), add.s(2, 2))()
    result.get(timeout=PATIENCE, callback=lambda _, value: heard.append(value))
    return sorted(heard)


@situation
def grouped_and_broken() -> Any:
    result = group(add.s(1, 1), fail.s("lid"))()
    return [got(result), repr(got(result, propagate=False)), result.failed()]


@situation
def fifty_alike() -> Any:
    return [got(result) for result in [add.delay(1, 1) for _ in range(50)]]


@situation
def found_later() -> Any:
    result = add.delay(20, 3)
    got(result)
    later = AsyncResult(result.id, app=app)
    return [later.state, later.get(timeout=PATIENCE), later == result, later.name, later.args]


@situation
def waited_for_with_a_promise() -> Any:
    heard: list[Any] = []
    result = add.delay(6, 7)
    result.then(lambda done: heard.append(done.result))
    return [got(result), heard]


@situation
def with_children() -> Any:
    result = several.delay(3)
    got(result)
    (gathered,) = result.children
    return [got(gathered), [value for _, value in result.collect() if isinstance(value, int)]]


@situation
def in_a_chord() -> Any:
    return got(chord([add.s(number, number) for number in range(4)], total.s())())


@situation
def in_a_chord_that_breaks() -> Any:
    result = chord([add.s(1, 1), fail.s("cosy")], total.s())()
    return got(result)[:2]


@situation
def a_group_within_a_chain() -> Any:
    return got(chain(add.s(1, 1), group(add.s(1), add.s(2)), total.s())())


@situation
def a_group_that_is_stored() -> Any:
    result = group(add.s(1, 1), add.s(2, 2))()
    result.save()
    restored = GroupResult.restore(result.id, app=app)
    seen = [restored == result, got(restored)]
    result.delete()
    return [*seen, GroupResult.restore(result.id, app=app)]


@situation
def forgotten_again() -> Any:
    result = add.delay(1, 4)
    seen = got(result)
    result.forget()
    return [seen, result.state]


@situation
def commanded() -> Any:
    """Workers answer, or are told and do not answer."""
    result = sleeping.apply_async((1,), queue=IDLE, expires=60)
    replies = app.control.ping(timeout=1.0)
    return [result.revoke(), [list(reply.values()) for reply in replies], app.control.inspect(timeout=1.0).ping() != {}]


def main(cassette: str, *names: str) -> None:
    """Record or replay these situations, or all."""
    seen: dict[str, Any] = {}
    with timetracer.use(cassette, strict=True) as block:
        for name in names or SITUATIONS:
            seen[name] = caught(SITUATIONS[name])
    sys.stdout.write(json.dumps({"mode": block.mode, "seen": seen, "missed": block.verdict.missed}))


if __name__ == "__main__":
    main(*sys.argv[1:])
