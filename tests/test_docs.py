"""What the documentation says must hold: the settings, the commands, the examples, the links outside the site."""

from __future__ import annotations

import ast
import itertools
import json
import os
import re
import shlex
import socketserver
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
import typer

from timetracer import config
from timetracer.analysis import searching, span_query
from timetracer.cassette import exchanges, migrations, otlp, values
from timetracer.cli.app import COMMANDS
from timetracer.cli.app import app as commands
from timetracer.pytest_plugin import pytest_addoption
from timetracer.store import archive
from timetracer.viewer import trace_screen
from timetracer_instrumentors import http

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).resolve().parent.parent
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md"))]
OUTSIDE = sorted(ROOT.glob("*.md"))


class Example(NamedTuple):
    page: str
    language: str
    title: str
    text: str


def examples(*languages: str) -> list[Example]:
    fence = re.compile(r'^```(\w+)(?: title="([^"]+)")?\n(.*?)^```$', re.MULTILINE | re.DOTALL)
    found = [Example(page.name, *match) for page in PAGES for match in fence.findall(page.read_text(encoding="utf-8"))]
    return [example for example in found if example.language in languages]


def named(example: Example) -> str:
    return f"{example.page}: {textwrap.shorten(example.text, 40)}"


def page(name: str) -> str:
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


# --- settings and examples in data formats ---


def test_the_table_of_settings_is_the_one_in_force() -> None:
    assert config.table() in page("settings.md"), config.table()


@pytest.mark.parametrize("example", examples("toml"), ids=named)
def test_settings_in_examples_are_allowed(example: Example, tmp_path: Path) -> None:
    tomllib.loads(example.text)
    if example.title == "timetracer.toml":
        (tmp_path / example.title).write_text(example.text)
        assert config.load({}, tmp_path).sources


