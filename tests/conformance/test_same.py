"""Laws 1 to 4: recording changes nothing that the app sees, nor does a replay with the server gone."""

from __future__ import annotations

from collections.abc import Callable

from conformance.subject import Seen, Server, Subject
from conformance.subjects import each

Run = Callable[..., Seen]


@each("acts")
def test_answers_are_the_same_without_us_recorded_and_replayed(
    subject: Subject, name: str, upstream: Server, record: Run, replay: Run
) -> None:
    act = subject.acts[name]
    plain = act(upstream.url)
    assert record(act) == plain
    assert replay(act) == plain


@each("failures")
def test_exceptions_are_the_same_without_us_recorded_and_replayed(
    subject: Subject, name: str, upstream: Server, record: Run, replay: Run
) -> None:
    act = subject.failures[name]
    plain = act(upstream.url)
    assert any("error" in seen for seen in plain)
    assert record(act) == plain
    assert replay(act) == plain
