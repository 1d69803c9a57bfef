"""What had been recorded when a process began."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from timetracer import config, past
from timetracer.cassette import files
from timetracer.cassette.model import Cassette, Exchange, Kind, Span
from timetracer.cassette.replays import OF
from timetracer.errors import CassetteDamaged, CassetteError, CassetteNotFound, StoreError, TimetracerError
from timetracer.recording import faults
from timetracer.replaying.calls import Asked
from timetracer.seams import installed
from timetracer.store.opening import open_store
from timetracer.store.protocol import Store


def visit(number: int, path: str, *, start: int) -> Cassette:
    """A request and a call that it makes."""
    server = Span("GET", f"{number:032x}", f"{2 * number:016x}", "", Kind.SERVER, start, start + 5)
    server.exchange = Exchange("starlette", f"GET {path}", {"method": "GET", "url": f"http://shop{path}"}, b"")
    client = Span("GET", f"{number:032x}", f"{2 * number + 1:016x}", server.span_id, Kind.CLIENT, start + 1, start + 2)
    client.exchange = Exchange("httpx", "GET http://up/", {"method": "GET", "url": f"http://up/{number}"}, b"")
    return Cassette([server, client])


def job(number: int, *, start: int) -> Cassette:
    call = Span("GET", f"{number:032x}", f"{number:016x}", "", Kind.CLIENT, start, start + 1)
    call.exchange = Exchange("httpx", "GET http://up/", {"method": "GET", "url": f"http://up/job/{number}"}, b"")
    return Cassette([call])


def found(one: past.Past, path: str) -> list[str]:
    """The calls of the unit that answers a request for this path."""
    instrumentor = installed.load("starlette")
    assert instrumentor
    parts = {"method": "GET", "path": path, "query": "", "body": b""}
    recorded = one.shelf.take(Asked("starlette", path, parts, False), instrumentor)
    return urls([recorded.cassette]) if recorded else []


def urls(cassettes: list[Cassette]) -> list[str]:
    return [str(each.request["url"]) for one in cassettes for each in one.exchanges if each.library == "httpx"]


@pytest.fixture(params=["cassettes", "archive.sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    made = open_store(tmp_path / request.param)
    made.save(visit(1, "/a", start=100))
    made.save(visit(2, "/b", start=200))
    made.append(job(11, start=100))
    made.append(job(12, start=200))
    yield made
    made.close()


def test_what_is_recorded_since_is_no_past(store: Store) -> None:
    whole, early = past.of_store(store, 1_000), past.of_store(store, 150)
    assert (found(whole, "/a"), found(whole, "/b"), found(whole, "/c")) == (["http://up/1"], ["http://up/2"], [])
    assert (found(early, "/a"), found(early, "/b")) == (["http://up/1"], [])
    assert urls(whole.calls) == ["http://up/job/11", "http://up/job/12"]
    assert urls(early.calls) == ["http://up/job/11"]
    store.remove(*early.names)
    assert urls(store.process()) == ["http://up/job/12"]


def test_the_cassette_of_one_request_answers_any_with_the_processs_calls_from_its_store(store: Store) -> None:
    one = past.of_cassette(visit(3, "/one", start=300), store)
    assert found(one, "/one") == found(one, "/other") == ["http://up/3"]
    assert urls(one.calls) == ["http://up/job/11", "http://up/job/12"]


def test_the_cassette_of_a_whole_process_answers_each_request_with_its_part(store: Store) -> None:
    spans = [*job(21, start=1).spans, *visit(4, "/a", start=300).spans, *visit(5, "/b", start=400).spans]
    one = past.of_cassette(Cassette(spans), store)
    assert (found(one, "/a"), found(one, "/b"), found(one, "/c")) == (["http://up/4"], ["http://up/5"], [])
    assert urls(one.calls) == ["http://up/job/21"]


def test_a_cassette_without_any_request_answers_all(store: Store) -> None:
    one = past.of_cassette(job(22, start=1), store)
    assert found(one, "/any") == urls(one.calls) == ["http://up/job/22"]


def test_what_is_damaged_is_counted_and_hides_nothing(tmp_path: Path, store: Store) -> None:
    faults.forget()
    if (tmp_path / "cassettes").is_dir():
        (tmp_path / "cassettes" / "bad.json").write_text("{")
        assert found(past.of_store(store, 1_000), "/a") == ["http://up/1"]
        assert faults.counts() == {"cassettes not read": 1}
    faults.forget()


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for place in ("full", "full.sqlite"):
        with closing(open_store(place)) as made:
            made.save(visit(1, "/a", start=100))
    Path("empty").mkdir()
    Path("file.json").write_text("?")
    files.write("good.json", visit(1, "/a", start=100))


FINE, NONE, DAMAGED, WRONG = None, CassetteNotFound, CassetteDamaged, StoreError


@pytest.mark.usefixtures("places")
@pytest.mark.parametrize(
    ("settings", "record", "replay"),
    [
        ({"dir": "full"}, FINE, FINE),
        ({"dir": "full.sqlite"}, FINE, FINE),
        ({"cassette": "full.sqlite"}, FINE, FINE),
        ({"cassette": "good.json"}, FINE, FINE),
        ({"dir": "empty"}, FINE, NONE),
        ({"dir": "none"}, FINE, NONE),
        ({"dir": "none.sqlite"}, FINE, NONE),
        ({"dir": "file.json"}, WRONG, WRONG),
        ({"cassette": "none.json"}, FINE, NONE),
        ({"cassette": "file.json"}, FINE, DAMAGED),
    ],
    ids=str,
)
def test_what_can_be_done_with_a_place(
    settings: dict[str, str], record: type[TimetracerError] | None, replay: type[TimetracerError] | None
) -> None:
    before = sorted(Path().rglob("*.json"))
    for mode, error in {
        "record": record,
        "auto": record,
        "rewrite": record,
        "replay": replay,
        "verify": replay,
    }.items():
        if error is None:
            past.check(config.load({}, arguments=settings), mode)
        else:
            with pytest.raises(error, match=next(iter(settings.values()))):
                past.check(config.load({}, arguments=settings), mode)
    assert sorted(Path().rglob("*.json")) == before
    assert not Path("none").exists()
    assert not Path("none.sqlite").exists()


def test_what_a_replay_did_is_no_past(tmp_path: Path) -> None:
    kept = Cassette(visit(1, "/a", start=1).spans, resource={OF: "GET /a"})
    files.write(tmp_path / "kept" / "one.json", kept)
    for place in ({"dir": tmp_path / "kept"}, {"cassette": tmp_path / "kept" / "one.json"}):
        with pytest.raises(CassetteError, match="what a replay did, not a recording"):
            past.check(config.load({}, tmp_path, place), "replay")
