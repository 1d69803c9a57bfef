"""Measuring: CPU time, cases side by side in interleaved rounds, medians; a row for each figure."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from statistics import median
from time import process_time_ns, thread_time_ns
from typing import Any, TypeAlias

from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult


@dataclass(frozen=True)
class Row:
    """One figure.

    Args:
        group: the bench it comes from.
        name: what was measured.
        value: the figure; None if it could not be measured, and `note` says why.
        unit: of `value`: ``us``, ``ms``, ``x`` …
        goal: the figure must not be over this; None: for comparison only.
        note: anything else a reader must know.
    """

    group: str
    name: str
    value: float | None
    unit: str
    goal: float | None = None
    note: str = ""

    @property
    def reached(self) -> bool | None:
        """Whether the goal is; None without one."""
        return None if self.goal is None or self.value is None else self.value <= self.goal

    def as_json(self) -> dict[str, Any]:
        """The row, and whether its goal is reached."""
        return {**asdict(self), "reached": self.reached}


class NoBackend(SpanExporter):
    """Where spans end that nobody wants to see: everybody who traces has an exporter."""

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        return SpanExportResult.SUCCESS


def tracing() -> TracerProvider:
    """A provider as a service has it: its spans wait for a batch to be sent."""
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(NoBackend()))
    return provider


class Watch:
    """Sums up the CPU time (ns) of what runs within it: of this thread alone, and of the whole process."""

    def __init__(self) -> None:
        self.thread = 0
        self.process = 0

    def __enter__(self) -> None:
        self._process = process_time_ns()
        self._thread = thread_time_ns()

    def __exit__(self, *exception: object) -> None:
        self.thread += thread_time_ns() - self._thread
        self.process += process_time_ns() - self._process

    @contextmanager
    def process_alone(self) -> Iterator[None]:
        """Work that nobody waits for: counted for the process, not for the thread."""
        before = process_time_ns()
        yield
        self.process += process_time_ns() - before


Case: TypeAlias = Callable[[Watch, int], None]
"""Does something a number of times; what counts is done within the watch."""


@dataclass(frozen=True)
class Laps:
    """What a case took in each round, us for each time that it did it."""

    thread: list[float]
    process: list[float]


def interleaved(cases: Mapping[str, Case], *, rounds: int, times: int) -> dict[str, Laps]:
    """Every case in every round, in turn; the first round only warms up. No garbage is collected meanwhile."""
    laps = {name: Laps([], []) for name in cases}
    was_on = gc.isenabled()
    for turn in range(rounds + 1):
        for name, case in cases.items():
            watch = Watch()
            gc.collect()
            gc.disable()
            try:
                case(watch, times)
            finally:
                if was_on:
                    gc.enable()
            if turn:
                laps[name].thread.append(watch.thread / times / 1e3)
                laps[name].process.append(watch.process / times / 1e3)
    return laps


def more(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """How much more ours is, the median of the rounds."""
    return median(a - b for a, b in zip(ours, theirs, strict=True))


def times_as_much(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """How many times theirs ours is, the median of the rounds."""
    return median(a / b for a, b in zip(ours, theirs, strict=True))


def child_cpu(commands: Mapping[str, Sequence[str]], *, rounds: int, env: Mapping[str, str]) -> dict[str, list[float]]:
    """The CPU time (user and system, ms) of each command in each round, run by this Python in a process of its own."""
    laps: dict[str, list[float]] = {name: [] for name in commands}
    for turn in range(rounds + 1):
        for name, arguments in commands.items():
            child = subprocess.Popen([sys.executable, *arguments], env=dict(env), stdout=subprocess.DEVNULL)
            _, status, usage = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
            if child.returncode:
                raise RuntimeError(f"{arguments} ended with {child.returncode}")
            if turn:
                laps[name].append((usage.ru_utime + usage.ru_stime) * 1e3)
    return laps
