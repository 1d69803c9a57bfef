"""A project with tests of its own, run by a real pytest against a real upstream."""

from __future__ import annotations

import glob
import os
import re
from pathlib import Path

import pytest

from services.upstream import Upstream
from timetracer.cassette import files

ROOT = Path(__file__).resolve().parents[2]
HEAD = """
import os
import httpx
import pytest

URL = os.environ["UPSTREAM"]

def get(path):
    return httpx.get(URL + path).text

def try_to_get(path):
    try:
        return get(path)
    except Exception:
        return ""

"""
"""What each test file of a project begins with."""


class Project:
    """A folder of tests. `run` is pytest in a process of its own, with no plugins but those that are named."""

    def __init__(self, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, upstream: Upstream) -> None:
        self._pytester = pytester
        self._monkeypatch = monkeypatch
        self.upstream = upstream
        self.path = pytester.path
        monkeypatch.setenv("PYTHONPATH", os.pathsep.join((str(ROOT), str(ROOT / "instrumentors"))))
        monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
        monkeypatch.setenv("UPSTREAM", upstream.url)
        pytester.makeini("[pytest]\naddopts = --strict-markers -p timetracer.pytest_plugin")

    def write(self, name: str, text: str, head: str = HEAD) -> None:
        """A test file, or a conftest."""
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(head + text, encoding="utf-8")

    def run(self, *args: str, **environ: str) -> pytest.RunResult:
        with self._monkeypatch.context() as patch:
            for name, value in environ.items():
                patch.setenv(name, value)
            return self._pytester.runpytest_subprocess(*args)

    def record(self, *args: str, **environ: str) -> None:
        """A run that records; then nobody listens at the upstream any more."""
        self.run(*args, **environ)
        self.upstream.stop()

    @property
    def cassettes(self) -> dict[str, bytes]:
        """All cassettes by their path, as ``test_shop/test_buy``."""
        return {
            str(path.relative_to(self.path)).removeprefix("cassettes/").removesuffix(".json"): path.read_bytes()
            for path in sorted(self.path.rglob("*.json"))
        }

    def calls(self, cassette: str) -> list[str]:
        """What a cassette has recorded, as ``/counter?a``."""
        (read,) = files.read(next(self.path.rglob(f"{glob.escape(Path(cassette).name)}.json")))
        return [str(exchange.request["url"]).removeprefix(self.upstream.url) for exchange in read.exchanges]


def said(result: pytest.RunResult, section: str = "timetracer") -> list[str]:
    """The lines of the summary."""
    lines = iter(result.outlines)
    for line in lines:
        if line.strip("= ") == section:
            break
    own: list[str] = []
    for line in lines:
        if line.startswith("=") or not line.strip() or re.match(r"\d+ (passed|failed)", line):
            break
        own.append(line)
    return own
