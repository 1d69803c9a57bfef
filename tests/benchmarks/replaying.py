"""Replaying one httpx call, against the same call on `httpx.MockTransport`, and beside other tools."""

from __future__ import annotations

import gc
import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import cycle, groupby, islice, repeat
from pathlib import Path
from statistics import median
from time import process_time_ns
from typing import Any

import httpx

from canned import URL, body, cassette, headers
from measuring import Case, Row, Watch, interleaved, times_as_much
from timetracer import sessions
from timetracer.cassette.model import Cassette
from timetracer.redaction.redactor import Redactor
from timetracer.replaying.session import Manner, Replay
from timetracer.seams import installed

GROUP = "replaying"
GOAL = 1.3
SIZES = (1, 100, 10_000, 100_000)


def rows(rounds: int, times: int) -> Iterator[Row]:
    """Each size, of identical and of distinct requests, with the mock measured in the same rounds."""
    with httpx.Client() as client, httpx.Client(transport=httpx.MockTransport(_mock)) as mocked:
        installed.place()
        try:
            for distinct in (False, True):
                for size in SIZES:
                    recorded = cassette(size, distinct=distinct)
                    what = f"{size:,} {'distinct' if distinct else 'identical'}"
                    yield from _of(recorded, what, client, mocked, _urls(size, distinct), rounds, times)
            for each in (client, mocked):
                each.headers["Authorization"] = "Bearer 4f9aK2mQ7rTzX1vB8nLc"
            recorded = cassette(100, distinct=True, more={"authorization": "Bearer redacted-authorization-1"})
            what = "100 distinct with a redacted token"
            yield from _of(recorded, what, client, mocked, _urls(100, distinct=True), rounds, times)
        finally:
            installed.take_out()
    yield from _peers(rounds, times)


def _mock(request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, headers=headers(body(0)), content=body(0))


def _mocked_call(client: httpx.Client, urls: Iterator[str]) -> Case:
    def case(watch: Watch, times: int) -> None:
        asked = list(islice(urls, times))
        with watch:
            for url in asked:
                client.get(url)

    return case


def _urls(size: int, distinct: bool) -> Callable[[], Iterator[str]]:
    """The URLs of a recording of this size, over and over."""
    every = [URL.format(number) for number in range(size if distinct else 1)]
    return lambda: cycle(every)


def _of(
    recorded: Cassette,
    what: str,
    client: httpx.Client,
    mocked: httpx.Client,
    urls: Callable[[], Iterator[str]],
    rounds: int,
    times: int,
) -> Iterator[Row]:
    size = len(recorded.exchanges)
    redactor = Redactor()
    opened: list[float] = []

    def opening() -> Iterator[Replay]:
        while True:
            before = process_time_ns()
            replay = Replay([recorded], installed.load, Manner(redactor=redactor))
            opened.append((process_time_ns() - before) / 1e6)
            yield from repeat(replay, size)

    replays, asked_of_us = opening(), urls()

    def replayed(watch: Watch, times: int) -> None:
        for replay, calls in groupby(islice(replays, times)):
            asked = list(islice(asked_of_us, len(list(calls))))
            with sessions.in_context(replay), watch:
                for url in asked:
                    client.get(url)

    cases = {"ours": replayed, "mock": _mocked_call(mocked, urls())}
    gc.freeze()
    laps = interleaved(cases, rounds=rounds, times=times)
    gc.unfreeze()
    ours, mock = laps["ours"].thread, laps["mock"].thread
    note = f"{median(ours):.0f} us against {median(mock):.0f} us"
    yield Row(GROUP, f"one call of {what}, against MockTransport", times_as_much(ours, mock), "x", GOAL, note)
    if size > 1:
        took = median(opened)
        yield Row(GROUP, f"opening a replay of {what}", took, "ms", note=f"{took * 1e3 / size:.1f} us each")


def _peers(rounds: int, times: int) -> Iterator[Row]:
    with ExitStack() as stack:
        mocked = stack.enter_context(httpx.Client(transport=httpx.MockTransport(_mock)))
        client = stack.enter_context(httpx.Client())
        cases: dict[str, Case] = {"mock": _mocked_call(mocked, repeat(URL.format(0)))}
        try:
            cases["respx, one call"] = _respx(client)
        except ImportError as absent:
            yield Row(GROUP, "respx, one call", None, "x", note=str(absent))
        try:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            for size in (1, 1000):
                cases[f"vcrpy (the core of pytest-recording), one call of {size:,} distinct"] = _vcr(
                    client, folder, size
                )
        except ImportError as absent:
            yield Row(GROUP, "vcrpy, one call", None, "x", note=str(absent))
        laps = interleaved(cases, rounds=rounds, times=min(times, 100))
    mock = laps.pop("mock").thread
    for name, lap in laps.items():
        note = f"{median(lap.thread):.0f} us"
        yield Row(GROUP, f"{name}, against MockTransport", times_as_much(lap.thread, mock), "x", note=note)


def _respx(client: httpx.Client) -> Case:
    import respx

    def case(watch: Watch, times: int) -> None:
        with respx.mock(assert_all_called=False) as router:
            router.get(URL.format(0)).respond(200, headers=headers(body(0)), content=body(0))
            with watch:
                for _ in range(times):
                    client.get(URL.format(0))

    return case


def _vcr(client: httpx.Client, folder: Path, size: int) -> Case:
    import vcr

    path = folder / f"{size}.json"
    path.write_text(json.dumps({"version": 1, "interactions": [_interaction(number) for number in range(size)]}))
    recorder: Any = vcr.VCR(serializer="json", record_mode="none")

    def case(watch: Watch, times: int) -> None:
        with recorder.use_cassette(str(path), allow_playback_repeats=True):
            with watch:
                for number in range(times):
                    client.get(URL.format(size - 1 - number % min(size, 100)))

    return case


def _interaction(number: int) -> dict[str, Any]:
    told: dict[str, list[str]] = {name: [value] for name, value in headers(body(0))}
    return {
        "request": {"method": "GET", "uri": URL.format(number), "body": "", "headers": {}},
        "response": {
            "status": {"code": 200, "message": "OK"},
            "headers": told,
            "body": {"string": body(0).decode()},
        },
    }
