"""Law 8: afterwards the library, the SDK and the process are as they were, whoever else came and went meanwhile."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable
from pathlib import Path
from types import BuiltinFunctionType, FunctionType
from typing import Any

import pytest
from opentelemetry.sdk.trace import TracerProvider

import timetracer
from conformance.subject import Server, Subject
from conformance.subjects import each_subject
from conformance.tracing import Watched
from timetracer.seams import patching


def in_place(subject: Subject) -> list[Any]:
    """What stands at the library's seams, and where else we put our foot in."""
    found = [patching.resolve(seam.target) for seam in subject.instrumentor.seams]
    standing = [inspect.getattr_static(owner, name) for owner, name in found]
    return [*standing, TracerProvider.__init__, os._exit]


def same(before: list[Any], after: list[Any]) -> bool:
    return len(before) == len(after) and all(one is other for one, other in zip(before, after, strict=True))


class Steps:
    """Who comes and who goes: ``us``, ``them`` (OpenTelemetry)."""

    def __init__(self, subject: Subject, path: Path) -> None:
        assert subject.tracing is not None
        self.them = subject.tracing()
        self.path = path

    def __call__(self, steps: str) -> None:
        for step in steps.split():
            getattr(self, step)()

    def us(self) -> None:
        self.block = timetracer.record(self.path)
        self.block.__enter__()

    def not_us(self) -> None:
        self.block.__exit__(None, None, None)

    def we(self) -> None:
        timetracer.instrument(self.path.with_suffix(""))

    def not_we(self) -> None:
        timetracer.uninstrument()

    def them_(self) -> None:
        self.them.instrument()

    def not_them(self) -> None:
        self.them.uninstrument()


@each_subject
@pytest.mark.parametrize(
    "steps",
    [
        "us not_us",
        "us not_us us not_us",
        "we not_we",
        "we us not_us not_we",
        "us we not_us not_we",
        "them_ us not_us not_them",
        "them_ us not_them not_us",
        "us them_ not_them not_us",
        "us them_ not_us not_them",
        "us them_ not_them them_ not_us not_them",
        "them_ we not_them not_we",
    ],
)
def test_all_is_as_it_was(subject: Subject, steps: str, tmp_path: Path) -> None:
    play = Steps(subject, tmp_path / "cassette.json")
    play("them_ not_them")  # what OpenTelemetry itself leaves otherwise (class methods that are bound) is not ours
    before = in_place(subject)
    play(steps)
    assert same(before, in_place(subject))


@each_subject
@pytest.mark.parametrize("steps", ["us", "we", "them_ us", "us them_", "us them_ not_them", "them_ us not_them"])
def test_while_we_are_there_we_are_the_innermost(subject: Subject, steps: str, tmp_path: Path) -> None:
    play = Steps(subject, tmp_path / "cassette.json")
    play(steps)
    try:
        for seam in subject.instrumentor.seams:
            owner, name = patching.resolve(seam.target)
            standing = inspect.getattr_static(owner, name)
            assert patching.is_placed(seam.target)
            if inspect.isclass(standing):  # a subclass stands for a class
                continue
            while type(standing) is not FunctionType:
                standing = standing.__wrapped__
            of_us = "patching" if seam.target.endswith("()") else "wrapping"
            assert standing.__globals__["__name__"] == f"timetracer.seams.{of_us}"
            assert not hasattr(standing, "__wrapped__")
    finally:
        play("not_us" if "us" in steps.split() else "not_we")
        if steps.count("them_") > steps.count("not_them"):
            play("not_them")


@each_subject
def test_our_functions_look_like_those_they_stand_for(subject: Subject, tmp_path: Path) -> None:
    def look(function: Callable[..., Any]) -> tuple[Any, ...]:
        names = ("__module__", "__name__", "__qualname__", "__doc__")
        kind = (inspect.iscoroutinefunction(function), inspect.signature(function))
        return (*(getattr(function, name) for name in names), *kind)

    seams = [patching.resolve(seam.target) for seam in subject.instrumentor.seams]
    unlike = (type, BuiltinFunctionType)  # what is written in C has no signature
    seams = [(owner, name) for owner, name in seams if not isinstance(getattr(owner, name), unlike)]
    before = [look(getattr(owner, name)) for owner, name in seams]
    with timetracer.record(tmp_path / "cassette.json"):
        assert [look(getattr(owner, name)) for owner, name in seams] == before


@each_subject
def test_afterwards_calls_go_out_and_nobody_hears_of_them(subject: Subject, path: Path, upstream: Server) -> None:
    with timetracer.record(path):
        pass
    with timetracer.replay(path) as block:
        pass
    subject.once(upstream.url)
    assert upstream.calls
    assert block.verdict.played == 0


def test_a_provider_has_its_sampler_back(tmp_path: Path) -> None:
    with timetracer.record(tmp_path / "cassette.json"):
        watched = Watched()
        assert type(watched.provider.sampler).__name__ == "RecordOnlySampler"
        tracer = watched.provider.get_tracer("app")
    plain = type(TracerProvider(shutdown_on_exit=False).sampler)
    assert type(watched.provider.sampler) is plain
    assert type(tracer.sampler) is plain  # type: ignore[attr-defined]
