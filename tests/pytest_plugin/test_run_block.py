"""A cassette in a run: kept or not, begun anew or added to, by one process or by several."""

from __future__ import annotations

from services.project import Project, said

CHANGING = """
@pytest.mark.cassette
def test_it():
    get("/text" + os.environ.get("QUERY", ""))
    assert "FAIL" not in os.environ

@pytest.fixture
def failing_at_the_end():
    yield
    assert "FAIL" not in os.environ

@pytest.mark.cassette
def test_teardown(failing_at_the_end):
    get("/text" + os.environ.get("QUERY", ""))

@pytest.mark.cassette
@pytest.mark.xfail
def test_expected():
    get("/text" + os.environ.get("QUERY", ""))
    assert False
"""
THREE = ["test_it", "test_teardown", "test_expected"]


def test_a_test_that_fails_leaves_no_cassette_and_overwrites_none(project: Project) -> None:
    project.write("test_it.py", CHANGING)

    failed = project.run(FAIL="1")
    failed.assert_outcomes(failed=1, passed=1, errors=1, xfailed=1)
    assert set(project.cassettes) == {"test_it/test_expected"}, "a failure that is expected is no failure"
    assert "not kept  test_it.py::test_it: it did not pass, so nothing is kept of its 1 call" in said(failed)

    project.run()
    good = project.cassettes
    assert [project.calls(name) for name in THREE] == [["/text"]] * 3
    project.run("--timetracer=record", FAIL="1", QUERY="?bad")
    assert {name: project.cassettes[name] == good[name] for name in good} == {
        "test_it/test_expected": False,
        "test_it/test_it": True,
        "test_it/test_teardown": True,
    }

    project.run("--timetracer=rewrite", FAIL="1", QUERY="?wanted")
    assert [project.calls(name) for name in THREE] == [["/text?wanted"]] * 3, "unless that is asked for"


def test_recording_an_unchanged_world_leaves_the_files_byte_for_byte(project: Project) -> None:
    project.write(
        "test_same.py",
        """
@pytest.fixture(scope="module")
def token():
    yield get("/text?token")
    get("/text?end")

@pytest.mark.cassette("shared")
@pytest.mark.parametrize("n", [1, 2])
def test_shares(token, n):
    get(f"/text?{n}")

@pytest.mark.cassette
def test_own(token):
    get("/text" + os.environ.get("QUERY", ""))
""",
    )
    project.run()
    before = project.cassettes
    assert project.calls("shared") == ["/text?1", "/text?2"]
    project.run("--timetracer=record").assert_outcomes(passed=3)
    assert project.cassettes == before
    project.run("--timetracer=record", QUERY="?changed")
    assert {name for name, data in project.cassettes.items() if data != before[name]} == {"test_same/test_own"}


SHARED = """
@pytest.fixture(scope="module")
def token():
    return get("/text?token")

@pytest.mark.cassette("shared")
@pytest.mark.parametrize("n", range(int(os.environ.get("TESTS", "8"))))
def test_shares(token, n):
    get(f"/text?{n}")
    get("/text?all")
"""


def test_workers_add_to_a_shared_cassette_and_each_test_replays_from_the_whole(project: Project) -> None:
    project.write("test_many.py", SHARED)
    xdist = ("-p", "xdist", "-n2")
    recorded = project.run(*xdist)
    recorded.assert_outcomes(passed=8)
    assert len([line for line in said(recorded) if line.startswith("recorded  test_many.py::test_shares[")]) == 8
    calls = project.calls("shared")
    assert sorted(set(calls)) == sorted({"/text?all", *(f"/text?{n}" for n in range(8))})
    assert len(calls) == 16, "nothing is lost"
    assert project.calls("fixture-token") == ["/text?token"], "both workers have recorded the same"

    project.run(*xdist, "--timetracer=record", TESTS="3").assert_outcomes(passed=3)
    assert len(project.calls("shared")) == 6, "the first use in a run begins it anew"

    project.upstream.stop()
    project.run(*xdist, "--timetracer-strict", TESTS="3").assert_outcomes(passed=3)
    project.run("test_many.py::test_shares[2]", "--timetracer-strict").assert_outcomes(passed=1)
    left = project.run("--timetracer-strict", TESTS="2")
    left.assert_outcomes(passed=2)
    assert left.ret == 1, "what none of them played fails the run"
    assert [line.rpartition(": ")[0] for line in said(left) if line.startswith("unplayed")] != []


def test_what_was_recorded_before_the_run_stays_where_one_of_several_fails(project: Project) -> None:
    project.write(
        "test_sharing.py",
        """
@pytest.mark.cassette("shared")
@pytest.mark.parametrize("n", [1, 2, 3])
def test_shares(n):
    get(f"/text?{n}" + os.environ.get("MORE", ""))
    assert str(n) != os.environ.get("FAIL")
""",
    )
    project.run()
    project.run("--timetracer=record", FAIL="2", MORE="more")
    assert set(project.calls("shared")) == {"/text?1", "/text?2", "/text?3", "/text?1more", "/text?3more"}
    project.upstream.stop()
    project.run(FAIL="2", MORE="more").assert_outcomes(passed=2, failed=1)
    project.run().assert_outcomes(passed=3)
