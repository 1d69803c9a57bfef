"""Law: what a replay of an unchanged app did, kept as a cassette, is the recording over again."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from conformance.subject import Act, Seen, Subject
from conformance.subjects import each, each_subject
from timetracer.analysis.alignment import Pair, aligned
from timetracer.analysis.trace import Trace
from timetracer.cassette import files
from timetracer.cassette.replays import is_replay, is_replay_of

Run = Callable[..., Seen]


@pytest.fixture
def differing(path: Path, tmp_path: Path, record: Run, replay: Run) -> Callable[[Act], list[Pair]]:
    """``differing(act)``: an act is recorded and replayed; the spans of what the replay kept that differ."""

    def run(act: Act) -> list[Pair]:
        record(act)
        replay(act, replay_keep=tmp_path / "kept")
        (recorded,), (kept,) = files.read(path), files.read(tmp_path / "kept" / path.name)
        assert is_replay(kept)
        assert is_replay_of(kept, recorded)
        pairs = aligned(Trace(recorded), Trace(kept))
        return [pair for pair in pairs if pair.change]

    return run


@each("acts")
def test_answers(subject: Subject, name: str, differing: Callable[[Act], list[Pair]]) -> None:
    assert differing(subject.acts[name]) == []


@each("failures")
def test_exceptions(subject: Subject, name: str, differing: Callable[[Act], list[Pair]]) -> None:
    assert differing(subject.failures[name]) == []


@each_subject
def test_identical_calls_at_once(subject: Subject, differing: Callable[[Act], list[Pair]]) -> None:
    """Which of them is first is the scheduler's choice; nothing is given another's answer, or left out."""
    assert [pair.change for pair in differing(partial(subject.same, count=20)) if pair.change != "moved"] == []
