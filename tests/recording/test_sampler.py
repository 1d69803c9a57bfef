"""The record-only sampler: what the user's sampler drops is recorded while a recording goes on, the rest stays."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from opentelemetry.context import Context
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, Decision, Sampler, SamplingResult
from opentelemetry.trace import Link, SpanKind
from opentelemetry.trace.span import TraceState
from opentelemetry.util.types import Attributes

from timetracer.recording.sampler import RecordOnlySampler

STATE = TraceState([("vendor", "1")])


class Theirs(Sampler):
    """Decides as it is told, and remembers what it was asked."""

    def __init__(self, decision: Decision) -> None:
        self.decision = decision
        self.asked: tuple[object, ...] = ()

    def should_sample(
        self,
        parent_context: Context | None,
        trace_id: int,
        name: str,
        kind: SpanKind | None = None,
        attributes: Attributes = None,
        links: Sequence[Link] | None = None,
        trace_state: TraceState | None = None,
    ) -> SamplingResult:
        self.asked = (parent_context, trace_id, name, kind, attributes, links, trace_state)
        return SamplingResult(self.decision, {"by": "them"}, STATE)

    def get_description(self) -> str:
        return "Theirs"


def ask(sampler: Sampler) -> SamplingResult:
    return sampler.should_sample(None, 7, "GET", SpanKind.CLIENT, {"a": 1}, (), None)


@pytest.mark.parametrize("recording", [True, False])
@pytest.mark.parametrize("decision", list(Decision))
def test_only_what_is_dropped_is_decided_anew_and_only_while_recording(decision: Decision, recording: bool) -> None:
    result = ask(RecordOnlySampler(Theirs(decision), lambda: recording))
    changed = decision is Decision.DROP and recording
    assert result.decision is (Decision.RECORD_ONLY if changed else decision)
    assert dict(result.attributes) == ({"a": 1} if changed else {"by": "them"})
    assert result.trace_state == STATE
    assert not changed or not result.decision.is_sampled()


def test_the_users_sampler_is_asked_as_ever() -> None:
    theirs = Theirs(Decision.DROP)
    ask(RecordOnlySampler(theirs, lambda: True))
    assert theirs.asked == (None, 7, "GET", SpanKind.CLIENT, {"a": 1}, (), None)


def test_whether_a_recording_goes_on_is_asked_for_each_span() -> None:
    going_on = [True, False, True]
    sampler = RecordOnlySampler(ALWAYS_OFF, going_on.pop)
    assert [ask(sampler).decision.is_recording() for _ in range(3)] == [True, False, True]


def test_it_describes_itself_as_the_users() -> None:
    assert RecordOnlySampler(Theirs(Decision.DROP), lambda: True).get_description() == "Theirs"
