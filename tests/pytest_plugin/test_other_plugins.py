"""Beside other plugins: pytest-asyncio, anyio, pytest-socket (pytest-xdist is with the shared cassettes)."""

from __future__ import annotations

from services.project import Project

ASYNC = """
import asyncio

async def aget(path):
    async with httpx.AsyncClient() as client:
        return (await client.get(URL + path)).text
"""
ASYNCIO = """
import pytest_asyncio

pytestmark = [pytest.mark.cassette, pytest.mark.asyncio(loop_scope="module")]

@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def token():
    yield await aget("/counter?token")
    await aget("/counter?token-end")

@pytest_asyncio.fixture(loop_scope="module")
async def order():
    yield await aget("/counter?order")
    await aget("/counter?order-end")

async def test_first(token, order):
    await aget("/counter?first")

async def test_second_in_the_same_loop(token, order):
    answers = await asyncio.gather(*(aget("/counter?second") for _ in range(10)))
    assert len(set(answers)) == 10
"""
ANYIO = """
pytestmark = [pytest.mark.cassette, pytest.mark.anyio]

@pytest.fixture(scope="module")
def anyio_backend():
    return "asyncio"

@pytest.fixture(scope="module")
async def token():
    async with httpx.AsyncClient() as client:
        await client.get(URL + "/counter?token")
        yield client
        await client.get(URL + "/counter?token-end")

@pytest.fixture
async def order(token):
    yield await token.get(URL + "/counter?order")
    await token.get(URL + "/counter?order-end")

async def test_first(token, order):
    await token.get(URL + "/counter?first")

async def test_second_in_the_same_loop(token, order):
    await asyncio.gather(*(token.get(URL + "/counter?second") for _ in range(10)))
"""
CALLS = {
    "test_async/fixture-token": ["/counter?token", "/counter?token-end"],
    "test_async/test_first": ["/counter?order", "/counter?first", "/counter?order-end"],
    "test_async/test_second_in_the_same_loop": ["/counter?order", *["/counter?second"] * 10, "/counter?order-end"],
}


def stands_record_and_replay(project: Project, *plugins: str) -> None:
    project.run(*plugins).assert_outcomes(passed=2)
    assert {name: project.calls(name) for name in project.cassettes} == CALLS
    project.upstream.stop()
    strictly = ("--timetracer=replay", "--timetracer-strict")
    project.run(*plugins, *strictly).assert_outcomes(passed=2)
    socket = ("-p", "pytest_socket", "--disable-socket", "--allow-unix-socket")
    project.run(*plugins, *strictly, *socket, "-k", "second").assert_outcomes(passed=1, deselected=1)


def test_pytest_asyncio(project: Project) -> None:
    project.write("test_async.py", ASYNC + ASYNCIO)
    stands_record_and_replay(
        project, "-p", "pytest_asyncio.plugin", "-o", "asyncio_default_fixture_loop_scope=function"
    )


def test_anyio(project: Project) -> None:
    project.write("test_async.py", ASYNC + ANYIO)
    stands_record_and_replay(project, "-p", "anyio.pytest_plugin")


def test_replay_opens_no_socket(project: Project) -> None:
    project.write("test_sync.py", "@pytest.mark.cassette\ndef test_it(): get('/text')")
    project.record()
    project.run("-p", "pytest_socket", "--disable-socket", "--allow-unix-socket").assert_outcomes(passed=1)
    project.run("-p", "pytest_socket", "--disable-socket").assert_outcomes(passed=1)
