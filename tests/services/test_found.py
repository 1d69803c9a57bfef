"""Where a real server is looked for, and what becomes of a test that finds none."""

from __future__ import annotations

import sys
from dataclasses import replace

import pytest

from services.found import KINDS, Kind, own, url_of
from services.ports import free_port
from services.processes import Servers, accepts
from services.upstream import Upstream


@pytest.fixture
def kind() -> Kind:
    return Kind("nothing", free_port(), "http://127.0.0.1:{port}/")


def test_the_variable_comes_first(kind: Kind, servers: Servers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIMETRACER_TEST_NOTHING", "http://elsewhere")
    assert url_of(kind, servers) == "http://elsewhere"


def test_then_the_usual_port(kind: Kind, servers: Servers, upstream: Upstream) -> None:
    assert url_of(replace(kind, port=upstream.port), servers) == f"{upstream.url}/"


def test_then_a_package_that_brings_one(kind: Kind, servers: Servers) -> None:
    def command(port: int) -> list[str]:
        return [sys.executable, "-m", "http.server", "--bind", "127.0.0.1", str(port)]

    url = url_of(replace(kind, package="http.server", command=command), servers)
    assert accepts(int(url.rstrip("/").rpartition(":")[2]))


@pytest.mark.parametrize(("in_ci", "outcome"), [(False, pytest.skip.Exception), (True, pytest.fail.Exception)])
def test_without_any_the_test_is_skipped_but_fails_in_ci(
    kind: Kind, servers: Servers, in_ci: bool, outcome: type[BaseException]
) -> None:
    missing = replace(kind, package="no_such_package", command=lambda port: [str(port)])
    with pytest.raises(outcome, match=r"TIMETRACER_TEST_NOTHING is not set.*no_such_package, which brings one, is not"):
        url_of(missing, servers, in_ci=in_ci)


def test_each_kind_is_reached_by_a_url_with_its_port() -> None:
    assert all("{port}" in kind.url for kind in KINDS.values())


def test_a_program_of_this_machine_is_one_that_nobody_else_uses(kind: Kind, servers: Servers) -> None:
    def command(port: int) -> list[str]:
        return [sys.executable, "-m", "http.server", "--bind", "127.0.0.1", str(port)]

    server = own(replace(kind, program=sys.executable, command=command), servers)
    assert accepts(server.port)
    server.stop()
    assert not accepts(server.port)


@pytest.mark.parametrize(("in_ci", "outcome"), [(False, pytest.skip.Exception), (True, pytest.fail.Exception)])
def test_without_the_program_there_is_none(
    kind: Kind, servers: Servers, in_ci: bool, outcome: type[BaseException]
) -> None:
    with pytest.raises(outcome, match="no-such-program is not installed"):
        own(replace(kind, program="no-such-program", command=lambda port: [str(port)]), servers, in_ci=in_ci)
