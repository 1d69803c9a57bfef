"""Why no recorded exchange answers a call, told so that a person can act on it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice

from timetracer.replaying.calls import Asked, Candidate
from timetracer.replaying.fields import Parts, fields, shown
from timetracer.replaying.noise import Noise
from timetracer.replaying.waiting import Queue

_LOOKED_AT = 2_000
_COMPARED = 20
_DIFFERENCES = 12
_LONG = 60
_WEIGHTS = {"path": 8, "host": 6, "method": 5, "query": 2, "headers": 1}
_OTHER_WEIGHT = 2


@dataclass(slots=True, frozen=True)
class Miss:
    """One call that nothing recorded answers.

    Args:
        asked: the call for people.
        nearest: the recorded call that comes nearest, for people; None if the library has none at all.
        span_id: of the span that carries the nearest.
        standing: what has become of the nearest: ``not played yet``.
        differences: a line for each value that differs.
        unknown: identifiers that a read brought and that the cassette does not know.
        extra: the call was recorded, and every recording of it is played.
    """

    asked: str
    library: str
    nearest: str | None
    standing: str
    differences: tuple[str, ...]
    unknown: tuple[str, ...]
    extra: bool
    span_id: str = ""

    @classmethod
    def of(
        cls,
        asked: Asked,
        parts: Parts,
        *,
        candidates: Sequence[Candidate],
        compared: Callable[[Parts], Parts],
        noise: Noise,
        equal: Queue | None,
        unknown: Sequence[str],
    ) -> Miss:
        """Find out why.

        Args:
            asked: the call.
            parts: what is compared of it, in the words of the recording.
            candidates: everything recorded.
            compared: the parts of a recorded request that are compared.
            noise: values that may differ, and so explain nothing.
            equal: those that would answer exactly, all of them taken.
            unknown: see `Miss`.
        """
        if equal is not None:
            count = (
                f"all {equal.size:,} recordings of this call have"
                if equal.size > 1
                else "the one recording of this call has"
            )
            sample = equal.sample
            return cls(
                asked.key, asked.library, sample.exchange.key, f"{count} been played", (), (), True, sample.span_id
            )
        nearest = _nearest(asked, parts, candidates, compared, noise)
        if nearest is None:
            return cls(asked.key, asked.library, None, "", (), tuple(unknown), False)
        standing = "already played" if nearest.taken else "not played yet"
        differences = _differences(compared(nearest.parts), parts, noise)
        key, span_id = nearest.exchange.key, nearest.span_id
        return cls(asked.key, asked.library, key, standing, tuple(differences), tuple(unknown), False, span_id)

    def text(self, command: str = "") -> str:
        """All of it, in lines that fit a terminal. Control characters never come through.

        Args:
            command: what records the cassette again.
        """
        lines = ["No recorded exchange answers this call.", "", f"  asked     {_tame(self.asked)}"]
        if self.nearest is None:
            lines.append(f"  recorded  nothing of {self.library}")
        else:
            lines.append(f"  nearest   {_tame(self.nearest)} ({self.standing})")
        label = "differs"
        for line in self.differences[:_DIFFERENCES]:
            lines.append(f"  {label:<9} {line}")
            label = ""
        if len(self.differences) > _DIFFERENCES:
            lines.append(f"  {'':<9} … and {len(self.differences) - _DIFFERENCES:,} more")
        lines += [
            f"  unknown   {identifier} is nowhere in the cassette, and a read cannot bring a new identifier"
            for identifier in self.unknown
        ]
        if command:
            lines.append(f"  record    {command}")
        return "\n".join(lines)


def _nearest(
    asked: Asked, parts: Parts, candidates: Sequence[Candidate], compared: Callable[[Parts], Parts], noise: Noise
) -> Candidate | None:
    own = islice((each for each in candidates if each.exchange.library == asked.library), _LOOKED_AT)
    likely = sorted(
        ((_likeness(parts, compared(each.parts)), not each.taken, -each.order, each) for each in own), key=_rank
    )
    best = likely[-_COMPARED:]
    if not best:
        return None
    best = [entry for entry in best if entry[0] >= best[-1][0] - _WEIGHTS["headers"] - 2 * _OTHER_WEIGHT]
    return max(best, key=lambda each: (-len(_differences(compared(each[3].parts), parts, noise)), *_rank(each)))[3]


def _rank(entry: tuple[float, bool, int, Candidate]) -> tuple[float, bool, int]:
    return entry[:3]


def _likeness(asked: Parts, recorded: Parts) -> float:
    likeness = 0.0
    for name, part in asked.items():
        weight = _WEIGHTS.get(name, _OTHER_WEIGHT)
        other = recorded.get(name)
        if part == other:
            likeness += weight
        elif isinstance(part, str) and isinstance(other, str):
            ours, theirs = part.split("/"), other.split("/")
            common = sum(a == b for a, b in zip(ours, theirs, strict=False))
            likeness += weight * common / (max(len(ours), len(theirs)) + 1)
    return likeness


def _differences(recorded: Parts, asked: Parts, noise: Noise) -> list[str]:
    before, now = dict(fields(recorded)), dict(fields(asked))
    lines: list[str] = []
    for path in [*before, *(path for path in now if path not in before)]:
        if before.get(path) != now.get(path) and noise.covering(path) is None:
            there, here = _shortened(before.get(path), now.get(path))
            lines.append(f"{_tame(shown(path))}: recorded {there}, asked {here}")
    if not lines:
        lines = [
            f"request.{name}: written in another way" for name, part in asked.items() if recorded.get(name) != part
        ]
    return lines


def _shortened(recorded: str | None, asked: str | None) -> tuple[str, str]:
    """Both around the first place where they differ."""
    if recorded is None or asked is None:
        return ("nothing" if recorded is None else _cut(recorded, 0)), ("nothing" if asked is None else _cut(asked, 0))
    pairs = enumerate(zip(recorded, asked, strict=False))
    first = next((place for place, (a, b) in pairs if a != b), min(len(recorded), len(asked)))
    start = max(0, first - _LONG // 3) if max(len(recorded), len(asked)) > _LONG else 0
    return _cut(recorded, start), _cut(asked, start)


def _cut(value: str, start: int) -> str:
    if start == 0 and len(value) <= _LONG:
        return _tame(value)
    end = start + _LONG
    rest = f"… ({len(value):,} characters)" if end < len(value) else ""
    return f"{'…' if start else ''}{_tame(value[start:end])}{rest}"


def _tame(text: str) -> str:
    """Nothing that a terminal would obey."""
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)
