"""How far long work has come: a bar on standard error while it is a terminal, nothing at all in a pipe or a file."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from time import monotonic
from typing import Final, TypeVar

from timetracer.terminal.paper import console

AFTER: Final = 0.5
"""s of work until a bar appears: nobody waits for what is shorter."""

_T = TypeVar("_T")


def progress(items: Iterable[_T], what: str, total: int | None = None, *, after: float = AFTER) -> Iterator[_T]:
    """The items, as they are; beside them a bar, which is gone when they are done.

    Args:
        what: is done with them: ``reading``.
        total: how many there are; None: nobody knows, and the bar only moves.
    """
    if not sys.stderr.isatty():  # rich can be told to take a pipe for a terminal, for the sake of colours
        yield from items
        return
    on = console(file=sys.stderr)
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    bar = Progress(*columns, console=on, transient=True)
    task, began, shown = bar.add_task(what, total=total), monotonic(), False
    try:
        for done, item in enumerate(items):
            if not shown and monotonic() - began >= after:
                bar.start()
                shown = True
            bar.update(task, completed=done, total=None if total is None else max(total, done))
            yield item
    finally:
        if shown:
            bar.stop()
