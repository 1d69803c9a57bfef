"""A bar on a terminal, and nowhere else."""

from __future__ import annotations

import io

import pytest

from terminal.test_paper import Terminal
from timetracer.terminal.progress import progress


@pytest.fixture(autouse=True)
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "80")


@pytest.mark.parametrize("total", [3, 1, None])
def test_a_terminal_sees_how_far_it_has_come_and_then_nothing(
    total: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    on = Terminal()
    monkeypatch.setattr("sys.stderr", on)
    assert [*progress("abc", "reading [red]", total, after=0)] == ["a", "b", "c"]
    assert "reading [red]" in on.getvalue()
    assert on.getvalue().endswith("\x1b[2K")  # the line is wiped


def test_short_work_has_no_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    on = Terminal()
    monkeypatch.setattr("sys.stderr", on)
    assert [*progress("abc", "reading", after=3600)] == ["a", "b", "c"]
    assert on.getvalue() == ""


def test_a_pipe_sees_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    on = io.StringIO()
    monkeypatch.setattr("sys.stderr", on)
    assert [*progress("abc", "reading", 3, after=0)] == ["a", "b", "c"]
    assert on.getvalue() == ""


def test_work_that_fails_leaves_no_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    on = Terminal()
    monkeypatch.setattr("sys.stderr", on)
    with pytest.raises(ZeroDivisionError):
        for _ in progress("abc", "reading", 3, after=0):
            raise ZeroDivisionError
    assert "\x1b[?25h" in on.getvalue()  # the cursor is back
