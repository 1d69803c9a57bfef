"""Arguments and results that JSON has no word for: what the app has taught kombu comes back, the rest is shown."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from services.brokers import TESTS, Brokers, recorded_by, run, send
from services.processes import Server, script

pytestmark = pytest.mark.services
Work = Callable[..., Server]

USING = """
import sys
import timetracer
from timetracer.errors import ReplayError

built = []
sys.addaudithook(lambda event, args: built.append(args) if event == "pickle.find_class" else None)
with timetracer.use(PATH, strict=True) as block:
    result = echo.delay(Fraction(1, 3))
    built.clear()
    try:
        print(block.mode, repr(result.get(timeout=90)))
    except ReplayError as error:
        print(block.mode, error)
    print("unpickled" if built else "nothing is unpickled")
"""


def use(path: Path, environ: dict[str, str]) -> list[str]:
    return send(USING.replace("PATH", repr(str(path))), environ).splitlines()


def test_what_only_pickle_can_send_is_shown_and_a_replay_that_needs_it_says_so(
    path: Path, where: Path, redis: Brokers, work: Work
) -> None:
    pickled = {"TASKS_SERIALIZER": "pickle"}
    worker = work({**redis.environ, **pickled}, under=recorded_by(where))
    assert use(path, {**redis.environ, **pickled}) == ["record Fraction(1, 3)", "unpickled"]
    worker.stop()
    redis.stop()
    (ran,) = where.glob("*.json")
    for cassette in (path, ran):
        assert "Fraction(1, 3)" in cassette.read_text()

    said, nothing = use(path, pickled)
    assert said.startswith("replay result was recorded as 'Fraction(1, 3)', of a type that JSON has no word for")
    assert nothing == "nothing is unpickled"
    command = [script("timetracer"), "task", str(ran), "--app", "services.tasks:app"]
    status, out = run(command, TESTS, **pickled)
    assert status == 2
    assert "args[0] was recorded as 'Fraction(1, 3)', of a type that JSON has no word for" in " ".join(out.split())


@pytest.mark.parametrize("serializer", ["json", "pickle"])
def test_what_the_app_has_taught_kombu_comes_back(
    path: Path, where: Path, redis: Brokers, work: Work, serializer: str
) -> None:
    taught = {"TASKS_SERIALIZER": serializer, "TASKS_REGISTERED": "yes"}
    worker = work({**redis.environ, **taught}, under=recorded_by(where))
    assert use(path, {**redis.environ, **taught})[0] == "record Fraction(1, 3)"
    worker.stop()
    redis.stop()
    assert use(path, taught) == ["replay Fraction(1, 3)", "nothing is unpickled"]
    (ran,) = where.glob("*.json")
    command = [script("timetracer"), "task", str(ran), "--app", "services.tasks:app"]
    assert run(command, TESTS, **taught)[0] == 0
    status, out = run(command, TESTS)
    assert (status, "register_type" in out) == (2, True), "nobody has taught it here"
