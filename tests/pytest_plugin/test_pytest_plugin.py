"""The plugin as every pytest run loads it: options, marks, and nothing where nobody asks."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import entry_points
from typing import get_args

import pytest

from services.project import Project, said
from timetracer import config, pytest_plugin


def test_the_modes_are_those_of_the_settings() -> None:
    assert set(pytest_plugin.MODES) == set(get_args(config.Mode))


def test_an_installed_timetracer_is_a_plugin() -> None:
    (point,) = (point for point in entry_points(group="pytest11") if point.name == "timetracer")
    assert point.value == "timetracer.pytest_plugin"


def test_importing_the_plugin_imports_next_to_nothing(fresh_python: Callable[[str], str]) -> None:
    code = """
import sys, pytest
before = set(sys.modules)
import timetracer.pytest_plugin
print(*sorted(set(sys.modules) - before))
"""
    assert fresh_python(code).split() == ["timetracer", "timetracer.pytest_plugin"]


def test_a_run_that_has_no_cassettes_loads_nothing_and_says_nothing(project: Project) -> None:
    project.write(
        "test_plain.py",
        """
import sys

@pytest.fixture
def cassette():
    return "one of somebody else"

def test_it(cassette, request):
    assert cassette == "one of somebody else"
    assert "timetracer.block" not in sys.modules
    assert "opentelemetry" not in sys.modules
    assert not any("timetracer-" in name for name, _ in request.config.pluginmanager.list_name_plugin())
""",
    )
    for more in ((), ("-p", "xdist", "-n1"), ("-p", "no:terminal")):
        result = project.run(*more)
        assert result.ret == 0
        assert "= timetracer" not in result.stdout.str()


def test_the_help_tells_options_marks_and_fixtures(project: Project, pytester: pytest.Pytester) -> None:
    for option, told in (
        ("--help", "--timetracer=MODE*"),
        ("--markers", "@pytest.mark.cassette(name=None*"),
        ("--fixtures", "timetracer_settings*"),
    ):
        pytester.runpytest_inprocess(option).stdout.fnmatch_lines(f"*{told}")


EVERYTHING = '''
import unittest

def double(n):
    """
    >>> get("/text?doctest") and double(2)
    4
    """
    return 2 * n

def test_plain():
    get("/text?plain")

class TestOld(unittest.TestCase):
    def setUp(self):
        get("/text?setup")

    def test_old(self):
        get("/text?old")

def test_silent():
    pass
'''


def test_all_tests_have_a_cassette_when_asked_doctests_and_unittests_too(project: Project) -> None:
    project.write("test_all.py", EVERYTHING)
    everything = ("--timetracer-all", "--doctest-modules")
    project.run(*everything).assert_outcomes(passed=4)
    assert {name: project.calls(name) for name in project.cassettes} == {
        "test_all/test_all.double": ["/text?doctest"],
        "test_all/test_plain": ["/text?plain"],
        "test_all/TestOld.test_old": ["/text?setup", "/text?old"],
    }
    project.upstream.stop()
    result = project.run(*everything, "--timetracer-strict", CI="1")
    result.assert_outcomes(passed=4)
    assert said(result) == ["in all    3 cassettes (3 replayed); calls: 4 played"]


def test_stopping_at_the_first_failure_and_running_the_last_failed(project: Project) -> None:
    project.write(
        "test_two.py",
        """
pytestmark = pytest.mark.cassette

@pytest.mark.parametrize("n", [1, 2, 3])
def test_it(n):
    get(f"/text?{n}")
""",
    )
    project.record()
    (project.path / "cassettes" / "test_two" / "test_it[2].json").unlink()
    replay = ("--timetracer=replay",)
    project.run(*replay, "-x").assert_outcomes(passed=1, failed=1)
    again = project.run(*replay, "--lf")
    again.assert_outcomes(failed=1)
    assert "unused" not in again.stdout.str()
