"""How a replay went: what was played, what only by relaxing, what was missed, what was left over."""

from __future__ import annotations

from dataclasses import dataclass, field

_LINES = 20


@dataclass(slots=True)
class Verdict:
    """The outcome of one session, or of many merged.

    Args:
        played: calls that were answered from the recording, facts and relaxed ones included.
        relaxed: those that were not quite as recorded: (key, reasons).
        missed: keys of the calls that nothing recorded answers.
        extra: how many of the missed asked once more for what had been played as often as it was recorded.
        unplayed: keys of the recorded exchanges that no call took. Facts do not count.
        live: calls that went to the real thing because they were meant to.
        recorded: exchanges that were recorded.
        drifted: how the answers of the live system differ from the recorded ones (mode ``verify``), a line each.
    """

    played: int = 0
    relaxed: list[tuple[str, tuple[str, ...]]] = field(default_factory=list["tuple[str, tuple[str, ...]]"])
    missed: list[str] = field(default_factory=list[str])
    extra: int = 0
    unplayed: list[str] = field(default_factory=list[str])
    live: int = 0
    recorded: int = 0
    drifted: list[str] = field(default_factory=list[str])

    def ok(self, strict: bool = False) -> bool:
        """Whether the session passes. Strictly, nothing may be left over either."""
        return not self.missed and not self.drifted and not (strict and self.unplayed)

    def merge(self, other: Verdict) -> Verdict:
        """Both in one; neither is changed."""
        return Verdict(
            played=self.played + other.played,
            relaxed=self.relaxed + other.relaxed,
            missed=self.missed + other.missed,
            extra=self.extra + other.extra,
            unplayed=self.unplayed + other.unplayed,
            live=self.live + other.live,
            recorded=self.recorded + other.recorded,
            drifted=self.drifted + other.drifted,
        )

    def to_json(self) -> dict[str, object]:
        """Only what JSON has words for."""
        return {
            "played": self.played,
            "relaxed": [{"key": key, "reasons": list(reasons)} for key, reasons in self.relaxed],
            "missed": list(self.missed),
            "extra": self.extra,
            "unplayed": list(self.unplayed),
            "live": self.live,
            "recorded": self.recorded,
            "drifted": list(self.drifted),
        }

    def text(self) -> str:
        """For people: one line of counts, then a line for each call that needs a look."""
        counts = {
            "played": self.played,
            "relaxed": len(self.relaxed),
            "missed": len(self.missed),
            "unplayed": len(self.unplayed),
            "live": self.live,
            "recorded": self.recorded,
            "drifted": len(self.drifted),
        }
        summary = ", ".join(
            f"{count:,} {word}" for word, count in counts.items() if count or word in ("played", "missed")
        )
        if self.extra:
            summary = summary.replace(" missed", f" missed ({self.extra:,} asked once more than recorded)")
        lines = [f"missed    {key}" for key in self.missed]
        lines += [f"drifted   {line}" for line in self.drifted]
        lines += [f"relaxed   {key}: {', '.join(reasons)}" for key, reasons in self.relaxed]
        lines += [f"unplayed  {key}" for key in self.unplayed]
        more = [f"… and {len(lines) - _LINES:,} more"] if len(lines) > _LINES else []
        return "\n  ".join([summary, *lines[:_LINES], *more])
