"""What belongs to which cassette, and which test fails for it: real runs of pytest against a real upstream."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest

from services.project import Project, said
from timetracer.cassette import files

JUNE = {year: int(datetime(year, 6, 1, tzinfo=timezone.utc).timestamp()) * 10**9 for year in (2001, 2011)}
"""ns since the epoch."""

SHOP = """
pytestmark = pytest.mark.cassette

@pytest.fixture(scope="session")
def everywhere():
    get("/counter?session")

@pytest.fixture(scope="module", params=["eu", "us"])
def region(request, everywhere):
    get("/counter?" + request.param)
    yield request.param
    get("/counter?end-" + request.param)

@pytest.fixture(scope="module")
def market(region):
    return get("/counter?market")

@pytest.fixture
def order():
    yield get("/counter?order")
    get("/counter?order-end")

def test_buy(market, order):
    assert order
    get("/counter?buy")

def test_no_calls(order):
    pass

class TestCart:
    @classmethod
    def setup_class(cls):
        get("/counter?class")

    def setup_method(self):
        get("/counter?method")

    def test_add(self):
        get("/counter?add")

def test_alone():
    pass
"""


def test_each_call_is_in_the_cassette_of_the_test_or_of_the_fixture_that_made_it(project: Project) -> None:
    project.write("test_shop.py", SHOP)
    first = project.run()
    first.assert_outcomes(passed=5)
    assert {name: project.calls(name) for name in project.cassettes} == {
        "test_shop/fixture-everywhere": ["/counter?session"],
        "test_shop/fixture-region[eu]": ["/counter?eu", "/counter?end-eu"],
        "test_shop/fixture-region[us]": ["/counter?us", "/counter?end-us"],
        "test_shop/fixture-market[eu]": ["/counter?market"],
        "test_shop/fixture-market[us]": ["/counter?market"],
        "test_shop/test_buy[eu]": ["/counter?order", "/counter?buy", "/counter?order-end"],
        "test_shop/test_buy[us]": ["/counter?order", "/counter?buy", "/counter?order-end"],
        "test_shop/test_no_calls": ["/counter?order", "/counter?order-end"],
        "test_shop/TestCart.fixture-setup_class": ["/counter?class"],
        "test_shop/TestCart.test_add": ["/counter?method", "/counter?add"],
    }, "test_alone made no call, and left no file"
    assert "recorded  test_shop.py::test_buy[eu]: 3 calls in cassettes/test_shop/test_buy[eu].json" in said(first)

    project.upstream.stop()
    recorded = project.cassettes
    whole = project.run("--timetracer-strict")
    whole.assert_outcomes(passed=5)
    alone = project.run("test_shop.py::test_buy[us]", "--timetracer-strict", "--timetracer=replay", "-v")
    alone.assert_outcomes(passed=1)
    assert sorted(line.split(": ")[0] for line in said(alone)) == [
        "in all    4 cassettes (4 replayed); calls",
        "played    fixture everywhere of the session",
        "played    fixture market[us] of test_shop.py",
        "played    fixture region[us] of test_shop.py",
        "played    test_shop.py::test_buy[us]",
    ]
    assert project.cassettes == recorded


MISSES = """
import unittest

LESS = "LESS" in os.environ
pytestmark = pytest.mark.cassette

@pytest.fixture
def swallowing_at_the_end():
    yield
    LESS or try_to_get("/text?x")

@pytest.fixture(scope="module")
def swallowing_for_all():
    LESS or try_to_get("/text?x")

def test_body():
    get("/text")
    LESS or try_to_get("/text?x")

def test_teardown(swallowing_at_the_end):
    get("/text")

def test_skips():
    get("/text")
    if not LESS and not try_to_get("/text?x"):
        pytest.skip("no upstream")

def test_says_so_itself():
    get("/text")
    assert LESS or try_to_get("/text?x") == "hello"

@pytest.mark.xfail(strict=True)
def test_is_expected_to_fail():
    get("/text")
    LESS or try_to_get("/text?x")
    assert not LESS

def test_raises():
    get("/text")
    LESS or get("/text?x")

def test_shared_fixture(swallowing_for_all):
    get("/text")

class TestCase(unittest.TestCase):
    def test_case(self):
        get("/text")
        LESS or try_to_get("/text?x")
