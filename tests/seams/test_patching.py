"""Our function is put beneath everybody else's, and taken out wherever it has come to stand."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
import wrapt

from timetracer.seams import patching

TARGET = f"{__name__}:Owner.Inner.function"


class Owner:
    class Inner:
        def function(self, a: int, *, b: int = 2) -> tuple[int, int]:
            """Adds nothing."""
            return a, b


@pytest.fixture(autouse=True)
def as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test finds the function as it is written."""
    monkeypatch.setitem(__import__("sys").modules, __name__, SimpleNamespace(Owner=Owner))
    monkeypatch.setattr(Owner.Inner, "function", Owner.Inner.function)


def ours(original: Callable[..., Any]) -> Callable[..., Any]:
    def replacement(*args: Any, **kwargs: Any) -> Any:
        return ("ours", *original(*args, **kwargs))

    return replacement


def theirs(name: str) -> None:
    """OpenTelemetry's way to wrap."""

    def wrapper(wrapped: Any, _instance: Any, args: Any, kwargs: Any) -> Any:
        return (name, *wrapped(*args, **kwargs))

    wrapt.wrap_function_wrapper(Owner.Inner, "function", wrapper)


def they_go() -> None:
    """OpenTelemetry's way to unwrap: the outermost goes."""
    Owner.Inner.function = Owner.Inner.function.__wrapped__  # type: ignore[attr-defined,method-assign]


def call() -> tuple[Any, ...]:
    return tuple(Owner.Inner().function(1))


STEPS = {
    "we": lambda: patching.place(TARGET, ours),
    "not we": lambda: patching.take_out(TARGET),
    "they": lambda: theirs("theirs"),
    "others": lambda: theirs("others"),
    "not they": they_go,
}


@pytest.mark.parametrize(
    ("steps", "seen"),
    [
        ("we", ("ours",)),
        ("we, we", ("ours",)),
        ("they, we", ("theirs", "ours")),
        ("we, they", ("theirs", "ours")),
        ("they, we, others", ("others", "theirs", "ours")),
        ("they, others, we", ("others", "theirs", "ours")),
        ("we, they, not they", ("ours",)),
        ("they, we, not they", ("ours",)),
        ("they, we, not we", ("theirs",)),
        ("we, they, not we", ("theirs",)),
        ("we, not we", ()),
        ("not we", ()),
        ("we, not we, not we", ()),
        ("we, they, not we, not they", ()),
        ("they, we, not they, not we", ()),
        ("they, we, others, not they, not we, not they", ()),
    ],
)
def test_who_stands_where(steps: str, seen: tuple[str, ...]) -> None:
    before = inspect.getattr_static(Owner.Inner, "function")
    for step in steps.split(", "):
        STEPS[step]()
    assert call() == (*seen, 1, 2)
    assert patching.is_placed(TARGET) == ("ours" in seen)
    if not seen:
        assert inspect.getattr_static(Owner.Inner, "function") is before


def test_ours_looks_like_the_original() -> None:
    before = Owner.Inner.function
    signature = inspect.signature(before)
    patching.place(TARGET, ours)
    after = Owner.Inner.function
    assert after is not before
    for name in ("__module__", "__name__", "__qualname__", "__doc__"):
        assert getattr(after, name) == getattr(before, name)
    assert inspect.signature(after) == signature
    assert not hasattr(after, "__wrapped__"), "some instrumentors skip what has one"


def test_a_subclass_keeps_its_own() -> None:
    class Sub(Owner.Inner):
        def function(self, a: int, *, b: int = 3) -> tuple[int, int]:
            return super().function(a, b=b)

    patching.place(TARGET, ours)
    assert tuple(Sub().function(1)) == ("ours", 1, 3)


def test_what_a_function_returns_is_replaced_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    made = [lambda: (1,), lambda: (2,)]
    monkeypatch.setattr(Owner.Inner, "function", lambda number: made[number])
    product = f"{TARGET}()"
    before = Owner.Inner.function
    patching.place(product, ours)
    assert [Owner.Inner.function(number)() for number in (0, 1)] == [("ours", 1), ("ours", 2)]  # type: ignore[arg-type,call-arg]
    assert patching.is_placed(product)
    patching.take_out(product)
    assert Owner.Inner.function is before


@pytest.mark.parametrize("target", [f"{__name__}:Owner.missing", "no.such.module:f"])
def test_what_is_not_there_is_an_error(target: str) -> None:
    with pytest.raises((AttributeError, ImportError)):
        patching.place(target, ours)
