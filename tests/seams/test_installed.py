"""Instrumentors are found by their entry points, put in place when wanted, and leave nothing behind."""

from __future__ import annotations

import asyncio
import inspect
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import EntryPoint
from types import ModuleType
from typing import Any

import pytest

from seams import toy_library
from seams.toy_library import ASEND, SEND, Answer, Library, toy
from timetracer import sessions
from timetracer.cassette.model import Kind
from timetracer.errors import TimetracerError
from timetracer.recording import faults
from timetracer.recording.assembler import assemble
from timetracer.recording.session import Choice, Recording
from timetracer.recording.unit import Unit
from timetracer.replaying.session import Replay
from timetracer.seams import installed, patching
from timetracer.seams.declaration import Message, OwnSeam, ServerSeam

LIBRARY = "seams.toy_library"


@pytest.fixture(autouse=True)
def only_the_toy(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The toy is the only library there is an instrumentor for; nobody wants us in place yet."""
    point = EntryPoint(LIBRARY, f"{__name__}:TOY", installed.GROUP)
    monkeypatch.setattr(
        installed,
        "entry_points",
        lambda group: {installed.GROUP: [point, EntryPoint("not_there", "x:Y", group)]}.get(group, []),
    )
    monkeypatch.setattr(EntryPoint, "load", lambda self: toy(SEND, ASEND))
    monkeypatch.setattr(faults, "raising", True)
    for name in ("_wanted", "_awaited", "_placed"):
        monkeypatch.setattr(installed, name, type(getattr(installed, name))())
    forget()
    yield
    forget()


def forget() -> None:
    installed.found.cache_clear()
    installed.load.cache_clear()


def standing() -> list[Any]:
    return [inspect.getattr_static(Library, name) for name in ("send", "asend")]


def placed() -> list[bool]:
    return [patching.is_placed(seam.target) for seam in (SEND, ASEND)]


def test_only_what_is_there_is_found() -> None:
    assert list(installed.found()) == [LIBRARY]
    assert installed.load(LIBRARY) == toy(SEND, ASEND)
    assert installed.load("not_there") is None


def test_an_entry_point_that_is_no_instrumentor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(EntryPoint, "load", lambda self: object())
    with pytest.raises(TimetracerError, match="is not an Instrumentor"):
        installed.load(LIBRARY)


def test_in_place_as_long_as_somebody_wants_it() -> None:
    before = standing()
    installed.place()
    installed.place()
    assert placed() == [True, True]
    installed.take_out()
    assert placed() == [True, True]
    installed.take_out()
    assert standing() == before


def test_again_and_again_leaves_nothing_behind() -> None:
    before = standing()
    for _ in range(3):
        installed.place()
        assert placed() == [True, True]
        installed.take_out()
        assert standing() == before
    assert installed._placed == []


@pytest.mark.parametrize("off", [LIBRARY, f"other, {LIBRARY}", "*"])
def test_what_the_user_has_taken_out_of_opentelemetry(off: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_PYTHON_DISABLED_INSTRUMENTATIONS", off)
    installed.place()
    assert placed() == [False, False]
    installed.take_out()


def test_a_library_that_is_imported_later(monkeypatch: pytest.MonkeyPatch) -> None:
    """While we are wanted, while we are not, and when we are wanted again."""
    hooks: list[Callable[[ModuleType], None]] = []
    monkeypatch.setattr(installed.wrapt, "register_post_import_hook", lambda hook, name: hooks.append(hook))
    monkeypatch.delitem(sys.modules, LIBRARY)
    installed.place()
    assert placed() == [False, False]
    installed.take_out()
    (hook,) = hooks
    monkeypatch.setitem(sys.modules, LIBRARY, toy_library)
    hook(toy_library)
    assert placed() == [False, False]
    installed.place()
    assert placed() == [True, True]
    assert len(hooks) == 1, "one is enough: it cannot be taken back"
    installed.take_out()


def test_a_part_of_a_library_that_is_imported_later(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not imported for our sake, and waited for once."""
    hooks: list[tuple[Callable[[ModuleType], None], str]] = []
    part = "seams.toy_world_part"
    monkeypatch.setattr(installed.wrapt, "register_post_import_hook", lambda hook, name: hooks.append((hook, name)))
    seam = OwnSeam(f"{part}:business", lambda: "instead")
    monkeypatch.setattr(EntryPoint, "load", lambda self: toy(SEND, seam))
    library = lambda: [installed._imported(toy_library), installed.place()]  # noqa: E731
    installed.place()
    installed._imported(toy_library)
    (hook, name) = hooks[-1]
    assert name == part
    assert part not in sys.modules
    module = ModuleType(part)
    vars(module)["business"] = lambda: "done"
    monkeypatch.setitem(sys.modules, part, module)
    hook(module)
    with sessions.in_context(Replay([], installed.load)):
        assert module.business() == "instead"
    installed.take_out()
    assert module.business() == "done"
    hook(module)
    assert not patching.is_placed(seam.target)
    library()
    assert len([where for _, where in hooks if where == part]) == 1
    installed.take_out()


@pytest.mark.parametrize("kind", [Kind.CONSUMER, None])
def test_work_has_spans_of_its_own_kind(monkeypatch: pytest.MonkeyPatch, kind: Kind | None) -> None:
    units: list[Unit] = []
    seam = ServerSeam(SEND.target, lambda *args: Message(args[1:3]), lambda args, _: args, kind=kind)
    monkeypatch.setattr(EntryPoint, "load", lambda self: toy(seam))
    installed.place()
    try:
        with sessions.in_context(Recording(Choice(), units.append)):
            Library([Answer(200)]).send("GET", "a")
    finally:
        installed.take_out()
    (span,) = assemble(units[0].snapshot()).spans
    assert span.kind is (kind or Kind.CLIENT)


def test_a_broken_instrumentor_is_no_fault_of_the_apps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faults, "raising", False)
    monkeypatch.setattr(faults, "note", lambda doing, error: noted.append(doing))
    noted: list[str] = []
    monkeypatch.setattr(EntryPoint, "load", lambda self: toy(toy_library.seam(f"{LIBRARY}:Library.gone")))
    installed.place()
    assert noted == [f"putting the instrumentor of {LIBRARY} in place"]
    installed.take_out()


@pytest.mark.parametrize("arguments", [("GET", "a", b"x"), {"verb": "GET", "address": "a", "body": b"x"}])
@pytest.mark.parametrize("way", ["send", "asend"])
def test_calls_are_recorded_however_their_arguments_are_given(way: str, arguments: Any) -> None:
    session = Recording(Choice(), lambda unit: None, single=True)
    args, kwargs = ((), arguments) if isinstance(arguments, dict) else (arguments, {})
    installed.place()
    try:
        with sessions.in_context(session):
            answer = getattr(Library([Answer(200, b"y")]), way)(*args, **kwargs)
            assert (asyncio.run(answer) if way == "asend" else answer) == Answer(200, b"y")
    finally:
        installed.take_out()
    (exchange,) = assemble(session.pieces()).exchanges
    assert (exchange.key, exchange.request_body) == ("GET a", b"x")


def test_a_call_that_the_library_would_refuse_is_refused_by_it() -> None:
    installed.place()
    try:
        with pytest.raises(TypeError, match="unexpected keyword argument 'nonsense'"):
            Library().send("GET", nonsense=1)  # type: ignore[call-arg]
    finally:
        installed.take_out()


TOY = toy(SEND, ASEND)
