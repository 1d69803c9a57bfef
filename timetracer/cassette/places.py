"""Where in a document something is wrong: told from the inside out, so that it costs nothing while all is well."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeGuard, TypeVar

T = TypeVar("T")


class Wrong(ValueError):
    """What is wrong, and the place, such as ``spans[3].attributes[2]``, as far as the callers know it by now."""

    def __init__(self, problem: str, place: str = "") -> None:
        super().__init__(problem)
        self.problem = problem
        self.place = place

    def within(self, place: str) -> Wrong:
        """The same, one level further out."""
        return Wrong(self.problem, f"{place}.{self.place}" if self.place else place)


def objects(parent: dict[str, Any], name: str, read: Callable[[dict[str, Any]], T]) -> list[T]:
    """Read each object of the list ``parent[name]``; a list that is not there is empty.

    Raises:
        Wrong: it is no list, an item is no object, or `read` says so.
    """
    items: Any = parent.get(name)
    if items is None:
        return []
    if not is_list(items):
        raise Wrong(f"expected a list, not {shown(items)}", name)
    results: list[T] = []
    try:
        for item in items:
            if not is_object(item):
                raise Wrong(f"expected an object, not {shown(item)}")
            results.append(read(item))
    except Wrong as wrong:
        raise wrong.within(f"{name}[{len(results)}]") from None
    return results


def member(parent: dict[str, Any], name: str) -> dict[str, Any]:
    """The object ``parent[name]``; one that is not there is empty."""
    value: Any = parent.get(name)
    if value is None:
        return {}
    if not is_object(value):
        raise Wrong(f"expected an object, not {shown(value)}", name)
    return value


def text(parent: dict[str, Any], name: str) -> str:
    """The string ``parent[name]``; one that is not there is empty."""
    value: Any = parent.get(name)
    if type(value) is str:
        return value
    if value is None:
        return ""
    raise Wrong(f"expected a string, not {shown(value)}", name)


def is_list(value: object) -> TypeGuard[list[Any]]:
    """A list of parsed JSON."""
    return type(value) is list


def is_object(value: object) -> TypeGuard[dict[str, Any]]:
    """An object of parsed JSON."""
    return type(value) is dict


def shown(value: object) -> str:
    """A value read from a document, short enough for a message."""
    if is_object(value) or is_list(value):
        return "an object" if is_object(value) else "a list"
    written = repr(value[:40] if isinstance(value, str) else value)
    return written if len(written) <= 60 else f"{written[:60]}…"
