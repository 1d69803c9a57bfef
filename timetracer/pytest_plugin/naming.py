"""Where a test's cassette is: a path that any file system takes, and that no other test has."""

from __future__ import annotations

import hashlib
import os
import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

LONGEST = 100
"""Characters in a file's name, without its suffix."""
SUFFIX = ".json"
FIXTURE = "fixture-"
_UNSAFE = re.compile(r"[^A-Za-z0-9_.,=+@()\[\]-]+")
_DEVICE = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)", re.IGNORECASE)


def safe(name: str) -> str:
    """A name that every file system takes: of ASCII, short, no device of Windows, no case needed to tell two ids apart.

    What had to change is told apart by a hash of the whole: ``test_get[a/b]`` becomes ``test_get[a-b]-5d0fd7b3``.
    """
    tame = _UNSAFE.sub("-", name).strip(". ")
    identifier = name.partition("[")[2]
    if name and tame == name and identifier == identifier.lower() and len(name) <= LONGEST and not _DEVICE.match(name):
        return name
    return f"{tame[: LONGEST - 9]}-{hashlib.sha256(name.encode(errors='surrogatepass')).hexdigest()[:8]}"


def named(name: str) -> Path:
    """The cassette that a mark names, within the folder of its test file; ``/`` makes folders.

    Raises:
        ValueError: the name leads nowhere, or out of the folder.
    """
    parts = name.removesuffix(SUFFIX).split("/")
    if any(part in ("", ".", "..") for part in parts):
        raise ValueError(
            f"{name!r} is no name for a cassette: it must lead to a file below the folder of the test file"
        )
    *folders, stem = map(safe, parts)
    return Path(*folders, stem + SUFFIX)


def inner_name(node: pytest.Item | pytest.Collector) -> str:
    """``TestShop.test_buy[2]``: a test, or a class, within its file."""
    return ".".join(_inner_names(node))


def test_id(item: pytest.Item) -> str:
    """The node id, as the file and the test have it: plugins may add to it (pytest-xdist: ``@group``)."""
    return "::".join((item.nodeid.partition("::")[0], *_inner_names(item)))


def _inner_names(node: pytest.Item | pytest.Collector) -> list[str]:
    chain = node.listchain()
    files = [at for at, one in enumerate(chain) if isinstance(one, pytest.File)]
    return [one.name for one in chain[files[-1] + 1 if files else -1 :]]


@dataclass(frozen=True, slots=True)
class Places:
    """The folders of the cassettes.

    Args:
        root: the root directory of the tests.
        directory: the one directory for all; None: one beside each test file.
    """

    root: Path
    directory: Path | None

    def of_file(self, file: Path) -> Path:
        """The folder for the tests in a file: ``cassettes/<test module>``."""
        return self.of_folder(file.parent) / safe(file.stem if file.suffix == ".py" else file.name)

    def of_folder(self, folder: Path) -> Path:
        """The folder for all that is recorded for the files, and the fixtures, of a folder."""
        if self.directory is None:
            return folder / "cassettes"
        try:
            below = folder.relative_to(self.root)
        except ValueError:
            below = Path()
        return self.directory / below

    def of_test(self, item: pytest.Item, name: str | None) -> Path:
        """A test's cassette. Raises ValueError: see `named`."""
        return self.of_file(item.path) / (named(name) if name is not None else safe(inner_name(item)) + SUFFIX)

    def of_fixture(self, fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest, params: str) -> Path:
        """The cassette of a fixture that outlives a test: where it is used; the session's, where it is defined."""
        label = f"{FIXTURE}{fixture_name(fixturedef.argname)}{f'[{params}]' if params else ''}"
        node = request.node
        if isinstance(node, pytest.Session):
            home, _, owner = fixturedef.baseid.partition("::")
            place = self.root / home
            if place.suffix != ".py":
                return self.of_folder(place) / (safe(label) + SUFFIX)
            inner = owner.replace("::", ".")
        elif isinstance(node, pytest.Directory):
            return self.of_folder(node.path) / (safe(label) + SUFFIX)
        else:
            place, inner = node.path, inner_name(node)
        return self.of_file(place) / (safe(f"{inner}.{label}" if inner else label) + SUFFIX)


def fixture_name(argname: str) -> str:
    """A fixture's name; that of pytest's own fixture for ``setup_module`` and the like is about what it calls."""
    match = re.match(r"_(?:xunit|unittest)_(setup_module|setup_class|setUpClass)_fixture_", argname)
    return match[1] if match else argname


def parameter(request: pytest.FixtureRequest) -> str:
    """The parameter that a fixture is set up with, as a part of a name; empty if it has none."""
    if not hasattr(request, "param"):
        return ""
    value = request.param
    if isinstance(value, str | int | float | None):
        return str(value)
    return str(getattr(value, "__name__", f"{request.fixturename}{getattr(request, 'param_index', 0)}"))


def command(item: pytest.Item) -> str:
    """The command, from where pytest was started, that records one test."""
    config = item.config
    file = shown(item.path, config.invocation_params.dir)
    words = ["pytest", "::".join((file, *_inner_names(item))), "--timetracer=record"]
    if config.option.timetracer_all:
        words.append("--timetracer-all")
    if config.option.timetracer_dir:
        words.append(f"--timetracer-dir={config.option.timetracer_dir}")
    return " ".join(map(quoted, words))


def shown(path: Path, start: Path | None = None) -> str:
    """A path for people, as seen from a directory (None: the working directory)."""
    try:
        return os.path.relpath(path, start or Path.cwd())
    except (ValueError, FileNotFoundError):  # on another drive; the working directory is gone
        return str(path)


def quoted(word: str) -> str:
    """A word of a command; in the quotes that every shell knows, where that is enough."""
    if shlex.quote(word) == word or re.search(r"[\"$`\\!%]", word):
        return shlex.quote(word)
    return f'"{word}"'
