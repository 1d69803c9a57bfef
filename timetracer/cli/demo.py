"""``timetracer demo``: the first minute. Real processes, a real request; nothing that is shown is scripted."""

from __future__ import annotations

import signal
import sys
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NoReturn
from urllib.request import urlopen

import typer
from rich.text import Text

from timetracer.analysis.trace import Trace
from timetracer.cli.app import FOUND_WRONG, command_app
from timetracer.demo.process import PATIENCE, Process, free_port, refusal
from timetracer.errors import TimetracerError
from timetracer.store.opening import open_store
from timetracer.terminal.paper import ERROR, QUIET, console, paper, put
from timetracer.terminal.waterfall import timeline

TARGET = "/basket?items=coffee,cake,tea"
NEEDED = ("fastapi", "httpx", "uvicorn")

app = command_app()


@app.command("demo", epilog="Example: `timetracer demo`")
def demo() -> None:
    """Record a real service, then replay it unplugged.

    Starts a small FastAPI service and the HTTP server that it calls, on loopback, and ends them again. Takes some
    seconds, leaves nothing behind.
    """
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        needs = f"the demo runs a FastAPI service, and needs {', '.join(missing)}"
        raise TimetracerError(f"{needs}: pip install 'timetracer-otel[fastapi,httpx]'")
    # Ended from outside, it must end what it has started.
    signal.signal(signal.SIGTERM, _terminated)
    with tempfile.TemporaryDirectory(prefix="timetracer-demo-") as folder:
        same = _Demo(Path(folder)).show()
    raise typer.Exit(0 if same else FOUND_WRONG)


def _terminated(number: int, _: Any) -> NoReturn:
    sys.exit(128 + number)


class _Demo:
    """The steps.

    Args:
        folder: for the cassettes and the logs.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._cassettes = folder / "cassettes"
        self._on = console()
        self._paper = paper(self._on)

    def show(self) -> bool:
        """Whether the replay did what the recording did."""
        with Process("-m", "timetracer.demo.prices", log=self._folder / "prices.log") as prices:
            port = int(prices.line() or 0)
            self._step("A server with prices that are never the same twice, and a shop that asks it", "Record")
            with self._shop("record", port) as url:
                recorded = self._ask(url)
            self._step("What the shop did, as it was recorded", "Look")
            for _, cassette in open_store(self._cassettes).scan():
                put(self._on, timeline(Trace(cassette), self._paper))
            self._step("The server with the prices is stopped", "Unplug")
        refused = refusal(port)
        self._say(f"connecting to 127.0.0.1:{port}: {refused or 'it still answers'}", "" if refused else ERROR)
        self._step("The same shop, the same request, nobody to ask", "Replay")
        with self._shop("replay", port) as url:
            replayed = self._ask(url)
        same = recorded == replayed
        self._say(*(("the same answer, byte for byte", "bold green") if same else ("not the same answer", ERROR)))
        return same and refused is not None

    @contextmanager
    def _shop(self, mode: str, prices: int) -> Generator[str, None, None]:
        """The shop under ``timetracer run``; at its end, what that said of it."""
        port, log = free_port(), self._folder / f"{mode}.log"
        options = ["run", "--mode", mode, "--dir", "cassettes"]
        serve = ["uvicorn", "timetracer.demo.shop:app", "--port", str(port)]
        self._say(f"$ timetracer {' '.join(options)} -- {' '.join(serve)}", QUIET)
        env = {"PRICES": f"http://127.0.0.1:{prices}", "OTEL_SERVICE_NAME": "shop"}
        with Process("-m", "timetracer", *options, "--", *serve, "--log-level", "error", log=log, env=env) as shop:
            shop.wait_for(port)
            yield f"http://127.0.0.1:{port}{TARGET}"
        for line in shop.told().splitlines():
            self._say(line, QUIET)

    def _ask(self, url: str) -> bytes:
        self._say(f"$ curl '{url}'", QUIET)
        with urlopen(url, timeout=PATIENCE) as response:
            body: bytes = response.read()
        self._say(body.decode())
        return body

    def _step(self, words: str, name: str) -> None:
        put(self._on, [Text(), Text().append(f"{name}. ", "bold").append(words)])

    def _say(self, words: str, style: str = "") -> None:
        put(self._on, [Text(self._paper.text(words), style)])
