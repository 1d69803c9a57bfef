"""Servers as processes: up when they listen, with a log, and gone after the test."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

import httpx
import pytest

from services.ports import free_port
from services.processes import NotStarted, Servers, accepts, environment, script

APP = """
import os
async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        while True:
            message = await receive()
            await send({"type": message["type"] + ".complete"})
            if message["type"] == "lifespan.shutdown":
                print("closed in good order", flush=True)
                return
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": os.environ.get("GREETING", str(os.getpid())).encode()})
"""


@pytest.fixture
def app(tmp_path: Path) -> Path:
    (tmp_path / "shop.py").write_text(APP)
    return tmp_path


def test_uvicorn_serves_an_app_and_ends_in_good_order(servers: Servers, app: Path) -> None:
    server = servers.uvicorn("shop:app", cwd=app, env={"GREETING": "hello"})
    assert httpx.get(server.url).text == "hello"
    assert server.stop() in {0, -signal.SIGTERM}  # uvicorn raises the signal again after it has cleaned up
    assert "closed in good order" in server.output
    assert not accepts(server.port)


def test_uvicorn_under_another_command(servers: Servers, app: Path) -> None:
    server = servers.uvicorn("shop:app", under=["env", "GREETING=from above"], cwd=app)
    assert httpx.get(server.url).text == "from above"


def test_gunicorn_has_two_workers(servers: Servers, app: Path) -> None:
    server = servers.gunicorn("shop:app", cwd=app)
    answers = {httpx.get(server.url).text for _ in range(5)}
    assert str(server.process.pid) not in answers, "the arbiter answered"
    assert server.output.count("Booting worker") == 2
    assert server.stop() == 0


def test_killed_means_at_once(servers: Servers, app: Path) -> None:
    server = servers.uvicorn("shop:app", cwd=app)
    assert server.kill() == -signal.SIGKILL
    assert "closed in good order" not in server.output
    assert server.kill() == -signal.SIGKILL, "a second time changes nothing"


def test_a_server_that_ends_at_once_says_why(servers: Servers) -> None:
    with pytest.raises(NotStarted, match=r"ended with status 3:\nno licence"):
        servers.start([sys.executable, "-c", "print('no licence'); raise SystemExit(3)"], free_port())


def test_all_are_gone_after_the_test(tmp_path: Path, app: Path) -> None:
    started = Servers(tmp_path)
    server = started.uvicorn("shop:app", cwd=app)
    started.close()
    assert not accepts(server.port)


def test_children_are_not_measured(servers: Servers, app: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COVERAGE_SOMETHING", "1")
    (app / "shop.py").write_text(APP.replace('"GREETING"', '"COVERAGE_SOMETHING"').replace("str(os.getpid())", "'no'"))
    assert httpx.get(servers.uvicorn("shop:app", cwd=app).url).text == "no"


def test_children_in_another_folder_import_what_this_process_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", "instrumentors")
    assert environment({"A": "b"})["PYTHONPATH"] == str(Path.cwd() / "instrumentors")


def test_scripts_are_those_of_this_environment() -> None:
    assert Path(script("uvicorn")).is_file()
