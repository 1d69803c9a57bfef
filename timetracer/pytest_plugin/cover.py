"""One use of a cassette in a run, by a test or by a fixture: whether it went well, and who was told if it did not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from timetracer.errors import FailedVerdict
from timetracer.pytest_plugin.outcomes import Outcome
from timetracer.pytest_plugin.run_block import RunBlock

if TYPE_CHECKING:
    from _pytest.outcomes import Failed
else:
    Failed = pytest.fail.Exception


class VerdictFailure(Failed, FailedVerdict):
    """The test was content, but its calls were not the recorded ones. Shown by its text, without a traceback."""

    __module__ = "builtins"  # pytest shows a name without a module for its own outcomes, too

    def __init__(self, text: str) -> None:
        super().__init__(text, pytrace=False)


@dataclass(slots=True)
class Cover:
    """One use of a cassette.

    Args:
        block: the recording or the replay.
        user: the test's node id, or the fixture.
        shared: others may use the cassette, so what is left over may be theirs.
    """

    block: RunBlock
    user: str
    shared: bool
    good: bool = True
    """Nothing has failed so far."""
    told: int = 0
    """Missed calls that somebody was told of."""

    def untold(self, *, strict: bool = False) -> str:
        """The problems that nobody was told of yet, in full; empty if there are none.

        Args:
            strict: calls that were not played are a problem as well.
        """
        verdict = self.block.verdict
        is_new = len(verdict.missed) > self.told or verdict.drifted or (strict and verdict.unplayed)
        self.told = len(verdict.missed)
        return self.block.problem(strict) if is_new else ""

    def settle(self) -> str:
        """The end: write what was recorded, if it is fit to be kept. The problems that nobody was told of yet."""
        if self.fit:
            self.block.keep()
        else:
            self.block.spare()
        return self.untold(strict=self.block.settings.strict and self.good and not self.shared)

    @property
    def fit(self) -> bool:
        """Whether what was recorded may stand in the place of what was there."""
        return self.good or self.block.asked == "rewrite"

    def outcome(self) -> Outcome:
        """What came of it."""
        block = self.block
        return Outcome(
            self.user, block.path, block.mode, block.verdict, block.mode == "record" and self.fit, self.shared
        )