"""


def test_a_swallowed_miss_fails_the_test_in_full_wherever_it_happened(project: Project) -> None:
    project.write("test_misses.py", MISSES)
    project.record(LESS="1")
    result = project.run("-rA", CI="true")
    failed = {"body", "teardown", "skips", "says_so_itself", "raises"}
    outcomes = {line.partition(" - ")[0].strip() for line in result.outlines if " test_misses.py::" in line}
    assert outcomes >= {f"FAILED test_misses.py::test_{name}" for name in failed}
    assert outcomes >= {
        "FAILED test_misses.py::TestCase::test_case",
        "ERROR test_misses.py::test_shared_fixture",
        "XFAIL test_misses.py::test_is_expected_to_fail",
    }
    # the teardown's test had passed its call by then
    result.assert_outcomes(failed=6, errors=1, xfailed=1, passed=1)
    text = result.stdout.str()
    assert text.count("E  ") < 20, "a verdict is told by its text, not by a traceback"
    assert "test_body.json: 1 played, 1 missed" in text
    assert "differs   request.query.x: recorded nothing, asked " in text
    assert "record    pytest test_misses.py::test_body --timetracer=record" in text
    assert "INTERNALERROR" not in text
    assert "timetracer/replaying" not in text, "how the engine came to it is of no interest"
    assert f"missed    test_misses.py::test_body: GET {project.upstream.url}/text" in said(result)
    assert len([line for line in said(result) if line.startswith("missed")]) == 8


def test_a_replay_without_a_cassette_fails_with_the_command_that_records_it(project: Project) -> None:
    project.write(
        "sub/test_new.py",
        """
        @pytest.mark.cassette
        @pytest.mark.parametrize("n", ["a", "b/c"])
        def test_call(n):
            get("/text")

        @pytest.mark.cassette
        def test_no_call():
            pass
        """.replace("\n        ", "\n"),
    )
    result = project.run(CI="1")
    result.assert_outcomes(failed=2, passed=1)
    assert project.upstream.calls == []
    assert project.cassettes == {}
    command = 'record    pytest "sub/test_new.py::test_call[a]" --timetracer=record'
    assert any(command in line for line in result.outlines)
    assert any("# there is no sub/cassettes/test_new/test_call[a].json yet" in line for line in result.outlines)
    project.run("sub/test_new.py::test_call[a]", "--timetracer=record", CI="1").assert_outcomes(passed=1)
    project.upstream.stop()
    project.run("sub/test_new.py::test_call[a]", CI="1").assert_outcomes(passed=1)


def test_recorded_calls_that_were_not_played_fail_a_strict_run(project: Project) -> None:
    project.write(
        "test_less.py",
        """
@pytest.mark.cassette
def test_less():
    get("/text")
    "LESS" in os.environ or get("/text?more")
""",
    )
    project.record()
    result = project.run(LESS="1")
    result.assert_outcomes(passed=1)
    line = (
        "unplayed  cassettes/test_less/test_less.json (test_less.py::test_less): GET " + project.upstream.url + "/text"
    )
    assert line in said(result)
    strict = project.run("--timetracer-strict", LESS="1")
    assert strict.ret == pytest.ExitCode.TESTS_FAILED
    assert "____ test_less ____" in strict.stdout.str(), "the test has failed, not its teardown"
    assert any(line.startswith("FAILED test_less.py::test_less - ") for line in strict.outlines)


def test_a_damaged_cassette_is_one_clear_error_of_each_test_that_needs_it(project: Project) -> None:
    project.write(
        "test_damaged.py",
        """
pytestmark = pytest.mark.cassette

@pytest.fixture(scope="module")
def shared():
    get("/text?shared")

def test_own():
    get("/text")

def test_one(shared):
    pass

def test_two(shared):
    pass
""",
    )
    for name in ("test_own", "fixture-shared"):
        cassette = project.path / "cassettes" / "test_damaged" / f"{name}.json"
        cassette.parent.mkdir(parents=True, exist_ok=True)
        cassette.write_text('{"resourceSpans": [')
    result = project.run()
    result.assert_outcomes(errors=3)
    assert [line for line in result.outlines if "not JSON" in line and not line.startswith("ERROR")] != []
    assert "Traceback" not in result.stdout.str()
    assert "INTERNALERROR" not in result.stdout.str()
    assert "AssertionError" not in result.stdout.str()
    assert project.upstream.calls == []


def test_tests_without_a_cassette_are_left_alone_but_share_the_fixtures_of_those_with_one(project: Project) -> None:
    project.write(
        "test_some.py",
        """
@pytest.fixture(scope="module")
def token():
    return get("/counter")

def test_without(token):
    assert try_to_get("/text?live")

def test_by_the_fixture(cassette, token):
    get("/text?by-fixture")
    assert cassette.path.name == "test_by_the_fixture.json"
    assert cassette.mode == os.environ.get("EXPECTED", "record")
    assert cassette.verdict.played == (cassette.mode == "replay")

