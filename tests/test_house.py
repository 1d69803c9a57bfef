"""The house rules that no other tool checks."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).resolve().parent.parent
MIRRORS = {
    ROOT / "timetracer": ROOT / "tests",
    ROOT / "instrumentors" / "timetracer_instrumentors": ROOT / "tests" / "instrumentors",
}
SOURCES = sorted(path for room in MIRRORS for path in room.rglob("*.py"))
WRITTEN = [*SOURCES, *sorted((ROOT / "tests").rglob("*.py")), *sorted((ROOT / ".ci").rglob("*.py"))]

BANNED = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "managers"}
LONGEST_FILE = 450
LONGEST_FUNCTION = 60
LONGEST_TRACKED = 2**20
SUBSTANCE = 20
"""Lines in functions from which on a module has a test file of its own; plain declarations need none."""


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def nodes(path: Path) -> tuple[ast.AST, ...]:
    return tuple(ast.walk(ast.parse(path.read_text(encoding="utf-8"), str(path))))


def busy_lines(source: Path) -> int:
    functions = [node for node in nodes(source) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    return len({inner.lineno for function in functions for inner in ast.walk(function) if isinstance(inner, ast.stmt)})


def mirror_of(source: Path) -> Path:
    """``timetracer/store/archive.py`` -> ``tests/store/test_archive.py``, a package's own code: ``test_<package>``."""
    (room,) = (room for room in MIRRORS if room in source.parents)
    own = source.parent.name if source.stem.startswith("__") else source.stem
    return MIRRORS[room] / source.parent.relative_to(room) / f"test_{own}.py"


@pytest.mark.parametrize("source", [source for source in SOURCES if busy_lines(source) >= SUBSTANCE], ids=named)
def test_each_module_of_substance_has_its_own_test_file(source: Path) -> None:
    assert mirror_of(source).is_file(), f"write {named(mirror_of(source))}"


@pytest.mark.parametrize("path", WRITTEN, ids=named)
def test_a_file_is_one_room_with_one_purpose(path: Path) -> None:
    parts = {Path(part).stem.lower().removeprefix("test_") for part in path.relative_to(ROOT).parts}
    assert not parts & BANNED, f"{named(path)}: a name that says what is in there"
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST_FILE, f"{named(path)} is more than one room"


def test_functions_are_short() -> None:
    functions = [
        (f"{named(path)}:{node.lineno} {node.name}", (node.end_lineno or node.lineno) - node.lineno + 1)
        for path in SOURCES
        for node in nodes(path)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    long = [where for where, lines in functions if lines > LONGEST_FUNCTION]
    assert len(long) <= 0.02 * len(functions), f"more than one in fifty is over {LONGEST_FUNCTION} lines: {long}"


def _hands_on(node: ast.AST, error: str) -> bool:
    """``raise``, ``raise error.with_traceback(…)``, or ``steps.throw(error)`` into a generator."""
    if isinstance(node, ast.Raise):
        return node.exc is None or ast.unparse(node.exc).startswith(f"{error}.with_traceback")
    return isinstance(node, ast.Call) and ast.unparse(node).endswith(f".throw({error})")


def broad_handlers(source: Path) -> Iterator[str]:
    """Where every exception is caught and none goes on."""
    for node in nodes(source):
        if isinstance(node, ast.ExceptHandler):
            caught = ast.unparse(node.type) if node.type else "Exception"
            goes_on = any(_hands_on(inner, node.name or "") for inner in ast.walk(node))
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("suppress"):
            caught, goes_on = " ".join(map(ast.unparse, node.args)), False
        else:
            continue
        if {"Exception", "BaseException"} & set(caught.strip("()").replace(",", " ").split()) and not goes_on:
            yield f"{named(source)}:{node.lineno}"


def test_one_boundary_protects_the_app_and_nothing_else_catches_everything() -> None:
    """It stands in recording: a fault of ours must not become the app's."""
    found = [where for source in SOURCES for where in broad_handlers(source)]
    assert len(found) <= 1, found
    assert all(where.startswith("timetracer/recording/") for where in found), found


def test_the_engine_loads_no_instrumented_library(fresh_python: Callable[[str], str]) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    (contract,) = (each for each in project["tool"]["importlinter"]["contracts"] if each["type"] == "forbidden")
    libraries = contract["forbidden_modules"]
    programs = {line.split(" -> ")[0] for line in contract["ignore_imports"]}
    engine = [
        ".".join(source.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for source in SOURCES
        if source.is_relative_to(ROOT / "timetracer") and source.stem != "__main__"
    ]
    probe = (
        "import importlib, sys\n"
        f"for module in {sorted({*engine} - programs)}: importlib.import_module(module)\n"
        f"print(*sorted({set(libraries)} & set(sys.modules)))"
    )
    assert fresh_python(probe) == ""


def test_nothing_large_is_tracked() -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    tracked = subprocess.run(["git", "ls-files", "-z"], capture_output=True, text=True, check=True, cwd=ROOT).stdout
    paths = [ROOT / name for name in tracked.split("\0") if name]
    assert [named(path) for path in paths if path.is_file() and path.stat().st_size > LONGEST_TRACKED] == []
