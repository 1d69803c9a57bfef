"""What the end of a run says: little by default, all with -v, only what is wrong with -q."""

from __future__ import annotations

from services.project import Project, said

MIXED = """
import uuid

pytestmark = pytest.mark.cassette
LATER = "LATER" in os.environ

def test_played():
    get("/text")

def test_relaxed():
    httpx.post(URL + "/echo", json={"id": str(uuid.uuid4())})

@pytest.mark.cassette(live="httpx")
def test_live():
    try_to_get("/text?live")

def test_missed():
    LATER or get("/text")
    [try_to_get(f"/text/{n}") for n in range(7) if LATER]

def test_unplayed():
    LATER or get("/text?once")

def test_recorded():
    LATER and get("/text?new")

def test_silent():
    pass
"""


def test_the_summary_names_what_needs_a_look_and_counts_the_rest(project: Project) -> None:
    project.write("test_mixed.py", MIXED)
    first = project.run("--deselect", "test_mixed.py::test_recorded")
    assert sorted(said(first)) == [
        "in all    4 cassettes (0 replayed); calls: 4 recorded",
        *(
            f"recorded  test_mixed.py::test_{name}: 1 call in cassettes/test_mixed/test_{name}.json"
            for name in ("missed", "played", "relaxed", "unplayed")
        ),
    ]

    url = project.upstream.url
    missed = ", ".join(f"GET {url}/text/{n}" for n in range(5))
    needs_a_look = [
        "recorded  test_mixed.py::test_recorded: 1 call in cassettes/test_mixed/test_recorded.json",
        f"missed    test_mixed.py::test_missed: {missed} and 2 more",
        f"unplayed  cassettes/test_mixed/test_missed.json (test_mixed.py::test_missed): GET {url}/text",
        f"unplayed  cassettes/test_mixed/test_unplayed.json (test_mixed.py::test_unplayed): GET {url}/text",
    ]
    in_all = "in all    5 cassettes (4 replayed); calls: 2 played, 1 relaxed, 1 recorded, 7 missed"

    def again(*args: str) -> list[str]:
        (project.path / "cassettes" / "test_mixed" / "test_recorded.json").unlink(missing_ok=True)
        return said(project.run(*args, LATER="1"))

    assert sorted(again()) == sorted([*needs_a_look, in_all])
    assert sorted(again("-q")) == sorted(needs_a_look)
    told = again("-v")
    assert "played    test_mixed.py::test_played: 1 call of cassettes/test_mixed/test_played.json" in told
    assert any(
        line.startswith(f"relaxed   test_mixed.py::test_relaxed: POST {url}/echo: generated identifier")
        for line in told
    )
    assert not any("test_silent" in line for line in told)


def test_calls_that_are_meant_to_go_out_are_counted(project: Project) -> None:
    project.write(
        "test_live.py",
        """
@pytest.mark.cassette(live="httpx")
def test_live():
    get("/text")
""",
    )
    assert said(project.run("-v", "--timetracer=replay")) == [
        "live      test_live.py::test_live: 1 call",
        "in all    1 cassette (1 replayed); calls: 1 live",
    ]


def test_a_recording_without_calls_says_that_an_older_one_is_left(project: Project) -> None:
    project.write("test_once.py", "@pytest.mark.cassette\ndef test_it(): 'QUIET' in os.environ or get('/text')")
    project.run()
    before = project.cassettes
    line = "not kept  test_once.py::test_it: no call was made; cassettes/test_once/test_it.json is as it was"
    assert line in said(project.run("--timetracer=record", QUIET="1"))
    assert project.cassettes == before
