"""What marks and settings ask for."""

from __future__ import annotations

import pytest

from services.project import Project

MARKED = """
pytestmark = pytest.mark.cassette("of-the-module", match=["method", "path"])

def test_module(cassette):
    assert cassette.path.name == "of-the-module.json"
    assert cassette.settings.match == ("method", "path")

@pytest.mark.cassette(mode="off", live="redis")
class TestClass:
    def test_class(self, cassette):
        assert (cassette.mode, cassette.settings.live) == ("off", ("redis",))
        assert cassette.settings.match == ("method", "path")

    @pytest.mark.cassette("folder/of test", mode="record", clock="live")
    def test_closest(self, cassette):
        assert cassette.path.parts[-2:] == ("folder", "of-test-af3ca5e8.json")
        assert (cassette.mode, cassette.settings.clock) == ("record", "live")
"""


def test_of_two_marks_that_say_something_the_closer_one_wins(project: Project) -> None:
    project.write("test_marked.py", MARKED)
    project.run("-rA").assert_outcomes(passed=3)


@pytest.mark.parametrize(
    ("mark", "complaint"),
    [
        ('"../up"', "test_wrong.py::test_it: '../up' is no name for a cassette"),
        ("1", "test_wrong.py::test_it: the name of a cassette is a string, not 1"),
        ('"a", "b"', "test_wrong.py::test_it: the mark 'cassette' takes one name"),
        ('"a", name="b"', "test_wrong.py::test_it: the mark 'cassette' takes one name"),
    ],
)
def test_a_mark_that_asks_for_the_impossible_is_told_before_any_test_runs(
    project: Project, pytester: pytest.Pytester, mark: str, complaint: str
) -> None:
    project.write("test_wrong.py", f"@pytest.mark.cassette({mark})\ndef test_it(): pass")
    result = pytester.runpytest_inprocess()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(f"ERROR: {complaint}*")


def test_a_wrong_setting_is_one_clear_error(project: Project) -> None:
    project.write("test_wrong.py", "@pytest.mark.cassette(mod='replay')\ndef test_it(): pass")
    result = project.run()
    result.assert_outcomes(errors=1)
    assert "mod (from the arguments): there is no such setting; did you mean mode?" in result.stdout.str()
    assert "Traceback" not in result.stdout.str()
    wrong = project.run(TIMETRACER_MODE="often")
    assert wrong.ret == pytest.ExitCode.USAGE_ERROR
    assert "TIMETRACER_MODE (from the environment): 'often' is not allowed" in wrong.stderr.str()


def test_the_settings_fixture_holds_for_tests_and_for_the_fixtures_that_they_share(project: Project) -> None:
    project.write(
        "conftest.py",
        """
from timetracer.redaction.rules import Rules

@pytest.fixture
def timetracer_settings(tmp_path):
    return {"redact": Rules(names=frozenset({"q"})), "noise": ["request.query.nonce"]}
""",
    )
    project.write(
        "test_settings.py",
        """
pytestmark = pytest.mark.cassette

@pytest.fixture(scope="module")
def token():
    return get("/text?q=hush&nonce=" + os.environ["NONCE"])

def test_it(token):
    get("/text?q=quiet&nonce=" + os.environ["NONCE"])
""",
    )
    project.record(NONCE="1")
    assert len(project.cassettes) == 2
    assert not any(word in data for data in project.cassettes.values() for word in (b"hush", b"quiet"))
    project.run("--timetracer=replay", NONCE="2").assert_outcomes(passed=1)


def test_the_directory_comes_from_the_option_or_the_settings(project: Project) -> None:
    project.write("unit/test_shop.py", "@pytest.mark.cassette\ndef test_it(): get('/text')")
    project.write("it/test_shop.py", "@pytest.mark.cassette\ndef test_it(): get('/text')")
    project.run("--import-mode=importlib", "--timetracer-dir=recorded").assert_outcomes(passed=2)
    files = {str(path.relative_to(project.path)) for path in project.path.rglob("*.json")}
    assert files == {"recorded/unit/test_shop/test_it.json", "recorded/it/test_shop/test_it.json"}
    project.upstream.stop()
    project.run("--import-mode=importlib", TIMETRACER_DIR="recorded", CI="1").assert_outcomes(passed=2)
    archive = project.run(TIMETRACER_DIR="recorded.sqlite")
    assert archive.ret == pytest.ExitCode.USAGE_ERROR
    assert "tests keep their cassettes in a directory, not in an archive" in archive.stderr.str()


def test_the_command_line_wins_over_marks_but_not_over_off(project: Project) -> None:
    project.write(
        "test_modes.py",
        """
@pytest.mark.cassette(mode="replay")
def test_replay():
    get("/text")

@pytest.mark.cassette(mode="off")
def test_off(cassette):
    assert cassette.mode == "off"
    get("/text?live")
""",
    )
    project.run("--timetracer=record").assert_outcomes(passed=2)
    assert set(project.cassettes) == {"test_modes/test_replay"}


def test_what_replays_do_is_kept_where_the_option_says(project: Project) -> None:
    project.write("test_shop.py", "@pytest.mark.cassette\ndef test_it(): get('/text')")
    project.run("--timetracer-keep=replays").assert_outcomes(passed=1)
    assert not (project.path / "replays").exists()
    project.upstream.stop()
    project.run("--timetracer-keep=replays").assert_outcomes(passed=1)
    (kept,) = (project.path / "replays").rglob("*.json")
    assert str(kept.relative_to(project.path)) == "replays/cassettes/test_shop/test_it.json"