@pytest.mark.parametrize("example", examples("json"), ids=named)
def test_an_example_of_an_exchange_can_be_read(example: Example) -> None:
    span = {
        "traceId": "0" * 31 + "1",
        "spanId": "0" * 15 + "1",
        "startTimeUnixNano": "1",
        "endTimeUnixNano": "2",
        "attributes": json.loads(f"[{example.text}]"),
    }
    (cassette,) = otlp.decode({"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}, example.page)
    (exchange,) = cassette.exchanges
    assert exchange.key == http.key(exchange.request)
    assert not any(name.startswith("timetracer.") for name in cassette.spans[0].attributes)


# --- the format ---


def test_every_attribute_is_explained() -> None:
    explained = set(re.findall(r"^\| `(timetracer\.[a-z_.]+)` \|", page("cassette-format.md"), re.MULTILINE))
    assert explained == {*exchanges.NAMES, otlp.NAME, otlp.VERSIONS, migrations.VERSION}


def test_every_tag_is_explained() -> None:
    explained = set(re.findall(r"`(\$[a-z]+)`(?=[^|]*\|[^|]*\|$)", page("cassette-format.md"), re.MULTILINE))
    assert explained == set(re.findall(r"``(\$[a-z]+)``", str(values.__doc__).partition("=====")[2]))


def test_every_column_is_explained() -> None:
    table = page("cassette-format.md").partition("## An archive")[2].partition("\n## ")[0]
    assert [name for name in archive.COLUMNS if f"`{name}`" not in table] == []


def test_the_schema_version_is_the_current_one() -> None:
    assert f"`{migrations.VERSION}` is {migrations.CURRENT}." in page("cassette-format.md")


# --- matching ---


def test_every_part_of_a_request_is_explained() -> None:
    table = page("matching.md").partition("## The parts of a request")[2].partition("Not part of it")[0]
    assert re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE) == [*http.identity({}, b"")]


def test_the_headers_that_do_not_count_are_named() -> None:
    text = page("matching.md")
    transport = http.TRANSPORT_HEADERS - http.TRACE_HEADERS
    assert [name for name in sorted({*transport, *http.CLIENT_HEADERS}) if f"`{name}`" not in text] == []


# --- commands ---


def options_of(command: str) -> set[str]:
    """The options of a subcommand as its ``--help`` has them."""
    group = typer.main.get_command(commands)
    context = typer.Context(group, info_name="timetracer")
    if command:
        found = group.commands[command].make_context(command, ["--help"], parent=context, resilient_parsing=True)
        return {name for one in found.command.params for name in one.opts if name.startswith("--")}
    return {name for one in group.params for name in one.opts if name.startswith("--")}


def lines(example: Example) -> Iterator[list[str]]:
    """The ``timetracer`` commands of an example, as words."""
    for line in example.text.splitlines():
        if line.startswith("$ "):
            words = shlex.split(line[2:], comments=True)
            for start, word in enumerate(words):
                if word == "timetracer" or word.startswith("timetracer "):
                    yield [*shlex.split(word)[1:], *words[start + 1 :]]
                    break


@pytest.mark.parametrize(
    ("words", "where"),
    [pytest.param(words, each.page, id=" ".join(words)) for each in examples("console") for words in lines(each)],
)
def test_a_command_that_is_shown_exists(words: list[str], where: str) -> None:
    command, *rest = words
    ours = rest[: rest.index("--")] if "--" in rest else rest
    said = {word.partition("=")[0] for word in ours if word.startswith("--")}
    assert command in COMMANDS, where
    assert said <= options_of(command)
    modes = [word for before, word in itertools.pairwise(ours) if before == "--mode"]
    assert [mode for mode in modes if mode not in config.Mode.__args__] == []


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_of_a_command_is_explained(command: str) -> None:
    section = page("cli.md").partition(f"\n## `{command}`\n")[2].partition("\n## ")[0]
    assert set(re.findall(r"^\| `(--[a-z-]+)", section, re.MULTILINE)) == options_of(command) - {"--help"}


def test_every_field_of_a_query_is_explained() -> None:
    table = page("cli.md").partition("| field | of a span |")[2].partition("\n\n")[0]
    assert re.findall(r"^\| `(\w+)` \| (.*) \|$", table, re.MULTILINE) == [*span_query.FIELDS.items()]


def test_every_field_of_a_search_is_explained() -> None:
    table = page("cli.md").partition("| field | of a cassette |")[2].partition("\n\n")[0]
    assert re.findall(r"^\| `(\w+)` \| (.*) \|$", table, re.MULTILINE) == [*searching.ENTRY_FIELDS.items()]


def test_every_key_of_the_viewer_is_explained() -> None:
    table = page("cli.md").partition("| key | what it does |")[2].partition("\n\n")[0]
    assert re.findall(r"^\| `([^`]+)` \|", table, re.MULTILINE) == [*trace_screen.HELP]


def test_every_option_of_pytest_is_explained() -> None:
    class Parser:
        def __init__(self) -> None:
            self.options: set[str] = set()

        def getgroup(self, *_: str) -> Parser:
            return self

        def addoption(self, name: str, **_: object) -> None:
            self.options.add(name)

    parser = Parser()
    pytest_addoption(parser)
    assert set(re.findall(r"^\| `(--[a-z-]+)", page("pytest.md"), re.MULTILINE)) == parser.options


# --- Python ---


@pytest.mark.parametrize("example", examples("python"), ids=named)
def test_python_examples_are_python(example: Example) -> None:
    compile(example.text, example.page, "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)


@pytest.mark.parametrize("example", examples("python"), ids=named)
def test_what_an_example_imports_of_ours_is_there(example: Example) -> None:
    for node in ast.walk(ast.parse(example.text)):
        if isinstance(node, ast.ImportFrom) and str(node.module).partition(".")[0] == "timetracer":
            module = __import__(str(node.module), fromlist=["*"])
            assert [alias.name for alias in node.names if not hasattr(module, alias.name)] == []
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "timetracer":
            assert hasattr(__import__("timetracer"), node.attr)


def run(folder: Path, script: str, *environment: tuple[str, str]) -> subprocess.CompletedProcess[str]:
    """A script of an example in a process of its own, which finds the checkout and what lies beside the script."""
    path = os.pathsep.join([str(folder), str(ROOT), str(ROOT / "instrumentors")])
    env = {name: value for name, value in os.environ.items() if name != "CI" and not name.startswith("TIMETRACER")}
    return subprocess.run(
        [sys.executable, script],
        cwd=folder,
        env={**env, "PYTHONPATH": path, **dict(environment)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


SELF_CONTAINED = [
    each
    for each in examples("python")
    if re.search(r"^(?:import timetracer$|from timetracer import)", each.text, re.MULTILINE) and not each.title
]


@pytest.mark.parametrize("example", SELF_CONTAINED, ids=named)
def test_a_self_contained_example_runs(example: Example, tmp_path: Path) -> None:
    (tmp_path / "example.py").write_text(example.text, encoding="utf-8")
    done = run(tmp_path, "example.py")
    assert (done.returncode, done.stderr) == (0, "")


class Counting(socketserver.StreamRequestHandler):
    """The server of the example of a wire protocol."""

    def handle(self) -> None:
        answers = {b"VERSION": b"= 1.0", b"ADD 2 3": b"= 5", b"PING": b"= pong"}
        for line in self.rfile:
            self.wfile.write(answers.get(line.strip(), b"! no") + b"\n")


class Parrot(socketserver.StreamRequestHandler):
    """The server of the invented library: says back what it is told, until it is told to shut up."""

    def handle(self) -> None:
        _, _, words = self.rfile.readline().rstrip(b"\n").partition(b" ")
        self.wfile.write(b"grumpy no\n" if words == b"shut up" else b"merry %s\n" % words)


EXAMPLES = {
    "writing-an-instrumentor.md": (Parrot, "['hello', 'goodbye', 'no']"),
    "writing-a-wire-protocol.md": (Counting, "['1.0', '5', 'pong', 'no']"),
}


@pytest.mark.parametrize("page", EXAMPLES)
def test_the_example_of_an_instrumentor_records_and_replays(page: str, tmp_path: Path) -> None:
    served, said = EXAMPLES[page]
    files = {each.title: each.text for each in examples("python", "toml") if each.page == page}
    groups = tomllib.loads(files.pop("pyproject.toml"))["project"]["entry-points"]
    installed = tmp_path / "timetracer_example-1.dist-info"
    installed.mkdir()
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: timetracer-example\nVersion: 1\n")
    lines = [
        f"[{group}]\n" + "".join(f"{name} = {target}\n" for name, target in points.items())
        for group, points in groups.items()
    ]
    (installed / "entry_points.txt").write_text("\n".join(lines))
    with socketserver.ThreadingTCPServer(("localhost", 0), served) as server:
        for title, text in files.items():
            (tmp_path / title).write_text(text.replace("7070", str(server.server_address[1])), encoding="utf-8")
        threading.Thread(target=server.serve_forever, daemon=True).start()
        recorded = run(tmp_path, "try_it.py")
        server.shutdown()
    replayed = run(tmp_path, "try_it.py")
    assert (recorded.stdout, recorded.stderr) == (f"{said} record\n", "")
    assert (replayed.stdout, replayed.stderr) == (f"{said} replay\n", "")


# --- links ---


@pytest.mark.parametrize("page", OUTSIDE, ids=lambda page: page.name)
def test_links_outside_the_site_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text(encoding="utf-8"))
    assert [target for target in targets if not (ROOT / target).exists()] == []


def test_examples_are_found() -> None:
    assert len(examples("python")) > 10
    assert len(examples("toml", "json")) > 3
    assert len(SELF_CONTAINED) >= 4
    assert sum(len([*lines(each)]) for each in examples("console")) > 10