def test_asks_too_late(request):
    with pytest.raises(BaseException, match="mark the test"):
        request.getfixturevalue("cassette")
""",
    )
    project.run().assert_outcomes(passed=3)
    assert set(project.cassettes) == {"test_some/fixture-token", "test_some/test_by_the_fixture"}
    project.upstream.restart()
    project.run("--timetracer=replay", EXPECTED="replay").assert_outcomes(passed=3)
    assert project.upstream.calls == ["GET /text?live"]


def test_fixtures_in_conftests_are_recorded_for_the_folder_or_for_the_file_that_uses_them(project: Project) -> None:
    project.write("conftest.py", "@pytest.fixture(scope='session', autouse=True)\ndef session(): get('/text?session')")
    project.write(
        "unit/conftest.py",
        """
@pytest.fixture(scope="session")
def login():
    get("/text?login")

@pytest.fixture(scope="package")
def package(login):
    yield
    get("/text?package")

@pytest.fixture(scope="module")
def module():
    get("/text?module")

@pytest.fixture(scope="class")
def of_class():
    get("/text?class")
""",
    )
    project.write("unit/__init__.py", "", head="")
    for name in ("one", "two"):
        project.write(
            f"unit/test_{name}.py",
            """
pytestmark = pytest.mark.cassette

def test_it(package, module, of_class):
    pass

class TestClass:
    def test_it(self, request):
        request.getfixturevalue("of_class")
""",
        )
    project.run().assert_outcomes(passed=4)
    files = {str(path.relative_to(project.path)) for path in project.path.rglob("*.json")}
    assert files == {
        "cassettes/fixture-session.json",
        "unit/cassettes/fixture-login.json",
        "unit/cassettes/fixture-package.json",
        *(
            f"unit/cassettes/test_{module}/{name}.json"
            for module in ("one", "two")
            for name in ("fixture-module", "test_it", "TestClass.fixture-of_class")
        ),
    }, "without a class, a fixture for a class is the test's own"
    project.upstream.stop()
    project.run("unit/test_two.py::test_it", CI="1").assert_outcomes(passed=1)
    project.run("--timetracer-strict", CI="1").assert_outcomes(passed=4)


def test_a_block_within_a_test_has_a_cassette_of_its_own(project: Project) -> None:
    project.write(
        "test_nested.py",
        """
import timetracer

@pytest.mark.cassette
def test_it():
    get("/counter?outer")
    with timetracer.use("inner.json"):
        get("/counter?inner")
    get("/counter?outer-again")
""",
    )
    project.record()
    assert project.calls("test_it") == ["/counter?outer", "/counter?outer-again"]
    assert project.calls("inner") == ["/counter?inner"]
    project.run("--timetracer-strict", CI="1").assert_outcomes(passed=1)


def test_the_clock_is_that_of_the_recording_of_the_test_or_of_the_fixture(project: Project) -> None:
    project.write(
        "test_time.py",
        """
from datetime import datetime

@pytest.fixture(scope="module")
def year():
    get("/text")
    return datetime.now().year

@pytest.mark.cassette
def test_it(request, cassette):
    get("/text")
    before, inner, after = datetime.now().year, request.getfixturevalue("year"), datetime.now().year
    if cassette.mode == "replay":
        assert (before, inner, after) == (2001, 2011, 2001)
""",
    )
    project.record()
    for name, year in (("test_it", 2001), ("fixture-year", 2011)):
        path = project.path / "cassettes" / "test_time" / f"{name}.json"
        (cassette,) = files.read(path)
        for span in cassette.spans:
            assert span.exchange
            span.start = span.end = span.exchange.started = span.exchange.ended = JUNE[year]
        files.write(path, cassette)
    project.run().assert_outcomes(passed=1)


def test_verifying_fails_where_the_live_system_has_drifted(project: Project) -> None:
    project.write(
        "test_drift.py",
        "@pytest.mark.cassette\ndef test_same(): get('/text')\n"
        "@pytest.mark.cassette\ndef test_drifted(): get('/counter')",
    )
    project.run().assert_outcomes(passed=2)
    before = project.cassettes
    result = project.run("--timetracer=verify")
    assert any(line.startswith("FAILED test_drift.py::test_drifted - ") for line in result.outlines)
    assert not any("FAILED test_drift.py::test_same" in line for line in result.outlines)
    assert any(line.startswith("drifted   test_drift.py::test_drifted: ") for line in said(result))
    assert project.cassettes == before
