"""Cassettes that no test has are told, and deleted when asked; never those that a filter hides."""

from __future__ import annotations

from services.project import Project, said

SHOP = """
@pytest.fixture(scope="module")
def token():
    return get("/text")

@pytest.mark.cassette
def test_one(token):
    get("/text?1")

@pytest.mark.cassette("named")
def test_two():
    get("/text?2")

@pytest.mark.skipif("SKIP" in os.environ, reason="not today")
class TestMore:
    @pytest.mark.cassette
    def test_three(self):
        get("/text?3")
"""
PLAIN = """
def test_without():
    pass
"""


def test_only_what_no_test_of_a_whole_module_has_is_unused(project: Project) -> None:
    project.write("test_shop.py", SHOP)
    project.write("test_plain.py", PLAIN)
    project.record()
    recorded = project.cassettes
    module = project.path / "cassettes" / "test_shop"
    stray = [module / "test_gone.json", module / "old" / "test_gone.json", module / "fixture-gone.json"]
    for path in stray:
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"{}")
    others = [project.path / "cassettes" / name / "test_x.json" for name in ("test_plain", "test_elsewhere")]
    others.append(project.path / "cassettes" / "production.json")
    for path in others:
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"{}")

    def unused(*args: str, **environ: str) -> list[str]:
        result = project.run(*args, **environ)
        assert result.ret in (0, 1)
        return [line.split()[1].rstrip(":") for line in said(result) if line.startswith(("unused", "deleted"))]

    all_stray = sorted(str(path.relative_to(project.path)) for path in stray)
    assert unused() == all_stray
    assert unused(SKIP="1") == all_stray, "the cassette of a skipped test has its test"
    assert unused("--timetracer-prune", "-k", "one") == []
    assert unused("--timetracer-prune", "test_shop.py::test_one") == []
    assert unused("--timetracer-prune", "--collect-only") == []
    assert unused("--timetracer-prune", "-x", "--timetracer-strict", "--deselect", "test_shop.py::test_two") == []
    assert all(path.exists() for path in stray)
    assert unused("--timetracer-prune", "-p", "xdist", "-n2") == all_stray
    assert not any(path.exists() for path in [*stray, module / "old"])
    assert all(path.exists() for path in others)
    assert {name: project.cassettes[name] for name in recorded} == recorded
