"""What is given to a command, where that is plain: text, paths, lists of words.

Typer validates every value with pydantic, whose import alone takes longer than listing ten thousand cassettes. A value
that is what its parameter wants, or a word that a path is made of, needs none of it. All else is left to typer.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

_NOT_PLAIN: Final = object()


def plainly(params: Iterable[Any]) -> list[Any]:
    """The same parameters of a click command; they take plain values as they are."""
    found = [*params]
    for param in found:
        described = getattr(param, "type_descriptor", None)  # typer's, since it has used pydantic
        wanted = getattr(described, "annotation", None)
        if wanted is not None and not isinstance(param.process_value, _Plain):
            param.process_value = _Plain(param, wanted)
    return found


class _Plain:
    """In the place of a parameter's ``process_value``."""

    def __init__(self, param: Any, wanted: Any) -> None:
        self._required = param.required
        self._several = param.multiple or param.nargs != 1
        self._told = param.callback
        self._param = param
        self._wanted = wanted
        self._otherwise = param.process_value

    def __call__(self, ctx: Any, value: Any) -> Any:
        taken = self._taken(value)
        if taken is _NOT_PLAIN:
            return self._otherwise(ctx, value)
        return taken if self._told is None else self._told(ctx, self._param, taken)

    def _taken(self, value: Any) -> Any:
        if self._several:
            words = self._wanted == list[str] and value and all(type(word) is str for word in value)
            return [*value] if words else _NOT_PLAIN
        if value is None:
            return _NOT_PLAIN if self._required else None
        if type(value) is str and self._wanted is Path:
            return Path(value)
        return value if type(value) is self._wanted else _NOT_PLAIN
