"""What the user calls noise: values of a request that may differ between two runs without meaning anything."""

from __future__ import annotations

import re
from collections.abc import Iterable

from timetracer.errors import SettingError
from timetracer.replaying.fields import Path


class Noise:
    """Rules that name values to ignore: ``request.body.nonce``, ``request.query.ts``, ``request.headers.x-time``.

    A rule covers everything below it. ``*`` stands for any name or part of one, ``[*]`` for any place in a list:
    ``request.body.items[*].id``. A covered value may differ; that it is there at all may not.

    Args:
        rules: the rules.
        source: where they stand, for the error text.

    Raises:
        SettingError: a rule does not name a part of the request.
    """

    __slots__ = ("_rules", "rules")

    def __init__(self, rules: Iterable[str] = (), source: str = "the noise rules") -> None:
        self.rules = tuple(rules)
        self._rules = tuple(_compiled(rule, source) for rule in self.rules)

    def __bool__(self) -> bool:
        return bool(self._rules)

    def covering(self, path: Path) -> Path | None:
        """The part of a path that a rule names (the longest way up that is covered); None if no rule does."""
        for steps in self._rules:
            if len(steps) <= len(path) and all(step.fullmatch(name) for step, name in zip(steps, path, strict=False)):
                return path[: len(steps)]
        return None


def _compiled(rule: str, source: str) -> tuple[re.Pattern[str], ...]:
    first, *steps = rule.replace("[", ".[").split(".")
    if first != "request" or not steps or "" in steps:
        raise SettingError(
            "noise", source, f"{rule!r} does not name a value of a request, such as 'request.body.nonce'"
        )
    return tuple(
        re.compile(re.escape(step).replace(r"\*", ".*"), re.IGNORECASE if steps[0] == "headers" else 0)
        for step in steps
    )
