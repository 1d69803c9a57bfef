"""The console, and what may be drawn on it."""

from __future__ import annotations

import io

import pytest
from rich.text import Text

from timetracer.terminal.paper import NARROWEST, WIDEST, Paper, complain, console, paper, put


class Terminal(io.StringIO):
    def __init__(self, encoding: str = "utf-8") -> None:
        super().__init__()
        self._encoding = encoding

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self._encoding

    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")


@pytest.mark.parametrize(
    ("encoding", "asked", "ascii_only"),
    [
        ("utf-8", False, False),
        ("UTF-16", False, False),
        ("ascii", False, True),
        ("latin-1", False, True),
        ("utf-8", True, True),
    ],
)
def test_paper_is_ascii_where_the_encoding_is_no_unicode(encoding: str, asked: bool, ascii_only: bool) -> None:
    assert paper(console(file=Terminal(encoding)), ascii_only=asked).ascii_only is ascii_only


@pytest.mark.parametrize(("columns", "width"), [(1, NARROWEST), (100, 100), (10**9, WIDEST)])
def test_paper_is_as_wide_as_the_console_within_reason(columns: int, width: int) -> None:
    assert paper(console(file=Terminal(), width=columns)).width == width


def test_columns_are_honoured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "123")
    assert paper(console(file=Terminal())).width == 123


def test_paper_knows_whether_there_is_colour() -> None:
    assert paper(console(file=Terminal())).colour
    assert not paper(console(file=io.StringIO())).colour


@pytest.mark.parametrize("file", [Terminal(), io.StringIO()], ids=["terminal", "file"])
def test_lines_are_neither_wrapped_nor_read_as_markup(file: io.StringIO) -> None:
    text = "[bold]x[/] :smile: http://h/ 123 " + "long " * 100 + "end"
    put(console(file=file, width=40), [Text(text)])
    assert file.getvalue() == text + "\n"


def test_the_console_reads_no_markup_in_strings() -> None:
    file = Terminal()
    console(file=file, width=40).print("[red]x[/] :smile: 123 http://h/")
    assert file.getvalue() == "[red]x[/] :smile: 123 http://h/\n"


def test_styles_reach_a_terminal_only() -> None:
    terminal, file = Terminal(), io.StringIO()
    for each in (terminal, file):
        put(console(file=each), [Text("x", "red")])
    assert (terminal.getvalue(), file.getvalue()) == ("\x1b[31mx\x1b[0m\n", "x\n")


def test_a_complaint_is_one_line_on_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    complain("a\nb [red]\x1b[2J")
    assert capsys.readouterr() == ("", "error: a\\nb [red]\\x1b[2J\n")


def test_signs_have_two_spellings() -> None:
    assert (Paper().sign("✗", "x"), Paper(ascii_only=True).sign("✗", "x")) == ("✗", "x")
